import { Skeleton } from '@mantine/core';
import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { LoadFailed } from './load-failed.tsx';
import { LoadMore } from './load-more.tsx';

/** A list that is read page by page, and what stands there while it loads, where it failed, and where it is empty. */
export function PagedList<T>(props: {
  query: UseInfiniteQueryResult;
  /** What has been read of it. */
  items: readonly T[] | undefined;
  failed: string;
  empty: ReactNode;
  children: (items: readonly T[]) => ReactNode;
}) {
  const { query, items } = props;
  return (
    <>
      {items === undefined && query.error === null && <Skeleton height={150} radius="md" />}
      {items === undefined && query.error !== null && (
        <LoadFailed title={props.failed} error={query.error} onRetry={query.refetch} />
      )}
      {items !== undefined && (items.length === 0 ? props.empty : props.children(items))}
      <LoadMore query={query} />
    </>
  );
}
