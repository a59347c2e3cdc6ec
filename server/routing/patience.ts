/** How long somebody was seen to wait: until they gave up, or until something else ended it (an answer). */
export interface SeenWait {
  readonly waitedMs: number;
  readonly gaveUp: boolean;
}

/** How long people are willing to wait, as far as what was seen says. */
export interface Patience {
  /** Share that is still willing to wait after the time. */
  survives(ms: number): number;
  /**
   * The time after which one gives up who has been seen to wait for `beyondMs` without giving up.
   *
   * @param luck evenly in [0, 1): one number decides it
   */
  drawBeyond(beyondMs: number, luck: number): number;
  /** `Infinity` when nobody was seen to give up. */
  readonly meanMs: number;
}

/**
 * The Kaplan-Meier estimate: who was answered says only that their patience was longer than their wait, and leaving them
 * out would make people look far too impatient (E. Kaplan, P. Meier, "Nonparametric estimation from incomplete
 * observations", 1958; for call centers L. Brown et al., "Statistical analysis of a telephone call center", 2005, §6).
 *
 * After the last one who was seen to give up nothing is known; there people are taken to give up at the rate at which
 * they did before (a constant hazard: those who gave up over all the time that was waited).
 */
export function estimatePatience(seen: readonly SeenWait[]): Patience {
  const times = [...Map.groupBy(seen, ({ waitedMs }) => waitedMs)].sort(([a], [b]) => a - b);
  const total = seen.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  const gaveUp = seen.filter((one) => one.gaveUp).length;
  const tailMs = gaveUp === 0 ? Infinity : total / gaveUp;
  const steps: { atMs: number; survives: number }[] = [];
  let atRisk = seen.length;
  let survives = 1;
  for (const [atMs, ended] of times) {
    const leaving = ended.filter((one) => one.gaveUp).length;
    if (leaving > 0) {
      survives *= 1 - leaving / atRisk;
      steps.push({ atMs, survives });
    }
    atRisk -= ended.length;
  }
  const last = steps.at(-1) ?? { atMs: 0, survives: 1 };

  const survivesAt = (ms: number): number => {
    if (ms > last.atMs) return last.survives * Math.exp(-(ms - last.atMs) / tailMs);
    return steps[lastIndex(steps, ms)]?.survives ?? 1;
  };

  return {
    survives: survivesAt,
    drawBeyond: (beyondMs, luck) => {
      const target = survivesAt(beyondMs) * (1 - luck);
      const step = firstAtMost(steps, target, lastIndex(steps, beyondMs) + 1);
      if (step !== undefined) return step.atMs;
      // All who were seen so long gave up.
      if (last.survives === 0) return Math.max(beyondMs, last.atMs);
      if (tailMs === Infinity) return Infinity;
      return last.atMs + tailMs * Math.log(last.survives / target);
    },
    meanMs: gaveUp === 0 ? Infinity : areaBelow(steps) + last.survives * tailMs,
  };
}

/** The last step that is not after the time; -1: none. */
function lastIndex(steps: readonly { atMs: number }[], ms: number): number {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as { atMs: number }).atMs <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The first step from an index on after which no more than this share is left: the steps fall. */
function firstAtMost<S extends { survives: number }>(steps: readonly S[], share: number, from: number): S | undefined {
  let [low, high] = [from, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as S).survives <= share) high = middle;
    else low = middle + 1;
  }
  return steps[low];
}

/** The mean of a time is the area below its survival. */
function areaBelow(steps: readonly { atMs: number; survives: number }[]): number {
  return steps.reduce((sum, { atMs }, i) => {
    const before = steps[i - 1] ?? { atMs: 0, survives: 1 };
    return sum + before.survives * (atMs - before.atMs);
  }, 0);
}
