import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createModelServer } from './testing/model-server.ts';
import type { ServerUnderTest } from './testing/server-under-test.ts';
import { simulate } from './testing/simulation.ts';

/** The model in one of its permitted forms: a client must get along with all of them. */
function createServer({ now, random }: { now: () => number; random: () => number }): ServerUnderTest {
  return createModelServer({
    now,
    visitorHeads: random() < 0.5 ? 'public' : 'all',
    announces: random() < 0.5,
    maxUpdated: random() < 0.5 ? 2 : 100,
  });
}

test('over 320 seeds of lost, repeated, reordered and broken traffic, every client ends with what the store has', async () => {
  let compared = 0;
  let faults = 0;
  for (let seed = 1; seed <= 320; seed++) {
    const { steps, ...report } = await simulate({ seed, createServer });
    compared += report.compared;
    faults += (steps.lose ?? 0) + (steps.swap ?? 0) + (steps.break ?? 0);
  }
  assert.ok(compared > 2 * 320 && faults > 320, `compared ${compared} views after ${faults} faults`);
});

test('the simulation notices a server whose heartbeat hides what was lost', async () => {
  const forgetful = (parts: Parameters<typeof createServer>[0]) => {
    const server = createServer(parts);
    const connect = server.connect;
    server.connect = (role, token, endpoint) =>
      connect(role, token, {
        ...endpoint,
        send(text) {
          const frame = JSON.parse(text);
          if (frame.event === 'message.updated') return;
          if (frame.data?.heads !== undefined) frame.data.heads = {};
          endpoint.send(JSON.stringify(frame));
        },
      });
    return server;
  };
  const failed: string[] = [];
  for (let seed = 1; seed <= 20; seed++)
    await simulate({ seed, createServer: forgetful }).catch((error: Error) => failed.push(error.message));
  assert.ok(failed.length > 5, `only ${failed.length} of 20 runs noticed it`);
  assert.match(failed[0] ?? '', /^simulation with seed \d+ failed after:/);
});
