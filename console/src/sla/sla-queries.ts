import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

export type SlaShare = { readonly met: number; readonly breached: number };
export type SlaGroup = {
  readonly groupId: string;
  readonly running: number;
  readonly dueSoon: number;
  readonly overdue: number;
  readonly today: SlaShare;
  readonly week: SlaShare;
};

/** The first part of the key of all that is asked about service levels. */
export const slaKey = 'sla';

export const slaSummaryQuery = queryOptions({
  queryKey: [slaKey, 'summary'],
  queryFn: ({ signal }) => {
    const dayBegan = new Date().setHours(0, 0, 0, 0);
    return api.call<{ items: SlaGroup[] }>('GET', `/api/v1/sla/summary?dayBegan=${dayBegan}`, undefined, { signal });
  },
  refetchInterval: 15_000,
});

export const dueQuery = queryOptions({
  queryKey: [slaKey, 'due'],
  queryFn: ({ signal }) =>
    api.call<Page<Conversation>>('GET', '/api/v1/conversations?sla=due&limit=25', undefined, { signal }),
  refetchInterval: 15_000,
});

/** How much of what ended was in time; undefined: nothing ended. */
export function shareOf({ met, breached }: SlaShare): number | undefined {
  return met + breached === 0 ? undefined : met / (met + breached);
}
