import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useTimeWords } from '../words/time.ts';
import styles from './composer.module.css';
import type { Limit } from './reply-limits.ts';

/** What the channel makes of the reply, said before it is sent. */
export function LimitLines({ limits }: { limits: readonly Limit[] }) {
  const wordsOf = useLimitWords();
  return (
    <div role="status">
      {limits.map((limit) => (
        <p key={limit.kind} className={styles.limit} data-kind={limit.kind}>
          <IconAlertTriangle size={14} aria-hidden="true" />
          {wordsOf(limit)}
        </p>
      ))}
    </div>
  );
}

function useLimitWords(): (limit: Limit) => string {
  const { t } = useTranslation();
  const { span } = useTimeWords();
  return (limit) => {
    switch (limit.kind) {
      case 'too-long':
        return t('composer.tooLong', { bytes: limit.bytes, limit: limit.limit });
      case 'unfilled':
        return t('composer.unfilled', { name: limit.name });
      case 'window-over':
        return t('composer.windowOver');
      case 'window-used':
        return t('composer.windowUsed');
      case 'window-left':
        return t('composer.windowLeft', { span: span(limit.ms) });
      case 'window-messages':
        return t('composer.windowMessages', { n: limit.left });
      case 'split':
        return t('composer.longText', { bytes: limit.bytes, limit: limit.limit });
      case 'degraded':
        return t('composer.degraded', { kind: limit.content === 'image' ? t('content.image') : t('content.file') });
      default:
        return limit satisfies never;
    }
  };
}
