import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaningDimensions, meaningId, meaningOf } from '../embeddings/meanings-fixture.ts';
import { decodeModel, encodeModel, ModelFileError } from './model-file.ts';
import { createIntentRecognizer } from './recognizer.ts';
import { shopIntents } from './shop-intents-fixture.ts';
import { trainIntents } from './train-intents.ts';

const shop = shopIntents.slice(0, 4);
const vectors = new Map(
  shop.flatMap(({ utterances }) => utterances.map((utterance) => [utterance, meaningOf(utterance)] as const)),
);
const embedding = { of: meaningId, dimensions: meaningDimensions, vectors };
const { model } = trainIntents(shop, { seed: 1, embedding });
const plain = trainIntents(shop, { seed: 1 }).model;
const recognizer = createIntentRecognizer(model);
const vectorOf = (text: string) => ({ of: meaningId, vector: meaningOf(text) });

/** Words that no utterance has. */
const saidOtherwise = {
  'reimburse me please': 'refund',
  'the consignment please': 'delivery',
  'relocated please': 'change-address',
};

test('what is said in words that no utterance has is told by its vector', () => {
  for (const [text, intent] of Object.entries(saidOtherwise)) {
    const { candidates, embedding: by } = recognizer.recognize(text, vectorOf(text));
    assert.deepEqual([candidates[0]?.intent, by], [intent, 'used'], text);
    const [first] = recognizer.recognize(text).candidates;
    assert.ok((candidates[0]?.probability ?? 0) > (first?.intent === intent ? first.probability : 0), text);
  }
});

test('without a vector the weights answer that know none, as if there never had been an embedding', () => {
  const before = createIntentRecognizer(plain);
  for (const text of ['where is my parcel', '我要退款', 'reimburse me please', '']) {
    const { embedding: by, ...answer } = recognizer.recognize(text);
    const { embedding: none, ...former } = before.recognize(text);
    assert.deepEqual(answer, former);
    assert.deepEqual([by, none], ['absent', null]);
  }
});

test('a vector alone makes nobody sure of a text that cannot be read', () => {
  for (const text of ['', '😀', 'ξψζ']) {
    const found = recognizer.recognize(text, vectorOf('refund'));
    assert.deepEqual([found.intent, found.confidence], [null, 0], text);
  }
  const letter = 'i want a refund for what i bought, and the parcel never came to my address. '.repeat(130);
  assert.ok(recognizer.recognize(letter, vectorOf('refund')).confidence <= 0.5);
});

test('a vector of another embedding is refused with the names of both', () => {
  const { vector } = vectorOf('refund');
  for (const of of [
    { ...meaningId, model: 'else' },
    { ...meaningId, kind: 'local' as const },
    { ...meaningId, prefix: 'query: ' },
  ])
    assert.throws(
      () => recognizer.recognize('refund', { of, vector }),
      /trained with .*meanings.* is asked with one of/,
    );
  assert.throws(
    () => recognizer.recognize('refund', { of: meaningId, vector: vector.slice(1) }),
    /16 numbers.*15 numbers/,
  );
  assert.doesNotThrow(() => createIntentRecognizer(plain).recognize('refund', { of: meaningId, vector }));
});

test('a model with an embedding that was written and read answers and explains as before, and names the embedding', () => {
  const bytes = encodeModel(model);
  const read = decodeModel(bytes);
  assert.deepEqual(read.embedded?.of, meaningId);
  const after = createIntentRecognizer(read);
  for (const text of [...Object.keys(saidOtherwise), '退款 please', ''])
    for (const vector of [vectorOf(text), undefined])
      assert.deepEqual(after.explain(text, { vector }), recognizer.explain(text, { vector }));
  assert.ok(Buffer.from(bytes).includes('"embedding":{"kind":"server","model":"meanings","prefix":"","dimensions":16'));
  const versionOf = (file: Uint8Array) => Buffer.from(file).readUInt32LE('PARLEY-INTENT'.length);
  assert.deepEqual([versionOf(encodeModel(plain)), versionOf(bytes)], [6, 7]);
});

test('a file whose version does not fit what is in it is damaged, not half read', () => {
  for (const [file, version] of [
    [encodeModel(model), 6],
    [encodeModel(plain), 7],
  ] as const) {
    const wrong = Buffer.from(file);
    wrong.writeUInt32LE(version, 'PARLEY-INTENT'.length);
    assert.throws(
      () => decodeModel(wrong),
      (error: unknown) => error instanceof ModelFileError && error.reason === 'damaged',
    );
  }
});

test('an explanation weighs the vector, as a whole, beside words', () => {
  const text = 'the consignment please';
  const vector = vectorOf(text);
  const { features, recognition } = recognizer.explain(text, { features: 1_000, vector });
  const [weight] = features.filter(({ kind }) => kind === 'vector');
  assert.ok(recognition.intent === 'delivery' && weight?.text === 'meanings' && weight.weight > 0);
  assert.ok(recognizer.explain(text).features.every(({ kind }) => kind !== 'vector'));
});

test('the same vectors give the same model, byte for byte, and one that is missing is no training', () => {
  assert.deepEqual(encodeModel(trainIntents(shop, { seed: 1, embedding }).model), encodeModel(model));
  const some = new Map([...vectors].slice(1));
  assert.throws(() => trainIntents(shop, { seed: 1, embedding: { ...embedding, vectors: some } }), /no vector of 16/);
});
