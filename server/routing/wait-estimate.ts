/** What was seen counts half after so long: recent enough to follow the day, long enough to have seen something. */
const halfLifeMs = 10 * 60_000;
/** Fewer conversations than this say nothing about a rate. */
const minSeen = 5;
/** Eight of ten waits shall lie in the range. */
const z = 1.28;

export interface WaitRange {
  readonly lowMs: number;
  readonly highMs: number;
}

/**
 * How fast a group takes conversations from its queue, seen while somebody waited: when nobody waits, the rate is that of
 * the customers and says nothing about the agents.
 */
export class ServiceRate {
  #seen = 0;
  #exposureMs = 0;
  #at = 0;
  #isWaiting = false;

  /** Somebody waits from now on for people who are there, or not. */
  waiting(isWaiting: boolean, now: number): void {
    if (isWaiting === this.#isWaiting) return;
    this.#pass(now);
    this.#isWaiting = isWaiting;
  }

  /** An agent took one that had waited. */
  served(now: number): void {
    this.#pass(now);
    this.#seen += 1;
  }

  /** Conversations a millisecond, and how many were seen; undefined: too few to say. */
  at(now: number): { perMs: number; seen: number } | undefined {
    const { seen, exposureMs } = this.#after(now);
    return seen < minSeen || exposureMs <= 0 ? undefined : { perMs: seen / exposureMs, seen };
  }

  #pass(now: number): void {
    const { seen, exposureMs } = this.#after(now);
    [this.#seen, this.#exposureMs, this.#at] = [seen, exposureMs, Math.max(this.#at, now)];
  }

  /** Everything fades, and time in which somebody waits is added, fading as well. */
  #after(now: number): { seen: number; exposureMs: number } {
    const fade = 2 ** (-Math.max(0, now - this.#at) / halfLifeMs);
    const added = this.#isWaiting ? ((1 - fade) * halfLifeMs) / Math.LN2 : 0;
    return { seen: this.#seen * fade, exposureMs: this.#exposureMs * fade + added };
  }
}

const minuteMs = 60_000;
/** Longer than this nobody waits before a screen, and nobody can foresee. */
const longestToldMs = 12 * 60 * minuteMs;

/**
 * A range as it is told to a person: in whole minutes, coarser the longer it is. It becomes wider and never narrower.
 *
 * @returns `unknown` for what lies too far ahead to be worth saying
 */
export function tellable(range: WaitRange | 'unknown'): WaitRange | 'unknown' {
  if (range === 'unknown' || range.highMs > longestToldMs) return 'unknown';
  const { lowMs, highMs } = range;
  const minutes = highMs <= 10 * minuteMs ? 1 : highMs <= 60 * minuteMs ? 5 : highMs <= 180 * minuteMs ? 15 : 60;
  const step = minutes * minuteMs;
  return { lowMs: Math.floor(lowMs / step) * step, highMs: Math.max(1, Math.ceil(highMs / step)) * step };
}

/**
 * When the n-th conversation from now will be taken. n events at a rate of which `seen` events are known take
 * n / rate, times a ratio of two gamma variables whose logarithm has about the variance 1/n + 1/seen.
 *
 * @param position 1 for who is next
 */
export function estimateWait(
  rate: { perMs: number; seen: number } | undefined,
  position: number,
): WaitRange | 'unknown' {
  if (rate === undefined) return 'unknown';
  const middle = position / rate.perMs;
  const spread = Math.exp(z * Math.sqrt(1 / position + 1 / rate.seen));
  return { lowMs: Math.round(middle / spread), highMs: Math.round(middle * spread) };
}
