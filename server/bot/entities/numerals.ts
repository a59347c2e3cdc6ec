const digits: Readonly<Record<string, number>> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
};
const smallUnits: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1_000 };
const largeUnits: Readonly<Record<string, number>> = { 万: 10_000, 亿: 100_000_000 };

/**
 * Reads Chinese numerals: 三百二十 is 320, 两万五 is 25000, 二〇二六 is 2026, 三点五 is 3.5.
 *
 * @returns undefined where it is no number (千万, 一二)
 */
export function parseChineseNumeral(text: string): number | undefined {
  const [whole = '', fraction, ...rest] = text.split('点');
  if (rest.length > 0) return undefined;
  const value = readDigits(whole) ?? readPlaces(whole);
  if (value === undefined || fraction === undefined) return value;
  const decimals = [...fraction].map((sign) => digits[sign]);
  if (decimals.length === 0 || decimals.includes(undefined)) return undefined;
  return Number(`${value}.${decimals.join('')}`);
}

/** Digits one by one, as years and numbers are read out. Two of them alone mean "about" (七八个). */
function readDigits(text: string): number | undefined {
  const read = [...text].map((sign) => digits[sign]);
  if (read.includes(undefined) || read.length > 15) return undefined;
  if (read.length === 1) return read[0];
  return read.length >= 3 || read.includes(0) ? Number(read.join('')) : undefined;
}

function readPlaces(text: string): number | undefined {
  let [total, section] = [0, 0];
  let digit: number | undefined;
  /** The unit before, for descending order and for 一百二, in which the last digit counts tens. */
  let unit = Number.POSITIVE_INFINITY;
  let isAfterUnit = false;
  let lastLarge = 1;
  for (const sign of text) {
    const [value, small, large] = [digits[sign], smallUnits[sign], largeUnits[sign]];
    if (value !== undefined) {
      if (digit !== undefined) return undefined;
      if (value > 0) digit = value;
      isAfterUnit = value > 0 && isAfterUnit;
    } else if (small !== undefined) {
      if (small >= unit || (digit === undefined && small > 10)) return undefined;
      section += (digit ?? 1) * small;
      [digit, unit, isAfterUnit] = [undefined, small, true];
    } else if (large !== undefined) {
      section += digit ?? 0;
      if (section === 0) return undefined;
      total = large > 10_000 ? (total + section) * large : total + section * large;
      [section, digit, unit, isAfterUnit] = [0, undefined, Number.POSITIVE_INFINITY, true];
      lastLarge = large;
    } else return undefined;
  }
  if (digit === undefined) return total + section;
  const before = unit === Number.POSITIVE_INFINITY ? lastLarge : unit;
  return total + section + (isAfterUnit && before >= 100 ? (digit * before) / 10 : digit);
}

const units =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety';
const small = new Map<string, number>([
  ...units.split(' ').map((word, value): [string, number] => [word, value]),
  ...tens.split(' ').map((word, place): [string, number] => [word, (place + 2) * 10]),
]);
const large = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
]);
const sets = new Map([
  ['dozen', 12],
  ['couple', 2],
]);

/** The words that English numbers are made of, as alternatives of a regular expression; the longer ones first. */
export const englishNumberWords = [...small.keys(), ...large.keys(), ...sets.keys(), 'half', 'quarter', 'a', 'an']
  .sort((a, b) => b.length - a.length)
  .join('|');

/**
 * Reads the number that a run of words begins with: "one hundred and twenty-five", "a dozen", "two and a half".
 *
 * @returns the value, and how many of the words belong to it; undefined where they begin with no number
 */
export function parseEnglishNumber(words: readonly string[]): { value: number; words: number } | undefined {
  const [first = '', second = ''] = words;
  if (first === 'half' && (second === 'a' || second === 'an')) {
    return words[2] === 'dozen' ? { value: 6, words: 3 } : { value: 0.5, words: 2 };
  }
  let [total, current, at] = [0, 0, 0];
  /** The last small number is below this: after "twenty" comes "five", after "five" comes none. */
  let room = 100;
  let end = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] as string;
    const next = words[at + 1] ?? '';
    const [ones, unit, set] = [small.get(word), large.get(word), sets.get(word)];
    if (ones !== undefined && ones < room && (ones > 0 || at === 0)) {
      current += ones;
      room = ones >= 20 ? 10 : 0;
    } else if (unit !== undefined && current > 0) {
      if (unit === 100 && current >= 100) break;
      if (unit === 100) current *= 100;
      else [total, current] = [total + current * unit, 0];
      room = 100;
    } else if (set !== undefined) {
      if (end > 0 && (current === 0 || word === 'couple')) break;
      return { value: total + (current || 1) * set, words: at + 1 };
    } else if ((word === 'a' || word === 'an') && at === 0 && (large.has(next) || sets.has(next))) {
      if (!sets.has(next)) current = 1;
      continue;
    } else if (word === 'and' && end > 0) {
      const fraction = fractions.get(words.slice(at + 1, at + 3).join(' '));
      if (fraction !== undefined) return { value: total + current + fraction, words: at + 3 };
      if (!small.has(next) || room < 100) break;
      continue;
    } else break;
    end = at + 1;
  }
  return end === 0 ? undefined : { value: total + current, words: end };
}

const fractions = new Map([
  ['a half', 0.5],
  ['a quarter', 0.25],
]);
