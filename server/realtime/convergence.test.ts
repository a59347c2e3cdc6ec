import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { ConvergenceRuns, ConvergenceTotals } from '../testing/convergence-worker.ts';

const faults = ['lose', 'repeat', 'swap', 'break', 'silent', 'restart', 'wake', 'reload'];

/** In a thread: the test runner follows every promise of its own, which takes as long as the simulation itself. */
async function simulateAll(runs: ConvergenceRuns): Promise<ConvergenceTotals> {
  const worker = new Worker(new URL('../testing/convergence-worker.ts', import.meta.url), { workerData: runs });
  const [totals] = (await once(worker, 'message')) as [ConvergenceTotals];
  return totals;
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
    const { compared, steps, broadcasts } = await simulateAll({ nodes, first, last });
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
