import type { Priority } from '@parley/sdk/protocol.ts';
import type { Told } from './wait-store.ts';
import type { LaneId, Place } from './waiting-lanes.ts';

/** What the dispatcher asks the store: no more than it needs, however many conversations are open. */
export interface AssignmentStore {
  /** Who waits in the lane behind the given one, in the order of the queue: the first so many. */
  waiting(lane: LaneId, after: Place | undefined, limit: number): Promise<Place[]>;
  /** The lanes in which somebody waits. */
  lanes(): Promise<LaneId[]>;
  /** What the decision needs to know of those of these conversations that wait. */
  waitingRows(ids: readonly string[]): Promise<WaitingRow[]>;
  /** The same of those that are open, whether they wait or not. */
  openRows(ids: readonly string[]): Promise<WaitingRow[]>;
  /** Of a lane, or of all; from a hundred thousand on they are not counted further. */
  countWaiting(lane?: LaneId): Promise<number>;
  /** How many conversations each of the agents holds, and what they weigh together; from a thousand on not counted further. */
  loads(agentIds: readonly string[]): Promise<AgentTotal[]>;
  /** The conversations that these agents hold: of each at most a thousand. */
  holdings(agentIds: readonly string[]): Promise<HeldRow[]>;
  /** Agents who hold a conversation. */
  holders(): Promise<string[]>;
  /**
   * Conversations of the agent in which the customer waits for an answer.
   * @param activeSince only those in which something happened since then
   */
  unanswered(agentId: string, activeSince?: number): Promise<UnansweredRow[]>;
  /** Conversations of the lane whose agents owe an answer, their first one or a further one: those that wait longest. */
  owed(lane: LaneId, isAnswered: boolean, limit: number): Promise<OwedRow[]>;
  /**
   * Conversations that these agents have answered, whose customers have not written since, and in which nothing has
   * happened since `before`; those that count whole.
   */
  quiet(agentIds: readonly string[], before: number): Promise<WeighedRow[]>;
  /** Conversations of these agents that count less than whole. */
  lightened(agentIds: readonly string[]): Promise<WeighedRow[]>;
  /**
   * Lets each weigh `to` from now on, unless somebody has written, or it has changed hands, since it was read.
   * @returns those that do
   */
  weigh(rows: readonly (WeighedRow & { readonly to: number })[]): Promise<WeighedRow[]>;
  /** Snoozed conversations, those first that come back first. */
  snoozed(limit: number): Promise<SnoozedRow[]>;
  /** Who had each conversation last, or another one of its contact, and until when. */
  lastServed(of: readonly { id: string; contactId: string }[]): Promise<LastServed[]>;
  /** What router rules look at, of those of the conversations that are there. */
  ruleSubjects(ids: readonly string[]): Promise<RuleSubject[]>;
  /**
   * Keeps what was said of a conversation that waits, a record of it, or both.
   * @param row what it was said of
   * @returns false: it waits no longer, or anew, or somebody else has said something of it; nothing was stored
   */
  route(
    row: Pick<WaitingRow, 'id' | 'epoch' | 'routing'>,
    said: Said | undefined,
    note?: Omit<DecisionRow, 'epoch' | 'n'>,
  ): Promise<boolean>;
  /** What was said of a conversation (`StoredRouting`); null: nothing, or it is not there. */
  routingOf(conversationId: string): Promise<string | null>;
  /** What was decided about a conversation, newest first. */
  decisions(
    conversationId: string,
    page: { before?: Pick<DecisionRow, 'epoch' | 'n'>; limit: number },
  ): Promise<DecisionRow[]>;
}

export interface WaitingRow extends Place {
  readonly epoch: number;
  readonly channelId: string;
  readonly contactId: string;
  /** A skill group; null: none was said. */
  readonly groupId: string | null;
  /** The conversation's own, or the contact's attribute `language`; whatever was said there. */
  readonly language: string | null;
  readonly priority: Priority;
  readonly tags: readonly string[];
  /** The contact's attribute `vip`. */
  readonly vip: string | null;
  readonly routing: string | null;
  /** When the customer left while waiting, and has not come back; null: they are here. */
  readonly abandonedAt: number | null;
  /** The first estimate that the customer was told of this wait; null: none, or they have left since. */
  readonly told: Told | null;
}

export interface UnansweredRow {
  readonly id: string;
  readonly channelId: string;
  /** The agent has answered before. */
  readonly isAnswered: boolean;
}

export interface AgentTotal {
  readonly agentId: string;
  readonly load: number;
  /** In hundredths of a conversation. */
  readonly units: number;
}

export interface HeldRow {
  readonly id: string;
  readonly agentId: string;
  readonly epoch: number;
  readonly channelId: string;
  readonly weight: number;
  /** When the customer began to wait for whoever has it now; null: nobody knows. */
  readonly queuedAt: number | null;
}

/** A conversation whose agent owes the customer an answer. */
export interface OwedRow {
  readonly id: string;
  readonly agentId: string;
  readonly epoch: number;
  readonly queuedAt: number | null;
  readonly owedSince: number;
  readonly routing: string | null;
}

/** What a conversation takes of its agent's capacity, in hundredths of one, and what it takes while nobody is quiet. */
export interface WeighedRow {
  readonly id: string;
  readonly agentId: string;
  readonly channelId: string;
  readonly epoch: number;
  readonly weight: number;
  readonly wholeWeight: number;
}

export interface SnoozedRow {
  readonly id: string;
  /** Who has snoozed it. */
  readonly agentId: string;
  readonly epoch: number;
  readonly until: number;
  readonly routing: string | null;
}

export interface LastServed {
  readonly id: string;
  readonly agentId: string;
  readonly at: number;
}

export interface RuleSubject {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The last entries that the customer wrote, in order: their content as JSON. */
  readonly written: readonly { readonly content: string; readonly at: number }[];
  /** The contact has another conversation. */
  readonly isReturning: boolean;
}

/** What is kept of a decision about where it waits; what is left out stays as it is. */
export interface Said {
  readonly groupId?: string | null;
  readonly priority?: Priority;
  readonly tags?: readonly string[];
  /** JSON (`StoredRouting`). */
  readonly routing: string;
}

/** One decision as it is kept. The `epoch` is that of the wait, or of the owner, which it ended or was about. */
export interface DecisionRow {
  readonly epoch: number;
  readonly n: number;
  readonly at: number;
  readonly kind: string;
  readonly agentId: string | null;
  readonly groupId: string | null;
  readonly why: string;
  /** JSON. */
  readonly record: string;
}
