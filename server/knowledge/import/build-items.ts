import { Refusal } from '../../gateway/refusal.ts';
import { checkArticle, checkCategory, checkLanguage, checkReply } from '../check-item.ts';
import {
  type ArticleText,
  articleStatuses,
  audiences,
  type CannedReplyText,
  type ReplyVariant,
  visibilities,
} from '../knowledge-item.ts';
import { ImportFailure } from './import-problem.ts';
import type { ReadText } from './read-texts.ts';

/** What a text has that says nothing about it. */
export interface ImportDefaults {
  readonly language: string;
  readonly status: ArticleText['status'];
  readonly audience: ArticleText['audience'];
  readonly visibility: CannedReplyText['visibility'];
}

/**
 * A canned reply as some rows say it: the first is its main text, each further one a variant. What they do not say stays as
 * it was.
 *
 * @throws ImportFailure with the line
 */
export function buildReply(
  rows: readonly ReadText[],
  before: CannedReplyText | undefined,
  defaults: ImportDefaults,
): CannedReplyText {
  const [main, ...others] = rows;
  if (main === undefined) throw new Error('There are no rows.');
  let variants: ReplyVariant[] = [...(before?.variants ?? [])];
  const lineOf = new Map<string, number>();
  for (const row of others) {
    const language = replyLanguage(row, null, defaults);
    const channelType = filled(row, 'channel') ?? null;
    variants = variants.filter((one) => one.language !== language || one.channelType !== channelType);
    variants.push({ language, channelType, body: row.values.body ?? '' });
    lineOf.set(`variants[${variants.length - 1}]`, row.line);
  }
  const groups = listOf(main, 'groups');
  const text: CannedReplyText = {
    title: main.values.title ?? '',
    shortCode: given(main, 'code', before?.shortCode ?? null),
    body: main.values.body ?? '',
    language: replyLanguage(main, before?.language, defaults),
    variants,
    attachments: before?.attachments ?? [],
    visibility: oneOf(main, 'visibility', visibilities) ?? before?.visibility ?? defaults.visibility,
    groupIds: groups ?? before?.groupIds ?? [],
    channelTypes: listOf(main, 'channels') ?? before?.channelTypes ?? null,
    externalKey: filled(main, 'key') ?? before?.externalKey ?? null,
    validFrom: timeOf(main, 'valid_from') ?? before?.validFrom ?? null,
    validUntil: timeOf(main, 'valid_until') ?? before?.validUntil ?? null,
  };
  return checked(main, lineOf, () => checkReply(text));
}

/** An article as some rows say it, each in one language; languages that they do not name stay. @throws ImportFailure */
export function buildArticle(
  rows: readonly ReadText[],
  before: ArticleText | undefined,
  defaults: ImportDefaults,
): ArticleText {
  const [main] = rows;
  if (main === undefined) throw new Error('There are no rows.');
  const versions = [...(before?.versions ?? [])];
  const lineOf = new Map<string, number>();
  for (const row of rows) {
    const version = { language: languageOf(row, defaults), title: row.values.title ?? '', body: row.values.body ?? '' };
    const known = versions.findIndex(({ language }) => language === version.language);
    const at = known < 0 ? versions.length : known;
    if (lineOf.has(`versions[${at}]`))
      throw new ImportFailure(row.line, `${version.language} is there twice for the key ${row.values.key ?? ''}.`);
    versions[at] = version;
    lineOf.set(`versions[${at}]`, row.line);
  }
  const text: ArticleText = {
    versions,
    category: given(main, 'category', before?.category ?? '') ?? '',
    status: oneOf(main, 'status', articleStatuses) ?? before?.status ?? defaults.status,
    audience: oneOf(main, 'audience', audiences) ?? before?.audience ?? defaults.audience,
    channelTypes: listOf(main, 'channels') ?? before?.channelTypes ?? null,
    externalKey: filled(main, 'key') ?? before?.externalKey ?? null,
    validFrom: timeOf(main, 'valid_from') ?? before?.validFrom ?? null,
    validUntil: timeOf(main, 'valid_until') ?? before?.validUntil ?? null,
  };
  return checked(main, lineOf, () => checkArticle(text));
}

