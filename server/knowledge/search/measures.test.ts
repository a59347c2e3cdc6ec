import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MeasuredSearch, measureFloor, measureRanking, shareAtPrecision } from './measures.ts';

const searches: readonly MeasuredSearch[] = [
  { expected: 'a', found: ['a', 'b'], score: 0.9 },
  { expected: 'b', found: ['a', 'b'], score: 0.6 },
  { expected: 'c', found: [], score: 0 },
  { expected: null, found: ['a'], score: 0.7 },
  { expected: null, found: ['b'], score: 0.2 },
];

test('a question without an answer counts for nothing in the ranking, one that finds nothing as missed', () => {
  const ndcg = (1 + 1 / Math.log2(3)) / 3;
  assert.deepEqual(measureRanking(searches), {
    ...{ recallAt1: 1 / 3, recallAt3: 2 / 3, recallAt5: 2 / 3, recallAt10: 2 / 3, mrr: 0.5, ndcg },
  });
  assert.deepEqual(measureRanking([]), {
    ...{ recallAt1: null, recallAt3: null, recallAt5: null, recallAt10: null, mrr: null, ndcg: null },
  });
});

test('recall tells the first three, five and ten places apart', () => {
  const at = (place: number): MeasuredSearch => ({
    ...{ expected: 'x', score: 1 },
    found: [...Array.from({ length: place - 1 }, (_, i) => `other ${i}`), 'x'],
  });
  const { recallAt1, recallAt3, recallAt5, recallAt10 } = measureRanking([at(1), at(3), at(5), at(10)]);
  assert.deepEqual([recallAt1, recallAt3, recallAt5, recallAt10], [0.25, 0.5, 0.75, 1]);
});

test('a floor answers what reaches it, and an answer to a question without one is wrong', () => {
  assert.deepEqual(measureFloor(searches, 0.5), { answered: 2 / 3, right: 1 / 3, rejected: 1 / 2 });
});

test('the share at a precision is the largest that any threshold reaches, and no threshold parts equal scores', () => {
  assert.equal(shareAtPrecision(searches, 0.95), 1 / 3);
  assert.equal(shareAtPrecision(searches, 0.3), 2 / 3);
  const tied = searches.map((search) => ({ ...search, score: 0.5 }));
  assert.equal(shareAtPrecision(tied, 0.95), 0);
});
