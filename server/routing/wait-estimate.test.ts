import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ToldWaits } from './told-waits.ts';
import { tellable } from './wait-estimate.ts';

const minuteMs = 60_000;

test('a range that is told to a person is in whole minutes, never narrower, and nothing is said of half a day', () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 48 * 60 * minuteMs }), fc.integer({ min: 1, max: 48 * 60 * minuteMs }))
    .map(([lowMs, width]) => ({ lowMs, highMs: lowMs + width }));
  fc.assert(
    fc.property(range, ({ lowMs, highMs }) => {
      const told = tellable({ lowMs, highMs });
      if (told === 'unknown') assert.ok(highMs > 12 * 60 * minuteMs);
      else {
        assert.ok(told.lowMs <= lowMs && told.highMs >= highMs);
        assert.ok(told.lowMs % minuteMs === 0 && told.highMs % minuteMs === 0 && told.highMs > told.lowMs);
        assert.ok(told.highMs - highMs <= 60 * minuteMs);
      }
    }),
  );
  assert.equal(tellable('unknown'), 'unknown');
  assert.deepEqual(tellable({ lowMs: 5 * minuteMs + 1, highMs: 7 * minuteMs - 1 }), {
    lowMs: 5 * minuteMs,
    highMs: 7 * minuteMs,
  });
});

test('of the last two hundred waits it is known how many came out as was told, and by how much each missed', () => {
  const waits = new ToldWaits();
  const told = { lowMs: 4 * minuteMs, highMs: 8 * minuteMs };
  assert.deepEqual(waits.share, { of: 0, within: 0 });
  assert.deepEqual(waits.note('g', told, 9 * minuteMs), { groupId: 'g', outcome: 'later', errorMs: 3 * minuteMs });
  assert.deepEqual(waits.note('g', told, minuteMs), { groupId: 'g', outcome: 'sooner', errorMs: 5 * minuteMs });
  assert.deepEqual(waits.note('g', told, 4 * minuteMs), { groupId: 'g', outcome: 'within', errorMs: 2 * minuteMs });
  assert.deepEqual(waits.share, { of: 3, within: 1 });
  for (let i = 0; i < 199; i++) waits.note('g', told, 5 * minuteMs);
  assert.deepEqual(waits.share, { of: 200, within: 200 });
});
