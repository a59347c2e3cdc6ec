import type { Offer } from '@parley/sdk/protocol.ts';

/** Why an offer is over. */
export type OfferEnd = 'accepted' | 'declined' | 'missed' | 'withdrawn';

/** Who is being asked whether they take what, as far as whoever decides knows: another one who takes over asks anew. */
export interface Offers {
  begin(offer: Offer & { readonly agentId: string }): void;
  get(conversationId: string): (Offer & { readonly agentId: string }) | undefined;
  /** Of one agent: at most one. */
  of(agentId: string): Offer[];
  end(conversationId: string, why: OfferEnd): void;
}

/** @param tell shows the agent that it begins, or ends */
export function createOffers(
  tell: (agentId: string, what: { begins: Offer } | { ends: string; why: OfferEnd }) => void,
): Offers {
  const offers = new Map<string, Offer & { readonly agentId: string }>();

  return {
    begin: (offer) => {
      offers.set(offer.conversationId, offer);
      tell(offer.agentId, { begins: shown(offer) });
    },
    get: (conversationId) => offers.get(conversationId),
    of: (agentId) => [...offers.values()].filter((offer) => offer.agentId === agentId).map(shown),
    end: (conversationId, why) => {
      const offer = offers.get(conversationId);
      if (offer === undefined) return;
      offers.delete(conversationId);
      tell(offer.agentId, { ends: conversationId, why });
    },
  };
}

const shown = ({ agentId: _, ...offer }: Offer & { readonly agentId: string }): Offer => offer;
