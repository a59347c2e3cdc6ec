import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createModelServer } from './testing/model-server.ts';
import { simulate } from './testing/simulation.ts';

function run(seed: number) {
  return simulate({
    seed,
    createServer: ({ now, random }) =>
      createModelServer({ now, visitorHeads: random() < 0.5 ? 'public' : 'all', maxUpdated: random() < 0.5 ? 2 : 100 }),
  });
}

test('over 400 seeds of lost, repeated, reordered and broken traffic, every client ends with what the store has', async () => {
  const first = Number(process.env.PARLEY_SEED ?? 1);
  const seeds = process.env.PARLEY_SEED === undefined ? 400 : 1;
  let compared = 0;
  let messages = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await run(seed);
    compared += report.compared;
    messages += report.messages;
  }
  assert.ok(compared > 2 * seeds && messages > 0, 'the simulation compared next to nothing');
});
