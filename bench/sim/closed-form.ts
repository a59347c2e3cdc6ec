/**
 * What theory says of the same: a simulation that disagrees with it is wrong. Times are in whatever unit the service time
 * has.
 */

/** Mean wait in a queue of one server, exponential service (Erlang). */
export const waitMM1 = (utilisation: number, service: number): number => (utilisation / (1 - utilisation)) * service;

/** … and constant service. */
export const waitMD1 = (utilisation: number, service: number): number => waitMM1(utilisation, service) / 2;

/** The wait that a share of all stays below, in a queue of one server with exponential service. */
export function waitQuantileMM1(share: number, utilisation: number, service: number): number {
  return Math.max(0, (Math.log(utilisation / (1 - share)) * service) / (1 - utilisation));
}

/** Mean wait over several such queues, each with its own utilisation, weighed by what comes to each. */
export function waitOverQueues(utilisations: readonly number[], service: number): number {
  const all = utilisations.reduce((sum, utilisation) => sum + utilisation, 0);
  return utilisations.reduce((sum, utilisation) => sum + (utilisation / all) * waitMM1(utilisation, service), 0);
}

/**
 * The hottest of many bins into which balls of different weight fall at random, as a multiple of the mean: the largest of
 * so many normal values whose spread is that of one bin, or the bin of the heaviest ball, where that weighs as much as
 * some bins do.
 *
 * @param weights of the balls, all together 1
 */
export function hottestBin(weights: Iterable<number>, bins: number): number {
  let [squares, heaviest] = [0, 0];
  for (const weight of weights) {
    squares += weight * weight;
    heaviest = Math.max(heaviest, weight);
  }
  const spread = (sum: number) => bins * Math.sqrt((sum / bins) * (1 - 1 / bins)) * largestOfNormal(bins);
  if (heaviest * bins < 0.5) return 1 + spread(squares);
  return 1 - heaviest + bins * heaviest;
}

/** The mean of the largest of n standard normal values (G. Blom's approximation). */
function largestOfNormal(n: number): number {
  return normalQuantile((n - 0.375) / (n + 0.25));
}

/** P. Acklam's rational approximation of the inverse, for the upper half; right to nine digits. */
function normalQuantile(p: number): number {
  if (p <= 0.5) return p === 0.5 ? 0 : -normalQuantile(1 - p);
  if (p > 0.97575) {
    const q = Math.sqrt(-2 * Math.log(1 - p));
    const top =
      ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
      2.938163982698783;
    const under =
      (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
    return -top / under;
  }
  const q = p - 0.5;
  const r = q * q;
  const top =
    (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
    q;
  const under =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return top / under;
}

/** Until what piled up while nothing was served is gone: what came, by what is left over of the service. */
export function recovery(arrivalsPerSecond: number, servedPerSecond: number, awaySeconds: number): number {
  return (arrivalsPerSecond * awaySeconds) / (servedPerSecond - arrivalsPerSecond);
}
