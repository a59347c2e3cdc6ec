import { type Comparison, difference, over } from './compare.ts';
import { confidence, type Interval, pairedDifference, pairedRatio } from './statistics.ts';

/** Something that is said of the dispatcher, and what the simulation makes of it. */
export interface Claim {
  readonly text: string;
  readonly unit: '%' | 'points' | 'Gini' | 'agents';
  readonly value: Interval;
  /** Holds where the whole interval is on the right side of it. */
  readonly target: number;
  readonly side: 'at least' | 'at most';
  readonly holds: boolean;
}

type Row = Comparison['rows'][number];

/** The claims that are made of a policy, held against a comparison. What was not part of it is not spoken of. */
export function claimsOf(comparison: Comparison, policy: string): Claim[] {
  const ours = rowOf(comparison, policy);
  if (ours === undefined) return [];
  const plain = rowOf(comparison, 'plain round robin');
  const pooled = rowOf(comparison, 'pooled, in order');
  return [
    ...(plain === undefined ? [] : againstPlain(ours, plain)),
    ...(pooled === undefined ? [] : [nearPooled(ours, pooled)]),
    ...(comparison.bound === undefined ? [] : nearBound(comparison, ours, comparison.bound)),
    ...fairness(ours),
    claim(
      'agents over capacity',
      'agents',
      over(ours.runs, ({ overCapacity }) => overCapacity),
      'at most',
      0,
    ),
  ];
}

function fairness({ runs }: Row): Claim[] {
  const values = runs.flatMap(({ gini }) => gini ?? []);
  if (values.length < runs.length) return [];
  return [claim('the Gini of work among equal agents', 'Gini', confidence(values), 'at most', 0.05)];
}

function againstPlain(ours: Row, plain: Row): Claim[] {
  const { meanWait, answeredInTime } = difference(ours.runs, plain.runs);
  return [
    claim('mean wait against plain round robin', '%', scaled(meanWait, 100), 'at most', -40),
    claim('answered in time against plain round robin', 'points', scaled(answeredInTime, 100), 'at least', 20),
  ];
}

function nearPooled(ours: Row, pooled: Row): Claim {
  const { meanWait } = difference(ours.runs, pooled.runs);
  return claim('mean wait against one pool in order of coming', '%', scaled(meanWait, 100), 'at most', 10);
}

function nearBound({ meanHandlingMs }: Comparison, { runs }: Row, bound: NonNullable<Comparison['bound']>): Claim[] {
  // The bound may have been sought for some of the runs only.
  const seen = runs.slice(0, bound.length);
  const solved = (waitMs: number) => waitMs + meanHandlingMs;
  const more = (after: number[], before: number[]) => lessOne(pairedRatio(after, before));
  const waits = seen.map(({ meanWaitMs }) => meanWaitMs);
  const least = bound.map(({ meanWaitMs }) => meanWaitMs);
  const shares = seen.map(({ answeredInTime }) => answeredInTime);
  const most = bound.map(({ answeredInTime }) => answeredInTime);
  return [
    claim(
      'time until solved against the clairvoyant bound',
      '%',
      scaled(more(waits.map(solved), least.map(solved)), 100),
      'at most',
      10,
    ),
    claim('answered in time against the clairvoyant bound', '%', scaled(more(shares, most), 100), 'at least', -10),
    claim('mean wait against the clairvoyant bound', '%', scaled(more(waits, least), 100), 'at most', 10),
  ];
}

const rowOf = ({ rows }: Comparison, name: string) => rows.find(({ contender }) => contender.name === name);

const scaled = ({ mean, low, high, count }: Interval, by: number): Interval => ({
  mean: mean * by,
  low: low * by,
  high: high * by,
  count,
});

const lessOne = ({ mean, low, high, count }: Interval): Interval => ({
  mean: mean - 1,
  low: low - 1,
  high: high - 1,
  count,
});

function claim(text: string, unit: Claim['unit'], value: Interval, side: Claim['side'], target: number): Claim {
  const holds = side === 'at least' ? value.low >= target : value.high <= target;
  return { text, unit, value, target, side, holds };
}

/** Where a policy of ours is worse than the best of ours, and not by chance. */
export interface Weakness {
  readonly policy: string;
  readonly than: string;
  readonly measure: 'mean wait' | 'answered in time' | 'Gini';
  /** Seconds, points or Gini: how much worse. */
  readonly by: Interval;
}

const measures = [
  { measure: 'mean wait', of: 'meanWaitMs', scale: 1 / 1_000, better: -1 },
  { measure: 'answered in time', of: 'answeredInTime', scale: 100, better: 1 },
  { measure: 'Gini', of: 'gini', scale: 1, better: -1 },
] as const;

/** Compares our policies with each other, measure by measure. */
export function weaknesses({ rows }: Comparison): Weakness[] {
  const ours = rows.filter(({ contender }) => contender.kind === 'ours');
  return measures.flatMap(({ measure, of, scale, better }) => {
    const values = ours.map(({ runs, contender }) => ({
      name: contender.name,
      values: runs.map((run) => better * scale * (run[of] ?? 0)),
    }));
    const best = values.toSorted((a, b) => sum(b.values) - sum(a.values))[0];
    if (best === undefined) return [];
    return values.flatMap(({ name, values: own }) => {
      const by = pairedDifference(best.values, own);
      return by.low > 0 ? [{ policy: name, than: best.name, measure, by }] : [];
    });
  });
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
