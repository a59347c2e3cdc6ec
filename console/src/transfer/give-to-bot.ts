import type { Conversation } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** Flows with which the bot can begin. */
export const flowNamesQuery = queryOptions({
  queryKey: ['bot', 'flow-names'],
  queryFn: async ({ signal }) => {
    type Names = { items: readonly { id: string; name: string }[] };
    return (await api.call<Names>('GET', '/api/v1/bot/flow-names', undefined, { signal })).items;
  },
});

/** What an agent says to the bot with a conversation. */
export type Instruction = { flowId?: string; note?: string; backToMe: boolean; ownerEpoch: number };

export function giveToBot(id: string, instruction: Instruction): Promise<Conversation> {
  return api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/give-to-bot`, instruction);
}
