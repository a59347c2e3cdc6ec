import { addMonths, civilOf, weekdayOf } from './civil-days.ts';
import {
  type DateRule,
  type Days,
  dayIn,
  dayOfMonth,
  dayParts,
  fromNow,
  monthIn,
  type Now,
  numberIn,
  oneDay,
  wholeMonth,
  wholeYear,
} from './date-rules.ts';

const monthNames = [
  'jan(?:uary)?',
  'feb(?:ruary)?',
  'mar(?:ch)?',
  'apr(?:il)?',
  'may',
  'june?',
  'july?',
  'aug(?:ust)?',
];
const allMonths = [...monthNames, 'sept?(?:ember)?', 'oct(?:ober)?', 'nov(?:ember)?', 'dec(?:ember)?'];
const month = `(?<month>${allMonths.join('|')})\\.?`;
const ordinal = '(?<day>\\d{1,2})(?:st|nd|rd|th)?';
const year = '(?<year>(?:19|20)\\d\\d)';
const fullWeekdays = 'monday|tuesday|wednesday|thursday|friday|saturday|sunday';
const shortWeekdays = 'mon|tues?|wed|thur?s?|fri|sat|sun';
const number =
  '\\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|twenty|thirty|a couple of|a couple|a few';
const unit = '(?<unit>minute|min|hour|hr|day|week|fortnight|month|year)s?';
const parts = '(?<part>morning|afternoon|evening|night)';

const begin = '(?<![a-z0-9])';
const end = '(?![a-z0-9])';
const rule = (pattern: string, means: DateRule['means']): DateRule => ({
  pattern: new RegExp(`${begin}(?:${pattern})${end}`, 'gu'),
  means,
});

const monthNo = (name = '') => 1 + 'janfebmaraprmayjunjulaugsepoctnovdec'.indexOf(name.slice(0, 3)) / 3;
const weekdayNo = (name = '') => 'montuewedthufrisatsun'.indexOf(name.slice(0, 3)) / 3;
const steps: Readonly<Record<string, number>> = {
  last: -1,
  past: -1,
  previous: -1,
  this: 0,
  next: 1,
  coming: 1,
  following: 1,
};
const yearOf = (text: string | undefined) => (text === undefined ? {} : { year: Number(text) });
const partOf = (name = '') => dayParts[name === 'night' ? 'evening' : (name as keyof typeof dayParts)];

