import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { percent } from '../intents/model-queries.ts';
import styles from './results.module.css';

export type Row = readonly [name: string, count: number, whole: number];

/** Counts as shares of what stands beside them. */
export function Shares({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('results.figure')}</th>
          <th scope="col">{t('results.share')}</th>
          <th scope="col">{t('results.count')}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, count, whole]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{whole === 0 ? '–' : percent(count / whole)}</td>
            <td className={styles.of}>{t('results.of', { n: count, whole })}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export const Note = ({ children }: { children: ReactNode }) => (
  <Text size="xs" c="dimmed" mt="sm">
    {children}
  </Text>
);
