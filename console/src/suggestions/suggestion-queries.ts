import type { Message, Page, Suggestion } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** How many are shown. */
export const suggestionsShown = 3;

/** @param afterSeq the customer's last message: after another one they are asked for anew */
export function suggestionsQuery(conversationId: string, afterSeq: number, draft: string) {
  return queryOptions({
    queryKey: ['suggestions', conversationId, afterSeq, draft],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ limit: String(suggestionsShown), ...(draft === '' ? {} : { draft }) });
      const path = `/api/v1/conversations/${encodeURIComponent(conversationId)}/suggestions?${query}`;
      return (await api.call<Page<Suggestion>>('GET', path, undefined, { signal })).items;
    },
    staleTime: 30_000,
    gcTime: 60_000,
    // A recommendation is a help; that there is none is said to nobody.
    retry: false,
  });
}

/** The customer's last message, while no agent has answered it; undefined where the last word was ours. */
export function unansweredSeq(messages: readonly Message[]): number | undefined {
  const last = messages.findLast(
    ({ private: isPrivate, sender }) => !isPrivate && (sender.type === 'contact' || sender.type === 'agent'),
  );
  return last?.sender.type === 'contact' ? last.seq : undefined;
}
