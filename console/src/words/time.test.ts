import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysBetween, spanOf } from './time.ts';

test('a span is told in its largest whole unit', () => {
  const minuteMs = 60_000;
  assert.deepEqual(spanOf(59_999), { unit: 'seconds', n: 59 });
  assert.deepEqual(spanOf(90_000), { unit: 'minutes', n: 1 });
  assert.deepEqual(spanOf(60 * minuteMs), { unit: 'hours', n: 1 });
  assert.deepEqual(spanOf(49 * 60 * minuteMs), { unit: 'days', n: 2 });
});

test('a clock that runs ahead of ours makes no negative waiting time', () => {
  assert.deepEqual(spanOf(-5_000), { unit: 'seconds', n: 0 });
});

test('yesterday is another date, however short ago', () => {
  const late = new Date(2026, 2, 1, 23, 59).getTime();
  const early = new Date(2026, 2, 2, 0, 1).getTime();
  assert.equal(daysBetween(late, early), 1);
  assert.equal(daysBetween(early, early + 1_000), 0);
});
