import type { Said } from '../dialogue/decision.ts';
import type { DialogueState } from '../dialogue/dialogue-state.ts';
import type { Truth } from './truth.ts';

/** A turn of a customer as it was: what was said, what the bot knew before, and what is known of it since. */
export interface PastTurn {
  readonly conversationId: string;
  readonly channelId: string;
  readonly seq: number;
  readonly fromSeq: number;
  readonly at: number;
  readonly said: Said;
  readonly state: DialogueState;
  readonly vip: boolean;
  readonly truth: Truth | undefined;
  /** What was asked first where people had the conversation: the bot never decided about it. */
  readonly isFirstQuestion: boolean;
}

/** Turns that cannot be replayed, by why: decided before it was kept what the bot knew; its words are gone. */
export interface LeftOut {
  withoutState: number;
  withoutWords: number;
}
