import type { ConversationContext, KnownOrders, OrdersSettings, Page } from '@parley/sdk/protocol.ts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '../app/api.ts';

/** What is known as of this place in the timeline: another one is asked for anew. */
export function contextQuery(conversationId: string, lastSeq: number, changes: number) {
  return queryOptions({
    queryKey: ['context', conversationId, lastSeq, changes],
    queryFn: ({ signal }) =>
      api.call<ConversationContext>(
        'GET',
        `/api/v1/conversations/${encodeURIComponent(conversationId)}/context`,
        undefined,
        { signal },
      ),
    staleTime: 30_000,
  });
}

/** Names of intents with a text in them, for whoever says which one it was. */
export const intentNamesQuery = (q: string) =>
  queryOptions({
    queryKey: ['intent-names', q],
    queryFn: async ({ signal }) => {
      const query = q === '' ? '' : `?${new URLSearchParams({ q })}`;
      return (
        await api.call<Page<{ id: string; name: string }>>('GET', `/api/v1/intents/names${query}`, undefined, {
          signal,
        })
      ).items;
    },
    staleTime: 30_000,
  });

const labelPath = (conversationId: string, seq: number) =>
  `/api/v1/conversations/${encodeURIComponent(conversationId)}/intent-labels/${seq}`;
/** @param intent null: none of those that there are */
export const labelIntent = (conversationId: string, seq: number, intent: string | null): Promise<void> =>
  api.call('PUT', labelPath(conversationId, seq), { intent });
export const unlabelIntent = (conversationId: string, seq: number): Promise<void> =>
  api.call('DELETE', labelPath(conversationId, seq));

export function ordersQuery(conversationId: string) {
  return queryOptions({
    queryKey: ['orders', conversationId],
    queryFn: ({ signal }) =>
      api.call<KnownOrders>('GET', `/api/v1/conversations/${encodeURIComponent(conversationId)}/orders`, undefined, {
        signal,
      }),
    staleTime: 60_000,
  });
}

export const ordersSettingsQuery = queryOptions({
  queryKey: ['orders-settings'],
  queryFn: ({ signal }) => api.call<OrdersSettings>('GET', '/api/v1/integrations/orders', undefined, { signal }),
});

export function changeOrdersSettings(
  patch: Partial<Omit<OrdersSettings, 'headerValue'>> & { headerValue?: string },
): Promise<OrdersSettings> {
  return api.call('PATCH', '/api/v1/integrations/orders', patch);
}
