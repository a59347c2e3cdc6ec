import { dayParts, numberIn } from './date-rules.ts';

/** A time of day in a folded text: minutes from midnight; 1440 is the midnight that ends the day. */
export interface ReadTime {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  /** Where it is a part of the day ("afternoon"): its end, exclusive. */
  readonly to?: number;
  /** Is a time by itself; a bare 下午 or "at 3" is one beside a date alone. */
  readonly isSure: boolean;
  /** Nothing says which half of the day is meant. */
  readonly isOpen?: true;
}

const chineseParts: Readonly<Record<string, keyof typeof dayParts>> = {
  凌晨: 'dawn',
  清晨: 'morning',
  早上: 'morning',
  早晨: 'morning',
  上午: 'morning',
  早: 'morning',
  中午: 'noon',
  正午: 'noon',
  午后: 'afternoon',
  下午: 'afternoon',
  傍晚: 'evening',
  晚上: 'evening',
  晚间: 'evening',
  半夜: 'evening',
  夜里: 'evening',
  晚: 'evening',
};
const partNames = Object.keys(chineseParts).join('|');
const hour = String.raw`(?<hour>(?<![\d.:])\d{1,2}|(?<![一二两三四五六七八九十])(?:二?十[一二三四]?|[一二两三四五六七八九零]))`;
const minuteWords = String.raw`(?<minute>[0-5]?\d(?!\d)|[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九])`;
const chineseTime = new RegExp(
  `(?:(?<part>${partNames})的?\\s?)?${hour}(?:点钟|点整|点(?!击|赞|评|餐|单|开|进|了|儿|也|都|就|不|吧|吗|五\\D)(?:(?<half>半)|(?<quarters>[一三])刻|${minuteWords}分?)?)`,
  'gu',
);
const clockTime = new RegExp(
  `(?:(?<part>${partNames})的?\\s?)?(?<![\\d.:])(?<hour>\\d{1,2}):(?<minute>[0-5]\\d)(?::[0-5]\\d)?(?!\\d|:)(?:\\s?(?<half>[ap])\\.?m\\b\\.?)?`,
  'gu',
);
const englishTime = /(?<![\d.:a-z])(?<hour>\d{1,2})(?::(?<minute>[0-5]\d))?\s?(?<half>[ap])\.?m(?![a-z])\.?/gu;
const oClock =
  /(?<![\d.:a-z])(?<hour>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) o'? ?clock(?: in the (?<part>morning|afternoon|evening))?/gu;
/** "3-5pm": the first one is of the half of the day that the second one says, where that does not come before it. */
const halfSaidLater =
  /(?<![\d.:/a-z-])(?<hour>\d{1,2})(?::(?<minute>[0-5]\d))?(?=\s?(?:-|–|to|and)\s?(?<next>\d{1,2})(?::[0-5]\d)?\s?(?<half>[ap])\.?m(?![a-z]))/gu;
const atHour = /(?<![a-z])(?:at|around|by) (?<hour>\d{1,2})(?![\d:.%/-]|\s?[ap]\.?m)/gu;
const namedTime = /(?<![a-z])(?:at |around )?(?<name>noon|midday|midnight)(?![a-z])/gu;
const chinesePart = new RegExp(`(?:${partNames})(?!好|餐|饭|安|会|点|宴|报)`, 'gu');
const englishPart = /(?<![a-z])in the (?<part>morning|afternoon|evening)(?![a-z])/gu;

/** Times of day as Chinese and English write them; none of them overlap. */
export function findTimes(folded: string): ReadTime[] {
  const found: ReadTime[] = [];
  for (const pattern of [clockTime, englishTime, halfSaidLater, chineseTime, oClock, atHour]) {
    for (const match of folded.matchAll(pattern)) {
      const time = timeIn(match.groups ?? {}, pattern !== clockTime);
      if (time === undefined || isALittle(match[0], folded, match.index)) continue;
      found.push({ start: match.index, end: match.index + match[0].length, isSure: pattern !== atHour, ...time });
    }
  }
  for (const match of folded.matchAll(namedTime)) {
    const from = match.groups?.name === 'midnight' ? 1_440 : 720;
    found.push({ start: match.index, end: match.index + match[0].length, from, isSure: true });
  }
  for (const pattern of [chinesePart, englishPart]) {
    for (const match of folded.matchAll(pattern)) {
      const part = dayParts[partNamed(match.groups?.part ?? match[0])];
      found.push({ start: match.index, end: match.index + match[0].length, ...part, isSure: false });
    }
  }
  return apart(found);
}

/** 一点 is "a little", unless it is 下午一点, 一点半, 一点钟. */
function isALittle(text: string, folded: string, start: number): boolean {
  return text === '一点' || (text === '两点' && /[这那有]/.test(folded.charAt(start - 1)));
}

const partNamed = (word: string) => chineseParts[word] ?? (word as 'morning' | 'afternoon' | 'evening');

/** @param isSpoken a bare hour is spoken ("at 3", 三点): from one to five, people mean the afternoon. */
function timeIn(
  groups: Readonly<Record<string, string | undefined>>,
  isSpoken: boolean,
): Pick<ReadTime, 'from' | 'isOpen'> | undefined {
  const [hour, minute] = [numberIn(groups.hour), minuteIn(groups)];
  if (!(hour >= 0 && hour <= 24 && minute >= 0 && minute < 60) || (hour === 24 && minute > 0)) return undefined;
  const { part, half, next } = groups;
  if (half === 'a' || half === 'p') {
    if (hour < 1 || hour > 12) return undefined;
    const isBefore = next !== undefined && hour % 12 > Number(next) % 12;
    return { from: (hour % 12) * 60 + minute + (half === 'p' && !isBefore ? 720 : 0) };
  }
  if (part !== undefined) return { from: hourOf(hour, partNamed(part)) * 60 + minute };
  const from = (isSpoken && hour >= 1 && hour <= 5 ? hour + 12 : hour) * 60 + minute;
  return hour <= 12 ? { from, isOpen: true } : { from };
}

function minuteIn({ half, quarters, minute }: Readonly<Record<string, string | undefined>>): number {
  if (half === '半') return 30;
  if (quarters !== undefined) return numberIn(quarters) * 15;
  return minute === undefined ? 0 : numberIn(minute.replace('零', ''));
}

function hourOf(hour: number, part: keyof typeof dayParts): number {
  if (part === 'dawn') return hour === 12 ? 0 : hour;
  if (part === 'noon') return hour < 3 ? hour + 12 : hour;
  if (part === 'evening' && hour === 12) return 24;
  if (part === 'evening' && hour < 4) return hour + 24;
  return (part === 'afternoon' || part === 'evening') && hour < 12 ? hour + 12 : hour;
}

/** Of what overlaps, the longer one; then the one that begins first. */
export function apart<T extends { readonly start: number; readonly end: number }>(found: readonly T[]): T[] {
  const chosen: T[] = [];
  let end = -1;
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = chosen.at(-1);
    if (one.start >= end) chosen.push(one);
    else if (
      last !== undefined &&
      one.end - one.start > last.end - last.start &&
      (chosen.at(-2)?.end ?? 0) <= one.start
    ) {
      chosen[chosen.length - 1] = one;
    } else continue;
    end = one.end;
  }
  return chosen;
}
