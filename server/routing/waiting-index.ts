import { SortedList } from '../base/sorted-list.ts';
import {
  absenceOf,
  everyoneLevel,
  floodedUntil,
  isCapped,
  isNamed,
  languageFor,
  minLevelIn,
  serves,
} from './eligibility.ts';
import {
  type Agent,
  byPlace,
  classColumns,
  type Entry,
  type EntryClass,
  type EntryClasses,
  type Group,
  keepsFrom,
  placeKey,
} from './routing-state.ts';
import { unnumbered } from './spoken-languages.ts';

/**
 * What an agent can have next, without looking at everything that waits: conversations that ask for the same stand in one
 * list, in order. A search looks at the heads of a few lists.
 */

const nowhere: EntryClass[] = [];

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
    if (place.first !== entry) continue;
    const first = place.entries.first();
    if (first === undefined) place.home.delete(place);
    else beFirst(place, first);
  }
  entry.placedIn = nowhere;
}

function placeIn(home: EntryClasses, entry: Entry, language: string | null, minLevel: number): void {
  const { weight, channelType } = entry.facts;
  const isKept = entry.keptBy !== undefined;
  const key = `${minLevel}|${weight}|${isKept}|${language ?? ''}|${channelType}`;
  let found = home.get(key);
  if (found === undefined) {
    const entries = new SortedList(byPlace, placeKey);
    const asked = language === null ? undefined : entry.group.spoken.asked(language);
    const speakers = asked?.speakers ?? null;
    found = { key, at: 0, speakers, minLevel, weight, channelType, isKept, entries, first: entry, home };
    home.add(found, [entry.key, minLevel, asked?.number ?? unnumbered, weight, Number(isKept)]);
  }
  found.entries.add(entry);
  if (found.entries.first() === entry) beFirst(found, entry);
  // Most stand in one list: an array of one takes as much room as it has.
  if (entry.placedIn.length === 0) entry.placedIn = [found];
  else entry.placedIn.push(found);
}

function beFirst(of: EntryClass, entry: Entry): void {
  of.first = entry;
  of.home.setNumber(of, classColumns.firstKey, entry.key);
}

/** The first of all that the agent can have now. */
export function firstFor(agent: Agent, now: number): Entry | undefined {
  if (agent.freeUnits === 0 || agent.asked !== undefined || agent.storeFullUntil > now) return undefined;
  if (absenceOf(agent) !== undefined) return undefined;
  const first = firstOf(agent, 'fits', (group) => isGiving(group, agent, now));
  return first === undefined || keepsFrom(agent, first) ? undefined : first;
}

/**
 * The first of all before this one that the agent could have with more room, and for which nobody keeps room yet: it would
 * be passed by what is lighter, again and again.
 */
export function firstPassedBy(agent: Agent, entry: Entry, now: number): Entry | undefined {
  return firstOf(agent, 'wants-more-room', (group) => isGiving(group, agent, now), entry);
}

/** The first of all that the agent can take by hand. */
export function firstByHandFor(agent: Agent): Entry | undefined {
  return firstOf(agent, 'fits', (group) => group.isOpen);
}

function isGiving(group: Group, agent: Agent, now: number): boolean {
  if (!group.isOpen || group.config.policy === 'manual') return false;
  const member = group.members.get(agent.id);
  return member !== undefined && floodedUntil(member, now) <= now;
}

/** What fits into the room that the agent has; or what does not, and for which nobody keeps room yet. */
type Wanted = 'fits' | 'wants-more-room';

/** @param before only what stands before this one */
function firstOf(agent: Agent, wanted: Wanted, isGroup: (group: Group) => boolean, before?: Entry): Entry | undefined {
  // Nothing is too heavy for who has nothing.
  if (wanted === 'wants-more-room' && agent.room === Number.POSITIVE_INFINITY) return undefined;
  let first = firstIn(agent.personal, agent, everyoneLevel, wanted, before);
  for (const { group, level } of agent.memberships) {
    if (group.classes.size === 0 || !isGroup(group)) continue;
    first = firstIn(group.classes, agent, level, wanted, first ?? before) ?? first;
  }
  return first;
}

/**
 * What begins behind what is found already is not looked at. Most of what the agent cannot have says so by its numbers, and
 * is not looked at either.
 */
function firstIn(
  classes: EntryClasses,
  agent: Agent,
  level: number,
  wanted: Wanted,
  before: Entry | undefined,
): Entry | undefined {
  const { items } = classes;
  const firstKeys = classes.column(classColumns.firstKey);
  const minLevels = classes.column(classColumns.minLevel);
  const languages = classes.column(classColumns.language);
  const weights = classes.column(classColumns.weight);
  const areKept = classes.column(classColumns.isKept);
  const { room, languagesId, understood } = agent;
  let first: Entry | undefined;
  let behind = before;
  let behindKey = before === undefined ? Number.POSITIVE_INFINITY : before.key;
  for (let i = 0; i < items.length; i++) {
    if ((firstKeys[i] as number) > behindKey || (minLevels[i] as number) > level) continue;
    const isHeavy = (weights[i] as number) > room;
    if (wanted === 'fits' ? isHeavy : !isHeavy || areKept[i] === 1) continue;
    if (understood[languages[i] as number] === false) continue;
    const { speakers, channelType, first: foremost, entries } = items[i] as EntryClass;
    if ((speakers !== null && speakers[languagesId] !== true) || isCapped(agent, channelType)) continue;
    const entry = foremost.forbids(agent.id) ? entries.find((each) => !each.forbids(agent.id)) : foremost;
    if (entry === undefined || (behind !== undefined && byPlace(entry, behind) >= 0)) continue;
    first = entry;
    behind = entry;
    behindKey = entry.key;
  }
  return first;
}
