import type { CorrectedGap } from '../learning/gap-store.ts';

/** Which intent a customer's message had, as a person says. */
export interface IntentLabel {
  readonly conversationId: string;
  /** The customer's entry. */
  readonly seq: number;
  /** null: none of those that there are. */
  readonly intent: string | null;
  /** What it was recognised as then; null: as none. */
  readonly takenFor: string | null;
  readonly by: { readonly id: string; readonly name: string };
  readonly at: number;
}

export interface LabelStore {
  /**
   * Keeps a label in place of the one before.
   *
   * @param lesson the message as one that its intent is to be taught; null: there is nothing to be taught
   * @returns false: the conversation is gone, and nothing was kept
   */
  put(label: IntentLabel, lesson: CorrectedGap | null): Promise<boolean>;
  /** With what was to be taught. @returns whether it was there */
  remove(conversationId: string, seq: number): Promise<boolean>;
  /** All of some conversations. */
  of(conversationIds: readonly string[]): Promise<IntentLabel[]>;
  /** Those of a time: how many say that the message was taken for what it was. */
  counts(range: { readonly from: number; readonly to: number }): Promise<{ right: number; wrong: number }>;
  /** Those that were said since then, the newest first: whether the message was taken for what it was. */
  within(from: number, limit: number): Promise<{ conversationId: string; seq: number; isRight: boolean }[]>;
}
