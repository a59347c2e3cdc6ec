import { measureWords, precise, type ReadNumber } from './find-numbers.ts';

/** Something found in a folded text. */
export interface Finding {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly value: string;
  readonly unit?: string;
}

/** ISO 4217 codes by how people write them. ¥ is the yuan here: shops that sell in yen write 円 or JPY. */
const currencies: readonly (readonly [code: string, names: string])[] = [
  ['CNY', '人民币|块钱|元|块|圆|rmb|cny|yuan|¥'],
  ['USD', '美元|美金|us dollars?|dollars?|bucks?|usd|us\\$|\\$'],
  ['EUR', '欧元|euros?|eur|€'],
  ['GBP', '英镑|pounds? sterling|gbp|quid|£'],
  ['HKD', '港币|港元|hkd|hk\\$'],
  ['TWD', '新台币|台币|twd|nt\\$'],
  ['JPY', '日元|日圆|円|jpy|yen'],
  ['KRW', '韩元|韩币|krw|₩'],
  ['SGD', '新加坡元|新币|sgd|s\\$'],
  ['INR', '卢比|rupees?|inr|₹'],
];
/** Hundredths, and tenths (毛, 角), of the currency. */
const parts: readonly (readonly [code: string, factor: number, names: string])[] = [
  ['CNY', 0.1, '毛钱|毛|角'],
  ['USD', 0.01, 'cents?'],
];
/** 次, 位 and 层 count, but no goods. */
const pieceWords = [...measureWords].filter((word) => !'次位层'.includes(word)).join('|');
const units: readonly (readonly [unit: string, names: string])[] = [
  ['%', '%|percent|per cent|个百分点'],
  ['kg', 'kg|kgs|kilograms?|kilos?|公斤|千克'],
  ['g', 'g|grams?|克'],
  ['jin', '斤'],
  ['t', 'tons?|tonnes?|吨'],
  ['lb', 'lbs?|pounds?|磅'],
  ['oz', 'oz|ounces?|盎司'],
  ['km', 'km|kilomet(?:er|re)s?|公里|千米'],
  ['m', 'm|met(?:er|re)s?|米'],
  ['cm', 'cm|centimet(?:er|re)s?|厘米|公分'],
  ['mm', 'mm|millimet(?:er|re)s?|毫米'],
  ['in', 'inch|inches|英寸|寸'],
  ['ft', 'ft|feet|foot|英尺'],
  ['l', 'l|lit(?:er|re)s?|公升|升'],
  ['ml', 'ml|millilit(?:er|re)s?|毫升'],
  ['gb', 'gb|g内存'],
  ['tb', 'tb'],
  ['mah', 'mah|毫安'],
  ['w', 'w|watts?|瓦'],
  ['second', 'seconds?|secs?|秒钟|秒'],
  ['minute', 'minutes?|mins?|分钟'],
  ['hour', 'hours?|hrs?|个小时|个钟头|小时|钟头'],
  ['day', 'days?|天'],
  ['week', 'weeks?|个星期|个礼拜|星期|周'],
  ['month', 'months?|个月'],
  ['year', 'years?|年'],
  ['size', '码'],
  ['dozen', 'dozens?|打(?!算|开|电|折|包|不|扰|印|住|过|了)'],
  ['pair', 'pairs?|双'],
  ['box', 'box|boxes|cartons?|箱|盒'],
  ['bottle', 'bottles?|瓶'],
  ['bag', 'bags?|袋'],
  ['pack', 'packs?|packets?|包'],
  ['set', 'sets?|套'],
  ['piece', `pieces?|pcs|items?|${pieceWords}`],
];

interface Named<T> {
  readonly pattern: RegExp;
  readonly what: T;
}
const after = (names: string): RegExp => new RegExp(`\\s?(?:${names})(?![a-z])`, 'uy');
const currencyAfter = currencies.map(([what, names]): Named<string> => ({ pattern: after(names), what }));
const currencyBefore = currencies.map(
  ([what, names]): Named<string> => ({ pattern: new RegExp(`(?<![a-z])(?:${names})\\s?$`, 'u'), what }),
);
const partAfter = parts.map(([code, factor, names]) => ({ pattern: after(names), what: { code, factor } }));
const unitAfter = units.map(([what, names]): Named<string> => ({ pattern: after(names), what }));
const goods = /^(?:电池|手表|屏|布|板|肥皂|巧克力|主板|硬盘|显卡|毛巾|玻璃|砖|蛋糕|面包|香皂)/u;
const longestBefore = 12;

/** Money: the number with its currency before or after it; 十二块五 is 12.5, 3元5角 is 3.5. `unit` is the ISO 4217 code. */
export function findMoney(folded: string, numbers: readonly ReadNumber[]): Finding[] {
  const found: Finding[] = [];
  let taken = -1;
  for (const [at, number] of numbers.entries()) {
    if (number.start < taken) continue;
    const money = moneyAt(folded, numbers, at, Math.max(taken, 0));
    if (money === undefined) continue;
    found.push(money);
    taken = money.end;
  }
  return found;
}

