import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { useTranslation } from 'react-i18next';
import { type Change, changesOf } from './changes.ts';
import styles from './routing.module.css';

/** What becomes different when one document takes the place of another. */
export function ChangeList({ before, after }: { before: RoutingConfig; after: RoutingConfig }) {
  const { t } = useTranslation();
  const changes = changesOf(before, after);
  function words(change: Change): string {
    if (change.kind === 'reordered') return t(`routing.change.reordered.${change.part}`);
    if (change.kind === 'general') return t(`routing.change.general.${change.part}`);
    const name = change.name.trim() || t('routing.unnamed');
    return t(`routing.change.${change.kind}`, { what: t(`routing.change.thing.${change.part}`), name });
  }
  if (changes.length === 0) return <p className={styles.dim}>{t('routing.change.nothing')}</p>;
  return (
    <ul className={styles.changes} aria-label={t('routing.change.label')}>
      {changes.map((change) => {
        const text = words(change);
        return <li key={text}>{text}</li>;
      })}
    </ul>
  );
}
