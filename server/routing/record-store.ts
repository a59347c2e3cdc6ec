import type { Priority } from '@parley/sdk/protocol.ts';

/** What is kept of the past for dry runs, beside conversations and decisions. Times are epoch milliseconds. */
export interface RecordStore {
  /** What came to the queue, and left it without an agent, in order of time: the first so many behind `after`. */
  queueRecord(span: TimeSpan, page: { after?: QueueRow; limit: number }): Promise<QueueRow[]>;
  /** How many rows of the queue's record there are; from `most` on they are not counted further. */
  countQueueRecord(span: TimeSpan, most: number): Promise<number>;
  /** What there is to know of conversations that came. Those that were removed are missing. */
  visitRows(came: readonly Came[], wanted: WantedOfVisits): Promise<VisitRows>;
  /** Who was there when, in order of time: the first so many behind `after`. */
  presences(span: TimeSpan, page: { after?: PresenceRow; limit: number }): Promise<PresenceRow[]>;
  /** A row whose agent has one at that time already is left out. */
  addPresences(rows: readonly PresenceRow[]): Promise<void>;
  /** Removes what is older: at most so many rows of each kind. @returns whether there may be more */
  forget(before: number, limit: number): Promise<boolean>;
}

/** From `from` on, before `to`. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export interface QueueRow {
  readonly at: number;
  readonly conversationId: number;
  /** The owner's epoch from then on. */
  readonly epoch: number;
  readonly kind: 'came' | 'left';
  readonly why: string;
  readonly seq: number;
}

export interface PresenceRow {
  readonly at: number;
  readonly agentId: string;
  /** `online`, `offline`, or any other word for somebody who is given nothing. */
  readonly presence: string;
  /** What the agent, or the system, said about it. */
  readonly reason: string | null;
  /** In conversations. */
  readonly capacity: number;
}

export type Came = Pick<QueueRow, 'conversationId' | 'seq'>;

/** What costs something to read, and is of use to some configurations only. */
export interface WantedOfVisits {
  /** Decisions before that are of no interest. */
  readonly from: number;
  /** All of the contacts' attributes. */
  readonly attributes: boolean;
  /** The first words of each visit. */
  readonly words: boolean;
}

export interface VisitRows {
  readonly conversations: readonly RecordedRow[];
  /** Of each conversation in their order. */
  readonly decisions: readonly RecordedDecision[];
  readonly words: readonly { readonly conversationId: number; readonly seq: number; readonly content: string }[];
  readonly answers: readonly { readonly conversationId: number; readonly seq: number; readonly at: number }[];
}

/** A conversation as it is now. */
export interface RecordedRow {
  readonly id: number;
  readonly channelId: string;
  readonly channelType: string;
  readonly contactId: string;
  readonly groupId: string | null;
  readonly priority: Priority;
  /** JSON. */
  readonly tags: string;
  readonly language: string | null;
  /** JSON: the contact's; null: none that was asked for. */
  readonly attributes: string | null;
  /** The contact has an earlier conversation. */
  readonly isReturning: boolean;
  /** When the customer left who waited last; null: they did not. */
  readonly abandonedAt: number | null;
  /** Entries up to this one lie in the archive. */
  readonly archivedSeq: number;
}

export interface RecordedDecision {
  readonly conversationId: number;
  readonly epoch: number;
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly agentId: string | null;
  readonly groupId: string | null;
  readonly why: string;
}
