/** A token bucket: `burst` at once, then `perSecond`. */
export interface RateLimiter {
  /** Waits for a place; callers get theirs in the order in which they asked. */
  take(sleep: (ms: number) => Promise<void>): Promise<void>;
}

/** @param options.now milliseconds on a clock that nobody sets */
export function createRateLimiter(options: { perSecond: number; burst: number; now: () => number }): RateLimiter {
  const { perSecond, burst, now } = options;
  const intervalMs = 1_000 / perSecond;
  /** When the bucket would be full again, if nobody took anything more (the virtual time of GCRA). */
  let fullAt = now();
  return {
    take: async (sleep) => {
      const at = now();
      fullAt = Math.max(fullAt, at) + intervalMs;
      const waitMs = fullAt - at - burst * intervalMs;
      if (waitMs > 0) await sleep(waitMs);
    },
  };
}
