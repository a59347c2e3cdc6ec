import { SortedList } from '../base/sorted-list.ts';
import {
  absenceOf,
  floodedUntil,
  hasLanguage,
  isCapped,
  isNamed,
  languageFor,
  minLevelIn,
  serves,
} from './eligibility.ts';
import { type Agent, byPlace, type Entry, type EntryClass, type Group, keepsFrom, placeKey } from './routing-state.ts';

/**
 * What an agent can have next, without looking at everything that waits: conversations that ask for the same stand in one
 * list, in order. A search looks at the heads of a few lists.
 */

/** Lists a conversation where those look who may have it. */
export function place(entry: Entry): void {
  if (entry.isReserved) {
    if (entry.preferred !== undefined) placeIn(entry.preferred.personal, entry, null, 1);
    return;
  }
  for (const group of entry.groups) {
    if (serves(group, entry)) placeIn(group.classes, entry, languageFor(entry), minLevelIn(group, entry));
  }
  for (const agent of entry.named) placeIn(agent.personal, entry, null, 1);
  if (entry.preferred !== undefined && isNamed(entry, entry.preferred) && !entry.named.includes(entry.preferred)) {
    placeIn(entry.preferred.personal, entry, null, 1);
  }
}

export function unplace(entry: Entry): void {
  for (const place of entry.placedIn) {
    place.entries.delete(entry);
    if (place.entries.size === 0) place.home.delete(place.key);
  }
  entry.placedIn.length = 0;
}

function placeIn(home: Map<string, EntryClass>, entry: Entry, language: string | null, minLevel: number): void {
  const { weight, channelType } = entry.facts;
  const isKept = entry.keptBy !== undefined;
  const key = `${minLevel}|${weight}|${isKept}|${language ?? ''}|${channelType}`;
  let found = home.get(key);
  if (found === undefined) {
    found = { key, language, minLevel, weight, channelType, isKept, entries: new SortedList(byPlace, placeKey), home };
    home.set(key, found);
  }
  found.entries.add(entry);
  entry.placedIn.push(found);
}

/** The first of all that the agent can have now. */
export function firstFor(agent: Agent, now: number): Entry | undefined {
  if (agent.freeUnits === 0 || agent.asked !== undefined || agent.storeFullUntil > now) return undefined;
  if (absenceOf(agent) !== undefined) return undefined;
  const first = firstOf(agent, (group) => isGiving(group, agent, now), canTake(agent));
  return first === undefined || keepsFrom(agent, first) ? undefined : first;
}

/**
 * The first of all that the agent could have with more room, and for which nobody keeps room yet: it would be passed by
 * what is lighter, again and again.
 */
export function firstPassedBy(agent: Agent, now: number): Entry | undefined {
  const isGroup = (group: Group) => isGiving(group, agent, now);
  return firstOf(agent, isGroup, ({ weight, isKept }) => !isKept && !agent.hasRoomFor(weight));
}

/** The first of all that the agent can take by hand. */
export function firstByHandFor(agent: Agent): Entry | undefined {
  return firstOf(agent, (group) => group.isOpen, canTake(agent));
}

function canTake(agent: Agent): (of: EntryClass) => boolean {
  return ({ weight }) => agent.hasRoomFor(weight);
}

function isGiving(group: Group, agent: Agent, now: number): boolean {
  if (!group.isOpen || group.config.policy === 'manual') return false;
  const member = group.members.get(agent.id);
  return member !== undefined && floodedUntil(member, now) <= now;
}

function firstOf(
  agent: Agent,
  isGroup: (group: Group) => boolean,
  isClass: (of: EntryClass) => boolean,
): Entry | undefined {
  let first: Entry | undefined;
  const look = (of: EntryClass) => {
    if (!isClass(of) || isCapped(agent, of.channelType)) return;
    const entry = of.entries.find((each) => !each.forbids(agent.id));
    if (entry !== undefined && (first === undefined || byPlace(entry, first) < 0)) first = entry;
  };
  for (const of of agent.personal.values()) look(of);
  for (const { group, level } of agent.memberships) {
    if (group.classes.size === 0 || !isGroup(group)) continue;
    for (const of of group.classes.values()) {
      if (level >= of.minLevel && (of.language === null || hasLanguage(agent.skills.languages, of.language))) look(of);
    }
  }
  return first;
}
