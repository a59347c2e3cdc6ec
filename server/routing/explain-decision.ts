import type { Policy } from '@parley/sdk/routing-document.ts';
import type { AgentVerdict, Assign, Candidate, DecisionRecord, Score, VerdictKey } from './decision-record.ts';
import { type Comparable, decidingPart, type PolicyPart } from './policies.ts';
import { unitsPerConversation } from './routing-config.ts';

/** A reason for a person: a stable key and what fills it, for the console's languages, and the English words. */
export interface Sentence {
  readonly key: string;
  readonly data: Readonly<Record<string, string | number>>;
  readonly text: string;
}

/** How agents and groups are called. */
export interface Names {
  agent(id: string): string;
  group(id: string): string;
}

/** "Why did I get this?" */
export function whyGiven(given: Pick<Assign, 'agentId' | 'groupId' | 'why' | 'record'>, names: Names): Sentence[] {
  const { record } = given;
  return [
    ...(given.why === 'policy' || given.why === 'accepted' ? [whyFirst(given, names)] : [reasonOf(given.why)]),
    ...(record.overridden === undefined ? [] : [overridden(record.overridden)]),
    ...whyNow(record, names),
    ...whyFew(record),
  ];
}

/** "Why not me?", of a decision that was made. */
export function whyNotGiven(
  given: Pick<Assign, 'agentId' | 'groupId' | 'why' | 'record'>,
  agentId: string,
  names: Names,
): Sentence {
  const { record } = given;
  const other = record.others.find((verdict) => verdict.agentId === agentId);
  if (other?.key === 'can-have-it') {
    return sentence('many-before', {}, 'Could have had it, and several others came before.');
  }
  if (other !== undefined) return whyNot(other, names);
  const candidate = record.candidates.find((each) => each.agentId === agentId);
  if (candidate === undefined) {
    return sentence('not-kept', {}, 'The group is large: only the best of it were kept with the decision.');
  }
  const winner = names.agent(given.agentId);
  if (given.why !== 'policy' && given.why !== 'accepted') {
    return sentence('another-first', { agent: winner, why: given.why }, `${winner} came first: ${textOf(given.why)}`);
  }
  if (candidate.groupId !== record.chosen.groupId) {
    const group = names.group(record.chosen.groupId);
    return sentence('other-group', { group }, `Members of ${group} are asked first.`);
  }
  return comparison('beaten', record.policy, record.chosen, candidate, winner, names.agent(agentId));
}

/** "Why not me?", now: a verdict in words. */
export function whyNot(verdict: AgentVerdict, names: Names): Sentence {
  const group = names.group(verdict.groupId);
  const data = { ...verdict.data, group };
  return sentence(`verdict.${verdict.key}`, data, verdictTexts[verdict.key](verdict.data, group, names));
}

type Data = AgentVerdict['data'];
const units = (value: string | number | undefined) => String(Number(value ?? 0) / unitsPerConversation);
const seconds = (ms: string | number | undefined) => `${Math.round(Number(ms ?? 0) / 1_000)} s`;

const verdictTexts: Readonly<Record<VerdictKey, (data: Data, group: string, names: Names) => string>> = {
  'can-have-it': () => 'Can have it.',
  'group-by-hand': (_, group) => `In ${group} agents take conversations by hand.`,
  'out-of-hours': (_, group) => `${group} is closed now.`,
  'not-a-member': (_, group) => `Is no member of ${group}.`,
  disabled: () => 'May not sign in.',
  offline: () => 'Is offline.',
  away: () => 'Is away.',
  busy: () => 'Is busy.',
  'on-a-break': () => 'Is on a break, after several offers were missed.',
  'not-this-agent': () => 'Is excluded from this conversation.',
  declined: () => 'Said no to this conversation.',
  missed: ({ forMs }) => `Missed the offer of this conversation, and is asked again in ${seconds(forMs)}.`,
  'channel-not-served': (_, group) => `${group} does not serve this channel.`,
  'level-too-low': ({ level, minLevel }, group) => `Has level ${level} in ${group}; level ${minLevel} is asked for.`,
  'language-not-spoken': ({ language, languages }) =>
    `Does not speak ${language}${languages ? `, but ${languages}` : ''}.`,
  'kept-for-another': ({ agentId }, _, names) => `It waits for ${names.agent(String(agentId))}.`,
  'store-says-full': () => 'Holds more than the dispatcher knew; asked again in a moment.',
  'being-asked': () => 'Is being asked about another conversation.',
  'on-a-call': () => 'Is on a call.',
  'channel-cap': ({ channelType, cap }) => `Holds ${cap} of ${channelType}, as many as allowed.`,
  full: ({ usedUnits, capacityUnits, neededUnits }) =>
    `Holds ${units(usedUnits)} of ${units(capacityUnits)}; this one needs ${units(neededUnits)}.`,
  'keeps-room': () => 'Keeps room for a larger conversation that came before.',
  'just-online': ({ forMs }) => `Has just come online, and gets the next one in ${seconds(forMs)}.`,
};

