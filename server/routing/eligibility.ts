import { type AgentVerdict, type VerdictKey, verdictKeys } from './decision-record.ts';
import { speaks } from './language-tags.ts';
import { type Agent, type Entry, type Group, keepsFrom, type Membership } from './routing-state.ts';

/** Who may have it, and will when there is room: hindrances that pass by themselves. */
const passing: ReadonlySet<VerdictKey> = new Set([
  'store-says-full',
  'being-asked',
  'on-a-call',
  'channel-cap',
  'full',
  'keeps-room',
  'just-online',
]);

/** In the group of all agents nobody has a level: none is too low. */
export const everyoneLevel = 5;

/** What does not keep an agent from taking a conversation by hand. */
export const waivedByHand: ReadonlySet<VerdictKey> = new Set([
  'group-by-hand',
  'busy',
  'declined',
  'missed',
  'kept-for-another',
  'being-asked',
  'keeps-room',
  'just-online',
]);
const nothing: ReadonlySet<VerdictKey> = new Set();

/**
 * The first rule that keeps the agent from having the conversation through the group. This is the law; the indexes find
 * the same agents faster.
 *
 * @param waived rules that do not count
 */
export function verdictKey(
  entry: Entry,
  group: Group,
  agent: Agent,
  now: number,
  waived: ReadonlySet<VerdictKey> = nothing,
): VerdictKey {
  const counts = (key: VerdictKey | undefined): key is VerdictKey => key !== undefined && !waived.has(key);
  const member = group.members.get(agent.id);
  if (group.config.policy === 'manual' && counts('group-by-hand')) return 'group-by-hand';
  if (!group.isOpen && counts('out-of-hours')) return 'out-of-hours';
  if (member === undefined) return 'not-a-member';
  const absence = absenceOf(agent);
  if (counts(absence)) return absence;
  const exclusion = exclusionOf(entry, agent.id);
  if (counts(exclusion)) return exclusion;
  if (!servesChannel(group, entry)) return 'channel-not-served';
  if (member.level < minLevelIn(group, entry)) return 'level-too-low';
  const language = languageFor(entry);
  if (language !== null && !(servesLanguage(group, language) && hasLanguage(agent.skills.languages, language))) {
    return 'language-not-spoken';
  }
  const room = roomKey(entry, agent, now, waived);
  if (room !== undefined) return room;
  return isFlooded(member, now) && counts('just-online') ? 'just-online' : 'can-have-it';
}

/** The same for an agent whom a rule, a transfer or an overflow named: no membership is asked for. */
export function namedVerdictKey(
  entry: Entry,
  agent: Agent,
  now: number,
  waived: ReadonlySet<VerdictKey> = nothing,
): VerdictKey {
  const absence = absenceOf(agent);
  if (absence !== undefined && !waived.has(absence)) return absence;
  const exclusion = exclusionOf(entry, agent.id);
  if (exclusion !== undefined && !waived.has(exclusion)) return exclusion;
  return roomKey(entry, agent, now, waived) ?? 'can-have-it';
}

/** Through any of the conversation's groups: the way on which the agent comes furthest. */
export function verdictOf(entry: Entry, agent: Agent, now: number, waived?: ReadonlySet<VerdictKey>): AgentVerdict {
  let groupId = entry.group.config.id;
  let key = isNamed(entry, agent) ? namedVerdictKey(entry, agent, now, waived) : undefined;
  for (const group of entry.groups) {
    const here = verdictKey(entry, group, agent, now, waived);
    if (key !== undefined && !isFurther(here, key)) continue;
    key = here;
    groupId = group.config.id;
  }
  const verdict = key ?? 'not-a-member';
  return { agentId: agent.id, groupId, key: verdict, data: dataOf(verdict, entry, agent, groupId, now) };
}

/** Whether the agent can have it now, or when there is room. */
export function isSuited(entry: Entry, agent: Agent, now: number): boolean {
  const { key } = verdictOf(entry, agent, now);
  return key === 'can-have-it' || passing.has(key);
}

export function isNamed(entry: Entry, agent: Agent): boolean {
  return entry.facts.forAgent === agent.id || entry.named.includes(agent);
}

/** Why the agent can be given nothing at all by itself. */
export function absenceOf(agent: Agent): VerdictKey | undefined {
  const { facts } = agent;
  if (facts === undefined) return 'offline';
  if (!facts.enabled) return 'disabled';
  if (facts.presence !== 'online') return facts.presence;
  return agent.isOnBreak ? 'on-a-break' : undefined;
}

/** What is asked of a member's level, after what has been waived. */
export function minLevelIn(group: Group, entry: Entry): number {
  return Math.max(1, Math.max(group.config.minLevel, entry.facts.minLevel) - entry.lowerBy);
}