/** Dates in English. "Friday" is the next one, today included; "last Friday" the one before today; "next Friday" that of next week. */
export const englishDates: readonly DateRule[] = [
  rule(`${month} ${ordinal}(?:,? ${year})?(?! ?%)`, ({ month, day, year }, now) =>
    dayIn(now, { month: monthNo(month), day: Number(day), ...yearOf(year) }),
  ),
  rule(`(?:the )?${ordinal} (?:of )?${month}(?:,? ${year})?`, ({ month, day, year }, now) =>
    dayIn(now, { month: monthNo(month), day: Number(day), ...yearOf(year) }),
  ),
  rule(`${month},? ${year}`, ({ month, year }, now) => monthIn(now, monthNo(month), Number(year))),
  rule(`(?<=(?:in|since|during|of|until|by|early|late|mid) )${month}`, ({ month }, now) =>
    monthIn(now, monthNo(month)),
  ),
  rule(`(?<which>last|this|next) ${month}`, ({ which = '', month }, now) => {
    const { year, month: current } = civilOf(now.today);
    const wanted = monthNo(month);
    const passed = which === 'next' ? wanted <= current : wanted < current;
    const at = which === 'last' ? (wanted < current ? year : year - 1) : year + (passed && which === 'next' ? 1 : 0);
    return monthIn(now, wanted, at);
  }),
  rule(`(?<=in |since |from |of )${year}`, ({ year }) => wholeYear(Number(year))),
  rule('the day before yesterday', (_, { today }) => oneDay(today - 2)),
  rule('the day after tomorrow', (_, { today }) => oneDay(today + 2)),
  rule(`(?<which>yesterday|today|tomorrow|tmrw|this)(?: ${parts})?`, ({ which = '', part }, now) => {
    if (which === 'this' && part === undefined) return undefined;
    const day = now.today + (which === 'yesterday' ? -1 : which.startsWith('t') && /^(?:tom|tmr)/.test(which) ? 1 : 0);
    return { from: day, to: day, ...(part === undefined ? {} : { part: partOf(part) }) };
  }),
  rule('tonight', (_, { today }) => ({ from: today, to: today, part: dayParts.evening })),
  rule('last night', (_, { today }) => ({ from: today - 1, to: today - 1, part: dayParts.evening })),
  rule(`(?<which>last|past|previous|this|next|coming|following) (?<what>week(?:end)?|month|year)`, inPeriod),
  rule(
    `(?:on )?(?:the )?(?<which>last|past|this|next|coming|following) (?<weekday>${fullWeekdays}|${shortWeekdays})\\.?`,
    namedDay,
  ),
  rule(
    `(?:on (?<short>${fullWeekdays}|${shortWeekdays})|(?<weekday>${fullWeekdays}))(?: ${parts})?`,
    ({ short, weekday, part }, now) => {
      const days = (weekdayNo(short ?? weekday) - weekdayOf(now.today) + 7) % 7;
      const day = now.today + days;
      return { from: day, to: day, ...(part === undefined ? {} : { part: partOf(part) }) };
    },
  ),
  rule('(?:on |over |at )?the weekend', (_, now) => inPeriod({ which: 'this', what: 'weekend' }, now)),
  rule(`(?<count>${number}) ${unit} (?<way>ago|before|earlier|from now|later)`, ({ count, unit, way = '' }, now) =>
    away(now, /ago|before|earlier/.test(way) ? -many(count) : many(count), unit),
  ),
  rule(`(?:in|within) (?<count>${number}) ${unit}(?: time)?`, ({ count, unit }, now) => away(now, many(count), unit)),
  rule(`(?:the )?(?<which>last|past|next|coming) (?<count>${number}) ${unit}`, ({ which = '', count, unit }, now) => {
    const isAhead = (steps[which] ?? 0) > 0;
    const other = away(now, isAhead ? many(count) : -many(count), unit)?.from;
    if (other === undefined) return undefined;
    return isAhead ? { from: now.today, to: other } : { from: other, to: now.today };
  }),
  rule(
    '(?:on )?the (?<day>\\d{1,2})(?:st|nd|rd|th)(?: of (?:(?<which>last|this|next|the) month))?(?! (?:order|time|floor|item|one))',
    ({ day, which = '' }, now) => {
      const found = dayOfMonth(now, steps[which] ?? 0, Number(day));
      return found === undefined || which !== '' ? found : { ...found, isDayOnly: true };
    },
  ),
];

function inPeriod({ which = '', what }: Readonly<Record<string, string | undefined>>, now: Now): Days | undefined {
  const step = steps[which] ?? 0;
  if (what === 'month') return wholeMonth(now, step);
  if (what === 'year') return wholeYear(civilOf(now.today).year + step);
  const monday = now.today - weekdayOf(now.today) + step * 7;
  return { from: what === 'weekend' ? monday + 5 : monday, to: monday + 6 };
}

function namedDay({ which = '', weekday }: Readonly<Record<string, string | undefined>>, { today }: Now): Days {
  const wanted = weekdayNo(weekday);
  const inThisWeek = today - weekdayOf(today) + wanted;
  if (which === 'next' || which === 'following') return { from: inThisWeek + 7, to: inThisWeek + 7 };
  if (which === 'this') return { from: inThisWeek, to: inThisWeek };
  const days = (wanted - weekdayOf(today) + 7) % 7;
  const day = which === 'coming' ? today + days : today - ((7 - days) % 7 || 7);
  return { from: day, to: day };
}

const many = (text: string | undefined) => (text === 'a few' ? 3 : numberIn(text));

function away(now: Now, count: number, unit = ''): Days | undefined {
  if (!(Math.abs(count) <= 999)) return undefined;
  if (unit.startsWith('min')) return fromNow(now, count, 'minute');
  if (unit === 'hour' || unit === 'hr') return fromNow(now, count, 'hour');
  if (unit === 'month' || unit === 'year') return oneDay(addMonths(now.today, count * (unit === 'year' ? 12 : 1)));
  return oneDay(now.today + count * ({ week: 7, fortnight: 14 }[unit] ?? 1));
}
