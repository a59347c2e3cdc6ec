import type { DialogueState } from '../dialogue/dialogue-state.ts';
import type { Decided } from '../dialogue/think.ts';
import type { PastTurn } from './past-turn.ts';

/** Follows both sides of a replay through the turns of each conversation, in their order. */
export interface Divergence {
  /**
   * Whether both would not have come to this turn together: a person would have the conversation by one of them, or the
   * customer answers what only one of them had asked.
   */
  isApart(turn: PastTurn): boolean;
  /** Where both leave the customer with it. */
  took(before: Decided, after: Decided): void;
}

/**
 * What a customer would have said to another question is not known. So, where both leave the customer in different places, the
 * next turn is no answer to one of them, nor are those after it until the recorded conversation waits for nothing; and where one of
 * them hands over, the bot would have had no further turn.
 */
export function followBoth(): Divergence {
  let followed = '';
  /** `next`: since the last turn; `asked`: until the bot waits for nothing; `people`: as long as the bot had it. */
  let apart: 'next' | 'asked' | 'people' | undefined;
  return {
    isApart: ({ conversationId, epoch, state }) => {
      const id = `${conversationId} ${epoch}`;
      if (id !== followed || (apart === 'asked' && waitingFor(state) === null)) apart = undefined;
      followed = id;
      if (apart === 'next') apart = 'asked';
      return apart !== undefined;
    },
    took: (before, after) => {
      const [first, second] = [before, after].map(({ decision }) => decision.handOff !== null);
      if (first !== second) apart = 'people';
      else if (waitingFor(before.state) !== waitingFor(after.state)) apart = 'next';
    },
  };
}

/** What the customer is asked; null: nothing. */
function waitingFor({ pending, flow }: DialogueState): string | null {
  if (pending !== null) {
    const isWriting = pending.kind === 'leave-message' && pending.isWriting;
    return JSON.stringify([pending.kind, pending.choices.map(({ id }) => id), isWriting]);
  }
  return flow === null ? null : JSON.stringify([flow.flowId, flow.stepId, flow.slot, flow.choices.map(({ id }) => id)]);
}
