import type { OverflowCondition, OverflowTarget, Policy } from '@parley/sdk/routing-document.ts';
import type { WaitRange } from './wait-estimate.ts';

/** Something to be done. The store has the last word on an assignment: `settle` says what it was. */
export type Decision =
  | Assign
  | (Omit<Assign, 'kind'> & { readonly kind: 'offer'; readonly expiresAt: number })
  /** The agent let the offer pass: not asked again for this wait until then. */
  | (Subject & { readonly kind: 'offer-missed'; readonly agentId: string; readonly notBefore: number })
  /** The agent went while being asked. */
  | (Subject & { readonly kind: 'offer-withdrawn'; readonly agentId: string })
  /** Too many were missed: the agent is away until they say otherwise. */
  | { readonly kind: 'agent-break'; readonly agentId: string; readonly misses: number; readonly at: number }
  | (Subject & { readonly kind: 'relax'; readonly step: RelaxStep })
  | (Subject & {
      readonly kind: 'overflow';
      readonly from: string;
      readonly to: OverflowTarget;
      readonly because: OverflowCondition;
      readonly hops: number;
    })
  /** Nobody can have it now; said once, and again when the reason is another. */
  | (Subject & {
      readonly kind: 'wait';
      readonly groupId: string;
      readonly why: WaitReason;
      /** 1 for who is next. */
      readonly position: number;
      readonly estimate: WaitRange | 'unknown';
    });

interface Subject {
  readonly conversationId: string;
  readonly epoch: number;
  readonly at: number;
}

export interface Assign extends Subject {
  readonly kind: 'assign';
  readonly agentId: string;
  /** The group whose member the agent is: a widened one perhaps; the conversation's own where they are in none. */
  readonly groupId: string;
  readonly why: AssignReason;
  readonly record: DecisionRecord;
}

export type AssignReason =
  /** Asked for by name, by a rule or a transfer. */
  | 'named'
  | 'last-agent'
  /** Took nothing lighter meanwhile, so that it fits. */
  | 'kept-room'
  | 'policy'
  /** Named by an overflow, as nobody else could. */
  | 'overflow-agent'
  /** The agent took it by hand. */
  | 'picked'
  /** The agent said yes to the offer. */
  | 'accepted';

export type RelaxStep =
  | { readonly kind: 'language' }
  | { readonly kind: 'level'; readonly lowerBy: number }
  | { readonly kind: 'widen'; readonly groupIds: readonly string[] };

export type WaitReason =
  | 'out-of-hours'
  | 'nobody-online'
  /** Somebody is online, and nobody who may have it: level, language, channel, exclusions. */
  | 'nobody-suited'
  /** Those who may have it are full. */
  | 'nobody-free'
  | 'waits-for-agent'
  | 'picked-by-hand';

/** Why an agent can have a conversation, or the first rule that forbids it, in the order in which they are checked. */
export const verdictKeys = [
  'can-have-it',
  'group-by-hand',
  'out-of-hours',
  'not-a-member',
  'disabled',
  'offline',
  'away',
  'busy',
  'on-a-break',
  'not-this-agent',
  'declined',
  'missed',
  'channel-not-served',
  'level-too-low',
  'language-not-spoken',
  'kept-for-another',
  'store-says-full',
  'being-asked',
  'on-a-call',
  'channel-cap',
  'full',
  'keeps-room',
  'just-online',
] as const;
export type VerdictKey = (typeof verdictKeys)[number];

/** One agent and one conversation: whether, through which group, and the numbers that the words need. */
export interface AgentVerdict {
  readonly agentId: string;
  readonly groupId: string;
  readonly key: VerdictKey;
  readonly data: Readonly<Record<string, string | number>>;
}

/** What a candidate was compared by; the policy says in which order. */
export interface Score {
  readonly level: number;
  readonly usedUnits: number;
  readonly capacityUnits: number;
  readonly idleMs: number;
  /** Work given lately, in conversations, that halves every four hours. */
  readonly recentWork: number;
  /** How many the group has given since this one had its turn; larger is sooner. */
  readonly turnsAgo: number;
}

export interface Candidate {
  readonly agentId: string;
  readonly groupId: string;
  readonly score: Score;
}

/** Kept with a decision: enough to explain it to a person, and bounded. */
export interface DecisionRecord {
  readonly configVersion: number;
  readonly policy: Policy;
  readonly waitedMs: number;
  /** What priority and VIP were worth. */
  readonly worthMs: number;
  /** The wait that could be told when it had to wait, and when that was; null: none. */
  readonly told: (WaitRange & { readonly at: number }) | null;
  readonly relaxed: { readonly language: boolean; readonly levels: number; readonly groupIds: readonly string[] };
  /** Who got it. */
  readonly chosen: Candidate;
  /** Who could have had it by the policy, best first, as far as they are few. */
  readonly candidates: readonly Candidate[];
  /** How many could have had it. */
  readonly candidateCount: number;
  /** The others of the group, as far as they are few. */
  readonly others: readonly AgentVerdict[];
  /** How many members there are of each verdict. */
  readonly counts: Readonly<Partial<Record<VerdictKey, number>>>;
  /** The verdict that a person went against when they took it. */
  readonly overridden?: VerdictKey;
}
