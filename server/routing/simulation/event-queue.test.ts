import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';

test('what is planned happens in order of its time, and at one time in the order in which it was planned', () => {
  const events = new EventQueue(100);
  const seen: string[] = [];
  const note = (what: string) => () => seen.push(`${what}@${events.now}`);
  events.plan(300, note('c'));
  events.plan(200, note('a'));
  events.plan(200, note('b'));
  events.plan(200, () => events.plan(250, note('from a')));
  events.runUntil(299);
  assert.deepEqual(seen, ['a@200', 'b@200', 'from a@250']);
  assert.equal(events.now, 299);
  events.runUntil(300);
  assert.equal(seen.at(-1), 'c@300');
});

test('what is called off does not happen, and nothing is planned for a time that has passed', () => {
  const events = new EventQueue();
  let happened = false;
  events
    .plan(10, () => {
      happened = true;
    })
    .cancel();
  events.runUntil(20);
  assert.equal(happened, false);
  assert.throws(() => events.plan(19, () => {}), RangeError);
  assert.throws(() => events.plan(Number.NaN, () => {}), RangeError);
});
