import type { Priority, SlaTarget } from './protocol.ts';

/**
 * The routing document: who answers what, when, and in which order. It is published as a whole, each time as a new
 * version, and checked as a whole before. The server imports it too, so that editor and dispatcher cannot drift apart.
 */
export interface RoutingConfig {
  readonly groups: readonly SkillGroup[];
  /** In the order in which they are tried. */
  readonly rules: readonly RouterRule[];
  readonly schedules: readonly Schedule[];
  readonly sla: readonly SlaPolicy[];
  /** Where a conversation goes that no rule sends anywhere; null: to `everyone`, a group of all agents. */
  readonly defaultGroupId: string | null;
  /** What a conversation of a channel type takes of an agent's capacity, in hundredths; a type that is not named: 100. */
  readonly weights: Readonly<Record<string, number>>;
  /** Channel types that an agent cannot do beside anything new: a call. */
  readonly exclusive: readonly string[];
  readonly agents: Readonly<Record<string, AgentSkills>>;
  readonly presence: PresenceRules;
  readonly capacity: CapacityRules;
  readonly ageing: Ageing;
}

export interface AgentSkills {
  /** BCP 47 tags; none: not stated, and the agent is asked whatever the language. */
  readonly languages: readonly string[];
  /** How many conversations of a channel type the agent may hold at once. */
  readonly channelCaps?: Readonly<Record<string, number>>;
}

export interface PresenceRules {
  /** Without a key or a mouse for so long an agent is away; null: never by itself. */
  readonly autoAwayMs: number | null;
  /** So many offers missed within the window, and the agent goes on a break. */
  readonly missesToBreak: number;
  readonly missWindowMs: number;
  /** Channel types that are answered at leisure: what an agent has of them they keep, also when they are gone. */
  readonly staysWithAgent: readonly string[];
}

/** What an agent's capacity means where it is not counted to the letter. */
export interface CapacityRules {
  /**
   * An answered conversation in which nothing has happened for so long counts `quietPercent` of what it weighs, until the
   * customer writes; null: it always counts whole.
   */
  readonly quietAfterMs: number | null;
  /** 1 to 100. */
  readonly quietPercent: number;
  /** How many conversations somebody may have beyond their capacity by transfers. */
  readonly transferMargin: number;
}

/**
 * What a priority is worth in minutes of waiting: `high: 10` stands where a `normal` one stands that came ten minutes
 * earlier. All wait at the same rate, so the order of two never changes, and nobody is passed for ever.
 */
export interface Ageing extends Readonly<Record<Priority, number>> {
  /** Added for a VIP. */
  readonly vip: number;
}

export const policies = ['best-skill', 'least-loaded', 'longest-idle', 'round-robin', 'manual'] as const;
export type Policy = (typeof policies)[number];

/** The group of all agents, there where `defaultGroupId` is null. */
export const everyoneId = 'everyone';

export interface SkillGroup {
  readonly id: string;
  readonly name: string;
  readonly policy: Policy;
  readonly members: readonly GroupMember[];
  /** Channels that the group serves; null: all. */
  readonly channels: readonly string[] | null;
  /** Languages that the group serves; null: all. */
  readonly languages: readonly string[] | null;
  /** null: always open. */
  readonly scheduleId: string | null;
  readonly minLevel: number;
  /** Whether who served the contact within `withinMs` is asked first, and how long is waited for them while they are full. */
  readonly history: { readonly withinMs: number; readonly waitAtMostMs: number } | null;
  readonly offer: { readonly mode: 'auto' } | { readonly mode: 'ring'; readonly timeoutMs: number };
  readonly relax: Relaxation;
  readonly overflow: readonly Overflow[];
  /** How many groups a conversation may be sent on through. */
  readonly maxHops: number;
  /** At most so many a minute for somebody who has just come online; null: no limit. */
  readonly floodPerMinute: number | null;
  /** An assigned conversation without a first answer goes back to the queue after this. */
  readonly firstAnswerMs: number | null;
  /** One in which the customer has waited so long for the next answer, too. */
  readonly inactivityMs: number | null;
  /** Said once to who waits on a channel without a window of ours, with `{position}` and `{estimate}`; null: nothing. */
  readonly waitAnswer: Readonly<Record<string, string>> | null;
  /** What becomes of the place of a customer who leaves while waiting. */
  readonly whenLeft: WhenLeft;
}

