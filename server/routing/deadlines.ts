import { createAlarm } from '../base/alarm.ts';
import type { Clock } from '../base/clock.ts';
import type { DispatchWork } from './dispatch-work.ts';

/**
 * Does what is due.
 * @returns when to look again although nobody says anything (epoch milliseconds); undefined: never
 */
export type DueWork = () => Promise<number | undefined>;

/** What is due although nobody does anything. The store knows it: whoever decides next finds what is late, too. */
export interface Deadlines {
  /** Something may be due, or due earlier than was known. */
  look(): void;
  stop(): void;
}

export function createDeadlines(deps: {
  works: readonly DueWork[];
  work: DispatchWork;
  clock: Clock;
  waitAfter: (error: unknown) => Promise<void>;
}): Deadlines {
  const { works, work } = deps;
  const alarm = createAlarm(deps.clock, look);
  let isLooking = false;
  let isDueAgain = false;

  function look(): void {
    isDueAgain = true;
    if (isLooking || work.stopped) return;
    isLooking = true;
    void work.workOn(
      run().finally(() => {
        isLooking = false;
      }),
    );
  }

  async function run(): Promise<void> {
    while (isDueAgain && !work.stopped) {
      isDueAgain = false;
      try {
        const times = (await Promise.all(works.map((each) => each()))).filter((at) => at !== undefined);
        if (!work.stopped) alarm.set(times.length === 0 ? undefined : Math.min(...times));
      } catch (error) {
        isDueAgain = true;
        await deps.waitAfter(error);
      }
    }
  }

  return { look, stop: () => alarm.set(undefined) };
}
