import type { ParleyClient } from '@parley/sdk/client-api.ts';
import type { QueryClient } from '@tanstack/react-query';
import { offersQuery, timed } from '../offers/offer-queries.ts';

/** Keeps what this agent is asked up to date. Answers what ends it. */
export function followOffers(client: ParleyClient, queryClient: QueryClient): () => void {
  const ends = [
    client.on('event', (frame) => {
      if (frame.event === 'offer.made') {
        const offer = timed(frame.data.offer);
        queryClient.setQueryData(offersQuery.queryKey, (offers = []) => [
          ...offers.filter(({ conversationId }) => conversationId !== offer.conversationId),
          offer,
        ]);
      } else if (frame.event === 'offer.ended') {
        const { conversationId } = frame.data;
        queryClient.setQueryData(offersQuery.queryKey, (offers) =>
          offers?.filter((offer) => offer.conversationId !== conversationId),
        );
      }
    }),
    client.on('stale', () => {
      void queryClient.invalidateQueries({ queryKey: offersQuery.queryKey });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
