import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWide, shownAs, verdictOf } from './dry-run-figures.ts';
import type { Figure } from './dry-run-queries.ts';

const exactly = (mean: number) => ({ mean, low: mean, high: mean });
function figure(current: number, proposed: number, change = exactly(proposed - current)): Figure {
  return { happened: current, current: exactly(current), proposed: exactly(proposed), change };
}

test('less waiting is better, fewer in time is worse, and busier is neither', () => {
  assert.equal(verdictOf('meanWaitMs', figure(30_000, 20_000)), 'better');
  assert.equal(verdictOf('abandonment', figure(0.1, 0.2)), 'worse');
  assert.equal(verdictOf('answeredInTime', figure(0.8, 0.7)), 'worse');
  assert.equal(verdictOf('slaMet', figure(0.8, 0.9)), 'better');
  assert.equal(verdictOf('occupancy', figure(0.8, 0.9)), 'higher');
  assert.equal(verdictOf('occupancy', figure(0.8, 0.7)), 'lower');
});

test('what may be chance is not called better, and what nobody could see is no difference', () => {
  assert.equal(
    verdictOf('meanWaitMs', figure(30_000, 20_000, { mean: -10_000, low: -21_000, high: 1_000 })),
    'unclear',
  );
  assert.equal(verdictOf('meanWaitMs', figure(30_000, 29_990)), 'none');
  assert.equal(verdictOf('missedPer100', figure(0, 0)), 'none');
});

test('long waits are told in minutes, all of a row alike', () => {
  assert.equal(shownAs('p90WaitMs', figure(30_000, 400_000)).unit, 'minutes');
  const shown = shownAs('p90WaitMs', figure(30_000, 40_000));
  assert.equal(shown.unit, 'seconds');
  assert.equal(isWide(exactly(1), shown), false);
  assert.equal(isWide({ mean: 1, low: 0, high: 2_000 }, shown), true);
});
