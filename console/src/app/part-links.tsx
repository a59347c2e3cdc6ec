import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import { useCurrentInView } from './current-in-view.ts';
import styles from './part-links.module.css';

/** The parts of a page, each a `PartLink`. */
export function PartLinks({ label, children }: { label: string; children: ReactNode }) {
  const row = useCurrentInView<HTMLElement>();
  return (
    <nav ref={row} className={styles.parts} aria-label={label}>
      {children}
    </nav>
  );
}

export const PartLink = createLink(({ className = '', children, ...rest }: ComponentProps<'a'>) => (
  <a {...rest} className={`${styles.partLink} ${className}`}>
    {children}
  </a>
));
