import { type CsvError, parse } from 'csv-parse/sync';
import { Refusal } from '../../gateway/refusal.ts';
import { outOfScopeId } from './intent-store.ts';
import { limits } from './limits.ts';
import { nameProblem, tidyUtterance, utteranceProblem } from './utterance-text.ts';

export const fileFormats = ['tsv', 'csv'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A line of a file. */
export interface LabelledUtterance {
  readonly utterance: string;
  readonly intent: string;
}

interface Line {
  readonly number: number;
  readonly cells: readonly string[];
}

const problemsShown = 10;

/**
 * Reads `utterance<TAB>intent` or `utterance,intent` (RFC 4180), a line each; a first line of just these two words is a
 * heading, empty lines are passed over.
 *
 * @throws Refusal `settings-invalid` that names the lines that are wrong; a file is taken whole or not at all
 */
export function readUtteranceFile(text: string, format: FileFormat): LabelledUtterance[] {
  const lines = format === 'tsv' ? linesOf(text) : rowsOf(text);
  const [first] = lines;
  if (first !== undefined && isHeading(first.cells)) lines.shift();
  if (lines.length > limits.lines)
    throw refusal(`the file has ${lines.length} lines, at most ${limits.lines} are taken at once: divide it.`);
  const problems: string[] = [];
  const found: LabelledUtterance[] = [];
  for (const line of lines) {
    const read = readLine(line, format);
    if (typeof read === 'string') problems.push(`line ${line.number}: ${read}`);
    else found.push(read);
  }
  if (problems.length > 0) {
    const more = problems.length - problemsShown;
    const rest = more > 0 ? [`and ${more} more lines.`] : [];
    throw refusal(`nothing was imported. ${[...problems.slice(0, problemsShown), ...rest].join(' ')}`);
  }
  if (found.length === 0) throw refusal('there is no utterance in the file.');
  return found;
}

const refusal = (detail: string) => new Refusal('settings-invalid', `text: ${detail}`, { field: 'text' });
const isHeading = ([utterance, intent]: readonly string[]) =>
  utterance?.trim().toLowerCase() === 'utterance' && intent?.trim().toLowerCase() === 'intent';

function linesOf(text: string): Line[] {
  return withoutMark(text)
    .split('\n')
    .map((line, at) => ({ number: at + 1, cells: line.replace(/\r$/, '').split('\t') }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
}

function rowsOf(text: string): Line[] {
  try {
    const rows = parse(withoutMark(text), {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return rows
      .map(({ record, info }) => ({ number: info.lines, cells: record }))
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  } catch (error) {
    const { lines, message } = error as CsvError & { lines?: number };
    throw refusal(`nothing was imported. line ${lines ?? '?'}: ${message}.`);
  }
}

const withoutMark = (text: string) => text.replace(/^\uFEFF/, '');

/** @returns what is wrong with it, in words */
function readLine({ cells }: Line, format: FileFormat): LabelledUtterance | string {
  const [utterance, intent, ...rest] = cells.map(tidyUtterance);
  const shape = format === 'tsv' ? 'utterance<TAB>intent' : 'utterance,intent';
  if (utterance === undefined || intent === undefined || rest.some((cell) => cell !== ''))
    return `expected ${shape}, got ${cells.length} columns.`;
  const wrong = utteranceProblem(utterance) ?? (intent === outOfScopeId ? undefined : nameProblem(intent));
  return wrong ?? { utterance, intent };
}

/** The same format again. */
export function writeUtteranceFile(lines: Iterable<LabelledUtterance>, format: FileFormat): string {
  const cell = (text: string) => {
    if (format === 'tsv') return text;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const separator = format === 'tsv' ? '\t' : ',';
  const rows = [...lines].map(({ utterance, intent }) => `${cell(utterance)}${separator}${cell(intent)}\n`);
  return `utterance${separator}intent\n${rows.join('')}`;
}
