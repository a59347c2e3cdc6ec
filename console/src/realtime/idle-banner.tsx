import { IconMoon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../session/session.ts';
import styles from './connection.module.css';

/** Stands over everything while the agent is away by themselves: nobody should wonder why nothing comes. */
export function IdleBanner() {
  const { t } = useTranslation();
  const { presence, presenceReason } = useMe();
  if (presence !== 'away' || presenceReason !== 'auto') return null;
  return (
    <div className={styles.banner} data-state="idle" role="status">
      <IconMoon size={16} aria-hidden="true" />
      <span>{t('presence.idle')}</span>
      <strong>{t('presence.idleHint')}</strong>
    </div>
  );
}
