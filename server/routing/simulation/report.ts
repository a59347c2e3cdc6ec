import { type Claim, claimsOf, type Weakness, weaknesses } from './claims.ts';
import type { Comparison } from './compare.ts';
import type { Measures } from './measures.ts';
import { confidence, type Interval } from './statistics.ts';
import type { Check } from './validation.ts';

/** Tables of what was simulated, for people. */

export function describeChecks(checks: readonly Check[]): string {
  const rows = checks.map(({ model, figure, unit, exact, simulated, isWithin }) => [
    model,
    figure,
    `${exact.toFixed(2)} ${unit}`,
    `${simulated.mean.toFixed(2)} (${simulated.low.toFixed(2)} to ${simulated.high.toFixed(2)})`,
    isWithin ? 'yes' : 'NO',
  ]);
  return table(['', '', 'exact', 'simulated (95 %)', 'within'], rows);
}

type Column = {
  readonly head: string;
  readonly of: (measures: Measures) => number | undefined;
  readonly digits: number;
};

const columns: readonly Column[] = [
  { head: 'mean wait s', of: ({ meanWaitMs }) => meanWaitMs / 1_000, digits: 1 },
  { head: 'p50', of: ({ medianWaitMs }) => medianWaitMs / 1_000, digits: 0 },
  { head: 'p90', of: ({ p90WaitMs }) => p90WaitMs / 1_000, digits: 0 },
  { head: 'p99', of: ({ p99WaitMs }) => p99WaitMs / 1_000, digits: 0 },
  { head: 'in time %', of: ({ answeredInTime }) => 100 * answeredInTime, digits: 1 },
  { head: 'give up %', of: ({ abandonment }) => 100 * abandonment, digits: 1 },
  { head: 'busy %', of: ({ occupancy }) => 100 * occupancy, digits: 1 },
  { head: 'Gini', of: ({ gini }) => gini, digits: 3 },
  { head: 'CV', of: ({ assignmentSpread }) => assignmentSpread, digits: 3 },
  { head: 'told right %', of: ({ toldRight }) => toldRight && 100 * toldRight, digits: 1 },
  { head: 'per 100: told', of: ({ toldPer100 }) => toldPer100, digits: 1 },
  { head: 'missed', of: ({ missedPer100 }) => missedPer100, digits: 1 },
  { head: 're-queued', of: ({ requeuesPer100 }) => requeuesPer100, digits: 1 },
  { head: 'handed on', of: ({ transfersPer100 }) => transfersPer100, digits: 1 },
];
/** Columns with their interval: what claims are made of. */
const withInterval = new Set(['mean wait s', 'in time %', 'Gini']);

export function describeComparison(comparison: Comparison): string {
  const rows = comparison.rows.map(({ contender, runs }) => [
    contender.name,
    ...columns.map((column) => cell(column, runs)),
  ]);
  return table(['', ...columns.map(({ head }) => head)], [...rows, ...boundRow(comparison)]);
}

function cell({ head, of, digits }: Column, runs: readonly Measures[]): string {
  const values = runs.flatMap((measures) => of(measures) ?? []);
  if (values.length < runs.length) return '–';
  const interval = confidence(values);
  return withInterval.has(head) ? withHalf(interval, digits) : interval.mean.toFixed(digits);
}

function boundRow({ bound }: Comparison): string[][] {
  if (bound === undefined) return [];
  const wait = confidence(bound.map(({ meanWaitMs }) => meanWaitMs / 1_000));
  const share = confidence(bound.map(({ answeredInTime }) => 100 * answeredInTime));
  const cells: Readonly<Record<string, string>> = {
    'mean wait s': withHalf(wait, 1),
    'in time %': withHalf(share, 1),
  };
  return [[`clairvoyant bound (${bound.length} seeds)`, ...columns.map(({ head }) => cells[head] ?? '')]];
}

export function describeClaims(comparison: Comparison, policy: string): string {
  return claimsOf(comparison, policy).map(describeClaim).join('\n');
}

function describeClaim({ text, unit, value, target, side, holds }: Claim): string {
  const digits = unit === 'Gini' ? 3 : 1;
  const sign = unit === '%' || unit === 'points' ? signed : (x: number) => x.toFixed(digits);
  const words = `${text}: ${sign(value.mean)} (${sign(value.low)} to ${sign(value.high)}) ${unit}`;
  return `  ${holds ? 'holds' : 'FAILS'}  ${words}; aim ${side} ${sign(target)}`;
}

export function describeWeaknesses(comparison: Comparison): string {
  const found = weaknesses(comparison);
  if (found.length === 0) return '  Among our own policies none is worse than another beyond chance.';
  return found.map(describeWeakness).join('\n');
}

function describeWeakness({ policy, than, measure, by }: Weakness): string {
  const unit = measure === 'mean wait' ? ' s' : measure === 'Gini' ? '' : ' points';
  const digits = measure === 'Gini' ? 3 : 1;
  const figure = (x: number) => x.toFixed(digits);
  return `  ${policy} is worse than ${than} in ${measure}: by ${figure(by.mean)}${unit} (${figure(by.low)} to ${figure(by.high)})`;
}

export function describeContenders({ rows }: Comparison): string {
  return table(
    ['', ''],
    rows.map(({ contender }) => [contender.name, contender.meaning]),
    'left',
  );
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
const withHalf = ({ mean, high }: Interval, digits: number) =>
  Number.isFinite(high) ? `${mean.toFixed(digits)} ±${(high - mean).toFixed(digits)}` : mean.toFixed(digits);

/** The first column to the left; the others to the right, as numbers stand. */
function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  side: 'left' | 'right' = 'right',
): string {
  const all = heads.some((head) => head !== '') ? [heads, ...rows] : rows;
  const widths = heads.map((_, i) => Math.max(...all.map((cells) => (cells[i] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 || side === 'left' ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return all.map((cells) => `  ${line(cells)}`).join('\n');
}
