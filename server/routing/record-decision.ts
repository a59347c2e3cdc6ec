import type { SkillGroup } from '@parley/sdk/routing-document.ts';
import {
  type Asked,
  askedOf,
  canHave,
  hindranceIn,
  isKeepingIn,
  isSuitedBy,
  languagesIdIn,
  levelIn,
  openProfiles,
  seldomTraits,
} from './agent-index.ts';
import type { AgentVerdict, Candidate, DecisionRecord, VerdictKey } from './decision-record.ts';
import { absenceOf, verdictOf } from './eligibility.ts';
import type { Choice } from './pipeline.ts';
import { policyOrder } from './policies.ts';
import { workAt } from './recent-work.ts';
import { unitsPerConversation } from './routing-config.ts';
import {
  type Agent,
  type Entry,
  type Group,
  keepsFrom,
  type Membership,
  type Profile,
  profileColumns,
} from './routing-state.ts';

/** So many candidates are kept, and in a group of so many members every one's verdict: a record stays small. */
const candidatesKept = 10;
const othersKept = 50;

/** What there is to say about a choice, from the state in which it was made. */
export function recordOf(entry: Entry, choice: Choice, configVersion: number, now: number): DecisionRecord {
  const { facts, group } = entry;
  const best = entry.groups.flatMap((of) => bestMembers(of, entry)).slice(0, candidatesKept);
  const through = entry.groups.find(({ config }) => config.id === choice.groupId) ?? group;
  const { counts, candidateCount } = countVerdicts(entry);
  return {
    configVersion,
    policy: group.config.policy,
    waitedMs: now - facts.enqueuedAt,
    worthMs: facts.enqueuedAt - entry.key,
    told: entry.told ?? null,
    relaxed: {
      language: entry.isLanguageDropped,
      levels: entry.lowerBy,
      groupIds: entry.groups.slice(1).map(({ config }) => config.id),
    },
    chosen: candidateOf(choice.agent, through, now),
    candidates: best.map((member) => candidateOf(member.agent, member.group, now)),
    candidateCount,
    others: othersOf(entry, new Set(best.map(({ agentId }) => agentId)), now),
    counts,
  };
}

/** In the order of the group's policy; those that the conversation excludes are left out. */
function bestMembers(group: Group, entry: Entry): Membership[] {
  const order = policyOrder[group.config.policy];
  const heads = openProfiles(group, entry).map((profile) => {
    const members = profile.members[Symbol.iterator]();
    return { members, next: members.next() };
  });
  const best: Membership[] = [];
  while (best.length < candidatesKept) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (first === undefined || first.next.done === true || order(head.next.value, first.next.value) < 0) first = head;
    }
    if (first === undefined || first.next.done === true) break;
    const member = first.next.value;
    if (canHave(member, entry)) best.push(member);
    first.next = first.members.next();
  }
  return best;
}

function candidateOf(agent: Agent, group: Group, now: number): Candidate {
  const member = group.members.get(agent.id);
  return {
    agentId: agent.id,
    groupId: group.config.id,
    score: {
      level: member?.level ?? 0,
      usedUnits: agent.usedUnits,
      capacityUnits: agent.capacityUnits,
      idleMs: Math.max(0, now - agent.idleSince),
      recentWork: workAt(agent.recentWork, now) / unitsPerConversation,
      turnsAgo: group.turns - (member?.turn ?? 0),
    },
  };
}

/** Every member's verdict, where the group is small. */
function othersOf(entry: Entry, candidates: ReadonlySet<string>, now: number): AgentVerdict[] {
  const { members } = entry.group;
  if (members.size > othersKept) return [];
  return [...members.values()]
    .filter(({ agentId }) => !candidates.has(agentId))
    .map(({ agent }) => verdictOf(entry, agent, now));
}

