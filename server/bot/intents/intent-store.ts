import type { NamedIntent } from '@parley/sdk/bot-learning.ts';
/** What customers may want, as an administrator describes it. */
export interface StoredIntent {
  readonly id: string;
  /** What recognition answers with; unique, and the name in every file. */
  readonly name: string;
  readonly description: string;
  /** A disabled one is not trained. */
  readonly enabled: boolean;
  /** What the bot says to it, by language (`en`, `zh-CN`); null: nothing of its own. */
  readonly answer: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CountedIntent extends StoredIntent {
  readonly utterances: number;
  /** Of them, how many stand in another intent too. */
  readonly conflicts: number;
}

export interface StoredUtterance {
  readonly id: string;
  readonly intentId: string;
  readonly text: string;
  /** The same for texts that differ in case and punctuation alone (`keyOfUtterance`). */
  readonly key: string;
  readonly createdAt: number;
}

/** The utterance of one intent, and where else it stands. */
export interface ShownUtterance extends Pick<StoredUtterance, 'id' | 'text'> {
  readonly alsoIn: readonly NamedIntent[];
}

/** One utterance in several intents: none of them learns it. */
export interface UtteranceConflict {
  readonly text: string;
  readonly intents: readonly NamedIntent[];
}

export interface IntentCounts {
  readonly intents: number;
  readonly utterances: number;
  readonly outOfScope: number;
}

/** Utterances that belong to no intent lie in the same place, under this id and name. No intent may be called so. */
export const outOfScopeId = 'out-of-scope';

export interface IntentStore {
  /** By name; those whose name or description has `q` in it. */
  list(page: { after?: string; q?: string; limit: number }): Promise<CountedIntent[]>;
  get(id: string): Promise<CountedIntent | undefined>;
  named(names: readonly string[]): Promise<StoredIntent[]>;
  /** @returns false: another one has this name, and nothing was changed */
  add(intent: StoredIntent): Promise<boolean>;
  change(
    id: string,
    to: Pick<StoredIntent, 'name' | 'description' | 'enabled' | 'answer' | 'updatedAt'>,
  ): Promise<boolean>;
  /** With its utterances. @returns whether it was there */
  remove(id: string, at: number): Promise<boolean>;
  /** In the order in which they were added. */
  utterances(intentId: string, page: { after?: string; limit: number }): Promise<ShownUtterance[]>;
  /** Leaves out what the intent has already. @returns how many were added */
  addUtterances(utterances: readonly StoredUtterance[], at: number): Promise<number>;
  /** @returns how many were removed */
  removeUtterances(intentId: string, ids: readonly string[], at: number): Promise<number>;
  /** All of a file, or nothing. @returns how many utterances were new */
  bring(intents: readonly StoredIntent[], utterances: readonly StoredUtterance[], at: number): Promise<number>;
  counts(): Promise<IntentCounts>;
  conflicts(limit: number): Promise<UtteranceConflict[]>;
  /** By key (`keyOfUtterance`), the intents that have it; what is in none is absent. */
  standingIn(keys: readonly string[]): Promise<ReadonlyMap<string, readonly NamedIntent[]>>;
  /** Enabled ones without an utterance. */
  empty(limit: number): Promise<NamedIntent[]>;
  /** All intents, and all utterances by pages in the order of their ids: for training and for files. */
  allIntents(): Promise<StoredIntent[]>;
  allUtterances(page: { after?: string; limit: number }): Promise<Pick<StoredUtterance, 'id' | 'intentId' | 'text'>[]>;
  /** When anything of it was changed last; null: never. */
  changedAt(): Promise<number | null>;
}
