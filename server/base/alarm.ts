import type { Clock } from './clock.ts';

/** A timer is set for no longer: it rings too early then, and is set again. */
const maxMs = 3_600_000;

/** One timer, for whatever is due next. */
export interface Alarm {
  /** From now on it rings at this time (epoch milliseconds) and no other; undefined: it does not ring. */
  set(at: number | undefined): void;
}

/** @param rung may be called before its time: whoever is called looks what is due, and sets the alarm again */
export function createAlarm(clock: Clock, rung: () => void): Alarm {
  let current: { readonly at: number; readonly ends: AbortController } | undefined;

  return {
    set: (at) => {
      if (at === current?.at) return;
      current?.ends.abort();
      current = undefined;
      if (at === undefined) return;
      const ends = new AbortController();
      current = { at, ends };
      const ring = () => {
        current = undefined;
        rung();
      };
      clock.sleep(Math.min(maxMs, Math.max(0, at - clock.now())), ends.signal).then(ring, () => undefined);
    },
  };
}
