import { Lru } from './lru.ts';

/** What a token bucket holds, and how fast it fills. */
interface Bucket {
  readonly burst: number;
  readonly everyMs: number;
}

/** A token bucket: `burst` at once, then `perSecond`. */
export interface RateLimiter {
  /** Waits for a place; callers get theirs in the order in which they asked. */
  take(sleep: (ms: number) => Promise<void>): Promise<void>;
}

/** @param options.now milliseconds on a clock that nobody sets */
export function createRateLimiter(options: { perSecond: number; burst: number; now: () => number }): RateLimiter {
  const { perSecond, burst, now } = options;
  const bucket = { burst, everyMs: 1_000 / perSecond };
  let fullAt = now();
  return {
    take: async (sleep) => {
      const taken = takeSome(bucket, 1, fullAt, now());
      ({ fullAt } = taken);
      if (taken.waitMs > 0) await sleep(taken.waitMs);
    },
  };
}

/** Token buckets, one for each key: `burst` at once, then one every `everyMs`. */
export interface TokenBuckets {
  /** @returns 0 when so many were taken; else the milliseconds until there are, and nothing was taken */
  take(key: string, count?: number): number;
}

/**
 * @param options.keys that are remembered: whose bucket was used longest ago has most likely filled up again
 * @param options.now milliseconds on a clock that nobody sets
 */
export function createTokenBuckets(options: Bucket & { keys: number; now: () => number }): TokenBuckets {
  const { now } = options;
  const fullAt = new Lru<string, number>(options.keys);
  return {
    take: (key, count = 1) => {
      const at = now();
      const taken = takeSome(options, count, fullAt.get(key) ?? at, at);
      if (taken.waitMs > 0) return taken.waitMs;
      fullAt.set(key, taken.fullAt);
      return 0;
    },
  };
}

/**
 * Takes so many from a bucket that would be full again at `fullAt` if nobody took anything more (the virtual time of GCRA).
 *
 * @returns when it would be full after that, and how long until they are there
 */
function takeSome(
  { burst, everyMs }: Bucket,
  count: number,
  fullAt: number,
  at: number,
): { fullAt: number; waitMs: number } {
  const next = Math.max(fullAt, at) + count * everyMs;
  return { fullAt: next, waitMs: Math.max(0, next - at - burst * everyMs) };
}
