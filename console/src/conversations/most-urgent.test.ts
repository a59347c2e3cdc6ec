import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation } from '@parley/sdk/protocol.ts';
import { mostUrgent } from './most-urgent.ts';

const conversation = (id: string, over: Partial<Conversation>) =>
  ({ id, priority: 'normal', updatedAt: 1, ...over }) as Conversation;
const clock = (dueAt: number | null) => ({ target: 'next', state: 'running', dueAt, warnAt: null }) as never;

test('the service level that ends first comes first, then who has waited longest, then what matters most', () => {
  const quiet = conversation('quiet', { updatedAt: 9 });
  const high = conversation('high', { priority: 'high' });
  const waits = conversation('waits', { waitingSince: 50 });
  const waitsLonger = conversation('waits longer', { waitingSince: 40, sla: [clock(null)] });
  const due = conversation('due', { waitingSince: 60, sla: [clock(null), clock(900)] });
  const order: string[] = [];
  let left = [quiet, waits, high, due, waitsLonger];
  for (let next = mostUrgent(left); next !== undefined; next = mostUrgent(left)) {
    order.push(next.id);
    left = left.filter((one) => one !== next);
  }
  assert.deepEqual(order, ['due', 'waits longer', 'waits', 'high', 'quiet']);
});
