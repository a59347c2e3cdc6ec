import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { comparedQuestions, nearlyAt, readQuestion } from './question-form.ts';

const compared = (a: string, b: string) => comparedQuestions(readQuestion(a), readQuestion(b));
const kindOf = (a: string, b: string) => compared(a, b)?.kind ?? 'other';

test('case, width, punctuation and contractions make no other question', () => {
  for (const [a, b] of [
    ['Is the Wi-Fi free?', 'is the WI FI free'],
    ['ＷＩＦＩ 密码？', 'wifi密码'],
    ['可以退货吗？', '可以退货吗!!'],
    ['I can’t log in', 'I cannot log in.'],
    ['I dont see my order', "I don't see my order"],
    ['1,000 points', '1000 points'],
    ["What's the price?", 'What is the price'],
  ] as const) {
    assert.equal(kindOf(a, b), 'same', `${a} | ${b}`);
  }
});

test('polite words, articles and one slip of the pen make it nearly the same', () => {
  for (const [a, b] of [
    ['How long is the warranty?', 'Hi, could you please tell me how long is the warranty? Thanks!'],
    ['How long is the warranty?', 'how long is the waranty'],
    ['How long is the warranty?', 'how long is the warrnaty'],
    ['Can I cancel my order?', 'can i cancel the order please'],
    ['运费多少钱', '您好，请问运费多少钱呢？谢谢'],
    ['我的订单在哪里', '请问一下我订单在哪里'],
  ] as const) {
    const found = compared(a, b);
    assert.equal(found?.kind, 'nearly', `${a} | ${b}`);
    assert.ok(found !== undefined && found.likeness >= nearlyAt && found.likeness <= 1);
  }
});

test('another number, amount or sign is another question, in digits and in words', () => {
  for (const [a, b] of [
    ['Is delivery free from 50 euros?', 'Is delivery free from 500 euros?'],
    ['Does it cost $5?', 'Does it cost €5?'],
    ['Is version 1.2 supported?', 'Is version 12 supported?'],
    ['Does it work at -5 degrees?', 'Does it work at 5 degrees?'],
    ['Do I get two of them?', 'Do I get three of them?'],
    ['三天能到吗', '五天能到吗'],
    ['满100元包邮吗', '满1000元包邮吗'],
    ['保修一年吗', '保修两年吗'],
    ['第2代支持吗', '第3代支持吗'],
  ] as const) {
    assert.equal(kindOf(a, b), 'other', `${a} | ${b}`);
  }
});

test('a negation is another question, however it is written', () => {
  for (const [a, b] of [
    ['Can I pay by card?', "Can't I pay by card?"],
    ['Can I pay by card?', 'cant i pay by card'],
    ['Can I return it with the receipt?', 'Can I return it without the receipt?'],
    ['Why is it available?', 'Why is it not available?'],
    ['I have received it', 'I have never received it'],
    ['I am able to log in', 'I am unable to log in'],
    ['可以退货吗', '不可以退货吗'],
    ['为什么能用', '为什么不能用'],
    ['收到货了怎么办', '没收到货怎么办'],
    ['有发票吗', '没有发票吗'],
    ['这是会员价吗', '这是非会员价吗'],
  ] as const) {
    assert.equal(kindOf(a, b), 'other', `${a} | ${b}`);
    assert.equal(kindOf(b, a), 'other', `${b} | ${a}`);
  }
});

test('one word or sign that is another one, or another order, is another question', () => {
  for (const [a, b] of [
    ['How do I cancel the subscription of my account?', 'How do I change the subscription of my account?'],
    ['Do you ship from China to Japan?', 'Do you ship from Japan to China?'],
    ['Is there a formal invoice?', 'Is there a format invoice?'],
    ['What does plan A cost?', 'What does the plan cost?'],
    ['What does plan A cost?', 'What does plan B cost?'],
    ['Do you support C++ projects?', 'Do you support C projects?'],
    ['可以退货吗', '可以换货吗'],
    ['怎么买保险', '怎么卖保险'],
    ['酒吧在哪里', '酒在哪里'],
    ['refund?', 'refunds?'],
    ['', 'refund'],
  ] as const) {
    assert.equal(kindOf(a, b), 'other', `${a} | ${b}`);
  }
});

test('whatever is written, a text is the same as itself, and comparing does not mind which comes first', () => {
  const words = fc.constantFrom(
    'how',
    'a',
    'A',
    'the',
    'order',
    'orders',
    'please',
    '不',
    '的',
    '退',
    '5',
    '-5',
    "can't",
    '😀',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((all) => all.join(' ')),
  );
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(kindOf(a, a), 'same');
      assert.equal(kindOf(a, b), kindOf(b, a));
    }),
    { numRuns: 150 },
  );
});
