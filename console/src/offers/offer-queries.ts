import type { Conversation, Offer } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** An offer, and when it ends by this window's own clock. */
export type TimedOffer = Offer & { readonly endsAt: number };

/** The two clocks may differ: what was just made has all of its time. */
export function timed(offer: Offer, remainingMs = offer.timeoutMs): TimedOffer {
  return { ...offer, endsAt: Date.now() + Math.min(offer.timeoutMs, Math.max(0, remainingMs)) };
}

/** What this agent is asked to take; followed live. */
export const offersQuery = queryOptions({
  queryKey: ['offers'],
  queryFn: async ({ signal }): Promise<readonly TimedOffer[]> => {
    const { items } = await api.call<{ items: Offer[] }>('GET', '/api/v1/offers', undefined, { signal });
    return items.map((offer) => timed(offer, offer.expiresAt - Date.now()));
  },
  // Told of every change; asked again after a reconnect.
  staleTime: Number.POSITIVE_INFINITY,
  retry: 3,
});

export function offeredConversationQuery(id: string) {
  return queryOptions({
    queryKey: ['offered', id],
    queryFn: ({ signal }) =>
      api.call<Conversation>('GET', `/api/v1/conversations/${encodeURIComponent(id)}`, undefined, { signal }),
  });
}

export function acceptOffer(id: string): Promise<Conversation> {
  return api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/accept`);
}

export function declineOffer(id: string): Promise<void> {
  return api.call('POST', `/api/v1/conversations/${encodeURIComponent(id)}/decline`);
}
