import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { suggestIntents as gather, type SuggestOptions, type UnansweredQuestion } from './suggest-intents.ts';

const suggestIntents = (questions: readonly UnansweredQuestion[], options: SuggestOptions) =>
  gather(questions, options).suggestions;

const topics: Record<string, string[]> = {
  gift: [
    'Can you gift wrap my order?',
    'Do you offer gift wrapping?',
    'gift wrap please',
    'is gift wrapping possible for this order',
    'How much is gift wrapping?',
  ],
  warranty: [
    'How long is the warranty?',
    'warranty period of the kettle',
    'Is the warranty two years?',
    'what does the warranty cover',
    'warranty length?',
  ],
  fapiao: ['可以开发票吗', '怎么开发票', '我要开发票', '能开发票吗', '开发票要多久'],
  shenfen: ['怎么修改收货地址', '收货地址写错了能改吗', '修改地址', '我想改收货地址', '地址填错了怎么修改'],
};
const noise = ['hello there', '在吗', 'ok', 'purple monkey dishwasher', '天气不错'];
const questions: UnansweredQuestion[] = [...Object.values(topics).flat(), ...noise].map((text, n) => ({
  id: `q${n}`,
  text,
  at: n,
}));
const none = { intents: [], dismissed: [] };

test('questions that mean the same come together, in both languages, and chance remarks do not', () => {
  const suggestions = suggestIntents(questions, none);
  for (const [topic, texts] of Object.entries(topics)) {
    const best = suggestions.find(({ utterances }) => utterances.filter((one) => texts.includes(one)).length >= 4);
    assert.ok(best !== undefined, `${topic}: ${JSON.stringify(suggestions)}`);
    assert.ok(
      best.utterances.every((one) => texts.includes(one)),
      `${topic}: ${best.utterances.join(' | ')}`,
    );
  }
  assert.equal(suggestions.length, 4);
  const names = suggestions.map(({ name }) => name).join(' | ');
  for (const term of ['wrap', 'warranty', '发票', '地址']) assert.ok(names.includes(term), names);
});

test('the first few questions of an installation come together too, where nearly all are about one thing', () => {
  const chance = 'purple monkey dishwasher';
  for (const texts of [topics.gift?.filter((text) => !/please/.test(text)), topics.fapiao] as string[][]) {
    const few = [...texts, chance].map((text, n) => ({ id: `q${n}`, text, at: n }));
    const { suggestions, others } = gather(few, none);
    assert.deepEqual(
      suggestions.map(({ size }) => size),
      [texts.length],
    );
    assert.deepEqual(
      others.map(({ utterances }) => utterances),
      [[chance]],
    );
  }
});

test('the same questions in any order give the same suggestions', () => {
  const expected = suggestIntents(questions, none);
  fc.assert(
    fc.property(fc.shuffledSubarray(questions, { minLength: questions.length }), (shuffled) =>
      assert.deepEqual(suggestIntents(shuffled, none), expected),
    ),
    { numRuns: 10 },
  );
});

test('what was asked often counts as often, and repeats are one utterance', () => {
  const again = ['GIFT WRAP please', 'gift wrap, please!', 'gift wrap please'].map((text, n) => ({
    id: `r${n}`,
    text,
    at: 100 + n,
  }));
  const [first] = suggestIntents([...questions, ...again], none);
  assert.equal(first?.size, 8);
  assert.equal(first?.utterances.filter((one) => /gift wrap,? please/i.test(one)).length, 1);
});

test('what a person dismissed does not come back, not with other words of the same either', () => {
  const dismissed = topics.gift ?? [];
  const more = ['gift wrap for my order please', 'Do you offer gift wrapping for orders?'].map((text, n) => ({
    id: `m${n}`,
    text,
    at: 200 + n,
  }));
  const suggestions = suggestIntents([...questions, ...more], { intents: [], dismissed });
  assert.ok(suggestions.every(({ utterances }) => !utterances.some((one) => /gift/i.test(one))));
  assert.equal(suggestions.length, 3);
});

test('the intent that is nearest is named, and none where none is near', () => {
  const intents = [
    { name: 'invoice', utterances: ['请给我开一张发票', '发票怎么开'] },
    { name: 'greeting', utterances: ['hi', '你好'] },
  ];
  const suggestions = suggestIntents(questions, { intents, dismissed: [] });
  const nearest = (term: string) =>
    suggestions.find(({ utterances }) => utterances.join().includes(term))?.nearest?.intent;
  assert.equal(nearest('发票'), 'invoice');
  assert.equal(nearest('warranty'), undefined);
});

test('nothing, emoji alone and one text a thousand times are no suggestion', () => {
  assert.deepEqual(suggestIntents([], none), []);
  const odd = Array.from({ length: 1_000 }, (_, n) => ({ id: `${n}`, text: n % 2 === 0 ? '😀😀' : 'buy now', at: n }));
  assert.deepEqual(suggestIntents(odd, none), []);
});
