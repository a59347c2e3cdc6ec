import type { Conversation } from '@parley/sdk/protocol.ts';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

type Group = { readonly id: string; readonly name: string };

/** The routing configuration in force. */
const routingQuery = queryOptions({
  queryKey: ['routing-in-force'],
  queryFn: async ({ signal }): Promise<RoutingConfig> =>
    (await api.call<{ config: RoutingConfig }>('GET', '/api/v1/routing/config', undefined, { signal })).config,
  staleTime: 60_000,
});

/** Its skill groups. */
export const groupsQuery = queryOptions({
  ...routingQuery,
  select: ({ groups }): readonly Group[] => groups,
});

/** How many conversations a transfer may put on top of what somebody can take. */
export const transferMarginQuery = queryOptions({
  ...routingQuery,
  select: ({ capacity }) => capacity.transferMargin,
});

export type TransferTo = { toAgentId: string } | { toGroupId: string };

export function transferConversation(
  id: string,
  transfer: TransferTo & { note?: string; ownerEpoch: number; override?: boolean },
): Promise<Conversation> {
  return api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/transfer`, transfer);
}
