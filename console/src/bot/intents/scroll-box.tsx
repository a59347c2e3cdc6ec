import type { ReactNode } from 'react';
import styles from './intents.module.css';

/** A long table in a bounded height, or a picture that a phone is too narrow for. */
export function ScrollBox(props: { label: string; isPicture?: boolean; children: ReactNode }) {
  const { label, isPicture = false, children } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (axe asks for it)
    <section className={isPicture ? styles.wide : styles.scroll} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
