import { Worker } from 'node:worker_threads';
import { Refusal } from '../gateway/refusal.ts';
import type { StaffingInput } from './staffing.ts';
import type { CheckedPlan, CheckOptions } from './staffing-check.ts';

/** Makes plans beside the server's own work, one at a time. */
export interface StaffingPlanner {
  /** @throws Refusal `too-many-requests` when others wait already; `bad-request` for one that takes too long */
  plan(input: StaffingInput, options: CheckOptions): Promise<CheckedPlan>;
  /** What is under way ends with `unavailable`. */
  stop(): void;
}

const mostWaiting = 4;
const longestMs = 60_000;

export function createStaffingPlanner(): StaffingPlanner {
  const stopped = new AbortController();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  return {
    plan: async (input, options) => {
      if (waiting >= mostWaiting) {
        const wait = { retryAfterMs: 10_000 };
        throw new Refusal('too-many-requests', 'Several plans are being made already: ask again in a while.', wait);
      }
      waiting += 1;
      const plan = last.then(() => runPlan(input, options, stopped.signal));
      last = plan.catch(() => undefined);
      return plan.finally(() => {
        waiting -= 1;
      });
    },
    stop: () => stopped.abort(),
  };
}

function runPlan(input: StaffingInput, options: CheckOptions, signal: AbortSignal): Promise<CheckedPlan> {
  const stop = () => new Refusal('unavailable', 'The server is being stopped.', { retryAfterMs: 5_000 });
  if (signal.aborted) return Promise.reject(stop());
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./staffing-worker.ts', import.meta.url), { workerData: { input, options } });
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
      settle();
      void worker.terminate();
    };
    const onStop = () => end(() => reject(stop()));
    const tooLong = new Refusal(
      'bad-request',
      `days: the plan takes longer than ${longestMs / 1_000} s: simulate fewer days, or plan fewer half hours.`,
      { field: 'days' },
    );
    const timer = setTimeout(() => end(() => reject(tooLong)), longestMs);
    signal.addEventListener('abort', onStop);
    worker.once('message', (plan: CheckedPlan) => end(() => resolve(plan)));
    worker.once('error', (error) => end(() => reject(error)));
  });
}
