import type { Presence, Priority } from '@parley/sdk/protocol.ts';
import type { Told } from './wait-store.ts';

/** What the decisions need to know of an agent. */
export interface AgentFacts {
  readonly id: string;
  readonly name: string;
  /** May sign in and work. */
  readonly enabled: boolean;
  /** In conversations; weights are counted against it in hundredths. */
  readonly capacity: number;
  /** What holds now, connection and choice together. Only who is online is given work. */
  readonly presence: Presence;
  /** Since when the agent is online; what they were last online since, when they are not. */
  readonly onlineSince: number;
}

/** A conversation that waits for an agent. */
export interface WaitingEntry {
  readonly conversationId: string;
  /** The owner epoch at which it waits: a decision is about this wait and no other one. */
  readonly epoch: number;
  readonly groupId: string;
  readonly channelId: string;
  readonly channelType: string;
  /** In hundredths of a conversation. What weighs more than all of an agent's capacity needs all of it. */
  readonly weight: number;
  /** The customer's, as a BCP 47 tag; null: not known, anybody may answer. */
  readonly language: string | null;
  /** 1 to 5; the group's own minimum holds too. */
  readonly minLevel: number;
  readonly priority: Priority;
  readonly vip: boolean;
  /** When the customer began to wait. It is kept when the conversation comes back to the queue: so is the place. */
  readonly enqueuedAt: number;
  /** Since when it is in this group, which relaxation and overflow count from; absent: since `enqueuedAt`. */
  readonly groupSince?: number;
  /** Who served the contact last, and until when. */
  readonly lastAgent: { readonly id: string; readonly at: number } | null;
  /** Named by a rule or a transfer: asked first, member or not, and waited for as the group's history says. */
  readonly forAgent?: string | null;
  /** Who must not get it: whoever gave it away, say. */
  readonly notAgents: readonly string[];
  /** How many groups have sent it on. */
  readonly hops: number;
  /** The bot has handed it over, or it was sent here and there too often: no overflow gives it to the bot. */
  readonly staysFromBot?: boolean;
  /** The customer has left, and stands behind those who are there. */
  readonly isBehind?: boolean;
  /** The first estimate that the customer was told of this wait. */
  readonly told?: Told | null;
  /** Groups that it has been in since it waits; absent: only this one. */
  readonly visited?: readonly string[];
}

/** What an agent holds. */
export interface Held {
  readonly weight: number;
  readonly channelType: string;
  /** The group through which it came; null: none (taken by hand). */
  readonly groupId: string | null;
  /** Since when; absent: now. */
  readonly since?: number;
}

/** Where a conversation stands, as the core knows it. */
export type Whereabouts = 'waiting' | 'offered' | 'assigned' | 'gone';
