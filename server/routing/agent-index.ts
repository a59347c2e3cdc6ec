import { SortedList } from '../base/sorted-list.ts';
import type { VerdictKey } from './decision-record.ts';
import { absenceOf, floodedUntil, hasLanguage, languageFor, minLevelIn, serves } from './eligibility.ts';
import { policyOrder } from './policies.ts';
import { type Agent, type Entry, type Group, keepsFrom, type Membership, type Profile } from './routing-state.ts';

/**
 * Who of a group can have a conversation, without looking at everybody: members who are online and alike in all that a
 * conversation can ask for stand in one list, in the order of the policy. A search looks at the heads of a few lists.
 *
 * @param weights all that conversations usually weigh: members between two of them are alike
 */
export function createAgentIndex(weights: readonly number[]) {
  const steps = [...new Set(weights)].sort((a, b) => a - b);

  function roomBelow(agent: Agent): number {
    if (agent.usedUnits === 0) return agent.capacityUnits > 0 ? Number.POSITIVE_INFINITY : 0;
    return steps.find((weight) => weight > agent.freeUnits) ?? Number.POSITIVE_INFINITY;
  }

  function list(member: Membership, now: number): void {
    const { agent, group } = member;
    const absence = absenceOf(agent);
    if (absence !== undefined) {
      member.absence = absence;
      group.absent.set(absence, (group.absent.get(absence) ?? 0) + 1);
      return;
    }
    const profile = profileFor(member, now);
    member.profile = profile;
    profile.members.add(member);
    group.staffed += 1;
  }

  function unlist(member: Membership): void {
    const { group, profile, absence } = member;
    if (absence !== undefined) group.absent.set(absence, (group.absent.get(absence) ?? 0) - 1);
    if (profile !== undefined) {
      profile.members.delete(member);
      if (profile.members.size === 0) group.profiles.delete(profile.key);
      group.staffed -= 1;
    }
    member.absence = undefined;
    member.profile = undefined;
  }

  function profileFor(member: Membership, now: number): Profile {
    const { agent, group, level } = member;
    const cappedTypes = cappedTypesOf(agent);
    const below = roomBelow(agent);
    const hindrance = hindranceOf(member, now);
    const isKeeping = agent.keepsRoomFor !== undefined;
    const key = `${level}|${below}|${hindrance ?? ''}|${isKeeping}|${agent.languageKey}|${cappedTypes.join()}`;
    let profile = group.profiles.get(key);
    if (profile === undefined) {
      const members = new SortedList<Membership>(policyOrder[group.config.policy]);
      const { languages } = agent.skills;
      profile = { key, level, languages, cappedTypes, hindrance, isKeeping, roomBelow: below, members };
      group.profiles.set(key, profile);
    }
    return profile;
  }

  return {
    /** Changes what lists are ordered by: the agent is taken out of them meanwhile. */
    change(agent: Agent, now: number, change: () => void): void {
      for (const member of agent.memberships) unlist(member);
      change();
      for (const member of agent.memberships) list(member, now);
    },
  };
}
export type AgentIndex = ReturnType<typeof createAgentIndex>;

/** What a conversation asks of a group's members; undefined: the group does not serve it. */
export interface Asked {
  readonly minLevel: number;
  readonly language: string | null;
}

export function askedOf(group: Group, entry: Entry): Asked | undefined {
  return serves(group, entry) ? { minLevel: minLevelIn(group, entry), language: languageFor(entry) } : undefined;
}

/** Whether the members can have it when there is room; a member whom the conversation excludes is not looked at. */
export function isSuitedFor({ minLevel, language }: Asked, profile: Profile): boolean {
  return profile.level >= minLevel && (language === null || hasLanguage(profile.languages, language));
}

/**
 * Why none of the members can have it now; undefined: those with room can. Whether who keeps room for another one keeps it
 * from this one is asked of each.
 */
export function hindranceIn(profile: Profile, entry: Entry): VerdictKey | undefined {
  const { hindrance, cappedTypes, roomBelow } = profile;
  if (hindrance !== undefined && hindrance !== 'just-online') return hindrance;
  if (cappedTypes.includes(entry.facts.channelType)) return 'channel-cap';
  if (entry.facts.weight >= roomBelow) return 'full';
  return hindrance;
}

/** What no list says of its members. */
export function canHave({ agent }: Membership, entry: Entry): boolean {
  return !entry.forbids(agent.id) && agent.hasRoomFor(entry.facts.weight) && !keepsFrom(agent, entry);
}

/** The lists in which somebody may have it now; the members still have to be asked for room and exclusions. */
export function openProfiles(group: Group, entry: Entry): Profile[] {
  if (!group.isOpen || group.config.policy === 'manual') return [];
  const asked = askedOf(group, entry);
  const open: Profile[] = [];
  if (asked === undefined) return open;
  const { weight, channelType } = entry.facts;
  for (const profile of group.profiles.values()) {
    // What most often says no is asked first: there is no room.
    if (weight >= profile.roomBelow || profile.hindrance !== undefined) continue;
    if (!profile.cappedTypes.includes(channelType) && isSuitedFor(asked, profile)) open.push(profile);
  }
  return open;
}

/** The first in the order of the group's policy who can have it now. */
export function bestMember(group: Group, entry: Entry): Membership | undefined {
  const order = policyOrder[group.config.policy];
  let best: Membership | undefined;
  for (const profile of openProfiles(group, entry)) {
    const first = profile.members.find((member) => canHave(member, entry));
    if (first !== undefined && (best === undefined || order(first, best) < 0)) best = first;
  }
  return best;
}

/** When the agent can have more although nothing happens to it. */
export function nextHindranceEnd(agent: Agent, now: number): number | undefined {
  const ends = [agent.storeFullUntil, ...agent.memberships.map((member) => floodedUntil(member, now))];
  const next = Math.min(...ends.filter((end) => end > now));
  return Number.isFinite(next) ? next : undefined;
}

function hindranceOf(member: Membership, now: number): VerdictKey | undefined {
  const { agent } = member;
  if (agent.storeFullUntil > now) return 'store-says-full';
  if (agent.asked !== undefined) return 'being-asked';
  if (agent.exclusive > 0) return 'on-a-call';
  return floodedUntil(member, now) > now ? 'just-online' : undefined;
}

const none: readonly string[] = [];

function cappedTypesOf({ skills, heldByType }: Agent): readonly string[] {
  if (skills.channelCaps === undefined) return none;
  return Object.entries(skills.channelCaps)
    .filter(([channelType, cap]) => (heldByType.get(channelType) ?? 0) >= cap)
    .map(([channelType]) => channelType);
}
