/** Days of the civil calendar as whole numbers (days since 1 January 1970), for plain arithmetic. */
const dayMs = 86_400_000;

/** @param month 1 … 12. undefined where there is no such day (30 February) */
export function dayOf(year: number, month: number, day: number): number | undefined {
  if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  return Date.UTC(year, month - 1, day) / dayMs;
}

export function civilOf(day: number): { year: number; month: number; day: number } {
  const date = new Date(day * dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

export const isoDay = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** Monday is 0. */
export const weekdayOf = (day: number): number => (((day + 3) % 7) + 7) % 7;

export const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The first of a month so many months on. */
export function monthFrom(day: number, months: number): { year: number; month: number } {
  const { year, month } = civilOf(day);
  const place = year * 12 + month - 1 + months;
  return { year: Math.floor(place / 12), month: (((place % 12) + 12) % 12) + 1 };
}

/** The same day so many months on; the last of the month where it is shorter. */
export function addMonths(day: number, months: number): number {
  const { year, month } = monthFrom(day, months);
  return Date.UTC(year, month - 1, Math.min(civilOf(day).day, daysIn(year, month))) / dayMs;
}

/** Every day of a month, from the first to the last. */
export function spanOfMonth(year: number, month: number): { from: number; to: number } | undefined {
  const from = dayOf(year, month, 1);
  return from === undefined ? undefined : { from, to: from + daysIn(year, month) - 1 };
}

/** The occurrence of a day that comes every year which is nearest to today; what comes wins over what was at the same distance. */
export function nearest(today: number, ofYear: (year: number) => number | undefined): number | undefined {
  const { year } = civilOf(today);
  const found = [year - 1, year, year + 1].map(ofYear).filter((day) => day !== undefined);
  return found.toSorted((a, b) => Math.abs(a - today) - Math.abs(b - today) || b - a)[0];
}

/** Made when the first festival is asked for: it takes 50 ms, which a start does not need. */
let lunarFormat: Intl.DateTimeFormat | undefined;
/**
 * Days by which the runtime's Chinese calendar (ICU) errs, by year and month: the new moon of the first was at 23:56 in
 * Beijing. Compared for 2024 … 2035 with the published dates of Spring, Dragon Boat and Mid-Autumn Festival.
 */
const corrections: Readonly<Record<string, number>> = { '2027/1': -1, '2030/1': 1 };
/** Bounded by the festivals that are asked for, in the years that days are given for (1900 … 2200). */
const lunarDays = new Map<string, number | undefined>();

/** The day of a civil year on which a day of the Chinese calendar falls (1/1 is the Spring Festival). */
export function lunarDay(year: number, month: number, day: number): number | undefined {
  const key = `${year}/${month}/${day}`;
  if (!lunarDays.has(key)) lunarDays.set(key, searchLunarDay(year, month, day));
  return lunarDays.get(key);
}

/** The New Year is between 20 January and 21 February; months have 29 or 30 days, and one of them may come twice. */
function searchLunarDay(year: number, month: number, day: number): number | undefined {
  const earliest = dayOf(year, 1, 20);
  if (earliest === undefined) return undefined;
  const from = earliest + Math.floor((month - 1) * 29.4) + day - 2;
  lunarFormat ??= new Intl.DateTimeFormat('en-u-ca-chinese', { timeZone: 'UTC', month: 'numeric', day: 'numeric' });
  const correction = corrections[`${year}/${month}`] ?? 0;
  for (let at = from; at < from + 66; at += 1) {
    if (lunarFormat.format(at * dayMs) === `${month}/${day}`) return at + correction;
  }
  return undefined;
}
