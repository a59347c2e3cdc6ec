import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Schedule, type SpecialDay, type WeeklyHours, weekdays } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import { zoneTime } from '../base/zone-time.ts';
import { alwaysOpen, createWorkingHours, parseMinutes } from './working-hours.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const dayMs = 24 * hourMs;
const at = (iso: string) => Date.parse(iso);

function schedule(timeZone: string, weekly: WeeklyHours[], special: SpecialDay[] = []): Schedule {
  return { id: 's', name: 'Hours', timeZone, weekly, special };
}
const daily = (from: string, to: string): WeeklyHours[] => weekdays.map((day) => ({ day, from, to }));
const office = weekdays.slice(0, 5).map((day) => ({ day, from: '09:00', to: '17:00' }));

test('an office in Berlin opens at nine by its own clock, in winter and in summer', () => {
  const hours = createWorkingHours(schedule('Europe/Berlin', office));
  // Friday before the clocks change, and Monday after.
  assert.equal(hours.nextChange(at('2026-03-26T20:00Z')), at('2026-03-27T09:00+01:00'));
  assert.equal(hours.nextChange(at('2026-03-27T17:00+01:00')), at('2026-03-30T09:00+02:00'));
  assert.equal(hours.isOpen(at('2026-03-30T07:00Z')), true);
  assert.equal(hours.isOpen(at('2026-03-27T07:00Z')), false);
});

test('a night shift is an hour shorter in spring and an hour longer in autumn, and half an hour on Lord Howe', () => {
  const cases: [zone: string, eve: string, hours: number][] = [
    ['Europe/Berlin', '2026-03-28T12:00Z', 7],
    ['Europe/Berlin', '2026-10-24T12:00Z', 9],
    ['America/New_York', '2026-03-07T18:00Z', 7],
    ['America/New_York', '2026-10-31T18:00Z', 9],
    ['Australia/Lord_Howe', '2026-10-03T06:00Z', 7.5],
    ['Australia/Lord_Howe', '2026-04-04T06:00Z', 8.5],
    ['Asia/Shanghai', '2026-03-28T06:00Z', 8],
  ];
  for (const [zone, eve, expected] of cases) {
    const hours = createWorkingHours(schedule(zone, daily('22:00', '30:00')));
    const opens = hours.nextChange(at(eve)) ?? 0;
    const closes = hours.nextChange(opens) ?? 0;
    assert.equal((closes - opens) / hourMs, expected, `${zone} after ${eve}`);
    assert.equal(hours.openMsBetween(at(eve), at(eve) + 20 * hourMs) / hourMs, expected, zone);
  }
});

test('hours that begin in the hour that is left out begin when clocks change, and those within it are none', () => {
  const change = at('2026-03-29T01:00Z');
  const from = createWorkingHours(schedule('Europe/Berlin', daily('02:30', '06:00')));
  assert.equal(from.nextChange(change - hourMs), change);
  const within = createWorkingHours(schedule('Europe/Berlin', daily('02:10', '02:50')));
  assert.equal(within.openMsBetween(change - 12 * hourMs, change + 12 * hourMs), 0);
  // In autumn they begin with the first 02:10 and end with the last 02:50.
  assert.equal(within.openMsBetween(at('2026-10-24T22:00Z'), at('2026-10-25T10:00Z')), 100 * minuteMs);
});

test('a holiday is closed, a special day has its own hours, and the shift that began the evening before ends in the morning', () => {
  const hours = createWorkingHours(
    schedule('Asia/Shanghai', daily('20:00', '28:00'), [
      { date: '2026-02-17', name: '春节', hours: [] },
      { date: '2026-02-18', name: '春节', hours: [{ from: '10:00', to: '12:00' }] },
    ]),
  );
  const changes: string[] = [];
  for (let t = at('2026-02-16T12:00+08:00'); changes.length < 5; ) {
    t = hours.nextChange(t) ?? Number.NaN;
    changes.push(new Date(t + 8 * hourMs).toISOString().slice(5, 16));
  }
  assert.deepEqual(changes, ['02-16T20:00', '02-17T04:00', '02-18T10:00', '02-18T12:00', '02-19T20:00']);
});

test('what is always open never changes, and neither does what never opens', () => {
  const now = at('2026-06-01T00:00Z');
  const roundTheClock = createWorkingHours(schedule('Europe/Berlin', daily('00:00', '24:00')));
  const never = createWorkingHours(schedule('Europe/Berlin', []));
  assert.deepEqual([roundTheClock.nextChange(now), never.nextChange(now)], [undefined, undefined]);
  assert.deepEqual([roundTheClock.isOpen(now), never.isOpen(now)], [true, false]);
  assert.equal(roundTheClock.openMsBetween(now, now + 365 * dayMs), 365 * dayMs);
  assert.equal(never.addOpenMs(now, 1), undefined);
  assert.deepEqual([alwaysOpen.addOpenMs(now, 5), alwaysOpen.openMsBetween(now, now + 7)], [now + 5, 7]);
});

