import { zoneTime } from '../../base/zone-time.ts';
import { chineseDates, digitDates } from './chinese-dates.ts';
import { civilOf, dayOf, nearest } from './civil-days.ts';
import { type DateRule, type Days, type Now, oneDay } from './date-rules.ts';
import { englishDates } from './english-dates.ts';
import type { Finding } from './find-amounts.ts';
import { apart, findTimes, type ReadTime } from './find-times.ts';
import { holidays } from './holidays.ts';
import { type Moment, momentValue, type ReadDays } from './moment-value.ts';

const namedDays = holidays.map(
  ({ names, inYear }): DateRule => ({
    pattern: new RegExp(
      `(?<![a-z0-9])(?:(?:(?<which>[去今明])年|(?<said>(?:19|20)\\d\\d)年)的?|(?<way>last|this|next) )?(?:${names})(?:,? (?<year>(?:19|20)\\d\\d))?(?![a-z0-9])`,
      'gu',
    ),
    means: ({ which, way, said, year }, { today }) => {
      const current = civilOf(today).year;
      if (said !== undefined || year !== undefined) return oneDay(inYear(Number(said ?? year)));
      if (which !== undefined) return oneDay(inYear(current + { 去: -1, 今: 0, 明: 1 }[which as '去']));
      if (way === undefined) return oneDay(nearest(today, inYear));
      const thisYears = inYear(current) ?? today;
      if (way === 'last') return oneDay(thisYears < today ? thisYears : inYear(current - 1));
      return oneDay(way === 'this' || thisYears > today ? thisYears : inYear(current + 1));
    },
  }),
);
const rules: readonly DateRule[] = [...chineseDates, ...digitDates, ...englishDates, ...namedDays];

/** What was said at an instant, as wall time in a time zone. */
export function nowIn(now: number, timeZone: string): Now {
  const minutes = Math.floor(zoneTime(timeZone).wallAt(now) / 60_000);
  const today = Math.floor(minutes / 1_440);
  return { today, minute: minutes - today * 1_440 };
}

/**
 * Dates and times, absolute and relative, in Chinese and English.
 *
 * Of type `date`: `2026-11-28` (unit `day`), `2026-11-28T15:00` (unit `minute`), from/to with both days within
 * (`2026-10-01/2026-10-07`, unit `range`), from/to of times (`2026-11-28T12:00/2026-11-28T18:00`, unit `range`).
 * Of type `time` where no day is said: `15:00`, `15:00/17:00`. All of it is wall time.
 */
export function findDates(folded: string, now: Now): Finding[] {
  const days = apart(rules.flatMap((rule) => [...occurrences(rule, folded, now)]));
  return ranges(moments(folded, days, findTimes(folded)), folded, now)
    .map(([first, last]) => momentValue(first, last))
    .filter((finding) => finding !== undefined);
}

function* occurrences({ pattern, means }: DateRule, folded: string, now: Now): Generator<ReadDays> {
  for (const match of folded.matchAll(pattern)) {
    const days = means({ ...match.groups, 0: match[0] }, now);
    if (days !== undefined && isWithin(days)) yield { ...days, start: match.index, end: match.index + match[0].length };
  }
}

const [firstDay, lastDay] = [dayOf(1900, 1, 1) ?? 0, dayOf(2200, 12, 31) ?? 0];
const isWithin = ({ from, to }: Days): boolean => from >= firstDay && to <= lastDay && from <= to;

const between = /^(?:[\s,的在]{0,2}|\s?(?:at|around|by|@|from|on|,)\s)$/u;

/** Puts a day and a time that stand side by side together, in either order. */
function moments(folded: string, days: readonly ReadDays[], times: readonly ReadTime[]): Moment[] {
  let at = 0;
  const free = times.flatMap((time) => {
    while ((days[at]?.end ?? Number.POSITIVE_INFINITY) <= time.start) at += 1;
    const day = days[at];
    if (day === undefined || day.start >= time.end) return [time];
    // 今晚八点: the evening belongs to both, and the time begins after the day.
    return day.part !== undefined && time.isSure && time.end > day.end ? [{ ...time, start: day.end }] : [];
  });
  const all: Moment[] = [
    ...days.map((day) => ({ start: day.start, end: day.end, days: day })),
    ...free.map((time) => ({ start: time.start, end: time.end, time })),
  ].sort((a, b) => a.start - b.start);
  const found: Moment[] = [];
  for (const moment of all) {
    const last = found.at(-1);
    const joined =
      last === undefined || !between.test(folded.slice(last.end, moment.start)) ? undefined : join(last, moment);
    if (joined === undefined) found.push(moment);
    else found[found.length - 1] = joined;
  }
  return found.filter(({ days, time }) => days !== undefined || time?.isSure === true);
}

