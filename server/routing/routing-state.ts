import type { AgentSkills, SkillGroup } from '@parley/sdk/routing-document.ts';
import { hashOf } from '../base/hash.ts';
import { type Numbered, NumberedMap } from '../base/numbered-map.ts';
import type { SortedList } from '../base/sorted-list.ts';
import type { DecisionRecord, VerdictKey, WaitReason } from './decision-record.ts';
import type { Comparable } from './policies.ts';
import { neverThere, noWork } from './recent-work.ts';
import { unitsPerConversation } from './routing-config.ts';
import type { AgentFacts, WaitingEntry, Whereabouts } from './routing-facts.ts';
import type { SpokenLanguages } from './spoken-languages.ts';
import type { ToldWaits } from './told-waits.ts';
import type { ServiceRate, WaitRange } from './wait-estimate.ts';
import type { WorkingHours } from './working-hours.ts';

/** Not even what weighs nothing fits. */
const noRoom = -1;

export const noSkills: AgentSkills = { languages: [] };

/** What the core knows of an agent. What lists are ordered by changes through `changeAgent` alone. */
export class Agent {
  readonly id: string;
  readonly hash: number;
  skills: AgentSkills = noSkills;
  /** The same number for the same languages. */
  languagesId = 0;
  /** By the number of a customer's language, whether the agent will do for it. */
  understood: readonly boolean[] = [];
  /** Hundredths of conversations that are held or offered. */
  usedUnits = 0;
  /** Held conversations of channel types that nothing goes beside. */
  exclusive = 0;
  readonly heldByType = new Map<string, number>();
  idleSince = 0;
  recentWork = noWork;
  /** How long the agent was online lately, as of the last change of that. */
  timeThere = neverThere;
  /** When something was given since the agent came online, as far as the flood limits ask. */
  given: number[] = [];
  /** When offers were missed, within the window. */
  misses: number[] = [];
  isOnBreak = false;
  /** The store knew of more than we did: nothing more until then, or until there is news of the agent. */
  storeFullUntil = 0;
  /** The offer that is to be answered. */
  asked: Entry | undefined;
  /** Takes nothing that stands behind it, so that room for this one grows. */
  keepsRoomFor: Entry | undefined;
  memberships: Membership[] = [];
  /** Conversations that wait for this agent, or may have it though it is no member, by what they need. */
  readonly personal: EntryClasses = new NumberedMap(Object.keys(classColumns).length);
  /** Conversations that would rather have this agent than another. */
  readonly preferredBy = new Set<Entry>();
  isFreer = false;
  dueAt: number | undefined = undefined;
  readonly dueName: string;
  #facts: AgentFacts | undefined;
  #capacityUnits = 0;

  constructor(id: string) {
    this.id = id;
    this.dueName = `2 ${id}`;
    this.hash = hashOf(id);
  }

  /** Absent while only the configuration, or a conversation, has named the agent. */
  get facts(): AgentFacts | undefined {
    return this.#facts;
  }

  set facts(facts: AgentFacts) {
    this.#facts = facts;
    this.#capacityUnits = facts.capacity * unitsPerConversation;
  }

  get capacityUnits(): number {
    return this.#capacityUnits;
  }

  get freeUnits(): number {
    return Math.max(0, this.capacityUnits - this.usedUnits);
  }

  /** What weighs more than all of the capacity needs all of it. */
  unitsFor(weight: number): number {
    return this.facts === undefined ? weight : Math.min(weight, this.capacityUnits);
  }

  /** What weighs more than this does not fit. */
  get room(): number {
    if (this.capacityUnits <= 0 || this.exclusive > 0) return noRoom;
    return this.usedUnits <= 0 ? Number.POSITIVE_INFINITY : this.freeUnits;
  }

  hasRoomFor(weight: number): boolean {
    return weight <= this.room;
  }
}

/** An agent in a group: what the group's policy compares. */
export class Membership implements Comparable {
  readonly agent: Agent;
  readonly group: Group;
  readonly level: number;
  turn = 0;
  /** Where it is listed; undefined while the agent is not online. */
  profile: Profile | undefined = undefined;
  /** What it counts as in the group while it is not. */
  absence: VerdictKey | undefined = undefined;

