import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';
import { confidence, gini, pairedDifference, pairedRatio, percentile, studentT975 } from './statistics.ts';

const near = (actual: number, expected: number, digit: number) =>
  assert.ok(Math.abs(actual - expected) <= digit, `expected ${expected} ± ${digit}, got ${actual}`);

test("Student's t is that of printed tables", () => {
  const printed = { 1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 7: 2.365, 10: 2.228, 29: 2.045, 39: 2.023, 1000: 1.962 };
  for (const [degrees, value] of Object.entries(printed)) near(studentT975(Number(degrees)) / value, 1, 0.005);
  near(studentT975(29), 2.0452, 0.0003);
});

test('95 of 100 intervals hold the mean, of normal numbers as of skewed ones in ratios', () => {
  const random = new Random(3);
  let means = 0;
  let ratios = 0;
  for (let i = 0; i < 2_000; i += 1) {
    const values = Array.from({ length: 8 }, () => 5 + random.normal());
    const interval = confidence(values);
    if (interval.low <= 5 && 5 <= interval.high) means += 1;
    const below = Array.from({ length: 30 }, () => 10 + random.exponential(2));
    const ratio = pairedRatio(
      below.map((value) => value * 3 + random.normal()),
      below,
    );
    if (ratio.low <= 3 && 3 <= ratio.high) ratios += 1;
  }
  near(means / 2_000, 0.95, 0.015);
  near(ratios / 2_000, 0.95, 0.015);
});

test('one value alone says nothing of chance, and what both runs share falls out of a difference', () => {
  assert.equal(confidence([4]).high, Infinity);
  const { mean, low, high } = pairedDifference([101, 205, 303], [100, 204, 302]);
  assert.deepEqual([mean, low, high], [1, 1, 1]);
});

test('a percentile is a value that was seen, by nearest rank', () => {
  const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  assert.equal(percentile(sorted, 0.5), 5);
  assert.equal(percentile(sorted, 0.9), 9);
  assert.equal(percentile(sorted, 0.99), 10);
  assert.equal(percentile(sorted, 0), 1);
  assert.equal(percentile([], 0.5), 0);
});

test('the Gini is 0 where all have the same, (n-1)/n where one has all, and does not care for the unit', () => {
  assert.equal(gini([3, 3, 3]), 0);
  near(gini([0, 0, 0, 8]), 0.75, 1e-12);
  near(gini([1, 2, 3, 4]), 0.25, 1e-12);
  near(gini([4, 1, 3, 2].map((value) => value * 1_000)), 0.25, 1e-12);
  assert.equal(gini([0, 0]), 0);
});
