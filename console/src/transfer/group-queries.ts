import type { Conversation } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

type Group = { readonly id: string; readonly name: string };

/** The skill groups of the routing configuration in force. */
export const groupsQuery = queryOptions({
  queryKey: ['skill-groups'],
  queryFn: async ({ signal }): Promise<readonly Group[]> => {
    const path = '/api/v1/routing/config';
    return (await api.call<{ config: { groups: Group[] } }>('GET', path, undefined, { signal })).config.groups;
  },
  staleTime: 60_000,
});

export type TransferTo = { toAgentId: string } | { toGroupId: string };

export function transferConversation(
  id: string,
  transfer: TransferTo & { note?: string; ownerEpoch: number; override?: boolean },
): Promise<Conversation> {
  return api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/transfer`, transfer);
}
