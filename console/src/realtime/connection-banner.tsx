import { Button } from '@mantine/core';
import { IconCloudOff, IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../words/time.ts';
import styles from './connection.module.css';
import { useClient, useClientStatus } from './realtime.tsx';

/** A short flicker of the line is no news; the pill shows it anyhow. */
const patienceMs = 2_500;

/** Stands over everything while there is no connection, and says when the next attempt comes. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const client = useClient();
  const { state, retryAt } = useClientStatus();
  const shown = useLasting(state !== 'live');
  if (!shown) return null;
  if (state !== 'offline') {
    return (
      <div className={styles.banner} data-state={state} role="status">
        <IconRefresh size={16} aria-hidden="true" />
        {t('connection.bannerCatchingUp')}
      </div>
    );
  }
  return (
    <div className={styles.banner} data-state={state} role="status">
      <IconCloudOff size={16} aria-hidden="true" />
      <span>{t('connection.banner')}</span>
      {retryAt !== undefined && <RetryIn at={retryAt} />}
      <Button size="compact-xs" variant="white" color="dark" onClick={() => client.checkNow()}>
        {t('connection.tryNow')}
      </Button>
    </div>
  );
}

function RetryIn({ at }: { at: number }) {
  const { t } = useTranslation();
  const now = useNow(1_000);
  // Not announced: a screen reader would count every second aloud.
  return <span aria-hidden="true">{t('connection.retryIn', { s: Math.max(0, Math.ceil((at - now) / 1_000)) })}</span>;
}

/** True once `value` has been true for a while. */
function useLasting(value: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!value) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), patienceMs);
    return () => clearTimeout(timer);
  }, [value]);
  return lasting;
}
