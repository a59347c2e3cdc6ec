import type { ConversationContext, KnownOrders, OrdersSettings } from '@parley/sdk/protocol.ts';
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
