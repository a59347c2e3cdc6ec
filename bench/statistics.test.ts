import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyOf, median, percentile, summarize } from './statistics.ts';

test('a percentile is one of the values: the smallest that the share does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(hundred, 0.5), 50);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile(hundred, 1), 100);
  assert.equal(percentile(hundred, 0), 1);
  assert.equal(percentile([7], 0.99), 7);
});

test('a percentile of nothing is no number', () => {
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test('the median of an even number of rounds lies between the two in the middle', () => {
  assert.equal(median([40, 10, 20, 30]), 25);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok(Number.isNaN(median([])));
});

test('a summary keeps the rounds in their order beside the middle and the spread', () => {
  assert.deepEqual(summarize([5, 1, 9]), { median: 5, min: 1, max: 9, rounds: [5, 1, 9] });
});

test('latencies are sorted as numbers, not as text', () => {
  assert.deepEqual(latencyOf(Float64Array.of(100, 9, 20)), { p50Ms: 20, p99Ms: 100 });
});
