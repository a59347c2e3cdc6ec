import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { neverThere, noWork, timeThereAt, withoutWork, withWork, workAt } from './recent-work.ts';

const hourMs = 3_600_000;
const begin = Date.UTC(2026, 0, 1);

test('work counts half after four hours, and adds up', () => {
  let work = withWork(noWork, 100, begin);
  assert.ok(Math.abs(workAt(work, begin + 4 * hourMs) - 50) < 1e-6);
  work = withWork(work, 100, begin + 4 * hourMs);
  assert.ok(Math.abs(workAt(work, begin + 4 * hourMs) - 150) < 1e-6);
  assert.equal(workAt(noWork, begin), 0);
});

test('time online fades as work does: who is given one an hour, hour after hour, is at one an hour', () => {
  let [there, work] = [timeThereAt(neverThere, begin, false), noWork];
  assert.equal(there.ms, 0);
  for (let hour = 0; hour < 30; hour++) {
    work = withWork(work, 100, begin + (hour + 0.5) * hourMs);
    there = timeThereAt(there, begin + (hour + 1) * hourMs, true);
  }
  const now = begin + 30 * hourMs;
  assert.ok(Math.abs((workAt(work, now) / there.ms) * hourMs - 100) < 1);
  const away = timeThereAt(there, now + 4 * hourMs, false);
  assert.ok(Math.abs(away.ms - there.ms / 2) < 1, 'both fade alike while nobody is there');
  assert.deepEqual(timeThereAt(away, now, true), away, 'a clock that was set back changes nothing');
});

test('who has had more now has had more later, and what is taken back leaves what was there', () => {
  const pieces = fc.array(fc.record({ units: fc.integer({ min: 1, max: 500 }), at: fc.nat(10 * hourMs) }), {
    maxLength: 12,
  });
  const sum = (of: readonly { units: number; at: number }[]) =>
    of.reduce((work, { units, at }) => withWork(work, units, begin + at), noWork);
  fc.assert(
    fc.property(pieces, pieces, fc.integer({ min: 1, max: 500 }), (one, other, units) => {
      const [a, b] = [sum(one), sum(other)];
      const later = begin + 20 * hourMs;
      if (Math.abs(workAt(a, later) - workAt(b, later)) > 1e-6)
        assert.equal(a < b, workAt(a, later) < workAt(b, later));
      const back = withoutWork(withWork(a, units, later), units, later);
      assert.ok(Math.abs(workAt(back, later) - workAt(a, later)) < 1e-3);
    }),
  );
});
