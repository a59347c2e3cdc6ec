import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../../gateway/refusal.ts';
import { createBoundedCalls } from './bounded-calls.ts';

const never = new AbortController().signal;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test('so many at once, the others in their order, and none beyond those who may wait', async () => {
  const calls = createBoundedCalls({ mostWaiting: 2 });
  const leave = await calls.enter(1, never);
  const order: number[] = [];
  const enter = async (n: number) => {
    const out = await calls.enter(1, never);
    order.push(n);
    return out;
  };
  const [second, third] = [enter(2), enter(3)];
  await assert.rejects(
    calls.enter(1, never),
    (error: Refusal) => error.code === 'too-many-requests' && error.retryAfterMs !== undefined,
  );
  await settled();
  assert.deepEqual(order, []);
  leave();
  leave();
  (await second)();
  (await third)();
  assert.deepEqual(order, [2, 3]);
  (await calls.enter(1, never))();
});

test('who gives up while waiting leaves its place to the next', async () => {
  const calls = createBoundedCalls({ mostWaiting: 2 });
  const leave = await calls.enter(1, never);
  const gone = new AbortController();
  const waiting = calls.enter(1, gone.signal);
  const next = calls.enter(1, never);
  gone.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  leave();
  (await next)();
});
