import { dayOf, lunarDay, weekdayOf } from './civil-days.ts';

/** Days with a name: how they are called, and when they are in a year. */
export interface Holiday {
  readonly names: string;
  readonly inYear: (year: number) => number | undefined;
}

const fixed = (names: string, month: number, day: number): Holiday => ({
  names,
  inYear: (year) => dayOf(year, month, day),
});
const lunar = (names: string, month: number, day: number): Holiday => ({
  names,
  inYear: (year) => lunarDay(year, month, day),
});

/** What customers in China and in English name when they mean a date. */
export const holidays: readonly Holiday[] = [
  fixed("元旦节?|new year'?s day", 1, 1),
  fixed("情人节|valentine'?s day", 2, 14),
  fixed("三八节|妇女节|women'?s day", 3, 8),
  fixed('五一(?:节|劳动节)?|劳动节|may day', 5, 1),
  fixed("六一(?:节|儿童节)?|儿童节|children'?s day", 6, 1),
  fixed('618|六一八', 6, 18),
  fixed('教师节', 9, 10),
  fixed('十一(?:国庆节?|黄金周|长假)|国庆节?|national day', 10, 1),
  fixed('万圣节|halloween', 10, 31),
  fixed("双十一|双11|singles'? day", 11, 11),
  fixed('双十二|双12', 12, 12),
  fixed('平安夜|christmas eve', 12, 24),
  fixed('圣诞节?|christmas(?: day)?|xmas', 12, 25),
  fixed("new year'?s eve|跨年夜?", 12, 31),
  lunar('春节|大年初一|(?:chinese|lunar) new year|spring festival', 1, 1),
  { names: '除夕|年三十', inYear: (year) => before(lunarDay(year, 1, 1)) },
  lunar('元宵节?|lantern festival', 1, 15),
  lunar('端午节?|dragon boat festival', 5, 5),
  lunar('七夕节?', 7, 7),
  lunar('中秋节?|mid-?autumn festival', 8, 15),
  lunar('重阳节?', 9, 9),
  { names: 'thanksgiving|感恩节', inYear: thanksgiving },
  { names: 'black friday|黑五|黑色星期五', inYear: (year) => plus(thanksgiving(year), 1) },
  { names: 'cyber monday', inYear: (year) => plus(thanksgiving(year), 4) },
];

const plus = (day: number | undefined, days: number) => (day === undefined ? undefined : day + days);
const before = (day: number | undefined) => plus(day, -1);

/** The fourth Thursday of November, as in the United States. */
function thanksgiving(year: number): number | undefined {
  const first = dayOf(year, 11, 1);
  return first === undefined ? undefined : first + ((3 - weekdayOf(first) + 7) % 7) + 21;
}
