/** What the runs of a simulation say together: a mean, and how far off it may be. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Independent runs. */
  readonly count: number;
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The 95 % confidence interval of a mean of independent values, by Student's t.
 *
 * @returns an interval without end where there are fewer than two values
 */
export function confidence(values: readonly number[]): Interval {
  const mean = meanOf(values);
  const count = values.length;
  if (count < 2) return { mean, low: -Infinity, high: Infinity, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = studentT975(count - 1) * Math.sqrt(variance / count);
  return { mean, low: mean - half, high: mean + half, count };
}

/**
 * The interval of how much `after` differs from `before`, run by run. Both have seen the same customers, so that what
 * chance does to both alike falls out (common random numbers; A. Law, "Simulation modeling and analysis", chapter 11).
 */
export function pairedDifference(after: readonly number[], before: readonly number[]): Interval {
  return confidence(after.map((value, i) => value - (before[i] as number)));
}

/**
 * The interval of a ratio of two means over the same runs, by the jackknife, which takes most of the bias of the ratio away
 * (B. Efron, "The jackknife, the bootstrap and other resampling plans", 1982).
 */
export function pairedRatio(after: readonly number[], before: readonly number[]): Interval {
  const [above, below, n] = [sumOf(after), sumOf(before), after.length];
  const whole = above / below;
  return confidence(after.map((value, i) => n * whole - ((n - 1) * (above - value)) / (below - (before[i] as number))));
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/**
 * The value that 97.5 % of Student's t distribution is below: exact for one and two degrees, else by the expansion of
 * Cornish and Fisher, off by less than 0.5 % from three degrees on and 0.01 % from ten on
 * (Abramowitz, Stegun, "Handbook of mathematical functions", 26.7.5).
 */
export function studentT975(degrees: number): number {
  if (degrees === 1) return 12.7062;
  if (degrees === 2) return 4.30265;
  const z = 1.959963984540054;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((t, term, i) => t + term / degrees ** (i + 1), z);
}

/**
 * @param sorted in ascending order
 * @returns the smallest value that at least this share is not above (nearest rank); 0 of nothing
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length))) - 1] as number;
}

/** Standard deviation as a share of the mean; 0 of nothing. */
export function variation(values: readonly number[]): number {
  const mean = meanOf(values);
  return mean === 0 ? 0 : Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) / mean;
}

/**
 * How unevenly something is spread: 0 when everybody has the same, near 1 when one has all (C. Gini, "Variabilità e
 * mutabilità", 1912): half the mean difference of two, over the mean.
 */
export function gini(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const total = sumOf(sorted);
  if (total === 0) return 0;
  const weighted = sorted.reduce((sum, value, i) => sum + value * (2 * (i + 1) - sorted.length - 1), 0);
  return weighted / (sorted.length * total);
}
