import type { WaitRange } from './wait-estimate.ts';

/** How a wait came out beside what was told of it: within the range, over sooner, or later. */
export type ToldOutcome = 'within' | 'sooner' | 'later';

/** What was told of a wait at first, and what it was. */
export interface ToldWait {
  readonly groupId: string;
  readonly outcome: ToldOutcome;
  /** How far the wait was from the middle of the range. */
  readonly errorMs: number;
}

/** Few enough to follow the day, and enough for a share. */
const kept = 200;

/** How the waits of a group came out that something was told of: the last ones. */
export class ToldWaits {
  #last: ToldOutcome[] = [];

  /** @param tookMs from when it was told until an agent had it, or the customer had left */
  note(groupId: string, told: WaitRange, tookMs: number): ToldWait {
    const { lowMs, highMs } = told;
    const outcome = tookMs < lowMs ? 'sooner' : tookMs > highMs ? 'later' : 'within';
    this.#last.push(outcome);
    if (this.#last.length > kept) this.#last.shift();
    return { groupId, outcome, errorMs: Math.abs(tookMs - (lowMs + highMs) / 2) };
  }

  /** How many of the last ones are known, and how many of them were as was told. */
  get share(): { of: number; within: number } {
    return { of: this.#last.length, within: this.#last.filter((outcome) => outcome === 'within').length };
  }
}