export const whenLeftKinds = ['stays', 'behind', 'leaves'] as const;
/**
 * `stays`: it waits as before, so that an answer meets them when they come back; `behind`: it stands behind those who are
 * there, until they come back; `leaves`: it is closed, and reopened where it stood when they come back soon.
 */
export type WhenLeft = (typeof whenLeftKinds)[number];

export interface GroupMember {
  readonly agentId: string;
  /** 1 (beginner) to 5 (expert). */
  readonly level: number;
}

/** What is asked for less and less while a conversation waits. Times count from when it came to the group. */
export interface Relaxation {
  readonly dropLanguageAfterMs?: number;
  /** One level less after each such time. */
  readonly lowerLevelAfterMs?: number;
  readonly widenAfterMs?: number;
  /** Groups whose members may answer as well from then on. */
  readonly widenTo?: readonly string[];
}

/** The first one whose conditions all hold is followed. */
export interface Overflow {
  readonly when: OverflowCondition;
  readonly to: OverflowTarget;
}

export interface OverflowCondition {
  readonly afterMs?: number;
  /** At least so many others wait in the group when it comes. */
  readonly waiting?: number;
  /** The expected wait is at least this when it comes. An unknown one is not. */
  readonly estimateMs?: number;
  readonly outOfHours?: true;
  /** No member is online. */
  readonly nobodyStaffed?: true;
}

export type OverflowTarget =
  | { readonly kind: 'group'; readonly groupId: string }
  /** May answer from now on beside the group, member or not. */
  | { readonly kind: 'agent'; readonly agentId: string }
  /** It waits no longer: the bot has it. Once a wait, and not what the bot has handed over itself. */
  | { readonly kind: 'bot' }
  /** The customer is offered it, once, and goes on waiting meanwhile. */
  | { readonly kind: 'message-form' }
  | { readonly kind: 'call-back' };

export interface RouterRule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly when: Condition;
  readonly actions: readonly Action[];
  /** No later rule is looked at when this one applies. */
  readonly stop: boolean;
}

export type Condition =
  | { readonly kind: 'always' }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'channel'; readonly in: readonly string[] }
  | { readonly kind: 'channel-type'; readonly in: readonly string[] }
  /** The address of the page: its text, its beginning, or all of it with `*` for anything. */
  | { readonly kind: 'page'; readonly match: 'contains' | 'prefix' | 'glob'; readonly text: string }
  | { readonly kind: 'time'; readonly scheduleId: string; readonly is: 'open' | 'closed' }
  | { readonly kind: 'language'; readonly in: readonly string[] }
  | AttributeCondition
  | { readonly kind: 'tag'; readonly in: readonly string[] }
  /** `atLeast`: how sure the recogniser must be, 0 to 1; absent: anything. */
  | { readonly kind: 'intent'; readonly in: readonly string[]; readonly atLeast?: number }
  | { readonly kind: 'first-words'; readonly match: 'contains' | 'prefix'; readonly in: readonly string[] }
  | { readonly kind: 'vip' }
  | { readonly kind: 'returning' };

export const attributeTests = ['equal', 'not-equal', 'containing', 'at-least', 'at-most', 'set', 'not-set'] as const;
export type AttributeTest = (typeof attributeTests)[number];
export type AttributeCondition =
  | { readonly kind: 'attribute'; readonly name: string; readonly is: 'set' | 'not-set' }
  | {
      readonly kind: 'attribute';
      readonly name: string;
      readonly is: 'equal' | 'not-equal' | 'containing';
      readonly value: string;
    }
  | { readonly kind: 'attribute'; readonly name: string; readonly is: 'at-least' | 'at-most'; readonly value: number };

