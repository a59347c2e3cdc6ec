import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEntities, type EntityDefinition } from './find-entities.ts';

/** What a shop defines: goods and colours by name, and how its orders and coupons are numbered. */
const shop: readonly EntityDefinition[] = [
  {
    name: 'product',
    kind: 'dictionary',
    values: [
      { value: 'wireless headphones', synonyms: ['无线耳机', '蓝牙耳机', 'earphones', 'headset'] },
      { value: 'phone case', synonyms: ['手机壳', '手机保护壳'] },
      { value: 'phone', synonyms: ['手机'] },
      { value: 'backpack', synonyms: ['双肩包', '书包'] },
      { value: 'iPhone 15', synonyms: ['苹果15'] },
    ],
  },
  {
    name: 'colour',
    kind: 'dictionary',
    values: [
      { value: 'red', synonyms: ['红色', '红'] },
      { value: 'dark blue', synonyms: ['navy', '藏青色', '深蓝色'] },
      { value: 'blue', synonyms: ['蓝色'] },
    ],
  },
  {
    name: 'size',
    kind: 'dictionary',
    values: [
      { value: 'XL', synonyms: ['extra large', '加大码'] },
      { value: 'M', synonyms: ['medium', '中码'] },
    ],
  },
  { name: 'order', kind: 'pattern', pattern: 'DD\\d{8,12}' },
  { name: 'coupon', kind: 'pattern', pattern: '[A-Z]{3}-\\d{4}' },
];
/** Noon of Sunday, 29 November 2026, in Shanghai. */
const at = { now: Date.UTC(2026, 10, 29, 4), timeZone: 'Asia/Shanghai' };
const entities = createEntities(shop);