  constructor(agent: Agent, group: Group, level: number) {
    this.agent = agent;
    this.group = group;
    this.level = level;
  }

  get agentId(): string {
    return this.agent.id;
  }
  get hash(): number {
    return this.agent.hash;
  }
  get usedUnits(): number {
    return this.agent.usedUnits;
  }
  get capacityUnits(): number {
    return this.agent.capacityUnits;
  }
  get idleSince(): number {
    return this.agent.idleSince;
  }
  get recentWork(): number {
    return this.agent.recentWork;
  }
}

/** Members of a group who are online and alike in all that a conversation can ask for, in the order of the policy. */
export interface Profile extends Numbered<number | string> {
  /** Channel types of which the agents hold as many as they may. */
  readonly cappedTypes: readonly string[];
  /** Why they can have nothing now; undefined: they have room. */
  readonly hindrance: VerdictKey | undefined;
  /** Each keeps room for a conversation, from those that stand behind it. */
  readonly isKeeping: boolean;
  /** No conversation of this weight or more fits; more than any weight where all of the capacity is free. */
  readonly roomBelow: number;
  readonly members: SortedList<Membership>;
}

/**
 * By column: the weight from which on there is no room, 0 where the members can have nothing at all; what they are
 * (`traitsOf`); how many they are.
 */
export type Profiles = NumberedMap<number | string, Profile>;
export const profileColumns = { openBelow: 0, traits: 1, count: 2 } as const;

export interface Group {
  readonly config: SkillGroup;
  /** The configured ones, in lower case. */
  readonly languages: readonly string[] | null;
  readonly hours: WorkingHours;
  isOpen: boolean;
  readonly members: Map<string, Membership>;
  readonly profiles: Profiles;
  readonly spoken: SpokenLanguages;
  /** Members who are not online, by why. */
  readonly absent: Map<VerdictKey, number>;
  staffed: number;
  /** All that wait here or are being offered, in order. */
  readonly waiting: SortedList<Entry>;
  /** Those that members may have now, widened ones too, by what they ask for. */
  readonly classes: EntryClasses;
  /** How many conversations its members were given through it. */
  turns: number;
  readonly rate: ServiceRate;
  /** How the waits came out of which something was told. */
  readonly told: ToldWaits;
  /** It closed, or the last one went: overflow is to be looked at. */
  needsReview: boolean;
  abandoned: number;
  dueAt: number | undefined;
  readonly dueName: string;
}

/** Conversations that ask for the same, in order. */
export interface EntryClass extends Numbered<string> {
  /** By their languages, who speaks the customer's; null: it is not asked for. */
  readonly speakers: readonly boolean[] | null;
  readonly minLevel: number;
  readonly weight: number;
  readonly channelType: string;
  /** Somebody keeps room for them already. */
  readonly isKept: boolean;
  readonly entries: SortedList<Entry>;
  /** Of the entries. */
  first: Entry;
  /** Where it is kept while it has any. */
  readonly home: EntryClasses;
}

/**
 * By column: the key of the first; the least level that is asked for; the number of the language; the weight; whether
 * somebody keeps room for them, 1 or 0.
 */
export type EntryClasses = NumberedMap<string, EntryClass>;
export const classColumns = { firstKey: 0, minLevel: 1, language: 2, weight: 3, isKept: 4 } as const;

export interface Exclusion {
  readonly until: number;
  readonly why: 'missed' | 'declined';
}
const nobody: ReadonlyMap<string, Exclusion> = new Map();

