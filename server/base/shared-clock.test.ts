import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock, watchForSteps } from './clock.ts';
import { startSharedClock } from './shared-clock.ts';

const hourMs = 3_600_000;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A machine and a server, each with a clock of its own; the server's answers take as long as the test says. */
async function openPair(t: TestContext) {
  const own = createTestClock(5_000_000);
  const server = { aheadMs: 0, answerMs: 0, isAway: false };
  const shared = await startSharedClock({
    own,
    ask: async () => {
      if (server.isAway) throw new Error('away');
      const said = 1_000_000 + own.elapsed() + server.aheadMs;
      if (server.answerMs > 0) await own.sleep(server.answerMs);
      return said;
    },
  });
  t.after(shared.stop);
  await turn();
  return { own, server, shared };
}

test('a machine whose clock is set goes by the server’s time all the while, and says by how much it is off', async (t) => {
  const { own, shared } = await openPair(t);
  assert.deepEqual([shared.now(), shared.skewMs()], [1_000_000, 4_000_000]);
  own.set(hourMs);
  assert.deepEqual([shared.now(), shared.skewMs()], [1_000_000, 4_000_000 + hourMs]);
  await own.advance(7_000);
  own.set(-2 * hourMs);
  assert.deepEqual([shared.now(), shared.skewMs()], [1_007_000, 4_000_000 - hourMs]);
});

test('a server whose clock is set is followed', async (t) => {
  const { own, server, shared } = await openPair(t);
  for (const aheadMs of [hourMs, -hourMs]) {
    server.aheadMs = aheadMs;
    await own.advance(5_000);
    assert.equal(shared.now(), 1_000_000 + own.elapsed() + aheadMs);
  }
});

test('an answer that was long on its way, and a server that is away, move nothing', async (t) => {
  const { own, server, shared } = await openPair(t);
  server.answerMs = 4_000;
  await own.advance(9_500);
  assert.equal(shared.now(), 1_009_500);
  server.isAway = true;
  await own.advance(60_000);
  assert.equal(shared.now(), 1_069_500);
  Object.assign(server, { isAway: false, answerMs: 0, aheadMs: 50 });
  await own.advance(10_000);
  assert.equal(shared.now(), 1_079_550);
});

test('a clock that is set is noticed once, its small corrections are not', () => {
  const clock = createTestClock();
  const stepMs = watchForSteps(clock);
  assert.equal(stepMs(), 0);
  clock.set(hourMs);
  assert.deepEqual([stepMs(), stepMs()], [hourMs, 0]);
  clock.set(-hourMs);
  assert.deepEqual([stepMs(), stepMs()], [-hourMs, 0]);
  for (let i = 0; i < 10; i++) {
    clock.set(-400);
    assert.equal(stepMs(), 0);
  }
});
