import type { Said } from '../dialogue/decision.ts';
import type { DialogueState } from '../dialogue/dialogue-state.ts';
import type { Truth } from './truth.ts';

/** A turn of a customer as it was: what was said, what the bot knew before, and what is known of it since. */
export interface PastTurn {
  readonly conversationId: string;
  readonly channelId: string;
  readonly seq: number;
  /** The owner epoch under which the bot had the conversation. */
  readonly epoch: number;
  readonly fromSeq: number;
  readonly at: number;
  readonly said: Said;
  readonly state: DialogueState;
  readonly vip: boolean;
  readonly isProven?: boolean;
  /** The flow with which a routing rule had it begin. */
  readonly begins: string | null;
  readonly truth: Truth | undefined;
  /** What was asked first where people had the conversation: the bot never decided about it. */
  readonly isFirstQuestion: boolean;
}

/** Turns that cannot be replayed, by why: decided before it was kept what the bot knew, or which flow a rule began; its words are gone. */
export interface LeftOut {
  withoutState: number;
  withoutWords: number;
}
