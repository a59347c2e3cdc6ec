import { Lru } from '../base/lru.ts';
import { Refusal } from '../gateway/refusal.ts';

const windowMs = 60_000;
/** Addresses that are remembered in one process. */
const addresses = 10_000;

/**
 * Holds back who asks more often than people do.
 *
 * @param limits by what is done, how often one address may do it in a minute
 * @returns counts one; @throws Refusal `too-many-requests`
 */
export function createFewRequests<What extends string>(
  limits: Readonly<Record<What, number>>,
  now: () => number,
): (address: string, what: What) => void {
  const used = new Lru<string, { since: number; count: number }>(addresses);
  return (address, what) => {
    const key = `${what} ${address}`;
    const at = now();
    const before = used.get(key);
    const current = before !== undefined && at - before.since < windowMs ? before : { since: at, count: 0 };
    current.count += 1;
    used.set(key, current);
    if (current.count > limits[what])
      throw new Refusal('too-many-requests', 'Too many at once: wait a minute.', { retryAfterMs: windowMs });
  };
}
