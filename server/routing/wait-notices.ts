import type { WaitNotice, WaitOffer } from '@parley/sdk/protocol.ts';
import { waitOffers } from '@parley/sdk/protocol.ts';
import type { Admission } from './admission.ts';
import type { AssignmentStore } from './assignment-store.ts';
import type { Waiter } from './intake.ts';
import type { RoutingCore } from './routing-core.ts';
import { tellable } from './wait-estimate.ts';
import type { WaitStore } from './wait-store.ts';

/** Places up to here are told as they are; farther back they change with everybody who is served, and matter less. */
const exactUpTo = 50;
const roundPlaces = [50, 100, 200, 500, 1_000, 2_000, 5_000];

/** What the customer of one conversation that waits can be told now. */
export type WaitSeen = WaitNotice & { readonly conversationId: string };

/** What whoever decides tells customers who wait, and what they have made of it. */
export interface WaitNotices {
  /** Of those of the conversations that wait, as far as they are known here; what is told first is kept. */
  of(ids: readonly string[]): WaitSeen[];
  /**
   * The customer was offered something and has said yes or no.
   * @returns false: it is not offered (any more), and nothing has changed
   */
  closeOffer(conversationId: string, offer: WaitOffer, how: 'declined' | 'chosen'): Promise<boolean>;
}

export function createWaitNotices(deps: {
  core: Pick<RoutingCore, 'position' | 'tell'>;
  admission: Pick<Admission, 'waiters' | 'change'>;
  store: Pick<AssignmentStore, 'route'>;
  waits: Pick<WaitStore, 'told'>;
  now: () => number;
  onError: (error: unknown) => void;
}): WaitNotices {
  const { core, admission, now } = deps;
  const { waiters } = admission;

  return {
    of: (ids) => {
      const told: Parameters<WaitStore['told']>[0][number][] = [];
      const seen = ids.flatMap((id) => {
        const waiter = waiters.get(id);
        const place = core.position(id, now());
        if (waiter === undefined || place === undefined) return [];
        const estimate = tellable(place.estimate);
        const first = core.tell(id, estimate, now());
        if (first !== undefined) told.push({ id, queuedAt: waiter.row.queuedAt, ...first });
        return { conversationId: id, ...noticeOf(place.position, estimate, waiter) };
      });
      if (told.length > 0) deps.waits.told(told).catch(deps.onError);
      return seen;
    },
    closeOffer: async (conversationId, offer, how) => {
      const waiter = waiters.get(conversationId);
      if (waiter?.said.offers[offer] !== 'open') return false;
      const { row, said } = waiter;
      const next = { ...said, offers: { ...said.offers, [offer]: how } };
      const routing = JSON.stringify(next);
      admission.change({ ...waiter, said: next, row: { ...row, routing } });
      return deps.store.route(row, { routing });
    },
  };
}

function noticeOf(
  position: number,
  estimate: { lowMs: number; highMs: number } | 'unknown',
  { said }: Pick<Waiter, 'said'>,
): WaitNotice {
  const rounded = roundPlaces.findLast((round) => round <= position) ?? position;
  return {
    position: position <= exactUpTo ? position : rounded,
    atLeast: position > exactUpTo,
    estimate: estimate === 'unknown' ? null : estimate,
    movedOn: said.overflows > 0,
    offers: waitOffers.filter((offer) => said.offers[offer] === 'open'),
  };
}
