import { askedOf, bestMember, isSuitedBy } from './agent-index.ts';
import type { AssignReason, WaitReason } from './decision-record.ts';
import { absenceOf, isNamed, isSuited, namedVerdictKey, verdictOf } from './eligibility.ts';
import { type Agent, type Entry, type Group, profileColumns } from './routing-state.ts';

/** A conversation that a rule sends to an agent waits so long for them, where its group's history says nothing. */
const namedWaitMs = 60_000;

export interface Choice {
  readonly agent: Agent;
  /** Through which group. */
  readonly groupId: string;
  readonly why: AssignReason;
}

/**
 * The decision about one conversation: eligible → history → policy → waiting. Who is eligible stands in `eligibility.ts`,
 * who of them comes first in `policies.ts`.
 *
 * @returns undefined: nobody can have it now
 */
export function choose(entry: Entry, now: number): Choice | undefined {
  return (
    // 1. Whom it was sent to, or who served the contact last.
    ifPossible(
      entry,
      entry.preferred,
      entry.preferred && isNamed(entry, entry.preferred) ? 'named' : 'last-agent',
      now,
    ) ?? (entry.isReserved ? undefined : chooseAnybody(entry, now))
  );
}

function chooseAnybody(entry: Entry, now: number): Choice | undefined {
  // 2. Who has kept room for it.
  const keeper = ifPossible(entry, entry.keptBy, 'kept-room', now);
  if (keeper !== undefined) return keeper;
  // 3. The first by the policy: of its own group, then of those that it was widened to.
  for (const group of entry.groups) {
    const member = bestMember(group, entry);
    if (member !== undefined) return { agent: member.agent, groupId: group.config.id, why: 'policy' };
  }
  // 4. Whom an overflow named.
  const named = entry.named.find((agent) => namedVerdictKey(entry, agent, now) === 'can-have-it');
  return named && { agent: named, groupId: entry.group.config.id, why: 'overflow-agent' };
}

function ifPossible(entry: Entry, agent: Agent | undefined, why: AssignReason, now: number): Choice | undefined {
  if (agent === undefined) return undefined;
  const { key, groupId } = verdictOf(entry, agent, now);
  return key === 'can-have-it' ? { agent, groupId, why } : undefined;
}

/**
 * Whom the conversation would rather have: the agent that a rule or a transfer names, or whoever served the contact within
 * the time that the group's history says.
 */
export function preferredAgentId({ facts, group }: Entry): string | undefined {
  if (facts.forAgent) return facts.forAgent;
  const { history } = group.config;
  if (history === null || facts.lastAgent === null) return undefined;
  return facts.enqueuedAt - facts.lastAgent.at <= history.withinMs ? facts.lastAgent.id : undefined;
}

/** Until when it waits for the preferred one while they are present, and full. */
export function reservedUntil({ facts, group, since }: Entry): number {
  return since + (group.config.history?.waitAtMostMs ?? (facts.forAgent ? namedWaitMs : 0));
}

/** Whether it waits for the preferred one alone. */
export function isReservedAt(entry: Entry, now: number): boolean {
  return entry.preferred !== undefined && now < reservedUntil(entry) && isSuited(entry, entry.preferred, now);
}

/** Why nobody can have it now. */
export function whyWaiting(entry: Entry): WaitReason {
  if (entry.group.config.policy === 'manual') return 'picked-by-hand';
  if (entry.isReserved) return 'waits-for-agent';
  if (entry.named.some((agent) => absenceOf(agent) === undefined && !entry.forbids(agent.id))) return 'nobody-free';
  const open = entry.groups.filter((group) => group.isOpen && group.config.policy !== 'manual');
  if (open.length === 0) return 'out-of-hours';
  if (open.every(({ staffed }) => staffed === 0)) return 'nobody-online';
  return open.some((group) => hasSuited(group, entry)) ? 'nobody-free' : 'nobody-suited';
}

function hasSuited(group: Group, entry: Entry): boolean {
  const asked = askedOf(group, entry);
  if (asked === undefined) return false;
  const { items } = group.profiles;
  const allTraits = group.profiles.column(profileColumns.traits);
  for (let i = 0; i < items.length; i++) {
    if (!isSuitedBy(allTraits[i] as number, asked)) continue;
    if (entry.isForAnybody || items[i]?.members.find(({ agentId }) => !entry.forbids(agentId))) return true;
  }
  return false;
}
