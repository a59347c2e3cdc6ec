import { Lru } from './lru.ts';

/** Token buckets, one for each key: `burst` at once, then one every `everyMs`. */
export interface TokenBuckets {
  /** @returns 0 when one was taken; else the milliseconds until there is one, and nothing was taken */
  take(key: string): number;
}

/**
 * @param options.keys that are remembered: whose bucket was used longest ago has most likely filled up again
 * @param options.now milliseconds on a clock that nobody sets
 */
export function createTokenBuckets(options: {
  burst: number;
  everyMs: number;
  keys: number;
  now: () => number;
}): TokenBuckets {
  const { burst, everyMs, now } = options;
  /** When each bucket would be full again, if nobody took anything more (the virtual time of GCRA). */
  const fullAt = new Lru<string, number>(options.keys);
  return {
    take: (key) => {
      const at = now();
      const next = Math.max(fullAt.get(key) ?? at, at) + everyMs;
      const waitMs = next - at - burst * everyMs;
      if (waitMs > 0) return waitMs;
      fullAt.set(key, next);
      return 0;
    },
  };
}
