import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** Whose conversations, and of which group; undefined: all. */
export type LiveFilter = { readonly agent?: string; readonly group?: string };

export const liveKey = 'live';
const pageSize = 100;

/** What agents have now. */
export function liveQuery(filter: LiveFilter) {
  return infiniteQueryOptions({
    queryKey: [liveKey, filter] as const,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ status: 'agent', limit: String(pageSize) });
      if (filter.agent !== undefined) query.set('assignee', filter.agent);
      if (filter.group !== undefined) query.set('group', filter.group);
      if (pageParam !== '') query.set('cursor', pageParam);
      return api.call<Page<Conversation>>('GET', `/api/v1/conversations?${query}`, undefined, { signal });
    },
    getNextPageParam: (last) => last.nextCursor,
  });
}

/** Those in which the customer waits longest come first, then those that were answered, the oldest first. */
export function byUrgency(a: Conversation, b: Conversation): number {
  const waits = (one: Conversation) => one.waitingSince ?? Number.POSITIVE_INFINITY;
  const [first, second] = [waits(a), waits(b)];
  return first === second ? a.createdAt - b.createdAt : first - second;
}
