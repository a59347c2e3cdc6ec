import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

const setUp = () => {
  const clock = createTestClock();
  const breaker = createCircuitBreaker(clock, { failures: 3, openMs: 1_000, longestMs: 3_000 });
  const fail = () => {
    assert.equal(breaker.tryEnter(), true);
    breaker.failed();
  };
  return { clock, breaker, fail };
};

test('after so many failures in a row nobody asks any more, and one success before that begins anew', () => {
  const { breaker, fail } = setUp();
  fail();
  fail();
  breaker.succeeded();
  fail();
  fail();
  assert.equal(breaker.state, 'closed');
  fail();
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.tryEnter(), false);
  assert.equal(breaker.waitMs(), 1_000);
});

test('after the pause one question is asked, others wait for what comes of it', async () => {
  const { clock, breaker, fail } = setUp();
  for (let n = 0; n < 3; n++) fail();
  await clock.advance(1_000);
  assert.equal(breaker.state, 'half-open');
  assert.equal(breaker.tryEnter(), true);
  assert.equal(breaker.tryEnter(), false);
  breaker.abandoned();
  assert.equal(breaker.tryEnter(), true, 'one that was given up says nothing: the next one asks');
  breaker.succeeded();
  assert.equal(breaker.state, 'closed');
  assert.equal(breaker.tryEnter() && breaker.tryEnter(), true);
});

test('each time that it is not back the pause doubles, up to a bound', async () => {
  const { clock, breaker, fail } = setUp();
  for (let n = 0; n < 3; n++) fail();
  for (const pause of [1_000, 2_000, 3_000, 3_000]) {
    assert.equal(breaker.waitMs(), pause);
    await clock.advance(pause);
    fail();
  }
});

test('a late answer to what was asked before does not open the way', () => {
  const { breaker, fail } = setUp();
  assert.equal(breaker.tryEnter(), true);
  for (let n = 0; n < 3; n++) fail();
  breaker.succeeded();
  assert.equal(breaker.state, 'open');
  breaker.reset();
  assert.equal(breaker.state, 'closed');
});
