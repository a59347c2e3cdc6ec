import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it: injected where logic depends on it, so that a test can move it. */
export interface Clock {
  /** Epoch milliseconds, UTC: for what is stored, shown and signed. It jumps when somebody sets the clock. */
  now(): number;
  /** Milliseconds since some moment of this process, which nobody sets: for whatever lasts, ends or is counted again. */
  elapsed(): number;
  /** Waits, or rejects with the signal's reason. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? { ref: false } : { ref: false, signal });
  },
};

/** NTP moves a clock by less at once; what is more was set. */
const leastStepMs = 1_000;

/** Answers each time by how much the clock was set since the time before, ahead (positive) or back; else 0. */
export function watchForSteps(clock: Pick<Clock, 'now' | 'elapsed'>): () => number {
  let offset = clock.now() - clock.elapsed();
  return () => {
    const before = offset;
    offset = clock.now() - clock.elapsed();
    const step = offset - before;
    return Math.abs(step) < leastStepMs ? 0 : step;
  };
}

/** A clock that stands still until the test moves it. */
export interface TestClock extends Clock {
  /** Sets the clock, ahead or back; nobody who sleeps is woken. */
  set(byMs: number): void;
  /** Moves time and wakes what was due, in order. */
  advance(ms: number): Promise<void>;
  /** Resolves as soon as somebody sleeps on this clock: the condition to wait for before moving it. */
  sleeping(): Promise<void>;
}

export function createTestClock(start = 1_700_000_000_000): TestClock {
  let elapsed = 0;
  let began = start;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  let watchers: (() => void)[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => began + elapsed,
    elapsed: () => elapsed,
    set: (byMs) => {
      began += byMs;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        // Its time has come already: who reckoned before the clock was moved, and sleeps after it, is woken by no later move.
        if (ms <= 0) return void setImmediate(resolve);
        const sleeper = { at: elapsed + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
        for (const watcher of watchers) watcher();
        watchers = [];
      }),
    sleeping: () => (sleepers.size > 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    advance: async (ms) => {
      const until = elapsed + ms;
      for (;;) {
        const [next] = [...sleepers].filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        elapsed = Math.max(elapsed, next.at);
        sleepers.delete(next);
        next.wake();
        await settle();
      }
      elapsed = until;
      await settle();
    },
  };
}
