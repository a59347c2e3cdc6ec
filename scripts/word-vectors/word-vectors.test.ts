import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { foldText } from '../../server/bot/intent/fold-text.ts';
import { type Pair, trainContrastive } from './contrastive.ts';
import { moves, readLexicon } from './lexicon.ts';
import { createPairs, wordsOf } from './pairs.ts';

test('numbers that moved by an amount are found again, past places where the amount changes, and strangers are not', () => {
  const from = Array.from({ length: 400 }, (_, at) => 1_000 + at * 97 + ((at * at) % 31));
  const to = from.map((number, at) => number + (at < 200 ? 40 : 260));
  const stranger = 1_500_000;
  const found = moves([...from, stranger], to);
  const right = from.filter((number, at) => found.get(number) === to[at]);
  assert.ok(right.length > 380, `${right.length}`);
  assert.equal(found.has(stranger), false);
});

test('a lexicon is read with words of both languages, and what no meaning is found for stays alone', () => {
  const dir = mkdtempSync(join(tmpdir(), 'lexicon-'));
  const ids = Array.from({ length: 20 }, (_, at) => 1_000 + at * 97 + ((at * at) % 31));
  const id = (number: number) => `${String(number).padStart(8, '0')}-n`;
  const english = ids.map((number, at) => `${id(number + 5)}\tword${at}|other${at}\t\tdefinition ${at}\texample ${at}`);
  writeFileSync(join(dir, 'oewn.tsv.gz'), gzipSync(`${english.join('\r\n')}\n`));
  writeFileSync(
    join(dir, 'cow.tsv'),
    `${ids.map((number, at) => `${id(number)}\t词${at}`).join('\n')}\n${id(9_000_000)}\t孤\n`,
  );
  const synsets = readLexicon(dir);
  assert.deepEqual(synsets[3], {
    ...{ id: id((ids[3] as number) + 5), words: ['word3', 'other3', '词3'], hypernyms: [] },
    ...{ definition: 'definition 3', examples: ['example 3'] },
  });
  assert.deepEqual(synsets.at(-1)?.words, ['孤']);
  const { words } = wordsOf(synsets, foldText);
  assert.ok(words.includes('definition') && words.includes('词'));
  assert.ok(createPairs(synsets, words, foldText)(() => 0.5).length > 0);
});

test('words that stand in pairs come to have one direction, others do not, and the seed decides all', () => {
  const pairs = Array.from(
    { length: 256 },
    (_, at): Pair => [Int32Array.of((at % 128) * 2), Int32Array.of((at % 128) * 2 + 1)],
  );
  const counts = new Array<number>(256).fill(2);
  const train = () => trainContrastive({ dimensions: 16, rounds: 40, seed: 3, counts, pairsOf: () => pairs });
  const vectors = train();
  const cosine = (a: number, b: number) => {
    const [p, q] = [vectors.subarray(a * 16, a * 16 + 16), vectors.subarray(b * 16, b * 16 + 16)];
    const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, d) => sum + value * (y[d] as number), 0);
    return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
  };
  for (let word = 0; word < 256; word += 32) assert.ok(cosine(word, word + 1) > 0.8, `${cosine(word, word + 1)}`);
  assert.ok(Math.abs(cosine(0, 2)) < 0.7);
  assert.deepEqual(train(), vectors);
});
