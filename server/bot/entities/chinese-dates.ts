import { addMonths, civilOf, dayOf, weekdayOf } from './civil-days.ts';
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
  yearIn,
} from './date-rules.ts';

const count = String.raw`(?<![\d.])\d{1,3}|[零一二两三四五六七八九十百]{1,5}`;
const small = String.raw`\d{1,2}|[一二三四五六七八九十]{1,3}`;
const year = String.raw`(?<year>(?<!\d)(?:19|20)\d\d|(?<!\d)\d\d|[一二][〇零一二三四五六七八九]{3})年`;
const month = String.raw`(?<month>(?<![\d.])\d{1,2}|(?<![一二三四五六七八九十])[一二三四五六七八九十]{1,2})月份?`;
const dayEnd = String.raw`(?<day>${small})(?:[日号](?!线|楼|店|机|码|馆|门|院|台|柜|桌)|(?!\d|[一二三四五六七八九十个天]))`;
const weekWord = '(?:个?(?:周|星期|礼拜))';
const weekday = '[一二三四五六日天末]|[1-7](?!\\d|个|天|周)';

const relativeDays: Readonly<Record<string, number>> = {
  大前天: -3,
  前天: -2,
  前日: -2,
  昨天: -1,
  昨日: -1,
  昨儿: -1,
  今天: 0,
  今日: 0,
  今儿: 0,
  明天: 1,
  明日: 1,
  明儿: 1,
  后天: 2,
  后日: 2,
  大后天: 3,
};
const dayWithPart: Readonly<Record<string, number>> = { 昨: -1, 今: 0, 明: 1 };
const partWords: Readonly<Record<string, keyof typeof dayParts>> = {
  早: 'morning',
  晨: 'morning',
  晚: 'evening',
  夜: 'evening',
};
const years: Readonly<Record<string, number>> = { 前: -2, 去: -1, 今: 0, 明: 1, 后: 2 };
/** 上 is one back, 上上 two; 下 is one on. */
const steps = (text = '') => [...text].reduce((sum, sign) => sum + ({ 上: -1, 下: 1 }[sign] ?? 0), 0);

/** Days, weeks, months and years in Chinese. A week begins on Monday; 周三 is that of this week. */
export const chineseDates: readonly DateRule[] = [
  {
    pattern: new RegExp(`${year}(?:${month}(?:${dayEnd})?)?`, 'gu'),
    means: ({ year, month, day }, now) => {
      const said = yearIn(year);
      if (month === undefined) return said >= 1970 && (year?.length ?? 0) === 4 ? wholeYear(said) : undefined;
      return day === undefined ? monthIn(now, numberIn(month), said) : dayIn(now, dated(month, day, said));
    },
  },
  {
    pattern: new RegExp(`(?<which>[前去今明后])年(?:${month}(?:${dayEnd})?)?`, 'gu'),
    means: ({ which = '', month, day }, now) => {
      const said = civilOf(now.today).year + (years[which] ?? 0);
      if (month === undefined) return wholeYear(said);
      return day === undefined ? monthIn(now, numberIn(month), said) : dayIn(now, dated(month, day, said));
    },
  },
  {
    pattern: new RegExp(`${month}${dayEnd}`, 'gu'),
    means: ({ month, day }, now) => dayIn(now, dated(month, day)),
  },
  { pattern: new RegExp(`${month}(?!${small})`, 'gu'), means: ({ month }, now) => monthIn(now, numberIn(month)) },
  {
    pattern: new RegExp(`(?<which>上{1,3}|下{1,3}|这|本|当)个?月(?:(?<day>${small})[日号])?`, 'gu'),
    means: ({ which, day }, now) =>
      day === undefined ? wholeMonth(now, steps(which)) : dayOfMonth(now, steps(which), numberIn(day)),
  },
  {
    pattern: new RegExp(
      `(?<![\\d.第月一二三四五六七八九十])(?<day>${small})[日号](?!线|楼|店|机|码|馆|门|院|台|柜|桌|\\d)`,
      'gu',
    ),
    means: ({ day }, now) => {
      const found = dayOfMonth(now, 0, numberIn(day));
      return found === undefined ? undefined : { ...found, isDayOnly: true };
    },
  },
  {
    pattern: new RegExp(`${Object.keys(relativeDays).join('|')}`, 'gu'),
    means: ({ 0: text = '' }, now) => oneDay(now.today + (relativeDays[text] ?? 0)),
  },
  {
    pattern: /(?<which>[昨今明])(?<part>[早晚晨夜])上?(?!些|点)/gu,
    means: ({ which = '', part = '' }, now) => {
      const day = now.today + (dayWithPart[which] ?? 0);
      return { from: day, to: day, part: dayParts[partWords[part] ?? 'morning'] };
    },
  },
  {
    pattern: new RegExp(`(?<which>上{1,3}|下{1,3}|这|本)${weekWord}(?<weekday>${weekday})?`, 'gu'),
    means: ({ which, weekday }, now) => inWeek(now, steps(which), weekday),
  },
  {
    pattern: new RegExp(`(?<![\\d一二两三四五六七八九十几每半个整])(?:周|星期|礼拜)(?<weekday>${weekday})`, 'gu'),
    means: ({ weekday }, now) => inWeek(now, 0, weekday),
  },
  {
    pattern: new RegExp(
      `(?<count>${count}|半)(?:个(?<half>半)(?=小时|钟头|月))?(?<unit>天|日|周|个?星期|个?礼拜|个?月|年|分钟|个?小时|个?钟头)(?<more>半)?(?:之|以)?(?<way>前|后)`,
      'gu',
    ),
    means: ({ count, unit = '', half = '', more = '', way }, now) => {
      const many = (count === '半' ? 0.5 : numberIn(count)) + (half + more === '' ? 0 : 0.5);
      return away(now, way === '前' ? -many : many, unit);
    },
  },
  {
    pattern: new RegExp(
      `(?<way>最近|过去|近|前|这|未来|接下来|往后)(?:的)?(?<count>${count}|半)(?<unit>天|周|个?星期|个?礼拜|个月|年)(?!前|后|级)`,
      'gu',
    ),
    means: ({ way = '', count, unit = '' }, now) => {
      const many = count === '半' ? 0.5 : numberIn(count);
      const isAhead = /未来|接下来|往后/.test(way);
      const other = away(now, isAhead ? many : -many, unit)?.from;
      if (other === undefined) return undefined;
      return isAhead ? { from: now.today, to: other } : { from: other, to: now.today };
    },
  },
];

