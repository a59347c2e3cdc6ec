import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it: injected where logic depends on it, so that a test can move it. */
export interface Clock {
  /** Epoch milliseconds, UTC. */
  now(): number;
  /** Waits, or rejects with the signal's reason. Does not keep the process alive. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? { ref: false } : { ref: false, signal });
  },
};

/** A clock that stands still until the test moves it. */
export interface TestClock extends Clock {
  /** Moves time and wakes what was due, in order. */
  advance(ms: number): Promise<void>;
  /** Resolves as soon as somebody sleeps on this clock: the condition to wait for before moving it. */
  sleeping(): Promise<void>;
}

export function createTestClock(start = 1_700_000_000_000): TestClock {
  let now = start;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  let watchers: (() => void)[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { at: now + ms, wake: resolve };
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
      const until = now + ms;
      for (;;) {
        const [next] = [...sleepers].filter((sleeper) => sleeper.at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        sleepers.delete(next);
        next.wake();
        await settle();
      }
      now = until;
      await settle();
    },
  };
}
