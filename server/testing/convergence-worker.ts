import { parentPort, workerData } from 'node:worker_threads';
import { simulate } from '@parley/sdk/testing/simulation.ts';
import { createHubUnderTest } from './hub-under-test.ts';

/** Hubs of one simulation, and the first and last of its seeds. */
export interface ConvergenceRuns {
  readonly nodes: number;
  readonly first: number;
  readonly last: number;
}

/** What occurred in all of them. */
export interface ConvergenceTotals {
  readonly compared: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly broadcasts: { readonly delivered: number; readonly lost: number };
}

const { nodes, first, last } = workerData as ConvergenceRuns;
let compared = 0;
const steps: Record<string, number> = {};
const broadcasts = { delivered: 0, lost: 0 };
for (let seed = first; seed <= last; seed++) {
  const report = await run(seed);
  compared += report.compared;
  for (const [name, count] of Object.entries(report.steps)) steps[name] = (steps[name] ?? 0) + count;
  broadcasts.delivered += report.broadcasts.delivered;
  broadcasts.lost += report.broadcasts.lost;
}
parentPort?.postMessage({ compared, steps, broadcasts } satisfies ConvergenceTotals);

async function run(seed: number) {
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
