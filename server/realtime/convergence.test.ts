import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '@parley/sdk/testing/simulation.ts';
import { createHubUnderTest } from '../testing/hub-under-test.ts';

async function run(seed: number) {
  let close: (() => void) | undefined;
  try {
    return await simulate({
      seed,
      steps: 50,
      createServer: async (parts) => {
        const hub = await createHubUnderTest(parts);
        close = hub.close;
        return hub;
      },
    });
  } finally {
    close?.();
  }
}

test('over 1000 seeds of lost, repeated, reordered and broken traffic and restarts of the real hub, every client ends with what the store has', async () => {
  const first = Number(process.env.PARLEY_SEED ?? 1);
  const seeds = process.env.PARLEY_SEED === undefined ? 1_000 : 1;
  let compared = 0;
  const steps: Record<string, number> = {};
  for (let seed = first; seed < first + seeds; seed++) {
    const report = await run(seed);
    compared += report.compared;
    for (const [name, count] of Object.entries(report.steps)) steps[name] = (steps[name] ?? 0) + count;
  }
  if (seeds === 1) return;
  // A fault that never occurred has not been survived.
  for (const fault of ['lose', 'repeat', 'swap', 'break', 'silent', 'restart', 'wake', 'reload']) {
    assert.ok((steps[fault] ?? 0) >= seeds / 10, `${fault} occurred ${steps[fault] ?? 0} times`);
  }
  assert.ok(compared > 2 * seeds);
});
