import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import type { Broadcast } from '../conversation/broadcast.ts';
import { Refusal } from '../gateway/refusal.ts';
import { createLeaderLine } from './leader-line.ts';

/** Processes that hear each other at once; what one says it does not hear itself. */
function openLines() {
  const listeners: { node: number; topic: string; listener: (payload: string) => void }[] = [];
  const clock = createTestClock();
  let nodes = 0;
  return {
    clock,
    join: (options: { answers: boolean; answer?: (question: string) => Promise<string | undefined> }) => {
      const node = nodes++;
      const broadcast: Broadcast = {
        publish: (topic, payload) => {
          for (const each of listeners) if (each.topic === topic && each.node !== node) each.listener(payload);
        },
        subscribe: (topic, listener) => {
          listeners.push({ node, topic, listener });
          return { ready: undefined, end: () => undefined };
        },
        onGap: () => undefined,
        close: async () => undefined,
      };
      const { answers, answer = async () => undefined } = options;
      return createLeaderLine<string, string>({ broadcast, clock, answers, answer });
    },
  };
}

test('whoever asks gets the answer of the process that decides, wherever that is, and its refusals', async () => {
  const { join } = openLines();
  const answer = async (question: string) => {
    if (question === 'bad') throw new Refusal('bad-request', 'agentId: nobody.', { field: 'agentId' });
    return `${question}, yes`;
  };
  const leader = join({ answers: true, answer });
  join({ answers: true });
  const gateway = join({ answers: false });
  const other = join({ answers: false });
  assert.equal(await leader.ask('here'), 'here, yes');
  assert.deepEqual(await Promise.all([gateway.ask('a'), other.ask('b')]), ['a, yes', 'b, yes']);
  await assert.rejects(gateway.ask('bad'), { code: 'bad-request', field: 'agentId' });
});

test('while nobody decides, whoever asks is told to ask again', async () => {
  const { join, clock } = openLines();
  const gateway = join({ answers: false });
  join({ answers: true });
  const asked = assert.rejects(gateway.ask('a'), { code: 'unavailable', retryAfterMs: 2_000 });
  await clock.sleeping();
  await clock.advance(2_000);
  await asked;
});