/**
 * What rows of an article say its category is called in their languages.
 *
 * @throws ImportFailure with the line
 */
export function buildCategoryNames(
  rows: readonly ReadText[],
  { category }: Pick<ArticleText, 'category'>,
  defaults: ImportDefaults,
): { readonly language: string; readonly name: string; readonly line: number }[] {
  return rows.flatMap((row) => {
    const name = filled(row, 'category_name');
    if (name === undefined) return [];
    const line = row.lines.category_name ?? row.line;
    if (category === '') throw new ImportFailure(line, 'category_name: the article is in no category: name it, too.');
    const clean = checked(row, new Map(), () => checkCategory('category_name', name));
    return [{ language: languageOf(row, defaults), name: clean, line }];
  });
}

/** A canned reply may be in no stated language: an empty column says so, one that is not there says nothing. */
function replyLanguage(row: ReadText, before: string | null | undefined, defaults: ImportDefaults): string | null {
  if (filled(row, 'language') !== undefined) return languageOf(row, defaults);
  if (row.values.language !== undefined) return null;
  return before === undefined ? defaults.language : before;
}

/** The language of a row, in its usual form. @throws ImportFailure */
function languageOf(row: ReadText, defaults: ImportDefaults): string {
  return checked(row, new Map(), () => checkLanguage('language', filled(row, 'language') ?? defaults.language));
}

const filled = (row: ReadText, name: string): string | undefined => {
  const value = row.values[name]?.trim();
  return value === undefined || value === '' ? undefined : value;
};

/** A column that is there and empty says that there is none; one that is not there says nothing. */
const given = (row: ReadText, name: string, before: string | null): string | null =>
  row.values[name] === undefined ? before : (filled(row, name) ?? null);

function listOf(row: ReadText, name: string): string[] | undefined {
  return filled(row, name)
    ?.split(/[;,，；]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function oneOf<T extends string>(row: ReadText, name: string, values: readonly T[]): T | undefined {
  const value = filled(row, name)?.toLowerCase();
  const found = values.find((each) => each === value);
  if (value !== undefined && found === undefined)
    throw new ImportFailure(
      row.lines[name] ?? row.line,
      `${name}: expected ${values.join(', ')}, got "${value.slice(0, 60)}".`,
    );
  return found;
}

/** A day alone, as spreadsheets write it, is one of the server's time zone; `valid_until` names the last one. */
const dayPattern = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/;

function timeOf(row: ReadText, name: 'valid_from' | 'valid_until'): number | undefined {
  const value = filled(row, name);
  if (value === undefined) return undefined;
  const day = dayPattern.exec(value)?.slice(1).map(Number);
  const ms = day === undefined ? instantOf(value) : beginOf(day, name === 'valid_until' ? 1 : 0);
  if (Number.isNaN(ms))
    throw new ImportFailure(
      row.lines[name] ?? row.line,
      `${name}: expected a date such as 2026-01-31 or 2026-01-31T18:00Z, got "${value.slice(0, 60)}".`,
    );
  return ms;
}

/** @returns NaN where it is none */
const instantOf = (value: string): number =>
  /^\d{4}-\d{2}-\d{2}T/.test(value.replace(' ', 'T')) ? Date.parse(value.replace(' ', 'T')) : Number.NaN;

/** When a day begins, or one so many days later; NaN where there is no such day, as the 31st of a short month. */
function beginOf(numbers: readonly number[], daysLater: number): number {
  const [year = 0, month = 0, day = 0] = numbers;
  const isThere = new Date(year, month - 1, day).getDate() === day && month >= 1 && month <= 12;
  return isThere ? new Date(year, month - 1, day + daysLater).getTime() : Number.NaN;
}

/** What the rules of the knowledge base refuse, at the line that says it. */
function checked<T>(main: ReadText, lineOf: ReadonlyMap<string, number>, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const part = /^\w+\[\d+\]/.exec(error.field ?? '')?.[0] ?? '';
    throw new ImportFailure(lineOf.get(part) ?? main.line, error.message, { cause: error });
  }
}
