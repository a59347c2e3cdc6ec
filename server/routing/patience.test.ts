import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimatePatience, type SeenWait } from './patience.ts';
import { Random } from './simulation/random.ts';

const near = (actual: number, expected: number, digit: number) =>
  assert.ok(Math.abs(actual - expected) <= digit, `expected ${expected} ± ${digit}, got ${actual}`);

const gaveUp = (...waits: number[]): SeenWait[] => waits.map((waitedMs) => ({ waitedMs, gaveUp: true }));
const answered = (...waits: number[]): SeenWait[] => waits.map((waitedMs) => ({ waitedMs, gaveUp: false }));

test('the estimate is the one of a published example with answers that hide the rest', () => {
  // The 21 treated patients of E. Freireich et al., Blood 21 (1963), in every textbook on survival.
  const seen = [...gaveUp(6, 6, 6, 7, 10, 13, 16, 22, 23), ...answered(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)];
  const patience = estimatePatience(seen);
  const published = { 5: 1, 6: 0.857, 7: 0.807, 9: 0.807, 10: 0.753, 13: 0.69, 16: 0.627, 22: 0.538, 23: 0.448 };
  for (const [at, share] of Object.entries(published)) near(patience.survives(Number(at)), share, 0.000_6);
  // Afterwards as many a time as before: 9 in 359.
  near(patience.survives(23 + 359 / 9), patience.survives(23) / Math.E, 1e-9);
});

test('who is drawn has waited at least as long as they were seen to, and as often as the estimate says', () => {
  const random = new Random(1);
  const seen = Array.from({ length: 4_000 }, () => {
    const [patient, wait] = [random.exponential(300), random.exponential(100)];
    return patient < wait ? { waitedMs: patient, gaveUp: true } : { waitedMs: wait, gaveUp: false };
  });
  const patience = estimatePatience(seen);
  near(patience.meanMs, 300, 15);
  for (const beyond of [0, 50, 150, 5_000]) {
    const drawn = Array.from({ length: 4_000 }, () => patience.drawBeyond(beyond, random.uniform()));
    assert.ok(drawn.every((ms) => ms >= beyond));
    // An exponential forgets how long it has lasted.
    near(drawn.reduce((sum, ms) => sum + ms - beyond, 0) / drawn.length, 300, 35);
  }
});

test('where nobody gave up nobody ever does, and where all did nobody waits longer than the last', () => {
  const patient = estimatePatience(answered(5, 10));
  assert.deepEqual([patient.meanMs, patient.survives(1e9), patient.drawBeyond(7, 0.9)], [Infinity, 1, Infinity]);
  const all = estimatePatience(gaveUp(10, 20));
  assert.deepEqual(
    [all.meanMs, all.drawBeyond(0, 0.2), all.drawBeyond(0, 0.7), all.drawBeyond(30, 0.5)],
    [15, 10, 20, 30],
  );
  assert.equal(estimatePatience([]).meanMs, Infinity);
});