/** The language that is still asked for. */
export function languageFor(entry: Entry): string | null {
  return entry.isLanguageDropped ? null : entry.language;
}

/** Whose languages are not stated is asked whatever it is. */
export function hasLanguage(languages: readonly string[], language: string): boolean {
  return languages.length === 0 || speaks(languages, language);
}

/** What the group as a whole does not do is not asked of its members. */
export function serves(group: Group, entry: Entry): boolean {
  const language = languageFor(entry);
  return servesChannel(group, entry) && (language === null || servesLanguage(group, language));
}

export function isCapped({ skills, heldByType }: Agent, channelType: string): boolean {
  const cap = skills.channelCaps?.[channelType];
  return cap !== undefined && (heldByType.get(channelType) ?? 0) >= cap;
}

/**
 * Until when a member who has just come online is given nothing more. The limit is k in any minute, for as long as it
 * would take to fill the agent's capacity at that pace; afterwards whoever finishes one may have the next at once.
 */
export function floodedUntil({ agent, group }: Membership, now: number): number {
  const perMinute = group.config.floodPerMinute;
  if (perMinute === null || agent.facts === undefined) return 0;
  const endsAt = agent.facts.onlineSince + Math.ceil(agent.facts.capacity / perMinute) * 60_000;
  const oldest = agent.given.at(-perMinute);
  if (now >= endsAt || oldest === undefined || oldest + 60_000 <= now) return 0;
  return Math.min(endsAt, oldest + 60_000);
}

function servesChannel({ config }: Group, { facts }: Entry): boolean {
  return config.channels === null || config.channels.includes(facts.channelId);
}

function servesLanguage({ languages }: Group, language: string): boolean {
  return languages === null || speaks(languages, language);
}

function exclusionOf(entry: Entry, agentId: string): VerdictKey | undefined {
  if (entry.facts.notAgents.includes(agentId)) return 'not-this-agent';
  return entry.excluded.get(agentId)?.why;
}

/** Why there is no room for it now; undefined when there is. */
function roomKey(entry: Entry, agent: Agent, now: number, waived: ReadonlySet<VerdictKey>): VerdictKey | undefined {
  const counts = (key: VerdictKey) => !waived.has(key);
  const { weight, channelType } = entry.facts;
  if (entry.isReserved && entry.preferred !== agent && counts('kept-for-another')) return 'kept-for-another';
  if (agent.storeFullUntil > now && counts('store-says-full')) return 'store-says-full';
  if (agent.asked !== undefined && counts('being-asked')) return 'being-asked';
  if (agent.exclusive > 0 && counts('on-a-call')) return 'on-a-call';
  if (isCapped(agent, channelType) && counts('channel-cap')) return 'channel-cap';
  if (!agent.hasRoomFor(weight) && counts('full')) return 'full';
  return keepsFrom(agent, entry) && counts('keeps-room') ? 'keeps-room' : undefined;
}

function isFlooded(member: Membership, now: number): boolean {
  return floodedUntil(member, now) > now;
}

function isFurther(a: VerdictKey, b: VerdictKey): boolean {
  if (a === 'can-have-it' || b === 'can-have-it') return a === 'can-have-it' && b !== 'can-have-it';
  return verdictKeys.indexOf(a) > verdictKeys.indexOf(b);
}

/** The numbers that the words about a verdict need. */
function dataOf(key: VerdictKey, entry: Entry, agent: Agent, groupId: string, now: number): AgentVerdict['data'] {
  const group = entry.groups.find(({ config }) => config.id === groupId) ?? entry.group;
  const { weight, channelType } = entry.facts;
  switch (key) {
    case 'level-too-low':
      return { level: group.members.get(agent.id)?.level ?? 0, minLevel: minLevelIn(group, entry) };
    case 'language-not-spoken':
      return { language: languageFor(entry) ?? '', languages: agent.skills.languages.join(', ') };
    case 'channel-cap':
      return { channelType, cap: agent.skills.channelCaps?.[channelType] ?? 0 };
    case 'full':
      return { usedUnits: agent.usedUnits, capacityUnits: agent.capacityUnits, neededUnits: agent.unitsFor(weight) };
    case 'missed':
      return { forMs: (entry.excluded.get(agent.id)?.until ?? now) - now };
    case 'just-online': {
      const member = group.members.get(agent.id);
      return { forMs: member === undefined ? 0 : Math.max(0, floodedUntil(member, now) - now) };
    }
    case 'kept-for-another':
      return { agentId: entry.preferred?.id ?? '' };
    case 'keeps-room':
      return { conversationId: agent.keepsRoomFor?.facts.conversationId ?? '' };
    case 'being-asked':
      return { conversationId: agent.asked?.facts.conversationId ?? '' };
    default:
      return {};
  }
}
