import type { Figure, FigureName, Interval } from './dry-run-queries.ts';

/** How a figure is shown: numbers of one kind in one row have one unit. */
export interface Shown {
  readonly unit: 'seconds' | 'minutes' | 'percent' | 'number';
  /** What a value is divided by. */
  readonly per: number;
  readonly decimals: number;
}

const isWait = (name: FigureName) => name === 'meanWaitMs' || name === 'p90WaitMs';
const isPer100 = (name: FigureName) => name === 'missedPer100' || name === 'requeuesPer100';
/** From here on waits are told in minutes. */
const longMs = 180_000;

export function shownAs(name: FigureName, { happened, current, proposed }: Figure): Shown {
  if (isWait(name)) {
    const isLong = Math.max(happened, current.mean, proposed.mean) >= longMs;
    return isLong ? { unit: 'minutes', per: 60_000, decimals: 1 } : { unit: 'seconds', per: 1_000, decimals: 1 };
  }
  return isPer100(name) ? { unit: 'number', per: 1, decimals: 1 } : { unit: 'percent', per: 0.01, decimals: 1 };
}

/** What the change comes to. Of how busy agents are more is neither better nor worse. */
export type Verdict = 'better' | 'worse' | 'higher' | 'lower' | 'none' | 'unclear';

const moreIsBetter: Readonly<Record<FigureName, boolean | undefined>> = {
  meanWaitMs: false,
  p90WaitMs: false,
  answeredInTime: true,
  abandonment: false,
  occupancy: undefined,
  missedPer100: false,
  requeuesPer100: false,
  slaMet: true,
};

/** `none`: less than can be seen; `unclear`: it may be chance. */
export function verdictOf(name: FigureName, figure: Figure): Verdict {
  const { mean, low, high } = figure.change;
  const { per, decimals } = shownAs(name, figure);
  const least = (per * 10 ** -decimals) / 2;
  if ([mean, low, high].every((value) => Math.abs(value) < least)) return 'none';
  if (low <= 0 && high >= 0) return 'unclear';
  const better = moreIsBetter[name];
  if (better === undefined) return mean > 0 ? 'higher' : 'lower';
  return mean > 0 === better ? 'better' : 'worse';
}

/** Whether chance has a part in it that can be seen. */
export function isWide({ low, high }: Interval, { per, decimals }: Shown): boolean {
  return high - low >= per * 10 ** -decimals;
}