function moneyAt(folded: string, numbers: readonly ReadNumber[], at: number, from: number): Finding | undefined {
  const number = numbers[at] as ReadNumber;
  const part = longestAt(folded, number.end, partAfter);
  if (part !== undefined) {
    const { code, factor } = part.what;
    const next = numbers[at + 1];
    // 二毛五: the digit after the tenths counts hundredths.
    const rest =
      code === 'CNY' && next?.start === part.end && next.value < 10 && isBareAfter(folded, next.end) ? next : undefined;
    const value = precise(number.value * factor + (rest === undefined ? 0 : rest.value * 0.01));
    return { type: 'money', start: number.start, end: rest?.end ?? part.end, value: String(value), unit: code };
  }
  const behind = longestAt(folded, number.end, currencyAfter);
  const start = Math.max(from, number.start - longestBefore);
  const head = folded.slice(start, number.start);
  const before = currencyBefore.find(({ pattern }) => pattern.test(head));
  if (before !== undefined) {
    const begin = start + head.search(before.pattern);
    const end = behind?.what === before.what ? behind.end : number.end;
    return { type: 'money', start: begin, end, value: String(number.value), unit: before.what };
  }
  if (behind === undefined || goods.test(folded.slice(behind.end, behind.end + 3))) return undefined;
  const small = behind.what === 'CNY' ? smallMoney(folded, behind.end, numbers[at + 1]) : undefined;
  const value = precise(number.value + (small?.value ?? 0));
  return { type: 'money', start: number.start, end: small?.end ?? behind.end, value: String(value), unit: behind.what };
}

/** What follows the 块: 五 is five tenths, 五毛 too, 二毛五 twenty-five hundredths. */
function smallMoney(
  folded: string,
  from: number,
  next: ReadNumber | undefined,
): { value: number; end: number } | undefined {
  const half = folded.startsWith('半', from);
  if (half) return { value: 0.5, end: from + 1 };
  if (next === undefined || next.start !== from) return undefined;
  const isDigit = Number.isInteger(next.value) && next.value >= 0 && next.value < 100;
  if (!isDigit) return undefined;
  const part = longestAt(folded, next.end, partAfter);
  if (part?.what.code === 'CNY' && next.value < 10) return { value: next.value * 0.1, end: part.end };
  if (!isBareAfter(folded, next.end)) return undefined;
  return { value: next.value < 10 ? next.value * 0.1 : next.value * 0.01, end: next.end };
}

/** Nothing follows that the number could count. */
function isBareAfter(folded: string, end: number): boolean {
  const sign = folded.charAt(end);
  return !/[\p{Script=Han}a-z%]/u.test(sign) || /[的吧呢吗钱]/u.test(sign);
}

/** Numbers with a unit, in its one form (`kg`, `piece`, `day`, `%` …); 两个半 is 2.5 pieces. */
export function findQuantities(folded: string, numbers: readonly ReadNumber[]): Finding[] {
  const found: Finding[] = [];
  for (const [at, number] of numbers.entries()) {
    const percent = folded.slice(Math.max(0, number.start - 3), number.start) === '百分之';
    if (percent) {
      found.push({
        type: 'quantity',
        start: number.start - 3,
        end: number.end,
        value: String(number.value),
        unit: '%',
      });
      continue;
    }
    const unit = longestAt(folded, number.end, unitAfter);
    if (unit === undefined) continue;
    const more = halfAfter(folded, unit.end, unit.what) ?? partAfterMetre(folded, unit, numbers[at + 1]);
    found.push({
      type: 'quantity',
      start: number.start,
      end: more?.end ?? unit.end,
      value: String(precise(number.value + (more?.value ?? 0))),
      unit: more?.unit ?? unit.what,
    });
  }
  return found;
}

interface More {
  readonly value: number;
  readonly end: number;
  readonly unit: string;
}

/** 1米8 is 1.8 m, 1米75 is 1.75 m. */
function partAfterMetre(
  folded: string,
  unit: { readonly end: number; readonly what: string },
  next: ReadNumber | undefined,
): More | undefined {
  if (unit.what !== 'm' || next?.start !== unit.end || !isBareAfter(folded, next.end)) return undefined;
  if (!Number.isInteger(next.value) || next.value < 1 || next.value > 99) return undefined;
  return { value: next.value / (next.value < 10 ? 10 : 100), end: next.end, unit: unit.what };
}

/** 两个半 counts pieces and 两个半小时 hours. */
function halfAfter(folded: string, from: number, unit: string): More | undefined {
  if (!folded.startsWith('半', from)) return undefined;
  const larger = unit === 'piece' ? longestAt(folded, from + 1, durations) : undefined;
  return { value: 0.5, end: larger?.end ?? from + 1, unit: larger?.what ?? unit };
}
const durations: readonly Named<string>[] = [
  { pattern: /小时|钟头/uy, what: 'hour' },
  { pattern: /月/uy, what: 'month' },
  { pattern: /星期|礼拜/uy, what: 'week' },
];

function longestAt<T>(folded: string, from: number, names: readonly Named<T>[]): { end: number; what: T } | undefined {
  let longest: { end: number; what: T } | undefined;
  for (const { pattern, what } of names) {
    pattern.lastIndex = from;
    if (pattern.test(folded) && pattern.lastIndex > (longest?.end ?? from)) longest = { end: pattern.lastIndex, what };
  }
  return longest;
}
