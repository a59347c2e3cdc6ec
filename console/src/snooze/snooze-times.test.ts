import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenTime, fieldValue, snoozeChoices } from './snooze-times.ts';

process.env.TZ = 'Europe/Berlin';
const at = (text: string) => new Date(text).getTime();
const shown = (now: string) => snoozeChoices(at(now)).map(({ id, at: time }) => `${id} ${fieldValue(time)}`);

test('in an hour, this evening, tomorrow and next Monday are what the agent’s clock says', () => {
  assert.deepEqual(shown('2026-11-25T10:20:00'), [
    'hour 2026-11-25T11:20',
    'evening 2026-11-25T18:00',
    'tomorrow 2026-11-26T09:00',
    'monday 2026-11-30T09:00',
  ]);
});

test('an evening that is here is not offered, and on a Sunday Monday is tomorrow', () => {
  assert.deepEqual(
    shown('2026-11-25T17:30:00').map((line) => line.split(' ')[0]),
    ['hour', 'tomorrow', 'monday'],
  );
  assert.deepEqual(
    shown('2026-11-29T12:00:00').map((line) => line.split(' ')[0]),
    ['hour', 'evening', 'tomorrow'],
  );
  assert.deepEqual(shown('2026-11-30T12:00:00').at(-1), 'monday 2026-12-07T09:00', 'on a Monday it is the next one');
});

test('nine in the morning is nine also after a night in which clocks change', () => {
  assert.equal(
    shown('2026-03-28T12:00:00').find((line) => line.startsWith('tomorrow')),
    'tomorrow 2026-03-29T09:00',
  );
  assert.equal(
    shown('2026-10-24T12:00:00').find((line) => line.startsWith('tomorrow')),
    'tomorrow 2026-10-25T09:00',
  );
});

test('a time of one’s own is still to come, and within a year', () => {
  const now = at('2026-11-25T10:20:00');
  assert.deepEqual(chosenTime('2026-11-25T10:21', now), { at: now + 60_000 });
  assert.deepEqual(chosenTime('2026-11-25T10:20', now), { wrong: 'past' });
  assert.deepEqual(chosenTime('', now), { wrong: 'past' });
  assert.deepEqual(chosenTime('2028-01-01T09:00', now), { wrong: 'far' });
});
