import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldText } from '../intent/fold-text.ts';
import { baseFormsOf, piecesOf } from './pieces.ts';
import { decodeWordVectors, encodeWordVectors, sharedWordVectors } from './word-vectors.ts';

const cosine = (a: Float32Array, b: Float32Array) => {
  const dot = (p: Float32Array, q: Float32Array) => p.reduce((sum, value, at) => sum + value * (q[at] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

test('words that mean something near are nearer than others, in each language and across both', () => {
  const shared = sharedWordVectors();
  const nearness = (one: string, other: string) => cosine(shared.sumOf(foldText(one)), shared.sumOf(foldText(other)));
  const near = {
    refund: 'repayment',
    phone: 'telephone',
    取消: '撤消',
    hotel: '旅馆',
    天气: 'weather',
    cancelling: 'annul',
  };
  for (const [one, other] of Object.entries(near)) {
    assert.ok(nearness(one, other) > 0.4, `${one} ${other} ${nearness(one, other)}`);
    for (const stranger of ['elephant', '哲学'])
      assert.ok(nearness(one, other) > nearness(one, stranger) + 0.2, `${one} ${stranger}`);
  }
});

test('a text without a known word has a vector of nothing, and the parts of a text add up to it', () => {
  const shared = sharedWordVectors();
  assert.ok(shared.sumOf(foldText('xqzzt 😀')).every((value) => value === 0));
  const text = foldText('please cancel 我的订单');
  const sum = new Float32Array(shared.dimensions);
  for (const { vector } of shared.partsOf(text))
    for (let d = 0; d < sum.length; d++) sum[d] = (sum[d] as number) + (vector[d] as number);
  assert.ok(shared.sumOf(text).every((value, d) => Math.abs(value - (sum[d] as number)) < 1e-5));
  assert.deepEqual(
    shared.partsOf(text).map(({ place }) => shared.words[place]),
    ['please', 'cancel', '我', '我的', '的', '订', '订单', '单'].filter((word) => shared.words.includes(word)),
  );
});

test('the vectors are read once, whoever asks', () => {
  assert.equal(sharedWordVectors(), sharedWordVectors());
});

test('an inflected form that nobody knows is read as its base form', () => {
  assert.ok(baseFormsOf('stopped').includes('stop'));
  assert.ok(baseFormsOf('deliveries').includes('delivery'));
  assert.ok(baseFormsOf('making').includes('make'));
  const known = ['stop', '订单', '单'];
  const place = (word: string) => (known.includes(word) ? known.indexOf(word) : undefined);
  assert.deepEqual(piecesOf({ words: ['stopping', 'nothing'], runs: ['看订单'] }, place), [0, 1, 2]);
});

test('vectors that were written are read as they were, to a 127th of the largest number of a word', () => {
  const vectors = Float32Array.of(1, -0.5, 0.25, 0, 0, 0);
  const read = decodeWordVectors(encodeWordVectors(['a', '错'], vectors, 3));
  assert.deepEqual([read.words, read.dimensions], [['a', '错'], 3]);
  const sum = read.sumOf({ words: ['a'], runs: ['错'] });
  for (const [d, value] of [1, -0.5, 0.25].entries()) assert.ok(Math.abs((sum[d] as number) - value) <= 1 / 127);
});

test('bytes that are no vectors, of another version, or cut are refused with a reason', () => {
  const bytes = encodeWordVectors(['a'], Float32Array.of(1, 2), 2);
  const newer = bytes.slice();
  newer[12] = 9;
  assert.throws(() => decodeWordVectors(newer), /version 9/);
  assert.throws(() => decodeWordVectors(bytes.subarray(0, bytes.length - 1)), /damaged/);
  assert.throws(
    () => decodeWordVectors(Buffer.from('something else that is long enough to be one')),
    /no file of word vectors/,
  );
});
