import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify } from './classifier.ts';
import { addRow, applySparse } from './compact-layer.ts';
import { actAt } from './judge.ts';
import { encodeModel } from './model-file.ts';
import { createIntentRecognizer } from './recognizer.ts';
import { shopIntents } from './shop-intents-fixture.ts';
import { trainIntents } from './train-intents.ts';

const { model } = trainIntents(shopIntents, { seed: 1 });
const recognizer = createIntentRecognizer(model);

test('what is said in other words is recognised, in both languages, mixed, and with a typo', () => {
  const said = {
    'can i have my money back please': 'refund',
    我想申请退款: 'refund',
    'refnud my order': 'refund',
    '我的包裹呢 where is it': 'delivery',
    'ARE YOU OPEN ON SATURDAY': 'opening-hours',
    转人工客服: 'human',
    帮我开一张发票: 'invoice',
  };
  const found = Object.fromEntries(Object.keys(said).map((text) => [text, recognizer.recognize(text).intent]));
  assert.deepEqual(found, said);
});

test('a training utterance is recognised with more confidence, and is more familiar, than what has nothing to do with any intent', () => {
  const { confidence, familiarity } = recognizer.recognize('how do i get a refund');
  for (const stranger of ['the mitochondria powers the cell', '秦始皇统一了六国', 'my cat sings opera']) {
    const found = recognizer.recognize(stranger);
    assert.ok(found.confidence < confidence && found.familiarity < familiarity, stranger);
  }
});

test('a text with nothing to read has no intent, and a reason', () => {
  for (const text of ['', '   ', '😀😀👍🏽', '?!…', '\u0000\ud800'])
    assert.deepEqual(recognizer.recognize(text), {
      intent: null,
      confidence: 0,
      familiarity: 0,
      candidates: [],
      doubt: 'nothing-to-read',
      embedding: null,
    });
});

test('a text of which nothing was ever seen has no intent, and a reason', () => {
  assert.deepEqual(recognizer.recognize('ξψζ'), {
    intent: null,
    confidence: 0,
    familiarity: 0,
    candidates: [],
    doubt: 'unknown-words',
    embedding: null,
  });
});

test('a letter of 10,000 characters and spam are never acted on, though they are full of known words', () => {
  const doubted = {
    'too-long': 'i want a refund for what i bought, and the parcel never came to my address. '.repeat(130),
    repeated: 'refund '.repeat(40),
  };
  for (const [doubt, text] of Object.entries(doubted)) {
    const recognition = recognizer.recognize(text);
    assert.equal(recognition.doubt, doubt);
    assert.ok(recognition.confidence <= 0.5);
  }
  assert.equal(recognizer.recognize('退款'.repeat(30)).doubt, 'repeated');
});

test('what is not wanted is not acted on as if it were, but where an utterance says it so', () => {
  for (const text of [
    'I do NOT want a refund',
    'please don’t refund my order',
    '我不要退款',
    '我不想退款，我要换货',
    '不是要退款',
    '先不开发票了',
  ]) {
    const { doubt, confidence } = recognizer.recognize(text);
    assert.equal(doubt, 'refused', text);
    assert.ok(confidence <= 0.5, text);
  }
  // It failed, is asked, or is something else: nobody refuses it.
  for (const text of ['I did not get my refund', "why don't you refund me", '要不要退款', '还没退款', '我特别想退款'])
    assert.equal(recognizer.recognize(text).doubt, null, text);

  const keep = {
    intent: 'keep-order',
    utterances: ['do not cancel my order', 'leave my order as it is', '不要取消订单'],
  };
  const cancel = { intent: 'cancel-order', utterances: ['cancel my order', 'stop the order', '取消订单'] };
  const both = createIntentRecognizer(trainIntents([...shopIntents, keep, cancel], { seed: 1 }).model);
  for (const text of keep.utterances) assert.equal(both.recognize(text).doubt, null, text);
});

test('whatever is written gets an answer between 0 and 1, and what no letter was learnt of is never acted on', () => {
  const rubbish = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('q', 'x', 'z', 'j', ' ', '7', '龘', '😀'), maxLength: 60 }),
  );
  fc.assert(
    fc.property(rubbish, (text) => {
      const { confidence, candidates } = recognizer.recognize(text);
      assert.ok(confidence >= 0 && confidence < actAt, `${confidence}`);
      assert.ok(candidates.every(({ probability }) => probability >= 0 && probability <= 1));
      recognizer.explain(text);
    }),
    { seed: 5, numRuns: 40 },
  );
});

test('an explanation shows the features that decided, and the utterances that are nearest', () => {
  const { recognition, against, features, nearest } = recognizer.explain('refund my order 4711');
  assert.equal(recognition.intent, 'refund');
  assert.notEqual(against, 'refund');
  assert.ok(features.some(({ text, weight }) => text.includes('refund') && weight > 0));
  assert.deepEqual(nearest[0]?.utterance, 'please refund my order');
  assert.equal(nearest[0]?.intent, 'refund');
});

test('the features that spoke for the answer outweigh those against it', () => {
  const { features } = recognizer.explain('退款');
  assert.ok(features.reduce((sum, { weight }) => sum + weight, 0) > 0);
});

test('the same seed gives the same model, byte for byte, and progress goes from 0 to 1', () => {
  const shares: number[] = [];
  const again = trainIntents(shopIntents, { seed: 1, onProgress: (share) => shares.push(share) });
  assert.deepEqual(encodeModel(again.model), encodeModel(model));
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  assert.equal(shares.at(-1), 1);
});

test('two intents with one utterance each are enough to train: these two are acted on, and nothing else', () => {
  const tiny = trainIntents(
    [
      { intent: 'a', utterances: ['refund'] },
      { intent: 'b', utterances: ['delivery'] },
    ],
    { seed: 1 },
  );
  const { recognize } = createIntentRecognizer(tiny.model);
  assert.equal(recognize('Refund!').intent, 'a');
  assert.ok(recognize('Refund!').confidence >= actAt);
  for (const other of ['refund delivery', 'refunds are evil', 'fund', 'repayment'])
    assert.ok(recognize(other).confidence < actAt, other);
});

test('a word that was in no utterance is recognised by what it means, and the explanation says so', () => {
  const { recognition, features } = recognizer.explain('repayment');
  assert.equal(recognition.intent, 'refund');
  assert.ok(features.some(({ kind, text, weight }) => kind === 'meaning' && text === 'repayment' && weight > 0));
});

test('what an explanation adds up to is by how much the logit of the intent exceeds that of the second, beside the biases', () => {
  const { vocabulary, classifier, intents } = model;
  for (const text of ['where is my refund', '我的快递 arrive']) {
    const { recognition, against, features } = recognizer.explain(text, { features: 1_000 });
    const { total } = classify(classifier, vocabulary.read(text).input);
    const { linear, output, hidden } = classifier;
    const [wanted, other] = [recognition.intent, against].map((intent) => intents.indexOf(intent ?? '')) as [
      number,
      number,
    ];
    const units = applySparse(hidden, vocabulary.read(text).input);
    const ofBias = Float32Array.from(output.bias);
    for (const [unit, value] of units.entries())
      if (value > 0) addRow(output, unit, hidden.bias[unit] as number, ofBias);
    const difference = (logits: Float32Array) => (logits[wanted] as number) - (logits[other] as number);
    const explained = features.reduce((sum, { weight }) => sum + weight, 0);
    assert.ok(Math.abs(difference(total) - difference(linear.bias) - difference(ofBias) - explained) < 0.01, text);
  }
});