/** A text, and all that is found in it: `type=value unit`, in the order in which it stands there. */
const cases: readonly (readonly [text: string, found: string])[] = [
  // Numbers.
  ['三百二十', 'number=320'],
  ['一共一百零五', 'number=105'],
  ['两万五', 'number=25000'],
  ['三千六', 'number=3600'],
  ['一百二', 'number=120'],
  ['一亿三千万', 'number=130000000'],
  ['十五', 'number=15'],
  ['编号一三八零', 'number=1380'],
  ['1.5万', 'number=15000'],
  ['3万5', 'number=35000'],
  ['1,234,567', 'number=1234567'],
  ['-5', 'number=-5'],
  ['３２０', 'number=320'],
  ['a dozen eggs', 'number=12'],
  ['half a dozen', 'number=6'],
  ['two dozen', 'number=24'],
  ['a couple of them', 'number=2'],
  ['one hundred and twenty-five', 'number=125'],
  ['twenty five', 'number=25'],
  ['three thousand two hundred', 'number=3200'],
  ['a hundred', 'number=100'],
  ['I need one shirt', 'number=1'],
  ['this one please', ''],
  ['one of them is broken', ''],
  ['2k', 'number=2000'],
  ['万一坏了', ''],
  ['十分满意', ''],
  ['千万别发错', ''],
  ['一点小问题', ''],
  ['一直没收到', ''],
  ['七八个', ''],
  ['第二天就坏了', ''],
  ['1234567890123456', ''],
  // Money.
  ['¥320', 'money=320 CNY'],
  ['￥1,299.00', 'money=1299 CNY'],
  ['320元', 'money=320 CNY'],
  ['三百二十块', 'money=320 CNY'],
  ['三百块钱', 'money=300 CNY'],
  ['12块5', 'money=12.5 CNY'],
  ['十二块五', 'money=12.5 CNY'],
  ['3块5毛', 'money=3.5 CNY'],
  ['十块半', 'money=10.5 CNY'],
  ['5毛', 'money=0.5 CNY'],
  ['两毛五', 'money=0.25 CNY'],
  ['1.5万元', 'money=15000 CNY'],
  ['20 RMB', 'money=20 CNY'],
  ['人民币200元', 'money=200 CNY'],
  ['$25', 'money=25 USD'],
  ['US$5.50', 'money=5.5 USD'],
  ['$1.2k', 'money=1200 USD'],
  ['25 dollars', 'money=25 USD'],
  ['50 cents', 'money=0.5 USD'],
  ['one hundred dollars', 'money=100 USD'],
  ['99美元', 'money=99 USD'],
  ['€15', 'money=15 EUR'],
  ['15 euros', 'money=15 EUR'],
  ['20欧元', 'money=20 EUR'],
  ['£8.99', 'money=8.99 GBP'],
  ['HK$50', 'money=50 HKD'],
  ['港币300', 'money=300 HKD'],
  ['5000日元', 'money=5000 JPY'],
  ['两块电池', 'number=2'],
  ['100 yuan', 'money=100 CNY'],
  // Quantities.
  ['我要两件', 'quantity=2 piece; number=2'],
  ['两个半', 'quantity=2.5 piece; number=2'],
  ['两个半小时', 'quantity=2.5 hour; number=2'],
  ['一双', 'quantity=1 pair; number=1'],
  ['3箱', 'quantity=3 box; number=3'],
  ['2kg', 'quantity=2 kg; number=2'],
  ['三点五公斤', 'quantity=3.5 kg; number=3.5'],
  ['2斤半', 'quantity=2.5 jin; number=2'],
  ['500 ml', 'quantity=500 ml; number=500'],
  ['175cm', 'quantity=175 cm; number=175'],
  ['1米8', 'quantity=1.8 m; number=1; number=8'],
  ['42码', 'quantity=42 size; number=42'],
  ['10%', 'quantity=10 %; number=10'],
  ['百分之二十', 'quantity=20 %; number=20'],
  ['2 boxes', 'quantity=2 box; number=2'],
  ['three bottles', 'quantity=3 bottle; number=3'],
  ['7天', 'quantity=7 day; number=7'],
  ['30分钟', 'quantity=30 minute; number=30'],
  ['3个月', 'quantity=3 month; number=3'],
  ['48 hours', 'quantity=48 hour; number=48'],
  ['256GB', 'quantity=256 gb; number=256'],
  ['6 inches', 'quantity=6 in; number=6'],
  // Dates in Chinese.
  ['昨天', 'date=2026-11-28 day'],
  ['前天买的', 'date=2026-11-27 day'],
  ['大前天', 'date=2026-11-26 day'],
  ['明天', 'date=2026-11-30 day'],
  ['大后天', 'date=2026-12-02 day'],
  ['上周三', 'date=2026-11-18 day'],
  ['上上周五', 'date=2026-11-13 day'],
  ['这周五', 'date=2026-11-27 day'],
  ['下星期一', 'date=2026-11-30 day'],
  ['下个礼拜天', 'date=2026-12-06 day'],
  ['周三', 'date=2026-11-25 day'],
  ['上周', 'date=2026-11-16/2026-11-22 range'],
  ['这周末', 'date=2026-11-28/2026-11-29 range'],
  ['下个月5号', 'date=2026-12-05 day'],
  ['上个月', 'date=2026-10-01/2026-10-31 range'],
  ['上上个月', 'date=2026-09-01/2026-09-30 range'],
  ['去年', 'date=2025-01-01/2025-12-31 range'],
  ['明年3月', 'date=2027-03-01/2027-03-31 range'],
  ['去年12月25日', 'date=2025-12-25 day'],
  ['2026年11月28日', 'date=2026-11-28 day'],
  ['二〇二六年十一月二十八号', 'date=2026-11-28 day'],
  ['26年1月3号', 'date=2026-01-03 day'],
  ['11月28日', 'date=2026-11-28 day'],
  ['1月5号', 'date=2027-01-05 day'],
  ['十二月', 'date=2026-12-01/2026-12-31 range'],
  ['28号', 'date=2026-11-28 day'],
  ['2月30日', 'number=2; number=30'],
  ['国庆', 'date=2026-10-01 day'],
  ['去年双十一', 'date=2025-11-11 day'],
  ['元旦', 'date=2027-01-01 day'],
  ['春节', 'date=2027-02-06 day'],
  ['中秋节', 'date=2026-09-25 day'],
  ['2028年端午', 'date=2028-05-28 day'],
  ['黑五', 'date=2026-11-27 day'],
  ['3天前', 'date=2026-11-26 day'],
  ['两周后', 'date=2026-12-13 day'],
  ['半个月前', 'date=2026-11-14 day'],
  ['三个月以前', 'date=2026-08-29 day'],
  ['最近三天', 'date=2026-11-26/2026-11-29 range'],
  ['过去一周', 'date=2026-11-22/2026-11-29 range'],
  ['10月1日到7日', 'date=2026-10-01/2026-10-07 range'],
  ['周一至周五', 'date=2026-11-23/2026-11-27 range'],
  ['1号线', 'number=1'],
  ['一周一次', 'quantity=1 week; number=1; number=1'],
  // Dates in English.
  ['yesterday', 'date=2026-11-28 day'],
  ['the day before yesterday', 'date=2026-11-27 day'],
  ['the day after tomorrow', 'date=2026-12-01 day'],
  ['last Tuesday', 'date=2026-11-24 day'],
  ['next Friday', 'date=2026-12-04 day'],
  ['on Monday', 'date=2026-11-30 day'],
  ['last week', 'date=2026-11-16/2026-11-22 range'],
  ['last month', 'date=2026-10-01/2026-10-31 range'],
  ['next year', 'date=2027-01-01/2027-12-31 range'],
  ['Nov 28', 'date=2026-11-28 day'],
  ['November 28th, 2025', 'date=2025-11-28 day'],
  ['28th of November', 'date=2026-11-28 day'],
  ['3 May 2026', 'date=2026-05-03 day'],
  ['in March', 'date=2027-03-01/2027-03-31 range'],
  ['March 2026', 'date=2026-03-01/2026-03-31 range'],
  ['you may order', ''],
  ['2026-11-28', 'date=2026-11-28 day'],
  ['2026/1/5', 'date=2026-01-05 day'],
  ['11/28', 'date=2026-11-28 day'],
  ['28/11/2026', 'date=2026-11-28 day'],
  ['13/13', 'number=13; number=13'],
  ['3 days ago', 'date=2026-11-26 day'],
  ['a week ago', 'date=2026-11-22 day'],
  ['in two weeks', 'date=2026-12-13 day'],
  ['last 7 days', 'date=2026-11-22/2026-11-29 range'],
  ['the 5th of next month', 'date=2026-12-05 day'],
  ['Christmas', 'date=2026-12-25 day'],
  ['last Christmas', 'date=2025-12-25 day'],
  ['Black Friday', 'date=2026-11-27 day'],
  ['Chinese New Year', 'date=2027-02-06 day'],
  ['Nov 3-5', 'date=2026-11-03/2026-11-05 range'],
  ['from Monday to Friday', 'date=2026-11-30/2026-12-04 range'],
  // Times, and dates with times.
  ['下午3点', 'time=15:00'],
  ['晚上八点半', 'time=20:30'],
  ['早上9点一刻', 'time=09:15'],
  ['15:30', 'time=15:30'],
  ['3:30 pm', 'time=15:30'],
  ['3pm', 'time=15:00'],
  ['at noon', 'time=12:00'],
  ["5 o'clock", 'time=17:00'],
  ['下午3点到5点', 'time=15:00/17:00'],
  ['3-5pm', 'time=15:00/17:00'],
  ['next Friday at 3pm', 'date=2026-12-04T15:00 minute'],
  ['3pm next Friday', 'date=2026-12-04T15:00 minute'],
  ['tomorrow at 8', 'date=2026-11-30T08:00 minute'],
  ['明天下午三点半', 'date=2026-11-30T15:30 minute'],
  ['今晚八点', 'date=2026-11-29T20:00 minute'],
  ['今晚12点', 'date=2026-11-30T00:00 minute'],
  ['明早', 'date=2026-11-30T06:00/2026-11-30T12:00 range'],
  ['明天下午', 'date=2026-11-30T12:00/2026-11-30T18:00 range'],
  ['yesterday afternoon', 'date=2026-11-28T12:00/2026-11-28T18:00 range'],
  ['last night', 'date=2026-11-28T18:00/2026-11-29T00:00 range'],
  ['2026-11-28 15:30', 'date=2026-11-28T15:30 minute'],
  ['两小时前', 'date=2026-11-29T10:00 minute'],
  ['一个半小时后', 'date=2026-11-29T13:30 minute'],
  ['30 minutes ago', 'date=2026-11-29T11:30 minute'],
  ['明天3点到5点', 'date=2026-11-30T15:00/2026-11-30T17:00 range'],
  ['25:70', 'number=25; number=70'],
  // Phone numbers, addresses, references.
  ['13800138000', 'phone=+8613800138000'],
  ['我的电话138 0013 8000谢谢', 'phone=+8613800138000'],
  ['+86-138-0013-8000', 'phone=+8613800138000'],
  ['010-62345678', 'phone=01062345678'],
  ['400-800-8888', 'phone=4008008888'],
  ['+1 (415) 555-2671', 'phone=+14155552671'],
  ['+44 20 7946 0958', 'phone=+442079460958'],
  ['(415) 555-2671', 'phone=4155552671'],
  ['邮箱是Li.Lei+shop@Example.com.cn，谢谢', 'email=li.lei+shop@example.com.cn'],
  ['not@an@address', ''],
  ['见https://Shop.example/p?id=5。', 'url=https://shop.example/p?id=5'],
  ['(www.example.com)', 'url=www.example.com'],
  ['订单号是2026112812345', 'order-number=2026112812345'],
  ['order #A-1234567', 'order-number=A-1234567'],
  ['快递单号：SF1234567890123', 'tracking-number=SF1234567890123'],
  ['my order is late', ''],
  // What the shop has defined.
  ['蓝牙耳机多少钱', 'product=wireless headphones'],
  ['手机壳', 'product=phone case'],
  ['手机和手机保护壳', 'product=phone; product=phone case'],
  ['PHONE CASE', 'product=phone case'],
  ['my phone', 'product=phone'],
  ['phones', 'product=phone'],
  ['headphnes', ''],
  ['my backpak is torn', 'product=backpack'],
  ['wireles headphones', 'product=wireless headphones'],
  ['bakcpack', 'product=backpack'],
  ['iphone 15有红色的吗', 'product=iPhone 15; colour=red'],
  ['深蓝色的书包', 'colour=dark blue; product=backpack'],
  ['dark  blue', 'colour=blue'],
  ['reduced', ''],
  ['ＸＬ', 'size=XL'],
  ['DD20261128001', 'order=DD20261128001'],
  ['订单dd20261128001还没到', 'order=DD20261128001'],
  ['DD2026', ''],
  ['DD202611280012345', ''],
  ['use ABC-1234 now', 'coupon=ABC-1234'],
  ['XABC-1234', ''],
  // All at once.
  [
    '昨天下单的两件红色XL，一共320元，电话13800138000',
    'date=2026-11-28 day; quantity=2 piece; number=2; colour=red; size=XL; money=320 CNY; phone=+8613800138000',
  ],
  ['', ''],
  ['😀😀', ''],
  ['\ud800', ''],
];

