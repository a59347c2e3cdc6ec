/**
 * The value below which `share` of the sorted values lie (nearest rank).
 *
 * @param sorted in ascending order
 * @param share 0 … 1, for example 0.99
 * @returns NaN where there are no values
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank - 1))] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle; NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [below, above] = [sorted[half - 1] ?? Number.NaN, sorted[half] ?? Number.NaN];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

/** What several rounds gave: the middle, and how far they lie apart. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

export function summarize(rounds: readonly number[]): Summary {
  return { median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds), rounds };
}

/** Half of a latency's story each: the middle, and the slowest of a hundred. Milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** @param samples milliseconds in any order; they are sorted in place */
export function latencyOf(samples: Float64Array): Latency {
  samples.sort();
  return { p50Ms: percentile(samples, 0.5), p99Ms: percentile(samples, 0.99) };
}
