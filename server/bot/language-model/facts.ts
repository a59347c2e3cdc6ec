/** What a text states that must not be wrong: each in one form, whichever way it is written. */
export interface Facts {
  /** Amounts with what they count, as `7 day`, `30 %`, `99 CNY`; without a unit, `7 `. */
  readonly amounts: readonly string[];
  /** Addresses in the web, of mail, and what looks like one. */
  readonly links: readonly string[];
  /** Months, days of the week. */
  readonly dates: readonly string[];
  /** What a company is held to when somebody says it for it: free, refund, discount … */
  readonly promises: readonly string[];
  readonly negations: number;
}

const units: readonly [string, RegExp][] = [
  ['day', /^\s*-?(?:(?:business|working|calendar|natural)[ -])?days?\b|^\s*(?:个)?(?:工作|自然)?[天日]/i],
  ['hour', /^\s*-?(?:hours?|hrs?|h)\b|^\s*个?半?小时|^\s*个?钟头/i],
  ['minute', /^\s*-?(?:minutes?|mins?)\b|^\s*分钟/i],
  ['second', /^\s*-?(?:seconds?|secs?)\b|^\s*秒/i],
  ['week', /^\s*-?weeks?\b|^\s*个?(?:星期|周)/i],
  ['month', /^\s*-?months?\b|^\s*个?月/i],
  ['year', /^\s*-?years?\b|^\s*年/i],
  ['%', /^\s*(?:%|percent\b|per cent\b)/i],
  ['‱discount', /^\s*折/],
  ['CNY', /^\s*(?:元|块|人民币|rmb\b|cny\b|yuan\b)/i],
  ['USD', /^\s*(?:usd\b|us ?dollars?\b|dollars?\b|美元|美金)/i],
  ['EUR', /^\s*(?:€|eur\b|euros?\b|欧元)/i],
  ['GBP', /^\s*(?:£|gbp\b|pounds?\b|英镑)/i],
  ['JPY', /^\s*(?:jpy\b|yen\b|日元)/i],
  ['kg', /^\s*(?:kg|kilograms?|kilos?)\b|^\s*(?:公斤|千克)/i],
  ['g', /^\s*(?:g|grams?)\b|^\s*克/i],
  ['km', /^\s*(?:km|kilomet(?:er|re)s?)\b|^\s*(?:公里|千米)/i],
  ['cm', /^\s*(?:cm|centimet(?:er|re)s?)\b|^\s*厘米/i],
  ['°', /^\s*(?:°|degrees?\b|度)/i],
];
const before: readonly [string, RegExp][] = [
  ['CNY', /(?:¥|￥|rmb|cny)\s*$/i],
  ['USD', /(?:us)?\$\s*$|usd\s*$/i],
  ['EUR', /(?:€|eur)\s*$/i],
  ['GBP', /(?:£|gbp)\s*$/i],
];

const spelled: ReadonlyMap<string, number> = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, value]),
);
const tenNames = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const tens: ReadonlyMap<string, number> = new Map([
  ...tenNames.map((word, at): [string, number] => [word, (at + 2) * 10]),
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
]);
const hanDigits = '零一二三四五六七八九';
const hanNumber = '[零〇一二两三四五六七八九十百千万亿]+';
const number = new RegExp(
  `\\d+(?:[,，]\\d{3})*(?:\\.\\d+)?(?:\\s*[万千亿])?|${hanNumber}|\\b(?:(?:${tenNames.join('|')})[- ](?:one|two|three|four|five|six|seven|eight|nine)|${[...spelled.keys(), ...tens.keys(), 'twice', 'half', 'double'].join('|')})\\b`,
  'gi',
);
/** In these the character is no count: 一下, 一起, 万一 … */
const noCount =
  /^(?:一(?:下|起|样|般|定|些|直|旦|切|律|致|并|经|会|点|边|同|共|方|种)|万一|千万|十分|百分|三方|一一|统一|唯一|第一(?:时间)?|两者|双)/;

/** Chinese numerals to their value: 十五 15, 两百 200, 三万五千 35000. */
export function hanValue(text: string): number {
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  for (const character of text.replaceAll('〇', '零').replaceAll('两', '二')) {
    const value = hanDigits.indexOf(character);
    if (value >= 0) {
      // Read one by one where there are no places: 二零二四.
      digit = digit === undefined || digit === 0 ? value : digit * 10 + value;
      continue;
    }
    const place = { 十: 10, 百: 100, 千: 1_000, 万: 10_000, 亿: 100_000_000 }[character] ?? 1;
    if (place >= 10_000) {
      total = (total + section + (digit ?? 0)) * place;
      section = 0;
    } else section += (digit ?? 1) * place;
    digit = undefined;
  }
  return total + section + (digit ?? 0);
}

/** Reads what a text states. The text is folded before: full-width forms are ordinary ones. */
export function factsOf(text: string): Facts {
  const folded = text.normalize('NFKC');
  const links = [...folded.matchAll(linkPattern)].map(([link]) => linkForm(link));
  const rest = folded.replace(linkPattern, ' ');
  return {
    amounts: amountsOf(rest),
    links,
    dates: [...rest.matchAll(datePattern)].map(([name]) => dateForm(name)),
    promises: promises.flatMap(([name, pattern]) => (pattern.test(rest) ? [name] : [])),
    negations: [...rest.matchAll(negation)].length,
  };
}

