import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsIn, requestOf, roundedUp, usualForm } from './plan.ts';

test('numbers are read whatever stands between them, and a word among them is told', () => {
  assert.deepEqual(countsIn('12, 20; 40\n60，7.5'), [12, 20, 40, 60, 7.5]);
  assert.equal(countsIn('12, many'), undefined);
  assert.equal(countsIn('  '), undefined);
});

test('an empty patience says that nobody gives up, a share is sent as a part of one', () => {
  const { patienceMs: _, ...rest } = usualForm;
  const request = requestOf({ ...rest, patienceMs: undefined, sharePercent: 99.5 }, 'UTC');
  assert.equal(request.patienceMs, null);
  assert.deepEqual(request.target, { share: 0.995, withinMs: 20_000 });
  const measured = requestOf({ ...usualForm, kind: 'measured' }, 'Asia/Shanghai');
  assert.deepEqual(measured.arrivals, {
    kind: 'measured',
    days: 28,
    weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'],
    timeZone: 'Asia/Shanghai',
  });
});

test('an axis ends at a round number that holds what it shows', () => {
  assert.deepEqual([0, 3, 9, 19, 41, 130].map(roundedUp), [4, 4, 10, 20, 60, 200]);
});
