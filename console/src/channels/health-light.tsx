import type { ChannelHealth } from '@parley/sdk/protocol.ts';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import styles from './channels.module.css';

const iconOf = { green: IconCircleCheck, amber: IconCircleDashed, red: IconAlertTriangle, off: IconCircleOff };

/** How a channel is, by colour, shape and word. */
export function HealthLight({ health }: { health: ChannelHealth }) {
  const { t } = useTranslation();
  const Icon = iconOf[health.light];
  return (
    <span className={styles.light} data-light={health.light}>
      <Icon size={16} aria-hidden="true" />
      {t(`channels.light.${health.light}`)}
    </span>
  );
}