/** What the core knows of a conversation that waits. */
export class Entry {
  facts: WaitingEntry;
  /** The customer's, in lower case. */
  readonly language: string | null;
  /** What it is ordered by: when it came, less what priority and VIP are worth. */
  key: number;
  state: Exclude<Whereabouts, 'gone'> = 'waiting';
  /** It is here no more; who has found it before has to look again. */
  isGone = false;
  /** Its own, then those that it was widened to. */
  groups: Group[];
  /** Since when it is in its own group. */
  since: number;
  /** When what time changes by itself was last looked at. */
  reviewedAt = Number.NEGATIVE_INFINITY;
  hops: number;
  readonly visited: string[];
  isLanguageDropped = false;
  lowerBy = 0;
  isWidened = false;
  /** Agents whom an overflow named. */
  named: Agent[] = [];
  /** Overflows of the group that were followed. */
  readonly followed: number[] = [];
  preferred: Agent | undefined = undefined;
  /** Waits for the preferred one alone. */
  isReserved = false;
  keptBy: Agent | undefined = undefined;
  /** Not to be given before, after the store failed. */
  notBefore = Number.NEGATIVE_INFINITY;
  /** Where it is listed. */
  placedIn: EntryClass[] = [];
  /** To be decided. */
  isDue = false;
  /** Nothing was said of its overflow in this group yet. */
  isNewHere = true;
  said: WaitReason | undefined = undefined;
  /** The first estimate: as the customer was told it, or as they could have been told. */
  told: (WaitRange & { readonly at: number }) | undefined;
  /** The customer was told something. */
  isTold: boolean;
  /** To whom it is given or offered, and what is put back if that fails. */
  given: Given | undefined = undefined;
  dueAt: number | undefined = undefined;
  readonly dueName: string;
  /** Of a hundred thousand most have none: what they do not have takes no room. */
  #excluded: Map<string, Exclusion> | undefined;
  /** No agent is excluded. */
  isForAnybody: boolean;

  constructor(facts: WaitingEntry, key: number, groups: Group[]) {
    this.facts = facts;
    this.dueName = `3 ${facts.conversationId}`;
    this.language = facts.language?.toLowerCase() ?? null;
    this.key = key;
    this.groups = groups;
    this.since = facts.groupSince ?? facts.enqueuedAt;
    this.hops = facts.hops;
    this.told = facts.told ?? undefined;
    this.isTold = this.told !== undefined;
    this.visited = [...new Set([...(facts.visited ?? []), ...groups.map(({ config }) => config.id)])];
    this.isForAnybody = facts.notAgents.length === 0;
  }

  /** Its own group. */
  get group(): Group {
    return this.groups[0] as Group;
  }

  forbids(agentId: string): boolean {
    return !this.isForAnybody && (this.excluded.has(agentId) || this.facts.notAgents.includes(agentId));
  }

  /** Who missed it or said no, and until when that holds. */
  get excluded(): ReadonlyMap<string, Exclusion> {
    return this.#excluded ?? nobody;
  }

  exclude(agentId: string, exclusion: Exclusion): void {
    this.#excluded ??= new Map();
    this.#excluded.set(agentId, exclusion);
    this.isForAnybody = false;
  }

  /** Those whose time is over can be asked again. @returns whether there are any */
  endExclusions(now: number): boolean {
    let hasEnded = false;
    for (const [agentId, { until }] of this.#excluded ?? nobody) {
      if (until <= now) hasEnded = this.#excluded?.delete(agentId) === true || hasEnded;
    }
    return hasEnded;
  }
}

export interface Given {
  readonly agent: Agent;
  readonly groupId: string;
  /** The agent's, before. */
  readonly idleSince: number;
  readonly record: DecisionRecord;
  /** Of an offer. */
  readonly expiresAt: number;
}

/** Whether the agent keeps the room that this one needs for another one, which stands before it. */
export function keepsFrom(agent: Agent, entry: Entry): boolean {
  return agent.keepsRoomFor !== undefined && byPlace(agent.keepsRoomFor, entry) < 0;
}

/** By which `byPlace` decides first. */
export const placeKey = ({ key }: Entry): number => key;

/** First by key, then by when it came, then by number. */
export function byPlace(a: Entry, b: Entry): number {
  return (
    a.key - b.key ||
    a.facts.enqueuedAt - b.facts.enqueuedAt ||
    a.facts.conversationId.length - b.facts.conversationId.length ||
    (a.facts.conversationId < b.facts.conversationId ? -1 : Number(a.facts.conversationId > b.facts.conversationId))
  );
}
