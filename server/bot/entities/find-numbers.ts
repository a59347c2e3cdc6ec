import { englishNumberWords, parseChineseNumeral, parseEnglishNumber } from './numerals.ts';

/** A number in a folded text. */
export interface ReadNumber {
  readonly start: number;
  readonly end: number;
  readonly value: number;
  /** It is one by itself; else only what stands beside it makes it one ("one", 一, half). */
  readonly isSure: boolean;
  /** It is written in Chinese signs, wholly or at its end. */
  readonly isChinese: boolean;
}

/** Measure words: what stands before one of them is a number, be it a single sign. */
export const measureWords = '个件双箱瓶台条张只支包盒袋套本把部辆份杯位次层颗根片串桶罐';
const afterSingle = new RegExp(`[${measureWords}斤克米升块元毛角天周年月号日楼码折成%]`, 'u');
const chineseSign = /[零〇一二两三四五六七八九十百千万亿]/u;

const chineseRun = /[零〇一二两三四五六七八九十百千万亿]{1,24}(?:点[零〇一二三四五六七八九]{1,12})?/gu;
/** A number starts where no digit stands before it, so that each is read once and time stays linear. */
const arabic =
  /(?<![\d._a-z]|[a-z]-)(?<sign>(?<![\w)\]\p{Script=Han}])[+-])?(?<digits>\d{1,3}(?:,\d{3}){1,5}(?!\d)|\d{1,15}(?!\d))(?<fraction>\.\d{1,9}(?![\d.]))?(?:(?<unit>[千百万亿]|k(?![a-z]))(?<rest>[1-9一二三四五六七八九](?![\d零〇一二两三四五六七八九十百千万亿]))?)?/gu;
const englishRun = new RegExp(
  `(?<![a-z'])(?:${englishNumberWords})(?:[ -]{1,3}(?:${englishNumberWords}|and)){0,12}(?![a-z])`,
  'gu',
);
const arabicUnits: Readonly<Record<string, number>> = { 百: 100, 千: 1_000, k: 1_000, 万: 10_000, 亿: 100_000_000 };

/** All that can be read as a number; none of them overlap. Numbers of more than 15 digits are ids and left out. */
export function findNumbers(folded: string): ReadNumber[] {
  const found = [...findArabic(folded)];
  const isFree = (start: number, end: number) => {
    // Sorted, few, and asked for in their order: the sought one is found by halving.
    let [low, high] = [0, arabicCount];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((found[middle] as ReadNumber).end <= start) low = middle + 1;
      else high = middle;
    }
    return (found[low]?.start ?? Number.POSITIVE_INFINITY) >= end || low >= arabicCount;
  };
  const arabicCount = found.length;
  for (const number of [...findChinese(folded), ...findEnglish(folded)]) {
    if (isFree(number.start, number.end)) found.push(number);
  }
  return found.sort((a, b) => a.start - b.start);
}

function* findArabic(folded: string): Generator<ReadNumber> {
  for (const match of folded.matchAll(arabic)) {
    if (isOrdinal(folded, match.index)) continue;
    const { sign = '', digits = '', fraction = '', unit, rest } = match.groups ?? {};
    const plain = Number(`${sign}${digits.replaceAll(',', '')}${fraction}`);
    const factor = arabicUnits[unit ?? ''] ?? 1;
    const last = rest === undefined ? 0 : (parseChineseNumeral(rest) ?? Number(rest)) * (factor / 10);
    const start = match.index;
    const value = precise(plain * factor + last);
    yield { start, end: start + match[0].length, value, isSure: true, isChinese: unit !== undefined && unit !== 'k' };
  }
}

function* findChinese(folded: string): Generator<ReadNumber> {
  for (const match of folded.matchAll(chineseRun)) {
    const [text] = match;
    const start = match.index;
    if (isOrdinal(folded, start)) continue;
    const whole = text.includes('点') ? [text, text.split('点')[0] as string] : [text];
    for (const tried of whole) {
      const value = parseChineseNumeral(tried);
      if (value === undefined) continue;
      const end = start + tried.length;
      yield { start, end, value, isSure: isSureChinese(folded, start, end), isChinese: true };
      break;
    }
  }
}

/** 第二天 says which one, and not how many. */
const isOrdinal = (folded: string, start: number): boolean => folded.charAt(start - 1) === '第';

/** 万一, 十分 and a single 一 are words more often than numbers. */
function isSureChinese(folded: string, start: number, end: number): boolean {
  const [before, after] = [folded.charAt(start - 1), folded.charAt(end)];
  if (before !== '' && chineseSign.test(before)) return false;
  const isAlone = !/\p{Script=Han}/u.test(before) && !/\p{Script=Han}/u.test(after);
  if (end - start === 1) return afterSingle.test(after) || isAlone;
  return folded.slice(start, end) !== '万一';
}

const pointing = /(?:this|that|the|which|another|any|every|no|some|each|other|last|next|first|right|wrong) $/;

function* findEnglish(folded: string): Generator<ReadNumber> {
  for (const match of folded.matchAll(englishRun)) {
    const parts = [...match[0].matchAll(/[a-z]+/g)];
    for (let at = 0; at < parts.length; at += 1) {
      const read = parseEnglishNumber(parts.slice(at, at + 13).map(([word]) => word));
      const [first, last] = [parts[at], parts[at + (read?.words ?? 1) - 1]];
      if (read === undefined || first === undefined || last === undefined) continue;
      const start = match.index + first.index;
      const end = match.index + last.index + last[0].length;
      const isWord = read.value < 1 || (read.value === 1 && first[0] === 'one');
      const isSure = !isWord || (read.value === 1 && isCounting(folded, start, end));
      yield { start, end, value: read.value, isSure, isChinese: false };
      at += read.words - 1;
    }
  }
}

/** "this one", "the one that", "one of them" point at something and count nothing. */
function isCounting(folded: string, start: number, end: number): boolean {
  if (pointing.test(folded.slice(Math.max(0, start - 8), start))) return false;
  return /^ (?!of\b|is\b|that\b|who\b|i\b|more thing\b)[a-z]/.test(folded.slice(end, end + 12));
}

/** Sums of decimal numbers have an end that nobody wrote (0.1 + 0.2). */
export const precise = (value: number): number => Number(value.toPrecision(15));
