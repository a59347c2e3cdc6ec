import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { Refusal } from '../gateway/refusal.ts';
import { createVisitorLimits } from './visitor-limits.ts';

function openLimits() {
  const clock = createTestClock();
  const told: string[] = [];
  const limits = createVisitorLimits({ now: clock.elapsed, onFirstRefused: (address) => void told.push(address) });
  return { clock, limits, told };
}

/** How often it can be done at once, and how long one has to wait then. */
function untilRefused(count: () => void): { done: number; retryAfterMs: number | undefined } {
  for (let done = 0; done < 1_000; done++) {
    try {
      count();
    } catch (error) {
      assert.ok(error instanceof Refusal && error.code === 'too-many-requests');
      return { done, retryAfterMs: error.retryAfterMs };
    }
  }
  return { done: Number.POSITIVE_INFINITY, retryAfterMs: undefined };
}

test('an address brings 60 new visitors at once and then one every ten seconds, whatever others bring', async () => {
  const { clock, limits, told } = openLimits();
  const come = (address: string) => untilRefused(() => limits.countNew(address));
  assert.deepEqual(come('192.0.2.1'), { done: 60, retryAfterMs: 10_000 });
  assert.deepEqual(come('192.0.2.1'), { done: 0, retryAfterMs: 10_000 }, 'who was refused waits no longer for that');
  assert.deepEqual(come('192.0.2.2').done, 60);
  await clock.advance(9_999);
  assert.deepEqual(come('192.0.2.1'), { done: 0, retryAfterMs: 1 });
  await clock.advance(1);
  assert.deepEqual(come('192.0.2.1'), { done: 1, retryAfterMs: 10_000 });
  await clock.advance(10 * 60_000);
  assert.equal(come('192.0.2.1').done, 60);
  assert.deepEqual(told, ['192.0.2.1'], 'the operator is told once');
});

test('the addresses of one IPv6 network count as one, and IPv4 addresses in its form each for itself', () => {
  const { limits } = openLimits();
  const come = (address: string) => untilRefused(() => limits.countNew(address)).done;
  assert.equal(come('2001:db8:0:1::1'), 60);
  assert.equal(come('2001:db8:0:1:a:b:c:d'), 0);
  assert.equal(come('2001:db8::1:9:9:9:9'), 0, 'the same network, written in another way');
  assert.equal(come('2001:db8:0:2::1'), 60);
  assert.equal(come('::1'), 60);
  assert.equal(come('::ffff:192.0.2.1'), 60);
  assert.equal(come('::ffff:192.0.2.2'), 60);
});

test('a visitor says 30 things at once and then one a second, whatever others say', async () => {
  const { clock, limits } = openLimits();
  const say = (contact: string) => untilRefused(() => limits.countMessage(contact));
  assert.deepEqual(say('ann'), { done: 30, retryAfterMs: 1_000 });
  assert.equal(say('ben').done, 30);
  await clock.advance(5_000);
  assert.equal(say('ann').done, 5);
});

test('the windows of a visitor send 300 frames at once and then 20 a second, and opening one costs five', async () => {
  const { clock, limits } = openLimits();
  const sent = (contact: string, what: 'sends' | 'opens' = 'sends') => {
    let count = 0;
    while (count < 1_000 && !limits.isFlooding(contact, what)) count++;
    return count;
  };
  assert.equal(sent('ann'), 300);
  assert.equal(sent('ann', 'opens'), 0, 'who was closed for it is closed again');
  assert.equal(sent('ben', 'opens'), 60);
  await clock.advance(1_000);
  assert.equal(sent('ann'), 20);
  await clock.advance(1_000);
  assert.equal(sent('ann', 'opens'), 4);
});
