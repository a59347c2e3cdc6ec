/** Work given counts half after so long: about half a shift. */
const halfLifeMs = 4 * 3_600_000;

/**
 * Work given lately, older work counting less. All of it fades at one rate, so the order of two agents does not change
 * while nothing happens; kept as the logarithm of a sum that never fades, so that lists ordered by it stay in order.
 */
export const noWork = Number.NEGATIVE_INFINITY;

export function withWork(work: number, units: number, at: number): number {
  const added = Math.log2(units) + at / halfLifeMs;
  const [more, less] = work > added ? [work, added] : [added, work];
  return more + Math.log2(1 + 2 ** (less - more));
}

/** @returns what it was before `withWork` of the same, but for rounding */
export function withoutWork(work: number, units: number, at: number): number {
  const left = 1 - 2 ** (Math.log2(units) + at / halfLifeMs - work);
  // What remains of rounding is nothing.
  return left < 1e-9 ? noWork : work + Math.log2(left);
}

/** Time that somebody was there, fading as work does, as of the time up to which it is counted. */
export interface TimeThere {
  readonly ms: number;
  readonly until: number;
}

export const neverThere: TimeThere = { ms: 0, until: 0 };

/** @param isThere whether they were from `until` on */
export function timeThereAt({ ms, until }: TimeThere, now: number, isThere: boolean): TimeThere {
  if (now <= until) return { ms, until };
  const faded = 2 ** ((until - now) / halfLifeMs);
  return { ms: ms * faded + (isThere ? ((1 - faded) * halfLifeMs) / Math.LN2 : 0), until: now };
}

/** In the units that were given. */
export function workAt(work: number, now: number): number {
  return 2 ** (work - now / halfLifeMs);
}
