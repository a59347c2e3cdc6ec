import type { ConversationStatus, Priority, SlaTarget } from '@parley/sdk/protocol.ts';
import type { SlaCase } from './sla-case.ts';

/** What the keeper of the clocks asks the store: what is at the front of something, however many conversations are open. */
export interface SlaStore {
  /** From now on what happens to conversations is noted with it, or not. Of this process alone. */
  watch(on: boolean): Promise<void>;
  /** The first so many of what was noted. */
  events(limit: number): Promise<SlaEventRow[]>;
  /** Conversations of which something is due by then, the first so many. */
  due(at: number, limit: number): Promise<string[]>;
  /** When something is due next; null: nothing is. */
  nextAt(): Promise<number | null>;
  /** What is to be known of those of these conversations that are there. */
  subjects(ids: readonly string[]): Promise<SlaSubject[]>;
  /** Open conversations of a state behind a place, in the order of their last activity. */
  open(status: ConversationStatus, after: OpenPlace | undefined, limit: number): Promise<OpenPlace[]>;
  /**
   * Stores all of it at once, and takes away the events that it was made from.
   * @returns false: somebody else was faster with one of them; nothing was stored
   */
  save(saves: readonly SlaSave[], eventIds: readonly number[]): Promise<boolean>;
  /** Takes away the clocks of conversations that are gone. */
  forget(ids: readonly string[]): Promise<void>;
  /** Removes what was only counted, of before then. */
  removeCountsBefore(at: number): Promise<void>;
  /** Counts up to ten thousand; groups of which nothing is known are left out. */
  summary(of: { now: number; soonMs: number; since: readonly number[] }): Promise<SlaGroupTotals[]>;
  /** Targets that were breached, or met (later answers that were in time are only counted), newest first. */
  results(of: { outcome: 'met' | 'breached'; before?: ResultPlace; limit: number }): Promise<SlaResult[]>;
}

export interface SlaEventRow {
  readonly id: number;
  readonly conversationId: string;
  readonly at: number;
  readonly kinds: string;
}

export interface SlaSubject {
  readonly id: string;
  readonly status: ConversationStatus;
  readonly groupId: string | null;
  readonly priority: Priority;
  readonly assigneeId: string | null;
  /** The customer has asked, and nobody has answered since. */
  readonly isAsked: boolean;
  /** Who said the last thing, and when. */
  readonly lastSender: string | null;
  readonly lastMessageAt: number;
  readonly closedAt: number | null;
  /** A person has answered; told only where nothing is kept. */
  readonly isAnswered: boolean;
  readonly isSnoozed: boolean;
  readonly kept: { readonly rev: number; readonly state: SlaCase } | undefined;
}

export interface OpenPlace {
  readonly id: string;
  readonly sortAt: number;
}

export interface SlaSave {
  readonly id: string;
  /** That was read; 0: nothing was kept. */
  readonly rev: number;
  readonly state: SlaCase;
  readonly groupId: string;
  readonly assigneeId: string | null;
  readonly dueAt: number | null;
  readonly nextAt: number | null;
  readonly results: readonly SlaResultChange[];
}

/** A target that was met, breached, or is done after it was breached. */
export interface SlaResultChange {
  readonly outcome: 'met' | 'breached' | 'late';
  readonly target: SlaTarget;
  readonly n: number;
  readonly at: number;
  readonly policyId: string;
  readonly priority: Priority;
  readonly tookMs?: number;
  readonly lateMs?: number;
}

export interface ResultPlace {
  readonly at: number;
  readonly conversationId: string;
  readonly target: string;
  readonly n: number;
}

export interface SlaResult extends ResultPlace {
  readonly outcome: 'met' | 'breached';
  readonly policyId: string;
  readonly groupId: string;
  readonly priority: Priority;
  readonly agentId: string | null;
  readonly tookMs: number | null;
  readonly lateMs: number | null;
}

export interface SlaGroupTotals {
  readonly groupId: string;
  /** Conversations with a clock that runs and is not over. */
  readonly running: number;
  /** Of those, whose first clock ends soon. */
  readonly dueSoon: number;
  /** Conversations in which something is late now. */
  readonly overdue: number;
  /** Targets since each of the times that were asked for. */
  readonly since: readonly { readonly met: number; readonly breached: number }[];
}