function amountsOf(text: string): string[] {
  const amounts: string[] = [];
  for (const match of text.matchAll(number)) {
    const [word] = match;
    const { index } = match;
    if (isPartOfWord(text, index, word)) continue;
    const value = valueOfWord(word);
    const rest = text.slice(index + word.length, index + word.length + 24);
    const lead = text.slice(Math.max(0, index - 6), index);
    const unit =
      before.find(([, pattern]) => pattern.test(lead))?.[0] ??
      units.find(([, pattern]) => pattern.test(rest))?.[0] ??
      '';
    amounts.push(`${value} ${unit}`);
  }
  return amounts;
}

function isPartOfWord(text: string, index: number, word: string): boolean {
  return (
    /^[零〇一二两三四五六七八九十百千万亿]/.test(word) &&
    noCount.test(text.slice(index > 0 && text[index - 1] === '第' ? index - 1 : index, index + 4))
  );
}

function valueOfWord(word: string): number | string {
  const lower = word.toLowerCase();
  const known = spelled.get(lower) ?? tens.get(lower);
  if (known !== undefined) return known;
  const [ten = '', one] = lower.split(/[- ]/);
  if (one !== undefined && tens.has(ten)) return (tens.get(ten) ?? 0) + (spelled.get(one) ?? 0);
  if (/^[a-z]/.test(lower)) return { twice: 2, double: 2, half: 0.5 }[lower] ?? lower;
  if (!/^\d/.test(lower)) return hanValue(lower);
  const [, digits = '', place = ''] = /^([\d,，.]+)\s*([万千亿]?)$/.exec(lower) ?? [];
  const scale = { 万: 10_000, 千: 1_000, 亿: 100_000_000 }[place] ?? 1;
  return Number(digits.replace(/[,，]/g, '')) * scale;
}

const linkPattern =
  /(?:https?|ftp|mailto|tel|javascript|data):[^\s<>()[\]{}"'，。；！？、）】]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@.])(?:[a-z\d](?:[a-z\d-]{0,62}[a-z\d])?\.)+(?:[a-z]{2,18})(?![a-z\d])(?:\/[^\s<>()[\]{}"'，。；！？、）】]*)?/gi;

const linkForm = (link: string): string =>
  link
    .toLowerCase()
    .replace(/^(?:https?:\/\/|mailto:)/, '')
    .replace(/^www\./, '')
    .replace(/[.,;:!?/]+$/, '');

const months = 'january february march april may june july august september october november december'.split(' ');
const weekdays = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');
const monthForms = months
  .map((name) => (name === 'may' ? 'May(?= \\d| ?[,.]| of\\b)' : `${name}|${name.slice(0, 3)}(?=\\.? \\d)`))
  .join('|');
const datePattern = new RegExp(
  `\\b(?:${monthForms}|${weekdays.join('|')})s?\\b|(?:星期|周|礼拜)[一二三四五六日天末]|weekends?|今天|明天|后天|昨天|\\b(?:today|tomorrow|yesterday|tonight)\\b`,
  'gi',
);

const hanWeekdays: Readonly<Record<string, string>> = {
  一: 'mon',
  二: 'tue',
  三: 'wed',
  四: 'thu',
  五: 'fri',
  六: 'sat',
  日: 'sun',
  天: 'sun',
  末: 'wee',
};

function dateForm(name: string): string {
  const han = /^(?:星期|周|礼拜)(.)$/.exec(name)?.[1];
  if (han !== undefined) return hanWeekdays[han] ?? name;
  const said = { 今天: 'tod', 明天: 'tom', 昨天: 'yes' }[name];
  return said ?? name.toLowerCase().slice(0, 3);
}

const promises: readonly [string, RegExp][] = [
  [
    'free',
    /\bfree(?! of (?:charge )?to)\b|no (?:extra )?(?:charge|cost|fee)s?\b|\bcomplimentary\b|免费|免运费|包邮|不收(?:取)?(?:任何)?(?:费|运费)/i,
  ],
  ['refund', /\brefund|money.?back|reimburs|退款|退钱|全额退|返还/i],
  ['discount', /\bdiscount|\bcoupon|\bvoucher|% off|\bpromo(?:tion)?\b|优惠|折扣|打折|代金券|优惠券|立减|红包/i],
  ['compensation', /\bcompensat|\bgoodwill\b|\bstore credit\b|赔偿|补偿|赔付|假一赔/i],
  ['guarantee', /\bguarant|\bwarrant|\bpromis|保证|承诺|保修|质保|担保|一定(?:会|能|可以)/i],
  ['gift', /\bgift\b|\bbonus\b|\bprize\b|\bwinner\b|赠送|赠品|礼品|奖品|中奖/i],
  ['approved', /\bapproved\b|\bauthori[sz]ed\b|\bgranted\b|已(?:经)?(?:批准|同意|通过)|批准了/i],
  ['exchange', /\bexchang|\breplacement\b|换货|更换|换新/i],
  ['cancel', /\bcancel|取消|撤销/i],
  ['pay', /\bpay(?:ment|ing)?\b|\btransfer\b|\bwire\b|\bdeposit\b|付款|支付|转账|汇款|打款|充值/i],
  ['account', /\bpassword|\bverification code|\bpin\b|\bcvv\b|\bcredentials?\b|密码|验证码|口令|账号密码/i],
];

const negation =
  /\b(?:not|no|never|none|neither|nor|cannot|without|unable|except|excluding|excluded|unless|prohibited|forbidden)\b|n['’]t\b|不(?!客气|好意思|错|同|仅|管|论|过)|没(?:有)?|无法|无需|未|禁止|勿|除外|除非|别(?=[^的人处])/gi;
