import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ArrivalPattern, drawArrivals } from './arrivals.ts';
import { Random } from './random.ts';

const hourMs = 3_600_000;

/** Means over many draws of how many come in each half hour. */
function perHalfHour(pattern: ArrivalPattern, hours: number, draws: number): number[] {
  const counts = new Array<number>(hours * 2).fill(0);
  for (let seed = 0; seed < draws; seed += 1) {
    for (const at of drawArrivals(new Random(seed), pattern, hours * hourMs)) {
      const slot = Math.floor(at / (hourMs / 2));
      counts[slot] = (counts[slot] ?? 0) + 1 / draws;
    }
  }
  return counts;
}

test('customers come as often as a steady rate or a curve by half hours says, at times in order', () => {
  const steady = perHalfHour({ kind: 'steady', perHour: 60 }, 2, 400);
  for (const mean of steady) assert.ok(Math.abs(mean - 30) < 1.2, `${steady}`);
  const curve = [10, 0, 40, 20];
  const seen = perHalfHour({ kind: 'by-half-hour', perHalfHour: curve }, 3, 400);
  // It repeats after its end.
  for (const [i, mean] of seen.entries()) assert.ok(Math.abs(mean - (curve[i % 4] ?? 0)) < 1.3, `${seen}`);
  assert.equal(seen[1], 0);
  const times = drawArrivals(new Random(1), { kind: 'steady', perHour: 1_000 }, hourMs);
  assert.ok(times.every((at, i) => at >= (times[i - 1] ?? 0) && at < hourMs));
});

test('times between two are exponential: their spread is their mean', () => {
  const times = drawArrivals(new Random(5), { kind: 'steady', perHour: 100_000 }, hourMs);
  const gaps = times.map((at, i) => at - (times[i - 1] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  assert.ok(Math.abs(spread / mean - 1) < 0.02, `${spread / mean}`);
});

test('bursts bring as many more as they say, close together', () => {
  const base: ArrivalPattern = { kind: 'steady', perHour: 60 };
  const pattern: ArrivalPattern = { kind: 'bursts', base, everyMs: hourMs, size: 30, fadeMs: 60_000 };
  const seen = perHalfHour(pattern, 10, 300);
  const total = seen.reduce((sum, count) => sum + count, 0);
  // 600 without bursts, and about ten bursts of thirty.
  assert.ok(Math.abs(total - 900) < 20, `${total}`);
  const minutes = new Array<number>(600).fill(0);
  for (const at of drawArrivals(new Random(2), pattern, 10 * hourMs)) {
    minutes[Math.floor(at / 60_000)] = (minutes[Math.floor(at / 60_000)] ?? 0) + 1;
  }
  assert.ok(Math.max(...minutes) >= 10, 'a minute in a burst has ten times the usual');
});

test('nobody comes where nobody is expected', () => {
  assert.deepEqual(drawArrivals(new Random(1), { kind: 'steady', perHour: 0 }, hourMs), []);
  assert.deepEqual(drawArrivals(new Random(1), { kind: 'by-half-hour', perHalfHour: [] }, hourMs), []);
});
