import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '@parley/sdk/testing/simulation.ts';
import { createHubUnderTest } from '../testing/hub-under-test.ts';

const faults = ['lose', 'repeat', 'swap', 'break', 'silent', 'restart', 'wake', 'reload'];

async function run(seed: number, nodes: number) {
  let hub: Awaited<ReturnType<typeof createHubUnderTest>> | undefined;
  try {
    const report = await simulate({
      seed,
      steps: 50,
      createServer: async (parts) => {
        hub = await createHubUnderTest({ ...parts, nodes });
        return hub;
      },
    });
    return { ...report, broadcasts: hub?.broadcasts ?? { delivered: 0, lost: 0 } };
  } finally {
    hub?.close();
  }
}

for (const { nodes, seeds } of [
  { nodes: 1, seeds: 1_000 },
  { nodes: 3, seeds: 300 },
]) {
  const named = process.env.PARLEY_SEED;
  const of = nodes === 1 ? 'the real hub' : `${nodes} hubs that miss some of what the others say`;
  test(`over ${seeds} seeds of lost, repeated, reordered and broken traffic and restarts of ${of}, every client ends with what the store has`, async () => {
    const first = Number(named ?? 1);
    const last = named === undefined ? seeds : first;
    let compared = 0;
    const steps: Record<string, number> = {};
    const broadcasts = { delivered: 0, lost: 0 };
    for (let seed = first; seed <= last; seed++) {
      const report = await run(seed, nodes);
      compared += report.compared;
      for (const [name, count] of Object.entries(report.steps)) steps[name] = (steps[name] ?? 0) + count;
      broadcasts.delivered += report.broadcasts.delivered;
      broadcasts.lost += report.broadcasts.lost;
    }
    if (named !== undefined) return;
    // A fault that never occurred has not been survived.
    for (const fault of faults) {
      assert.ok((steps[fault] ?? 0) >= seeds / 10, `${fault} occurred ${steps[fault] ?? 0} times`);
    }
    if (nodes > 1) {
      assert.ok(broadcasts.lost >= seeds / 10, `${broadcasts.lost} broadcasts were lost`);
      assert.ok(broadcasts.delivered >= seeds, `${broadcasts.delivered} broadcasts arrived`);
    }
    assert.ok(compared > 2 * seeds);
  });
}
