import { Button, Skeleton } from '@mantine/core';
import { IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, problemText } from '../app/api.ts';
import { EmptyState } from '../app/empty-state.tsx';
import { LoadMore } from '../app/load-more.tsx';
import { notifyFailure } from '../app/notify.ts';
import { Panel } from '../app/page.tsx';
import { useTimeWords } from '../words/time.ts';
import styles from './knowledge.module.css';
import { type MissedSearch, missesQuery } from './knowledge-queries.ts';

/** What readers of the help centre looked for and did not find: what to write next. */
export function SearchesPart() {
  const { t } = useTranslation();
  const { full } = useTimeWords();
  const queryClient = useQueryClient();
  const query = useInfiniteQuery(missesQuery);
  const misses = query.data?.pages.flatMap(({ items }) => items);
  const forget = useMutation({
    mutationFn: ({ text, language }: MissedSearch) =>
      api.call('DELETE', `/api/v1/knowledge/searches?${new URLSearchParams({ text, language })}`),
    onError: notifyFailure,
    onSettled: () => queryClient.invalidateQueries({ queryKey: missesQuery.queryKey }),
  });
  if (misses === undefined) {
    return query.error === null ? (
      <Skeleton height={120} radius="md" />
    ) : (
      <EmptyState title={t('knowledge.loadFailed')} hint={problemText(query.error)} />
    );
  }
  if (misses.length === 0) {
    return (
      <EmptyState
        icon={<IconSearchOff size={30} />}
        title={t('knowledge.noMisses')}
        hint={t('knowledge.noMissesHint')}
      />
    );
  }
  return (
    <Panel title={t('knowledge.missesTitle')} hint={t('knowledge.noMissesHint')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('knowledge.searchedFor')}</th>
            <th>{t('knowledge.language')}</th>
            <th>{t('knowledge.times')}</th>
            <th>{t('knowledge.lastAt')}</th>
            <th>{t('knowledge.done')}</th>
          </tr>
        </thead>
        <tbody>
          {misses.map((miss) => (
            <tr key={`${miss.language} ${miss.text}`}>
              <td>{miss.text}</td>
              <td>{miss.language}</td>
              <td>{miss.count}</td>
              <td>{full(miss.lastAt)}</td>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={t('knowledge.forgetSearch', { text: miss.text })}
                  onClick={() => forget.mutate(miss)}
                >
                  {t('knowledge.forget')}
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <LoadMore query={query} />
    </Panel>
  );
}
