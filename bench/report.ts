import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { median, type Summary, summarize } from './statistics.ts';

/** One figure of ours and, where there is one, the reference it stands beside. Rounds of both alternated. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly parley: Summary;
  readonly reference?: { readonly name: string; readonly summary: Summary };
  /** Parley ÷ reference, round by round, then the middle: what slows both down falls out. */
  readonly ratio?: number;
}

/** Something that must hold, or the figures are worth nothing. */
export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly detail: string;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** What was done and what the numbers mean, for somebody who knows nothing of the project. */
  readonly explanation: readonly string[];
  readonly rows: readonly Row[];
  readonly checks: readonly Check[];
}

export function row(
  name: string,
  unit: string,
  parley: readonly number[],
  reference?: { name: string; rounds: readonly number[] },
): Row {
  const own = { name, unit, parley: summarize(parley) };
  if (reference === undefined) return own;
  const ratios = parley.map((value, round) => value / (reference.rounds[round] ?? Number.NaN));
  return {
    ...own,
    reference: { name: reference.name, summary: summarize(reference.rounds) },
    ratio: median(ratios.filter((ratio) => !Number.isNaN(ratio))),
  };
}

/** The section as text: a title, an explanation, a table, and the checks. */
export function renderSection(section: Section): string {
  const header = ['', 'Parley', '(min … max)', 'reference', '(min … max)', 'Parley ÷ ref.', 'reference is'];
  const lines = section.rows.map((row) => [
    `${row.name}, ${row.unit}`,
    formatNumber(row.parley.median),
    spread(row.parley),
    row.reference === undefined ? '' : formatNumber(row.reference.summary.median),
    row.reference === undefined ? '' : spread(row.reference.summary),
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    row.reference?.name ?? '',
  ]);
  return [
    '',
    section.title,
    '='.repeat(section.title.length),
    ...section.explanation,
    '',
    ...alignColumns([header, ...lines]),
    '',
    ...section.checks.map((check) => `  ${check.holds ? 'holds ' : 'BROKEN'}  ${check.claim} (${check.detail})`),
    '',
  ].join('\n');
}

/** The first and the last column are text, those between are numbers. */
function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table.map((cells) =>
    cells
      .map((cell, column) => {
        const isText = column === 0 || column === cells.length - 1;
        return isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
}

function spread({ min, max, rounds }: Summary): string {
  return rounds.length < 2 ? '' : `(${formatNumber(min)} … ${formatNumber(max)})`;
}

/** Three digits that count, thousands apart: more would be noise. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What the figures were measured on; without it they mean nothing. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly platform: string;
  /** Programs that ran or waited for a core, on average over the minute before the run. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** @returns a line that says how much of the machine others were using, for whoever compares two runs */
export function renderLoad({ cores, loadBefore }: Pick<Machine, 'cores' | 'loadBefore'>): string {
  const load = `Load average before the run: ${loadBefore.toFixed(1)} on ${cores} cores`;
  return loadBefore < cores / 2
    ? `${load}.`
    : `${load}: OTHER PROGRAMS WERE RUNNING. Figures and ratios of this run cannot be compared with another's.`;
}

export async function writeJson(path: string, result: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
}
