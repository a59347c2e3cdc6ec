import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

/** The machine's time, which a test moves ahead: whoever sleeps then has slept so much longer. */
export interface LeapingClock extends Clock {
  leap(ms: number): void;
}

export function createLeapingClock(): LeapingClock {
  let leaptMs = 0;
  const leaps = new Set<AbortController>();
  const elapsed = () => performance.now() + leaptMs;

  async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    for (const until = elapsed() + ms; elapsed() < until; ) {
      const leap = new AbortController();
      leaps.add(leap);
      const ends = signal === undefined ? leap.signal : AbortSignal.any([leap.signal, signal]);
      await delay(Math.max(0, until - elapsed()), undefined, { ref: false, signal: ends }).catch(() =>
        signal?.throwIfAborted(),
      );
      leaps.delete(leap);
    }
    signal?.throwIfAborted();
  }

  return {
    now: () => Date.now() + leaptMs,
    elapsed,
    sleep,
    leap: (ms) => {
      leaptMs += ms;
      for (const leap of leaps) leap.abort();
    },
  };
}