test('a target of eight working hours set on Friday afternoon is due on Monday', () => {
  const hours = createWorkingHours(schedule('America/New_York', office));
  // Over the weekend in which New York puts its clocks forward.
  const due = hours.addOpenMs(at('2026-03-06T15:00-05:00'), 8 * hourMs);
  assert.equal(due, at('2026-03-09T15:00-04:00'));
});

const zones = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Shanghai',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
);
const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
/** Quarters of an hour, away from the hours in which clocks change. */
const hoursOfDay = fc
  .tuple(fc.integer({ min: 16, max: 95 }), fc.integer({ min: 1, max: 95 }))
  .filter(([from, length]) => (from + length) % 96 === 0 || (from + length) % 96 >= 16)
  .map(([from, length]) => ({ from: clock(from * 15), to: clock((from + length) * 15) }));
const schedules = fc
  .record({
    timeZone: zones,
    weekly: fc.array(fc.tuple(fc.constantFrom(...weekdays), hoursOfDay), { maxLength: 8 }),
    special: fc.uniqueArray(
      fc.record({
        date: fc.constantFrom('2026-03-28', '2026-03-29', '2026-04-05', '2026-10-25', '2026-11-01'),
        hours: fc.array(hoursOfDay, { maxLength: 2 }),
      }),
      { selector: ({ date }) => date, maxLength: 3 },
    ),
  })
  .map(({ timeZone, weekly, special }) =>
    schedule(
      timeZone,
      weekly.map(([day, hours]) => ({ day, ...hours })),
      special.map((day) => ({ ...day, name: 'Special' })),
    ),
  );
const instants = fc.integer({ min: at('2026-03-01T00:00Z') / minuteMs, max: at('2026-11-30T00:00Z') / minuteMs });

/** Slow and plain: what the clock on the wall shows lies within hours of this day, or of one before. */
function isOpenByTheWall({ timeZone, weekly, special }: Schedule, instant: number): boolean {
  const wall = zoneTime(timeZone).wallAt(instant);
  return [0, 1, 2].some((daysAgo) => {
    const day = new Date(wall - daysAgo * dayMs).toISOString().slice(0, 10);
    const weekday = weekdays[(new Date(day).getUTCDay() + 6) % 7];
    const hours = special.find(({ date }) => date === day)?.hours ?? weekly.filter((of) => of.day === weekday);
    const minutes = (wall - Date.parse(day)) / minuteMs;
    return hours.some(({ from, to }) => (parseMinutes(from) ?? 0) <= minutes && minutes < (parseMinutes(to) ?? 0));
  });
}

test('it is open when the clock on the wall is within hours, all year and in every zone', () => {
  fc.assert(
    fc.property(schedules, fc.array(instants, { minLength: 20, maxLength: 20 }), (of, minutes) => {
      const hours = createWorkingHours(of);
      for (const minute of minutes) {
        assert.equal(hours.isOpen(minute * minuteMs), isOpenByTheWall(of, minute * minuteMs));
      }
    }),
  );
});

test('open times add up, a change is the next one, and what is added can be measured', () => {
  fc.assert(
    fc.property(schedules, instants, instants, fc.integer({ min: 1, max: 10_000 }), (of, one, other, minutes) => {
      const hours = createWorkingHours(of);
      const [from, to] = [Math.min(one, other) * minuteMs, Math.max(one, other) * minuteMs];
      const middle = from + Math.floor((to - from) / 3);
      const whole = hours.openMsBetween(from, to);
      assert.equal(hours.openMsBetween(from, middle) + hours.openMsBetween(middle, to), whole);

      const change = hours.nextChange(from);
      if (change !== undefined) {
        const openMs = hours.openMsBetween(from, change);
        assert.equal(openMs, hours.isOpen(from) ? change - from : 0);
        assert.notEqual(hours.isOpen(change), hours.isOpen(change - 1));
      }
      const due = hours.addOpenMs(from, minutes * minuteMs);
      if (due !== undefined) {
        assert.equal(hours.openMsBetween(from, due), minutes * minuteMs);
        assert.equal(hours.openMsBetween(from, due - 1), minutes * minuteMs - 1);
      }
    }),
  );
});
