import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawDuration, Random } from './random.ts';
import { meanOf } from './statistics.ts';

const many = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

test('the generator gives the numbers of the published one', () => {
  // The reference code with the state 1, 2, 3, 4, as the Rust crate rand_xoshiro has it too.
  const random = Random.fromState([1, 2, 3, 4]);
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ];
  assert.deepEqual(
    many(10, () => random.uint32()),
    expected,
  );
});

test('a seed decides everything, and neighbouring seeds and parts of a seed have nothing to do with each other', () => {
  const numbers = (...seed: number[]) => {
    const random = new Random(...seed);
    return many(4, () => random.uniform());
  };
  assert.deepEqual(numbers(1, 2), numbers(1, 2));
  const firsts = [numbers(1), numbers(2), numbers(1, 2), numbers(2, 1), numbers(1, 1)].map(([first]) => first);
  assert.equal(new Set(firsts).size, 5);
  // Streams of seeds 1 to 2,000 side by side: no more alike than chance has it (correlation below 4 / sqrt(n)).
  const pairs = many(2_000, () => 0).map((_, seed) => [new Random(seed).uniform(), new Random(seed + 1).uniform()]);
  const correlation = 12 * meanOf(pairs.map(([a = 0, b = 0]) => (a - 0.5) * (b - 0.5)));
  assert.ok(Math.abs(correlation) < 4 / Math.sqrt(2_000), `${correlation}`);
});

test('each distribution has the mean and the spread that it is asked for', () => {
  const random = new Random(7);
  for (const [duration, variation] of [
    [{ kind: 'constant', meanMs: 500 }, 0],
    [{ kind: 'exponential', meanMs: 500 }, 1],
    [{ kind: 'lognormal', meanMs: 500, variation: 0.5 }, 0.5],
    [{ kind: 'lognormal', meanMs: 500, variation: 1.5 }, 1.5],
  ] as const) {
    const drawn = many(200_000, () => drawDuration(random, duration));
    const mean = meanOf(drawn);
    const spread = Math.sqrt(meanOf(drawn.map((value) => (value - mean) ** 2))) / mean;
    assert.ok(Math.abs(mean - 500) < 8, `${duration.kind}: ${mean}`);
    assert.ok(Math.abs(spread - variation) < 0.03 + variation * 0.06, `${duration.kind}: ${spread}`);
    assert.ok(drawn.every((value) => value >= 0 && Number.isFinite(value)));
  }
});

test('uniform numbers fill [0, 1) evenly, and things are picked as often as their weight says', () => {
  const random = new Random(11);
  const tenths = new Array<number>(10).fill(0);
  for (const value of many(100_000, () => random.uniform()))
    tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
  // Pearson: chi-squared with 9 degrees is below 27.9 but once in a thousand.
  const chi2 = tenths.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi2 < 27.9, `${chi2}`);
  const things = [
    { value: 'a', weight: 3 },
    { value: 'b', weight: 0 },
    { value: 'c', weight: 1 },
  ];
  const picked = Map.groupBy(
    many(10_000, () => random.pick(things)),
    (thing) => thing,
  );
  assert.equal(picked.has('b'), false);
  assert.ok(Math.abs((picked.get('a')?.length ?? 0) - 7_500) < 200);
});

test('as many come as on average, and they vary as what happens independently does, few and many', () => {
  const random = new Random(5);
  for (const wanted of [0.3, 4, 200]) {
    const counts = many(50_000, () => random.poisson(wanted));
    const mean = meanOf(counts);
    const variance = meanOf(counts.map((count) => (count - mean) ** 2));
    assert.ok(Math.abs(mean / wanted - 1) < 0.03, `${mean} in place of ${wanted}`);
    assert.ok(Math.abs(variance / wanted - 1) < 0.05, `a variance of ${variance} in place of ${wanted}`);
    assert.ok(counts.every((count) => Number.isInteger(count) && count >= 0));
  }
});