export type Action =
  /** `flowId`: the bot begins with this flow, whatever the customer's first words are. */
  | { readonly kind: 'to-bot'; readonly flowId?: string }
  | { readonly kind: 'to-group'; readonly groupId: string }
  | { readonly kind: 'to-agent'; readonly agentId: string }
  /** The agent is not given it, whatever group and level they have; by hand only against the rule, which is recorded. */
  | { readonly kind: 'not-to-agent'; readonly agentId: string }
  /** Who has less than this level (1 to 5) in the group is not given it; a group that asks for less after a time does so here too. */
  | { readonly kind: 'min-level'; readonly minLevel: number }
  | { readonly kind: 'priority'; readonly priority: Priority }
  | { readonly kind: 'tag'; readonly tag: string }
  /** Texts by language tag; `default` where the customer's has none. */
  | { readonly kind: 'auto-answer'; readonly texts: Readonly<Record<string, string>> }
  | { readonly kind: 'webhook'; readonly url: string };

/** When people work, in their own time zone. */
export interface Schedule {
  readonly id: string;
  readonly name: string;
  /** An IANA name: `Europe/Berlin`. */
  readonly timeZone: string;
  readonly weekly: readonly WeeklyHours[];
  /** Days with other hours than their weekday's: a holiday has none. */
  readonly special: readonly SpecialDay[];
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** `HH:MM` from midnight of the day on which they begin; 22:00 to 30:00 ends at six in the morning. */
export interface Hours {
  readonly from: string;
  readonly to: string;
}

export interface WeeklyHours extends Hours {
  readonly day: Weekday;
}

export interface SpecialDay {
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly name: string;
  readonly hours: readonly Hours[];
}

export const slaPauses = ['waiting-for-customer', 'snoozed'] as const;
/** What stops the clocks of a policy, beside closed hours: `waiting-for-customer` stops that of the resolution alone. */
export type SlaPause = (typeof slaPauses)[number];

/** Times within which something must happen, counted in working hours. The first one whose group and priority fit holds. */
export interface SlaPolicy {
  readonly id: string;
  readonly name: string;
  /** null: every group. */
  readonly groupId: string | null;
  /** null: every priority. */
  readonly priority: Priority | null;
  readonly firstAnswerMs?: number;
  readonly nextAnswerMs?: number;
  readonly resolveMs?: number;
  /** null: always counted. */
  readonly scheduleId: string | null;
  /** The part of a target's time after which it warns: 0.8 is a fifth before the end; 1: not before the end. */
  readonly warnAt: number;
  readonly pauses: readonly SlaPause[];
  readonly escalate: readonly Escalation[];
}

export const slaStages = ['warning', 'breach'] as const;
export type SlaStage = (typeof slaStages)[number];

/** What is done when time runs out. Each clock warns once and is breached once, so nothing is done for ever. */
export interface Escalation {
  readonly on: SlaStage;
  /** null: all of them. */
  readonly targets: readonly SlaTarget[] | null;
  readonly actions: readonly EscalationAction[];
}

export type EscalationAction =
  /** `priority` raises it, and never lowers it. */
  | Extract<Action, { readonly kind: 'to-group' | 'priority' | 'tag' | 'webhook' }>
  /** Told of it beside who has the conversation. */
  | { readonly kind: 'notify'; readonly agentIds: readonly string[]; readonly supervisors: boolean };

/** A group as it is when only its name and members are said. */
export function groupWithDefaults(group: Pick<SkillGroup, 'id' | 'name'> & Partial<SkillGroup>): SkillGroup {
  return {
    policy: 'best-skill',
    members: [],
    channels: null,
    languages: null,
    scheduleId: null,
    minLevel: 1,
    history: null,
    offer: { mode: 'auto' },
    relax: {},
    overflow: [],
    maxHops: 3,
    floodPerMinute: null,
    firstAnswerMs: null,
    inactivityMs: null,
    waitAnswer: null,
    whenLeft: 'stays',
    ...group,
  };
}
