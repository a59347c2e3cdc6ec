import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

export const tabs = ['mine', 'snoozed', 'queue', 'all', 'closed'] as const;
/** Which conversations a list shows. */
export type Tab = (typeof tabs)[number];
export type Listing = { tab: Tab; search: string };

export type Counts = { mine: number; snoozed: number; queue: number; all: number; unreadMine: number };

const filterOf: Record<Tab, string> = {
  mine: 'status=agent&assignee=me',
  snoozed: 'status=snoozed&assignee=me',
  queue: 'status=queued',
  all: 'status=open',
  closed: 'status=closed',
};
const pageSize = 50;

/** The first part of every list's key. */
export const listKey = 'conversation-list';

export function listQuery(listing: Listing) {
  return infiniteQueryOptions({
    queryKey: [listKey, listing] as const,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const search = listing.search === '' ? '' : `&q=${encodeURIComponent(listing.search)}`;
      const cursor = pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`;
      const path = `/api/v1/conversations?${filterOf[listing.tab]}${search}${cursor}&limit=${pageSize}`;
      return api.call<Page<Conversation>>('GET', path, undefined, { signal });
    },
    getNextPageParam: (last) => last.nextCursor,
    // Kept true by events; a reconnect marks it stale.
    staleTime: 5 * 60_000,
  });
}

export const countsQuery = queryOptions({
  queryKey: ['conversation-counts'],
  queryFn: ({ signal }) => api.call<Counts>('GET', '/api/v1/conversations/counts', undefined, { signal }),
  // Those of other agents' conversations are not all announced to a window that shows only its own.
  refetchInterval: 20_000,
});

export type ConversationPatch = {
  status?: 'closed' | 'queued' | 'bot';
  assigneeId?: string | null;
  priority?: Conversation['priority'];
  tags?: string[];
  ownerEpoch?: number;
  override?: boolean;
};

export function patchConversation(id: string, patch: ConversationPatch): Promise<Conversation> {
  return api.call('PATCH', `/api/v1/conversations/${encodeURIComponent(id)}`, patch);
}