function reasonOf(why: Assign['why']): Sentence {
  return sentence(`given.${why}`, {}, textOf(why));
}

function textOf(why: Assign['why']): string {
  switch (why) {
    case 'named':
      return 'A rule or a transfer named this agent.';
    case 'last-agent':
      return 'Served the contact last.';
    case 'kept-room':
      return 'Had kept room for it, which a larger conversation needs.';
    case 'overflow-agent':
      return 'Nobody of the group could have it, and the overflow names this agent.';
    case 'picked':
      return 'Took it by hand.';
    case 'accepted':
      return 'Accepted the offer.';
    case 'policy':
      return 'Came first by the policy of the group.';
    default:
      return why satisfies never;
  }
}

/** What set the first apart from the second. */
function whyFirst(
  { agentId, groupId, record }: Pick<Assign, 'agentId' | 'groupId' | 'record'>,
  names: Names,
): Sentence {
  const group = names.group(groupId);
  const second = record.candidates.find((other) => other.agentId !== agentId && other.groupId === groupId);
  if (second === undefined)
    return sentence('given.alone', { group }, `Was the only one of ${group} who could have it.`);
  return comparison(
    'given.first',
    record.policy,
    record.chosen,
    second,
    names.agent(agentId),
    names.agent(second.agentId),
  );
}

function comparison(
  key: string,
  policy: Policy,
  first: Candidate,
  second: Candidate,
  firstName: string,
  secondName: string,
): Sentence {
  const part = decidingPart(policy, comparable(first), comparable(second));
  const [a, b] = [partText(part, first.score), partText(part, second.score)];
  const [firstValue, secondValue] = [partValue(part, first.score), partValue(part, second.score)];
  const data = { policy, part, first: firstName, second: secondName, firstValue, secondValue };
  const text =
    part === 'tie'
      ? `${firstName} and ${secondName} were equal; one had to be first.`
      : `${firstName} came before ${secondName} by ${partNames[part]}: ${a}, against ${b}.`;
  return sentence(`${key}.${part}`, data, text);
}

const partNames: Readonly<Record<PolicyPart, string>> = {
  level: 'skill level',
  load: 'load',
  empty: 'having nothing',
  idle: 'time without anything new',
  'recent-work': 'work given lately',
  turn: 'turn',
  tie: 'nothing',
};

function partText(part: PolicyPart, score: Score): string {
  switch (part) {
    case 'level':
      return String(score.level);
    case 'load':
    case 'empty':
      return `${units(score.usedUnits)} of ${units(score.capacityUnits)}`;
    case 'idle':
      return seconds(score.idleMs);
    case 'recent-work':
      return score.recentWork.toFixed(1);
    case 'turn':
      return `${score.turnsAgo} turns ago`;
    case 'tie':
      return '';
    default:
      return part satisfies never;
  }
}

/** The same in signs that no language has to translate. */
function partValue(part: PolicyPart, score: Score): string {
  if (part === 'load' || part === 'empty') return `${units(score.usedUnits)}/${units(score.capacityUnits)}`;
  return part === 'turn' ? String(score.turnsAgo) : partText(part, score);
}

function comparable({ agentId, score }: Candidate): Comparable {
  const { level, usedUnits, capacityUnits, recentWork } = score;
  const [idleSince, turn] = [-score.idleMs, -score.turnsAgo];
  return { agentId, level, usedUnits, capacityUnits, recentWork, idleSince, turn, hash: 0 };
}

/** Why the customer came now and not later. */
function whyNow({ waitedMs, worthMs, relaxed }: DecisionRecord, names: Names): Sentence[] {
  const groups = relaxed.groupIds.map((id) => names.group(id)).join(', ');
  return [
    sentence('waited', { waitedMs }, `The customer had waited ${seconds(waitedMs)}.`),
    ...(worthMs > 0 ? [sentence('worth', { worthMs }, `Its priority was worth ${seconds(worthMs)} of waiting.`)] : []),
    ...(relaxed.language ? [sentence('relaxed.language', {}, 'The language was no longer asked for.')] : []),
    ...(relaxed.levels > 0
      ? [
          sentence(
            'relaxed.levels',
            { levels: relaxed.levels },
            `The level asked for was lowered by ${relaxed.levels}.`,
          ),
        ]
      : []),
    ...(groups ? [sentence('relaxed.groups', { groups }, `Members of ${groups} could have it as well.`)] : []),
  ];
}

/** How many others there were, and what kept them. */
function whyFew({ counts }: DecisionRecord): Sentence[] {
  const others = Object.entries(counts).filter(([key, count]) => key !== 'can-have-it' && count > 0);
  if (others.length === 0) return [];
  const text = others.map(([key, count]) => `${count} ${key.replaceAll('-', ' ')}`).join(', ');
  return [sentence('others', Object.fromEntries(others), `Others of the group: ${text}.`)];
}

function overridden(key: VerdictKey): Sentence {
  return sentence('overridden', { verdict: key }, `Taken although: ${key.replaceAll('-', ' ')}.`);
}

function sentence(key: string, data: Sentence['data'], text: string): Sentence {
  return { key, data, text };
}
