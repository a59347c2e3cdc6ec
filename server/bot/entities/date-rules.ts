import { civilOf, dayOf, monthFrom, nearest, spanOfMonth } from './civil-days.ts';
import { parseChineseNumeral, parseEnglishNumber } from './numerals.ts';

/** Days that an expression means, both ends within; minutes of the day where it says them. */
export interface Days {
  readonly from: number;
  readonly to: number;
  /** It names a day of the month alone: as the end of a range, it is of the month that the range begins in. */
  readonly isDayOnly?: true;
  /** Minutes from midnight that it means of the day ("tonight", 今早), the end exclusive. */
  readonly part?: { readonly from: number; readonly to: number };
  /** An instant: minutes from midnight of `from`. */
  readonly minute?: number;
}

/** What is said now: today as a day, and the minute of the day. */
export interface Now {
  readonly today: number;
  readonly minute: number;
}

/** A way to write dates: what it looks like in a folded text, and what it means. */
export interface DateRule {
  readonly pattern: RegExp;
  readonly means: (groups: Readonly<Record<string, string | undefined>>, now: Now) => Days | undefined;
}

export const oneDay = (day: number | undefined): Days | undefined =>
  day === undefined ? undefined : { from: day, to: day };

/** A number as it stands in a date: digits, Chinese signs or English words. */
export function numberIn(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  if (/^\d+$/.test(text)) return Number(text);
  const read = parseChineseNumeral(text);
  if (read !== undefined) return read;
  if (text === 'a' || text === 'an') return 1;
  return parseEnglishNumber(text.replace(/ of$/, '').split(/[ -]+/))?.value ?? Number.NaN;
}

/** A year as people write it: 26年 is 2026. */
export function yearIn(text: string | undefined): number {
  const year = numberIn(text);
  return year < 100 ? 2000 + year : year;
}

/** A day of a month; of the year that is nearest to today where none is said. */
export function dayIn(now: Now, { year, month, day }: { year?: number; month: number; day: number }): Days | undefined {
  return oneDay(year === undefined ? nearest(now.today, (tried) => dayOf(tried, month, day)) : dayOf(year, month, day));
}

export function monthIn(now: Now, month: number, year?: number): Days | undefined {
  if (year !== undefined) return spanOfMonth(year, month);
  const middle = nearest(now.today, (tried) => dayOf(tried, month, 15));
  return middle === undefined ? undefined : spanOfMonth(civilOf(middle).year, month);
}

/** A day of the month that lies so many months from this one. */
export function dayOfMonth(now: Now, months: number, day: number): Days | undefined {
  const { year, month } = monthFrom(now.today, months);
  return oneDay(dayOf(year, month, day));
}

export function wholeMonth(now: Now, months: number): Days | undefined {
  const { year, month } = monthFrom(now.today, months);
  return spanOfMonth(year, month);
}

export function wholeYear(year: number): Days | undefined {
  const [from, to] = [dayOf(year, 1, 1), dayOf(year, 12, 31)];
  return from === undefined || to === undefined ? undefined : { from, to };
}

const minutesOf: Readonly<Record<string, number>> = { minute: 1, hour: 60 };

/** So many hours or minutes from now. */
export function fromNow({ today, minute }: Now, count: number, unit: string): Days | undefined {
  const at = minute + Math.round(count * (minutesOf[unit] ?? Number.NaN));
  if (!(Math.abs(at) < 10_000_000)) return undefined;
  const day = today + Math.floor(at / 1_440);
  return { from: day, to: day, minute: at - Math.floor(at / 1_440) * 1_440 };
}

/** Parts of the day, from minute to minute. */
export const dayParts = {
  dawn: { from: 0, to: 360 },
  morning: { from: 360, to: 720 },
  noon: { from: 660, to: 840 },
  afternoon: { from: 720, to: 1_080 },
  evening: { from: 1_080, to: 1_440 },
} as const;
