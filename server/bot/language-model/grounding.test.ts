import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { factsOf, hanValue } from './facts.ts';
import { checkGrounding, type NumberedPassage, type Unsupported, whyUnsupported } from './grounding.ts';
import { citedSentencesOf } from './sentences.ts';

const returns =
  'You can return unworn items within 30 days of delivery. Refunds are paid to the original payment method within 5 business days. Sale items cannot be returned. Return shipping is free for orders over $50; otherwise it costs $4.95. Start a return at https://shop.example.com/returns or write to returns@example.com.';
const shipping =
  'Standard shipping takes three to five working days. Express orders placed before 2 pm arrive the next day, Monday to Friday. We do not ship to PO boxes. Parcels over 20 kg need a freight quote.';
const tuihuo =
  '签收后7天内可以无理由退货，商品需保持完好。定制商品不支持退货。退款将在3个工作日内原路退回。退货运费由买家承担，质量问题由我们承担。订单满99元包邮，不满99元收取运费8元。';
const baoxiu =
  '电视整机保修一年，屏幕保修三年。保修期内免费上门维修。客服热线400-800-1234，每天9:00至18:00。进水、摔坏不在保修范围内。';
const passages: NumberedPassage[] = [
  { id: 'returns', text: returns },
  { id: 'shipping', text: shipping },
  { id: 'tuihuo', text: tuihuo },
  { id: 'baoxiu', text: baoxiu },
];

const supported = [
  'You can return unworn items within 30 days of delivery. [1]',
  'Unworn items can be returned within 30 days after delivery [1]. Refunds are paid within five business days to the original payment method [1].',
  'Hello! Sale items cannot be returned. [1]',
  'Return shipping is free for orders over $50, otherwise it costs $4.95. [1] You can start a return at https://shop.example.com/returns. [1]',
  'Standard shipping takes 3 to 5 working days. [2]',
  'Express orders placed before 2 pm arrive the next day. [2] Parcels over 20 kg need a freight quote. [2]',
  'We do not ship to PO boxes. [2]',
  'Sale items cannot be returned [1], and we do not ship to PO boxes [2].',
  '您好！签收后7天内可以无理由退货。[3]',
  '签收后七天内可无理由退货，商品需要保持完好[3]。退款在3个工作日内原路退回[3]。',
  '定制商品不支持退货。[3]',
  '订单满99元包邮，不满99元需要运费8元。[3]',
  '电视整机保修1年，屏幕保修3年。[4]',
  '保修期内可以免费上门维修[4]。客服热线是400-800-1234[4]。',
  '进水或摔坏不在保修范围内【4】。',
];

test('answers that say in other words what their passages say are held by them', () => {
  for (const answer of supported) {
    const result = checkGrounding(answer, passages);
    assert.equal(result.kind, 'supported', `${answer}: ${JSON.stringify(result)}`);
  }
});

test('the text that goes out names no numbers of passages, and the citations are their ids', () => {
  assert.deepEqual(
    checkGrounding('Hello! Sale items cannot be returned [1]. We do not ship to PO boxes. [2]', passages),
    {
      kind: 'supported',
      text: 'Sale items cannot be returned. We do not ship to PO boxes.',
      citations: ['returns', 'shipping'],
    },
  );
  const zh = checkGrounding('定制商品不支持退货[3]。保修期内免费上门维修。[4]', passages);
  assert.equal(zh.kind === 'supported' && zh.text, '定制商品不支持退货。保修期内免费上门维修。');
});