function join(first: Moment, second: Moment): Moment | undefined {
  const span = { start: first.start, end: second.end };
  const [dated, timed] = first.days === undefined ? [second, first] : [first, second];
  const { days } = dated;
  if (days === undefined || timed.days !== undefined || timed.time === undefined || dated.time !== undefined)
    return undefined;
  if (days.minute !== undefined || days.from !== days.to) return undefined;
  // "tomorrow evening at 8": the part of the day says which eight o'clock it is.
  const isLate = days.part !== undefined && days.part.from >= 720;
  return { ...span, days, time: isLate ? later(timed.time) : timed.time };
}

/** The time in the second half of the day, where it may be meant so. */
function later(time: ReadTime): ReadTime {
  return time.isOpen === true && time.from < 720 ? { ...time, from: time.from + 720 } : time;
}

const until = /^\s?(?:到|至|-|~|–|—|to|until|till|through|thru)\s?$/u;
const and = /^\s(?:and)\s$/u;

/** Two moments with "to" in between are one range. */
function ranges(found: readonly Moment[], folded: string, now: Now): (readonly [Moment, Moment | undefined])[] {
  const result: (readonly [Moment, Moment | undefined])[] = [];
  for (let at = 0; at < found.length; at += 1) {
    const [first, next] = [found[at] as Moment, found[at + 1]];
    const gap = next === undefined ? '' : folded.slice(first.end, next.start);
    const isBetween = /(?:between|from)\s$/u.test(folded.slice(Math.max(0, first.start - 8), first.start));
    const last =
      next !== undefined && (until.test(gap) || (isBetween && and.test(gap))) ? endOf(first, next, now) : undefined;
    result.push([first, last]);
    if (last !== undefined) at += 1;
    else if (first.days !== undefined && first.days.from === first.days.to) {
      const shortEnd = shortEndOf(first, folded);
      if (shortEnd !== undefined) result[result.length - 1] = [first, shortEnd];
    }
  }
  return result;
}

/** "Nov 3-5": the day at the end is of the month before it. */
function shortEndOf(first: Moment, folded: string): Moment | undefined {
  const day = first.days?.from;
  if (
    day === undefined ||
    first.time !== undefined ||
    !/[a-z]\.? \d{1,2}(?:st|nd|rd|th)?$/u.test(folded.slice(first.start, first.end))
  )
    return undefined;
  const match = /^\s?(?:-|–|to)\s?(\d{1,2})(?:st|nd|rd|th)?(?![\d:%]|\s?[ap]\.?m|\/)/u.exec(
    folded.slice(first.end, first.end + 12),
  );
  const { year, month } = civilOf(day);
  const to = match === null ? undefined : dayOf(year, month, Number(match[1]));
  if (match === null || to === undefined || to < day) return undefined;
  const [start, end] = [first.end, first.end + match[0].length];
  return { start, end, days: { start, end, from: to, to } };
}

function endOf(first: Moment, second: Moment, now: Now): Moment | undefined {
  // "from 2 to 8:30 in the afternoon" ends after it begins.
  const isBefore = second.time !== undefined && second.time.from < (first.time?.from ?? 0);
  const next = isBefore ? { ...second, time: later(second.time) } : second;
  if (first.days === undefined) return next.days === undefined ? next : undefined;
  if (next.days === undefined)
    return first.time === undefined || next.time === undefined ? undefined : { ...next, days: { ...first.days } };
  if (next.days.isDayOnly !== true) return next.days.to >= first.days.from ? next : undefined;
  const { year, month } = civilOf(first.days.from);
  const day = dayOf(year, month, civilOf(next.days.from).day) ?? now.today;
  return day < first.days.from ? undefined : { ...next, days: { ...next.days, from: day, to: day } };
}
