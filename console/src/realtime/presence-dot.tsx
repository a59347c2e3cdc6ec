import type { Presence } from '@parley/sdk/protocol.ts';
import styles from './presence-dot.module.css';

/** Decorative: the word stands beside it, or in the label of what it sits on. */
export function PresenceDot({ presence }: { presence: Presence }) {
  return <span className={styles.dot} data-presence={presence} aria-hidden="true" />;
}
