import { SortedList } from '../base/sorted-list.ts';
import type { VerdictKey } from './decision-record.ts';
import { absenceOf, floodedUntil, languageFor, minLevelIn, serves } from './eligibility.ts';
import { policyOrder } from './policies.ts';
import {
  type Agent,
  type Entry,
  type Group,
  keepsFrom,
  type Membership,
  type Profile,
  profileColumns,
} from './routing-state.ts';

/** Why an agent who is there has nothing now. */
const passingHindrances: readonly VerdictKey[] = ['store-says-full', 'being-asked', 'on-a-call', 'just-online'];
/** More than any weight; a small whole number, which lies in its object and nowhere else. */
const roomForAll = 2 ** 30 - 1;

/**
 * What members who are alike are, as one number. What is seldom so, and asks for more than numbers, stands in the lowest bits: 0
 * there says "none of that".
 */
function traitsOf(of: {
  level: number;
  languagesId: number;
  hindranceId: number;
  isKeeping: boolean;
  isCapped: boolean;
}): number {
  const seldom = (of.hindranceId << 1) | Number(of.isCapped);
  return (of.languagesId << 8) | (of.level << 5) | (Number(of.isKeeping) << 4) | seldom;
}
export const seldomTraits = 0b1111;
export const isKeepingIn = (traits: number): boolean => (traits & 0b10000) !== 0;
export const levelIn = (traits: number): number => (traits >> 5) & 7;
export const languagesIdIn = (traits: number): number => traits >> 8;

/**
 * Who of a group can have a conversation, without looking at everybody: members who are online and alike in all that a
 * conversation can ask for stand in one list, in the order of the policy. A search looks at the heads of a few lists.
 *
 * @param weights all that conversations usually weigh: members between two of them are alike
 */
export function createAgentIndex(weights: readonly number[]) {
  const steps = [...new Set(weights)].sort((a, b) => a - b);

  /** What no conversation of a weight from there on has room below; the last one and no room at all are numbered, too. */
  const bounds = [...steps, roomForAll, 0];

  function roomOf(agent: Agent): number {
    if (agent.usedUnits === 0) return bounds.length - (agent.capacityUnits > 0 ? 2 : 1);
    const { freeUnits } = agent;
    return bounds.findIndex((weight) => weight > freeUnits);
  }

  function list(member: Membership, absence: VerdictKey | undefined, alike: Alike, now: number): void {
    const { group } = member;
    if (absence !== undefined) {
      member.absence = absence;
      group.absent.set(absence, (group.absent.get(absence) ?? 0) + 1);
      return;
    }
    const profile = profileFor(member, alike, now);
    member.profile = profile;
    profile.members.add(member);
    group.profiles.setNumber(profile, profileColumns.count, profile.members.size);
    group.staffed += 1;
  }

  function unlist(member: Membership): void {
    const { group, profile, absence } = member;
    if (absence !== undefined) group.absent.set(absence, (group.absent.get(absence) ?? 0) - 1);
    if (profile !== undefined) {
      profile.members.delete(member);
      const { size } = profile.members;
      if (size === 0) group.profiles.delete(profile);
      else group.profiles.setNumber(profile, profileColumns.count, size);
      group.staffed -= 1;
    }
    member.absence = undefined;
    member.profile = undefined;
  }

  function profileFor(member: Membership, { room, cappedTypes }: Alike, now: number): Profile {
    const { agent, group, level } = member;
    const hindrance = hindranceOf(member, now);
    const isKeeping = agent.keepsRoomFor !== undefined;
    const hindranceId = hindrance === undefined ? 0 : 1 + passingHindrances.indexOf(hindrance);
    const { languagesId } = agent;
    const traits = traitsOf({ level, languagesId, hindranceId, isKeeping, isCapped: cappedTypes.length > 0 });
    const number = traits * bounds.length + room;
    const key = cappedTypes.length === 0 ? number : `${number} ${cappedTypes.join()}`;
    let profile = group.profiles.get(key);
    if (profile === undefined) {
      const members = new SortedList<Membership>(policyOrder[group.config.policy]);
      const roomBelow = bounds[room] as number;
      profile = { key, at: 0, cappedTypes, hindrance, isKeeping, roomBelow, members };
      group.profiles.add(profile, [hindrance === undefined ? roomBelow : 0, traits, 0]);
    }
    return profile;
  }

  return {
    /** Changes what lists are ordered by: the agent is taken out of them meanwhile. */
    change(agent: Agent, now: number, change: () => void): void {
      for (const member of agent.memberships) unlist(member);
      change();
      const absence = absenceOf(agent);
      const alike = { room: roomOf(agent), cappedTypes: cappedTypesOf(agent) };
      for (const member of agent.memberships) list(member, absence, alike, now);
    },
  };
}
/** What an agent has in common with others in all groups: the number of the room left, and the types held as often as may be. */
interface Alike {
  readonly room: number;
  readonly cappedTypes: readonly string[];
}

export type AgentIndex = ReturnType<typeof createAgentIndex>;

/** What a conversation asks of a group's members; undefined: the group does not serve it. */
export interface Asked {
  readonly minLevel: number;
  /** By their languages, who speaks the customer's; null: any language will do. */
  readonly speakers: readonly boolean[] | null;
}

export function askedOf(group: Group, entry: Entry): Asked | undefined {
  if (!serves(group, entry)) return undefined;
  const language = languageFor(entry);
  const speakers = language === null ? null : group.spoken.asked(language).speakers;
  return { minLevel: minLevelIn(group, entry), speakers };
}

/** Whether members of these traits can have it when there is room; a member whom the conversation excludes is not looked at. */
export function isSuitedBy(traits: number, { minLevel, speakers }: Asked): boolean {
  return levelIn(traits) >= minLevel && (speakers === null || speakers[languagesIdIn(traits)] === true);
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
  const { items } = group.profiles;
  const openBelow = group.profiles.column(profileColumns.openBelow);
  const allTraits = group.profiles.column(profileColumns.traits);
  for (let i = 0; i < items.length; i++) {
    // What most often says no is asked first: there is no room.
    if (weight >= (openBelow[i] as number) || !isSuitedBy(allTraits[i] as number, asked)) continue;
    const profile = items[i] as Profile;
    if (!profile.cappedTypes.includes(channelType)) open.push(profile);
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
  const { channelCaps } = skills;
  let capped: string[] | undefined;
  for (const channelType in channelCaps) {
    if ((heldByType.get(channelType) ?? 0) < (channelCaps[channelType] as number)) continue;
    capped ??= [];
    capped.push(channelType);
  }
  return capped ?? none;
}
