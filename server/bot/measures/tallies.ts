import type { Percentiles } from '@parley/sdk/bot-measures.ts';
import type { Clock } from '../../base/clock.ts';

/** Counts by day, of all processes, in the store. */
export interface TallyStore {
  /** Adds to what is counted under each name on a day (`2026-11-29`, UTC). */
  add(day: string, counts: ReadonlyMap<string, number>): Promise<void>;
  /** Of whole days, both included. */
  between(
    from: string,
    to: string,
  ): Promise<readonly { readonly day: string; readonly name: string; readonly n: number }[]>;
  /** Forgets days before this one. */
  forget(before: string): Promise<void>;
}

/** Counts that are kept: gathered in memory, and written every few seconds. What a process that dies had gathered is lost. */
export interface Tallies {
  /** @param name one of a bounded number: never with anybody's words or ids in it */
  count(name: string, n?: number): void;
  /** A time, under a name: kept so exactly that a percentile is at most a fifth too high. */
  time(name: string, ms: number): void;
  flush(): Promise<void>;
  /** Writes until the signal aborts, and once more then. */
  run(signal: AbortSignal): Promise<void>;
}

const flushMs = 5_000;
const dayMs = 24 * 60 * 60_000;
/** As long as what language models took in a day. */
const keptMs = 400 * dayMs;
/** In memory, between two writes; there are a hundred or so. */
const mostNames = 1_000;
/** Times are kept in steps of a fourth of a doubling, up to some nine minutes. */
const stepsOfDoubling = 4;
const mostStep = 76;

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const stepOf = (ms: number) => Math.min(mostStep, Math.max(0, Math.ceil(stepsOfDoubling * Math.log2(Math.max(1, ms)))));

export function createTallies(deps: { store: TallyStore; clock: Clock; onError: (error: unknown) => void }): Tallies {
  const { store, clock, onError } = deps;
  let gathered = new Map<string, number>();
  let tidied = '';

  function count(name: string, n = 1): void {
    if (n === 0 || (gathered.size >= mostNames && !gathered.has(name))) return;
    gathered.set(name, (gathered.get(name) ?? 0) + n);
  }

  async function flush(): Promise<void> {
    const day = dayOf(clock.now());
    const counts = gathered;
    if (counts.size === 0) return;
    gathered = new Map();
    try {
      await store.add(day, counts);
    } catch (error) {
      // It was not written: it is added to what comes next.
      for (const [name, n] of counts) count(name, n);
      throw error;
    }
    if (tidied === day) return;
    tidied = day;
    await store.forget(dayOf(clock.now() - keptMs));
  }

  return {
    count,
    time: (name, ms) => count(`${name}:${stepOf(ms)}`),
    flush,
    run: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(flushMs, signal).catch(() => undefined);
        await flush().catch(onError);
      }
    },
  };
}

/** What was counted under the names that begin so, by what follows. */
export function countsUnder(counts: ReadonlyMap<string, number>, prefix: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, n] of counts) if (name.startsWith(prefix)) found.set(name.slice(prefix.length), n);
  return found;
}

/** By the nearest rank, at the upper end of its step; null: nothing was counted. */
export function percentilesUnder(counts: ReadonlyMap<string, number>, name: string): Percentiles | null {
  const steps = [...countsUnder(counts, `${name}:`)].map(([step, n]) => [Number(step), n] as const);
  steps.sort(([a], [b]) => a - b);
  const of = steps.reduce((sum, [, n]) => sum + n, 0);
  if (of === 0) return null;
  const at = (share: number) => {
    let left = Math.max(1, Math.ceil(share * of));
    const found = steps.find(([, n]) => {
      left -= n;
      return left <= 0;
    });
    return Math.round(2 ** ((found?.[0] ?? mostStep) / stepsOfDoubling));
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), of };
}
