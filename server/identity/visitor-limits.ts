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

/** What one visitor, or one address, may do in a while. Counted in this process alone. */
export interface VisitorLimits {
  /** Somebody new comes from this address. @throws Refusal `too-many-requests`, with the time to wait */
  countNew(address: string): void;
  /** This contact says something. @throws Refusal `too-many-requests`, with the time to wait */
  countMessage(contactId: string): void;
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
  };
}

/** For load tests. */
export const noVisitorLimits: VisitorLimits = { countNew: () => undefined, countMessage: () => undefined };

/** A host with IPv6 has 2^64 addresses of its own: they count as one. */
function networkOf(address: string): string {
  // IPv4, also when it is written as IPv6 (::ffff:192.0.2.1).
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = [], after = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
