import { backoffBaseMs, backoffMaxMs, helloWithinMs, restartSpreadMs } from '../../sdk/connection.ts';
import { Heap } from '../../server/base/heap.ts';
import type { Random } from '../../server/routing/simulation/random.ts';

export interface StormOptions {
  /** Clients that have lost their connection at the same moment. */
  readonly clients: number;
  /** Processes that take them. */
  readonly processes: number;
  /** CPU that one of them needs for one client, milliseconds. */
  readonly connectMs: number;
  /** What the processes do anyway, as a share of their time. */
  readonly utilisation: number;
  /** They were asked to come back (a restart in order), in place of having lost the line. */
  readonly wereAsked: boolean;
}

export interface StormResult {
  /** Until so many were greeted: half, all but one in a hundred, all. Milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly allMs: number;
  /** Attempts that were given up, because no greeting came in time. */
  readonly givenUp: number;
  /** Attempts in the busiest second. */
  readonly peakPerSecond: number;
}

interface Attempt {
  readonly at: number;
  readonly client: number;
  readonly failures: number;
}

/** Clients come back as the client library does, to the process that has the least to do. */
export function simulateStorm(options: StormOptions, random: Random): StormResult {
  const { clients, processes, connectMs, utilisation } = options;
  const servedMs = connectMs / (1 - utilisation);
  const free = new Heap<{ at: number }>((a, b) => a.at < b.at);
  for (let i = 0; i < processes; i++) free.push({ at: 0 });
  const attempts = new Heap<Attempt>((a, b) => a.at < b.at);
  const delay = (failures: number) => {
    const window = Math.min(backoffMaxMs, backoffBaseMs * 2 ** failures);
    return random.uniform() * (options.wereAsked && failures === 0 ? Math.max(restartSpreadMs, window) : window);
  };
  for (let client = 0; client < clients; client++) attempts.push({ at: delay(0), client, failures: 0 });
  const greeted = new Float64Array(clients);
  const seconds = new Map<number, number>();
  let givenUp = 0;
  for (let attempt = attempts.pop(); attempt !== undefined; attempt = attempts.pop()) {
    const { at, client, failures } = attempt;
    const second = Math.floor(at / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
    const process = free.pop() as { at: number };
    const done = Math.max(at, process.at) + servedMs;
    free.push({ at: done });
    if (done - at <= helloWithinMs) greeted[client] = done;
    else {
      givenUp += 1;
      attempts.push({ at: at + helloWithinMs + delay(failures + 1), client, failures: failures + 1 });
    }
  }
  greeted.sort();
  const at = (share: number) => greeted[Math.min(clients - 1, Math.ceil(share * clients) - 1)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), allMs: at(1), givenUp, peakPerSecond: Math.max(...seconds.values()) };
}
