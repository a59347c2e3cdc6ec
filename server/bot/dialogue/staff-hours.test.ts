import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoredRoutingConfig } from '../../routing/parse-routing-config.ts';
import { createStaffHours } from './staff-hours.ts';

test('when people are there again is told by the day of the week, and with its date where that is not this week', () => {
  const closed = ['01', '02', '03', '04', '05', '06', '07'].map((day) => ({
    date: `2026-10-${day}`,
    name: 'Holiday',
    hours: [],
  }));
  const config = parseStoredRoutingConfig({
    schedules: [
      {
        ...{ id: 'shop', name: 'Shop', timeZone: 'Asia/Shanghai', special: closed },
        weekly: ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => ({ day, from: '09:00', to: '18:00' })),
      },
    ],
  });
  const hours = createStaffHours(() => config);
  const opensAt = (at: string, language: string) => hours.opensAt('shop', Date.parse(at), language);
  assert.equal(opensAt('2026-11-27T20:00+08:00', 'en'), 'Mon 09:00');
  // The evening before the holiday; it is a Wednesday, and work goes on on the Thursday of the next week.
  assert.equal(opensAt('2026-09-30T20:00+08:00', 'en'), 'Thu, Oct 8, 09:00');
  assert.equal(opensAt('2026-09-30T20:00+08:00', 'zh-CN'), '10月8日周四 09:00');
  assert.equal(opensAt('2026-11-27T12:00+08:00', 'en'), null);
});
