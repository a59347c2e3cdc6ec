import { IconArrowLeft } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import styles from './back-link.module.css';

/** From one entry back to the list that it is of. */
export const BackLink = createLink(({ children, ...rest }: ComponentProps<'a'>) => (
  <a {...rest} className={styles.back}>
    <IconArrowLeft size={15} aria-hidden="true" />
    {children}
  </a>
));
