import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk } from './desk.ts';
import { EventQueue } from './event-queue.ts';
import { customer, worker } from './workload-fixture.ts';

function desk(capacity: number, slowdown: number) {
  const events = new EventQueue();
  const log: string[] = [];
  const at = new Desk(worker('ada', { capacity }), events, {
    slowdown,
    begun: (task) => log.push(`${task.customer.id} begins at ${events.now}`),
    done: (task) => log.push(`${task.customer.id} ends at ${events.now}`),
  });
  const take = (id: string, remainingMs: number, weight = 100) =>
    at.take({ customer: customer(id, 0), weight, remainingMs });
  return { events, log, at, take };
}

test('what an agent has room for is worked on at once, and the rest in line', () => {
  const { events, log, take, at } = desk(2, 0);
  for (const id of ['a', 'b', 'c']) take(id, 1_000);
  events.runUntil(5_000);
  assert.deepEqual(log, [
    'a begins at 0',
    'b begins at 0',
    'a ends at 1000',
    'c begins at 1000',
    'b ends at 1000',
    'c ends at 2000',
  ]);
  assert.equal(at.mostUnits, 300, 'more than two at once were given');
  at.settle();
  assert.equal(at.workUnitMs, 300 * 1_000);
});

test('conversations that hinder each other take longer while there are several, and no work is lost', () => {
  const { events, log, take } = desk(2, 1);
  take('a', 1_000);
  events.plan(500, () => take('b', 1_000));
  events.runUntil(9_000);
  // a alone for 500, both at half pace until a ends after another 1,000, then b alone.
  assert.deepEqual(log, ['a begins at 0', 'b begins at 500', 'a ends at 1500', 'b ends at 2000']);
});

test('what weighs more than all of an agent takes all of the agent, and little things fit beside each other', () => {
  const { events, log, take } = desk(1, 0);
  take('call', 1_000, 500);
  take('mail', 100, 30);
  take('post', 100, 30);
  events.runUntil(9_000);
  assert.deepEqual(log.slice(1, 4), ['call ends at 1000', 'mail begins at 1000', 'post begins at 1000']);
});

test('an agent who stops keeps what is begun, and one who loses it gives back what is left of it', () => {
  const { events, log, take, at } = desk(1, 0);
  take('a', 1_000);
  take('b', 700);
  events.plan(400, () => at.pause(true));
  events.runUntil(2_000);
  assert.deepEqual(log, ['a begins at 0']);
  const left = at.clear(() => true).map(({ customer: { id }, remainingMs }) => `${id} ${remainingMs}`);
  assert.deepEqual(left, ['a 600', 'b 700']);
  at.pause(false);
  events.runUntil(9_000);
  assert.deepEqual(log, ['a begins at 0'], 'nothing is left to do');
});

test('who gives up in line is not begun', () => {
  const { events, log, take, at } = desk(1, 0);
  take('a', 1_000);
  take('b', 1_000);
  assert.equal(at.drop('b'), true);
  assert.equal(at.drop('a'), false, 'it has begun');
  events.runUntil(9_000);
  assert.deepEqual(log, ['a begins at 0', 'a ends at 1000']);
});