for (const [text, expected] of cases) {
  test(`in "${text}" is ${expected === '' ? 'nothing' : expected}`, () => {
    const found = entities.find(text, at);
    assert.equal(
      found.map(({ type, value, unit }) => `${type}=${value}${unit === undefined ? '' : ` ${unit}`}`).join('; '),
      expected,
    );
    for (const { text: part, start, end } of found) assert.equal(text.slice(start, end), part);
  });
}

test('what is said near midnight is of the day that it is in the given time zone', () => {
  const now = Date.UTC(2026, 10, 28, 17);
  const today = (timeZone: string) => entities.find('今天', { now, timeZone })[0]?.value;
  assert.deepEqual(
    [today('Asia/Shanghai'), today('UTC'), today('America/New_York')],
    ['2026-11-29', '2026-11-28', '2026-11-28'],
  );
});

test('every text has values that lie within it, and those of one type never overlap', () => {
  const words = cases.map(([text]) => text);
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.constantFrom(...words, ' ', '到', '的', 'to', ',', '\u0301', '㎏', 'ﷺ'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  const anyTime = fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 11) });
  fc.assert(
    fc.property(texts, anyTime, (text, now) => {
      const ends = new Map<string, number>();
      for (const { type, start, end, text: part } of entities.find(text, { now, timeZone: 'Asia/Shanghai' })) {
        assert.ok(
          start >= (ends.get(type) ?? 0) && end > start && end <= text.length,
          `${type} ${start}-${end} of ${JSON.stringify(text)}`,
        );
        assert.equal(part, text.slice(start, end));
        ends.set(type, end);
      }
    }),
    { numRuns: 400 },
  );
});

test('ten times the text takes about ten times as long, whatever it repeats', () => {
  const timeOf = (text: string) => {
    let best = Number.POSITIVE_INFINITY;
    for (let time = 0; time < 5; time += 1) {
      // By what it takes of the processor: others who use it do not count.
      const begun = process.threadCpuUsage();
      entities.find(text, at);
      const { user, system } = process.threadCpuUsage(begun);
      best = Math.min(best, (user + system) / 1_000);
    }
    return best;
  };
  for (const part of [
    '1',
    '一',
    '1,234,',
    'a',
    'a@a.',
    'one hundred and ',
    '昨天',
    '3点',
    'phone ',
    'DD1',
    '红',
    'http://',
    '1 ',
    '-',
    '+1 ',
    '2026-',
    '订单号是',
  ]) {
    const [short, long] = [part.repeat(1_000 / part.length), part.repeat(10_000 / part.length)].map(timeOf) as [
      number,
      number,
    ];
    assert.ok(long < Math.max(short, 3) * 50, `"${part}": ${short.toFixed(1)} ms, then ${long.toFixed(1)} ms`);
  }
});
