import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isTimeZone, zoneTime } from './zone-time.ts';

const at = (iso: string) => Date.parse(iso);
const wall = (text: string) => Date.parse(`${text}Z`);

test('a wall time that clocks show twice has two instants, and one that they leave out has the moment of the change', () => {
  const cases: [zone: string, wallTime: string, first: string, last: string][] = [
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T02:30+02:00', '2026-10-25T02:30+01:00'],
    ['Europe/Berlin', '2026-03-29T02:30', '2026-03-29T01:00Z', '2026-03-29T01:00Z'],
    ['America/New_York', '2026-11-01T01:15', '2026-11-01T01:15-04:00', '2026-11-01T01:15-05:00'],
    ['America/New_York', '2026-03-08T02:00', '2026-03-08T07:00Z', '2026-03-08T07:00Z'],
    // Half an hour, at two in the morning.
    ['Australia/Lord_Howe', '2026-04-05T01:45', '2026-04-05T01:45+11:00', '2026-04-05T01:45+10:30'],
    ['Australia/Lord_Howe', '2026-10-04T02:10', '2026-10-03T15:30Z', '2026-10-03T15:30Z'],
    ['Asia/Shanghai', '2026-03-29T02:30', '2026-03-29T02:30+08:00', '2026-03-29T02:30+08:00'],
    ['Asia/Shanghai', '1986-05-04T02:30', '1986-05-03T18:00Z', '1986-05-03T18:00Z'],
  ];
  for (const [zone, wallTime, first, last] of cases) {
    const found = zoneTime(zone).instantsOf(wall(wallTime));
    assert.deepEqual(found, { first: at(first), last: at(last) }, `${zone} ${wallTime}`);
  }
});

test('from an instant to the wall and back leads to the instant, or to the same wall an hour off', () => {
  const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC');
  const instants = fc.integer({ min: at('1975-01-01T00:00Z'), max: at('2037-12-01T00:00Z') });
  fc.assert(
    fc.property(zones, instants, (name, instant) => {
      const zone = zoneTime(name);
      const { first, last } = zone.instantsOf(zone.wallAt(instant));
      assert.ok(instant === first || instant === last);
      assert.equal(zone.wallAt(first), zone.wallAt(last));
    }),
    { numRuns: 500 },
  );
});

test('a time zone is known by its IANA name', () => {
  const names = ['Europe/Berlin', 'UTC', 'Mars/Olympus', '', '+02:00'];
  assert.deepEqual(names.map(isTimeZone), [true, true, false, false, false]);
});
