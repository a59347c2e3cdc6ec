import { networkOf } from '../base/address.ts';
import { createTokenBuckets } from '../base/rate-limiter.ts';
import { Refusal } from '../gateway/refusal.ts';

const minuteMs = 60_000;
/**
 * People whom nobody knows yet, of one address: a class or an office that opens the chat together finds room, and a
 * script that makes contacts gets no more than 60 in ten minutes for long.
 */
const newVisitors = { burst: 60, everyMs: 10 * (minuteMs / 60), keys: 10_000 };
/** Of one visitor: nobody writes more than one message a second for long; what was written offline comes in a burst. */
const messages = { burst: 30, everyMs: minuteMs / 60, keys: 20_000 };
/** Of one visitor's windows together, whatever they say: far more than they ever do, so who sends more is no window of ours. */
const frames = { burst: 300, everyMs: 50, keys: 20_000 };
/** A window that opens costs as much as so many frames: who was closed for too many comes back no faster. */
const framesOfOpening = 5;

/** What one visitor, or one address, may do in a while. Counted in this process alone. */
export interface VisitorLimits {
  /** Somebody new comes from this address. @throws Refusal `too-many-requests`, with the time to wait */
  countNew(address: string): void;
  /** This contact says something. @throws Refusal `too-many-requests`, with the time to wait */
  countMessage(contactId: string): void;
  /** A window of this contact opens, or sends a frame. @returns whether it is to be closed, as they send too many */
  isFlooding(contactId: string, what: 'opens' | 'sends'): boolean;
}

/**
 * @param deps.now milliseconds on a clock that nobody sets
 * @param deps.onFirstRefused told once of an address: it may be that of a proxy, behind which everybody is
 */
export function createVisitorLimits(deps: {
  now: () => number;
  onFirstRefused: (address: string) => void;
}): VisitorLimits {
  const addresses = createTokenBuckets({ ...newVisitors, now: deps.now });
  const contacts = createTokenBuckets({ ...messages, now: deps.now });
  const windows = createTokenBuckets({ ...frames, now: deps.now });
  let wasTold = false;
  return {
    countNew: (address) => {
      const retryAfterMs = addresses.take(networkOf(address));
      if (retryAfterMs === 0) return;
      if (!wasTold) deps.onFirstRefused(address);
      wasTold = true;
      throw new Refusal('too-many-requests', 'Too many new visitors at once: try again later.', { retryAfterMs });
    },
    countMessage: (contactId) => {
      const retryAfterMs = contacts.take(contactId);
      if (retryAfterMs === 0) return;
      throw new Refusal('too-many-requests', 'Too many messages at once: send it again later.', { retryAfterMs });
    },
    isFlooding: (contactId, what) => windows.take(contactId, what === 'opens' ? framesOfOpening : 1) > 0,
  };
}

/** For load tests. */
export const noVisitorLimits: VisitorLimits = {
  countNew: () => undefined,
  countMessage: () => undefined,
  isFlooding: () => false,
};