function dated(month: string | undefined, day: string | undefined, year?: number) {
  return { month: numberIn(month), day: numberIn(day), ...(year === undefined ? {} : { year }) };
}

const weekdays: Readonly<Record<string, number>> = { 日: 6, 天: 6, 7: 6 };

function inWeek(now: Now, weeks: number, weekday: string | undefined): Days {
  const monday = now.today - weekdayOf(now.today) + weeks * 7;
  if (weekday === undefined) return { from: monday, to: monday + 6 };
  if (weekday === '末') return { from: monday + 5, to: monday + 6 };
  const day = monday + (weekdays[weekday] ?? numberIn(weekday) - 1);
  return { from: day, to: day };
}

function away(now: Now, count: number, unit: string): Days | undefined {
  if (!(Math.abs(count) <= 999)) return undefined;
  if (unit === '分钟') return fromNow(now, count, 'minute');
  if (/小时|钟头/.test(unit)) return fromNow(now, count, 'hour');
  if (/[天日]/.test(unit)) return oneDay(now.today + Math.round(count));
  if (/周|星期|礼拜/.test(unit)) return oneDay(now.today + Math.round(count * 7));
  const months = unit.endsWith('年') ? count * 12 : count;
  const whole = addMonths(now.today, Math.trunc(months));
  return oneDay(whole + Math.round((months - Math.trunc(months)) * 30));
}

/** Dates in digits, which every language writes. Of 05/06 the month comes first; 28/11 can only be a day of November. */
export const digitDates: readonly DateRule[] = [
  {
    pattern: /(?<![\d./-])(?<year>(?:19|20)\d\d)(?<by>[-/.])(?<month>\d{1,2})\k<by>(?<day>\d{1,2})(?![\d]|[./-]\d)/gu,
    means: ({ year, month, day }) => oneDay(dayOf(Number(year), Number(month), Number(day))),
  },
  {
    pattern: /(?<![\d./-])(?<first>\d{1,2})\/(?<second>\d{1,2})(?:\/(?<year>(?:19|20)?\d\d))?(?![\d/]|\.\d|-\d)/gu,
    means: ({ first, second, year }, now) => {
      const [a, b] = [Number(first), Number(second)];
      const [month, day] = a > 12 ? [b, a] : [a, b];
      return dayIn(now, { month, day, ...(year === undefined ? {} : { year: yearIn(year) }) });
    },
  },
];
