import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weekdays } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { measureArrivals } from './measured-arrivals.ts';

const dayMs = 24 * 3_600_000;
const midnight = Date.UTC(2026, 2, 10);
const measured = { days: 7, weekdays, timeZone: 'UTC', now: midnight + 5 * 3_600_000 };

/** Conversations that began at these times, numbered in that order but for gaps; looks are counted. */
function storeOf(times: readonly number[], gap = 1) {
  const rows = times.map((createdAt, i) => ({ id: (i + 1) * gap, createdAt }));
  const seen = { looks: 0 };
  const begun = async ({ after, limit }: { after: number; limit: number }) => {
    seen.looks += 1;
    return rows.filter(({ id }) => id > after).slice(0, limit);
  };
  return { store: { begun }, seen };
}

test('the mean day counts what began in the last whole days, however many lie before and between', async () => {
  const time = fc.integer({ min: midnight - 12 * dayMs, max: midnight + dayMs });
  const times = fc.array(time, { maxLength: 200 }).map((all) => all.toSorted((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(times, fc.constantFrom(1, 3, 50), async (all, gap) => {
      const day = await measureArrivals(storeOf(all, gap).store, measured);
      const meant = all.filter((at) => at >= midnight - 7 * dayMs && at < midnight).length;
      const counted = day.perHalfHour.reduce((sum, count) => sum + count, 0) * 7;
      assert.equal(Math.round(counted), meant);
    }),
  );
});

test('of millions before nothing is read', async () => {
  const old = Array.from({ length: 200_000 }, (_, i) => midnight - 400 * dayMs + i);
  const recent = Array.from({ length: 14 }, (_, i) => midnight - 2 * dayMs + 9 * 3_600_000 + i);
  const { store, seen } = storeOf([...old, ...recent]);
  const day = await measureArrivals(store, measured);
  assert.deepEqual([day.startMinute, day.perHalfHour], [9 * 60, [2]]);
  assert.ok(seen.looks < 50, `${seen.looks} looks`);
});

test('weekdays and clocks are those of the time zone', async () => {
  const { store } = storeOf([Date.UTC(2026, 2, 8, 22, 30)]);
  const sundays = { ...measured, weekdays: ['sun'] as const };
  assert.deepEqual((await measureArrivals(store, sundays)).startMinute, 22 * 60 + 30);
  // In Shanghai it was Monday, half past six.
  const mondays = { ...measured, weekdays: ['mon'] as const, timeZone: 'Asia/Shanghai' };
  assert.deepEqual((await measureArrivals(store, mondays)).startMinute, 6 * 60 + 30);
});
