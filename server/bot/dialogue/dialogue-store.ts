import type { ConversationStatus } from '@parley/sdk/protocol.ts';
import type { StoredVersion, VersionEntry } from '../../publishing/published-document.ts';

export const botDocumentKinds = ['settings', 'flows'] as const;
export type BotDocumentKind = (typeof botDocumentKinds)[number];

/** Published documents of the bot, each kind with versions of its own: see `VersionStore`. */
export interface BotDocumentStore {
  newest(kind: BotDocumentKind, after: number): Promise<StoredVersion | undefined>;
  get(kind: BotDocumentKind, version: number): Promise<StoredVersion | undefined>;
  list(kind: BotDocumentKind, page: { before: number; limit: number }): Promise<VersionEntry[]>;
  add(kind: BotDocumentKind, version: StoredVersion): Promise<boolean>;
}

/** A conversation as the bot finds it. */
export interface DialogueSubject {
  readonly id: string;
  readonly status: ConversationStatus;
  readonly epoch: number;
  readonly channelId: string;
  readonly contactId: string;
  readonly lastSeq: number;
  readonly tags: readonly string[];
  readonly language: string | null;
  /** The host site has vouched for the contact. */
  readonly isVerified: boolean;
  /** Of the contact, as the shop or a platform says. */
  readonly email: string | null;
  readonly phone: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  /** JSON (`StoredRouting`). */
  readonly routing: string | null;
  /** What the bot knows of it; null: it never had it. */
  readonly known: KnownDialogue | null;
}

export interface KnownDialogue {
  /** The owner epoch under which it was decided. */
  readonly epoch: number;
  /** The customer's last entry that a decision was made about. */
  readonly seq: number;
  /** All that there was up to here was looked at, and what was decided is done. */
  readonly lookedSeq: number;
  /** JSON (`DialogueState`). */
  readonly state: string;
}

/** A decision as it is kept. */
export interface BotDecisionRow {
  readonly conversationId: string;
  /** The customer's entry that it was about. */
  readonly seq: number;
  readonly epoch: number;
  readonly at: number;
  readonly act: string;
  readonly band: string;
  /** Why it was handed off; null: it was not. */
  readonly reason: string | null;
  readonly intent: string | null;
  /** Whether the answer before helped, as the customer says with it; null: they said nothing of it. */
  readonly helped: boolean | null;
  /** JSON (`KeptDecision`). */
  readonly record: string;
}

/** What became of a conversation. */
export interface DialogueOutcome {
  readonly id: string;
  readonly hadAgent: boolean;
  /** The next one that its contact began, and when; null: none. */
  readonly nextId: string | null;
  readonly nextContactAt: number | null;
}

/** What the bot knows of its conversations, and what it decided. */
export interface DialogueStore {
  /** Undefined: there is no such conversation. */
  subject(id: string): Promise<DialogueSubject | undefined>;
  /**
   * Keeps a decision and what is known after it.
   * @returns false: one of this epoch about this entry, or a later one, is there already; nothing was stored
   */
  decide(row: BotDecisionRow, state: string): Promise<boolean>;
  /** What was decided is done, and nothing else is there up to here. */
  looked(conversationId: string, epoch: number, lookedSeq: number): Promise<void>;
  /** What was decided about an entry under an epoch. */
  decision(conversationId: string, seq: number, epoch: number): Promise<BotDecisionRow | undefined>;
  /** Newest first. */
  decisions(conversationId: string, page: { before?: number; limit: number }): Promise<BotDecisionRow[]>;
  /** Conversations of the bot in which something was said that it has not looked at; by where they stand in the list. */
  owed(after: { readonly sortAt: number; readonly no: number }, limit: number): Promise<OwedPage>;
  /** Conversations of the bot in which nothing was said since then, and nothing is owed. */
  quiet(since: number, limit: number): Promise<{ id: string; epoch: number }[]>;
  /**
   * Deletes the oldest decisions of before a moment, and what was known of their conversations where these are closed.
   * @returns how many decisions: as many as the limit, and there may be more
   */
  forget(before: number, limit: number): Promise<number>;
  /** What became of conversations: whether a person ever had them, and when their contact wrote in another one next. */
  outcomes(ids: readonly string[]): Promise<DialogueOutcome[]>;
  /** Decisions of a time, in its order: for reports. */
  decided(
    range: { readonly from: number; readonly to: number },
    after: { readonly at: number; readonly no: number; readonly seq: number },
    limit: number,
  ): Promise<(Omit<BotDecisionRow, 'record'> & { readonly no: number })[]>;
  /** The same from the newest back, before a place in it; null: from `to` on. */
  decidedLast(
    range: { readonly from: number; readonly to: number },
    before: { readonly at: number; readonly no: number; readonly seq: number } | null,
    limit: number,
  ): Promise<(Omit<BotDecisionRow, 'record'> & { readonly no: number })[]>;
}

export interface OwedPage {
  readonly ids: readonly string[];
  /** Where to go on; null: that was all. */
  readonly next: { readonly sortAt: number; readonly no: number } | null;
}
