import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** What stands where nothing is: what this place is for, and what to do. */
export function EmptyState(props: { icon?: ReactNode; title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      {props.icon !== undefined && <div className={styles.icon}>{props.icon}</div>}
      <Text fw={600}>{props.title}</Text>
      {props.hint !== undefined && (
        <Text size="sm" c="dimmed" maw={320}>
          {props.hint}
        </Text>
      )}
      {props.children !== undefined && <div className={styles.actions}>{props.children}</div>}
    </div>
  );
}