/** Counted by lists of members who are alike, so that a large group costs no more than a small one. */
function countVerdicts(entry: Entry): { counts: Partial<Record<VerdictKey, number>>; candidateCount: number } {
  const counts: { [K in VerdictKey]?: number } = {};
  const count = (key: VerdictKey, by: number) => {
    if (by !== 0) counts[key] = (counts[key] ?? 0) + by;
  };
  for (const group of entry.groups) {
    const closed = group.config.policy === 'manual' ? 'group-by-hand' : group.isOpen ? undefined : 'out-of-hours';
    if (closed !== undefined) {
      count(closed, group.members.size);
      continue;
    }
    for (const [key, members] of group.absent) count(key, members);
    const asked = askedOf(group, entry);
    countProfiles(group, asked, entry, count);
    for (const [agentId, why] of exclusions(entry)) {
      const member = group.members.get(agentId);
      if (member?.profile === undefined || absenceOf(member.agent) !== undefined) continue;
      const traits = group.profiles.number(member.profile, profileColumns.traits);
      const key = keyOf(member.profile, traits, asked, group.config, entry);
      count(isRoomAsked(key) && keepsFrom(member.agent, entry) ? 'keeps-room' : key, -1);
      count(why, 1);
    }
  }
  return { counts, candidateCount: counts['can-have-it'] ?? 0 };
}

/** Most lists are told by their numbers alone, and not looked at. */
function countProfiles(
  { profiles, config }: Group,
  asked: Asked | undefined,
  entry: Entry,
  count: (key: VerdictKey, by: number) => void,
): void {
  const { items } = profiles;
  const openBelow = profiles.column(profileColumns.openBelow);
  const allTraits = profiles.column(profileColumns.traits);
  const counts = profiles.column(profileColumns.count);
  const { weight } = entry.facts;
  let [tooLow, notSpoken, full, free] = [0, 0, 0, 0];
  for (let i = 0; i < items.length; i++) {
    const traits = allTraits[i] as number;
    const members = counts[i] as number;
    if (asked === undefined || (traits & seldomTraits) !== 0) {
      const profile = items[i] as Profile;
      const key = keyOf(profile, traits, asked, config, entry);
      const kept = profile.isKeeping && isRoomAsked(key) ? keepersFrom(profile, entry) : 0;
      count('keeps-room', kept);
      count(key, members - kept);
    } else if (levelIn(traits) < asked.minLevel) tooLow += members;
    else if (asked.speakers !== null && asked.speakers[languagesIdIn(traits)] !== true) notSpoken += members;
    else if (weight >= (openBelow[i] as number)) full += members;
    else {
      const kept = isKeepingIn(traits) ? keepersFrom(items[i] as Profile, entry) : 0;
      count('keeps-room', kept);
      free += members - kept;
    }
  }
  count('level-too-low', tooLow);
  count('language-not-spoken', notSpoken);
  count('full', full);
  count('can-have-it', free);
}

function keyOf(
  profile: Profile,
  traits: number,
  asked: Asked | undefined,
  config: SkillGroup,
  entry: Entry,
): VerdictKey {
  if (asked === undefined) {
    return config.channels?.includes(entry.facts.channelId) === false ? 'channel-not-served' : 'language-not-spoken';
  }
  if (isSuitedBy(traits, asked)) return hindranceIn(profile, entry) ?? 'can-have-it';
  return levelIn(traits) < asked.minLevel ? 'level-too-low' : 'language-not-spoken';
}

/** Who keeps room for another one says so only where there is room. */
function isRoomAsked(key: VerdictKey): boolean {
  return key === 'can-have-it' || key === 'just-online';
}

function keepersFrom({ members }: Profile, entry: Entry): number {
  let keepers = 0;
  for (const { agent } of members) if (keepsFrom(agent, entry)) keepers += 1;
  return keepers;
}

function exclusions(entry: Entry): Map<string, VerdictKey> {
  const whys = new Map<string, VerdictKey>([...entry.excluded].map(([agentId, { why }]) => [agentId, why]));
  for (const agentId of entry.facts.notAgents) whys.set(agentId, 'not-this-agent');
  return whys;
}