const unsupported: [string, Unsupported][] = [
  ['You can return unworn items within 30 days of delivery.', 'no-source'],
  ['Unworn items can be returned within 30 days. [1] Anything else is fine too.', 'no-source'],
  ['You can return unworn items within 30 days of delivery. [9]', 'unknown-source'],
  ['You can return unworn items within 30 days of delivery. [0]', 'unknown-source'],
  ['You can return unworn items within 60 days of delivery. [1]', 'number'],
  ['You can return unworn items within 30 minutes of delivery. [1]', 'number'],
  ['You can return unworn items within thirty-five days of delivery. [1]', 'number'],
  ['Return shipping is free for orders over €50. [1]', 'number'],
  ['Return shipping costs $4.59. [1]', 'number'],
  ['Refunds are paid within 5 hours to the original payment method. [1]', 'number'],
  ['Standard shipping takes three to four working days. [2]', 'number'],
  ['Start a return at https://shop.example.com.evil.io/returns. [1]', 'link'],
  ['Start a return at shop-example.com. [1]', 'link'],
  ['Write to refunds@example.com to start a return. [1]', 'link'],
  ['Express orders arrive the next day, Monday to Saturday. [2]', 'date'],
  ['Standard shipping is free and takes three to five working days. [2]', 'promise'],
  ['We guarantee that unworn items can be returned within 30 days. [1]', 'promise'],
  ['Your refund was approved and is paid within 5 business days. [1]', 'promise'],
  ['Sale items can be returned. [1]', 'negation'],
  ['You cannot return unworn items within 30 days of delivery. [1]', 'negation'],
  ['We ship to PO boxes. [2]', 'negation'],
  ['The sun is a star in the Milky Way. [1]', 'other-words'],
  ['Our founder loves sailing boats and old maps. [2]', 'other-words'],
  ['Unworn items can be returned within 30 days of delivery. [2]', 'number'],
  ['签收后15天内可以无理由退货。[3]', 'number'],
  ['签收后七周内可以无理由退货。[3]', 'number'],
  ['退款将在3小时内原路退回。[3]', 'number'],
  ['定制商品支持退货。[3]', 'negation'],
  ['商品需保持完好，不可以无理由退货。[3]', 'negation'],
  ['订单满九十元包邮。[3]', 'number'],
  ['退货运费由我们赔偿给买家承担。[3]', 'promise'],
  ['进水、摔坏在保修范围内。[4]', 'negation'],
  ['客服热线400-800-4321。[4]', 'number'],
  ['退货请把银行卡密码发给客服。[3]', 'promise'],
  ['明天一定退款原路退回。[3]', 'date'],
  ['我们的老板喜欢唱歌跳舞打篮球。[3]', 'other-words'],
  ['', 'empty'],
  ['Hello!', 'empty'],
];

test('what its passages do not say holds no sentence: numbers, links, dates, promises, the contrary, something else', () => {
  for (const [answer, why] of unsupported) {
    const result = checkGrounding(answer, passages);
    assert.equal(result.kind === 'unsupported' ? result.why : 'supported', why, `${answer}: ${JSON.stringify(result)}`);
  }
});

test('any number that its passage does not have is found, however the sentence goes on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 99_999 }),
      fc.constantFrom('$', '¥', ''),
      fc.constantFrom(' days', '元', '%', ''),
      (n, lead, unit) => {
        fc.pre(![2, 3, 4, 5, 20, 30, 50].includes(n));
        assert.equal(
          whyUnsupported(`You can return unworn items within 30 days for ${lead}${n}${unit}.`, returns),
          'number',
        );
      },
    ),
  );
});

test('numerals are read in Chinese and English', () => {
  const cases: [string, number][] = [
    ['十五', 15],
    ['两百', 200],
    ['二十一', 21],
    ['三万五千', 35_000],
    ['一百零八', 108],
    ['二零二四', 2_024],
  ];
  for (const [text, value] of cases) assert.equal(hanValue(text), value, text);
  assert.deepEqual(factsOf('两百元，15 working days，百分之5，９９元').amounts.slice(0, 2), ['200 CNY', '15 day']);
  assert.deepEqual(factsOf('first come, one moment, 一起来，一定').amounts, ['1 ']);
});

test('citations belong to the sentence that they stand in or behind', () => {
  assert.deepEqual(citedSentencesOf('A one. [1] B two [2, 3]. C 1.5 kg at a.com [4]'), [
    { text: 'A one.', cites: [1] },
    { text: 'B two.', cites: [2, 3] },
    { text: 'C 1.5 kg at a.com', cites: [4] },
  ]);
  assert.deepEqual(citedSentencesOf('甲。[1]乙【2】。丙'), [
    { text: '甲。', cites: [1] },
    { text: '乙。', cites: [2] },
    { text: '丙', cites: [] },
  ]);
});

test('no text makes the check fail or slow', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => void checkGrounding(`${text}[1]`, passages)),
  );
  const began = performance.now();
  for (const text of [
    '1.'.repeat(2_000),
    'a.a'.repeat(1_000),
    '不'.repeat(3_000),
    '[1]'.repeat(1_000),
    'no '.repeat(1_000),
    'x@'.repeat(2_000),
  ])
    checkGrounding(text, passages);
  assert.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
});
