import type { OverflowTarget } from '@parley/sdk/routing-document.ts';
import type { CoreState } from './core-state.ts';
import { isSuited } from './eligibility.ts';
import { hasOverflowTime, nextStepAt, overflowHolds, relaxationsDue, type Situation } from './overflow.ts';
import { isReservedAt, preferredAgentId, reservedUntil, whyWaiting } from './pipeline.ts';
import type { Entry, Group } from './routing-state.ts';
import { estimateWait, tellable, type WaitRange } from './wait-estimate.ts';
import { place, unplace } from './waiting-index.ts';

/** The life of a conversation in the queue: comes, asks for less, is sent on, leaves. */

type Outcome = 'gone' | 'changed' | 'as-before';

/** It waits in its group from now on. */
export function arrive(state: CoreState, entry: Entry, now: number): void {
  entry.group.waiting.add(entry);
  noteWaiting(entry.group, now);
  const preferredId = preferredAgentId(entry);
  entry.preferred?.preferredBy.delete(entry);
  entry.preferred = preferredId === undefined ? undefined : state.agent(preferredId, now);
  entry.preferred?.preferredBy.add(entry);
  relist(state, entry, now);
}

/** It is here no more. Who holds it is another matter. */
export function remove(state: CoreState, entry: Entry, now: number): void {
  leaveGroup(state, entry, now);
  entry.preferred?.preferredBy.delete(entry);
  state.agenda.setDue(entry, undefined);
  state.entries.delete(entry.facts.conversationId);
  entry.isGone = true;
}

/** Something about it changed: who may look for it, and when time changes it next. */
export function relist(state: CoreState, entry: Entry, now: number): void {
  unplace(entry);
  if (entry.state !== 'waiting') {
    stopKeeping(state, entry, now);
    state.agenda.setDue(entry, entry.state === 'offered' ? entry.given?.expiresAt : undefined);
    return;
  }
  if (entry.keptBy !== undefined && !isSuited(entry, entry.keptBy, now)) stopKeeping(state, entry, now);
  entry.isReserved = isReservedAt(entry, now);
  if (entry.notBefore <= now) {
    place(entry);
    state.agenda.isUndecided(entry);
  }
  state.agenda.setDue(entry, dueAt(entry));
}

/** Time has passed for it: exclusions end, less is asked for, it is sent on. */
export function review(state: CoreState, entry: Entry, now: number): void {
  const since = entry.reviewedAt;
  entry.reviewedAt = now;
  const hasEnded = entry.endExclusions(now);
  if (entry.state !== 'waiting') {
    relist(state, entry, now);
    return;
  }
  const steps = relaxationsDue(entry, now);
  for (const step of steps) {
    if (step.kind === 'language') entry.isLanguageDropped = true;
    if (step.kind === 'level') entry.lowerBy = step.lowerBy;
    if (step.kind === 'widen') widen(state, entry, step.groupIds);
    state.decisions.push({ kind: 'relax', ...subject(entry, now), step });
  }
  const sent = hasOverflowTime(entry, since, now) ? followOverflows(state, entry, now) : 'as-before';
  if (sent === 'gone') return;
  const mayBeGivenNow = entry.notBefore > since && entry.notBefore <= now;
  const isAsBefore = sent === 'as-before' && steps.length === 0 && !hasEnded && !mayBeGivenNow;
  // The same people may have it as before: nobody has to look for it again.
  if (isAsBefore && entry.isReserved === isReservedAt(entry, now)) state.agenda.setDue(entry, dueAt(entry));
  else relist(state, entry, now);
}

/**
 * Follows every overflow whose conditions hold, each once, in their order, until one takes it away from here.
 *
 * @returns whether it is somewhere else, waits here and others may have it than before, or is as it was
 */
export function followOverflows(state: CoreState, entry: Entry, now: number): Outcome {
  const { group } = entry;
  if (group.config.overflow.length === 0) return 'as-before';
  const situation = situationOf(entry, now);
  let outcome: Outcome = 'as-before';
  for (const [index, { when, to }] of group.config.overflow.entries()) {
    if (entry.followed.includes(index) || !overflowHolds(when, situation)) continue;
    entry.followed.push(index);
    if (!canFollow(state, entry, to)) continue;
    const hops = entry.hops + (to.kind === 'group' ? 1 : 0);
    const from = group.config.id;
    state.decisions.push({ kind: 'overflow', ...subject(entry, now), from, to, because: when, hops });
    const followed = follow(state, entry, to, now);
    if (followed === 'gone') return 'gone';
    if (followed === 'changed') outcome = 'changed';
  }
  return outcome;
}

/** Says why it waits, if that was not said yet. */
export function say(state: CoreState, entry: Entry, now: number): void {
  const why = whyWaiting(entry);
  if (entry.said === why) return;
  entry.said = why;
  const ahead = entry.group.waiting.rank(entry);
  const estimate = estimateOf(entry.group, ahead + 1, now);
  const told = tellable(estimate);
  if (told !== 'unknown') entry.told ??= { ...told, at: now };
  const groupId = entry.group.config.id;
  state.decisions.push({ kind: 'wait', ...subject(entry, now), groupId, why, position: ahead + 1, estimate });
}

/** An agent has it: what is learned of the group's pace, and of what was told. */
export function noteServed(state: CoreState, { group, said, told }: Entry, now: number): void {
  // Who never had to wait says nothing about the queue.
  if (said !== undefined) group.rate.served(now);
  if (told !== undefined) state.onToldWait(group.told.note(group.config.id, told, now - told.at));
}

/** The customer has left: who was told less than they have waited was told wrong, and of the others nobody knows. */
export function noteAbandoned(state: CoreState, { group, told }: Entry, now: number): void {
  group.abandoned += 1;
  if (told === undefined || now - told.at <= told.highMs) return;
  state.onToldWait(group.told.note(group.config.id, told, now - told.at));
}

/** The expected wait for a place in the group's queue; unknown where nobody works. */
export function estimateOf(group: Group, position: number, now: number): WaitRange | 'unknown' {
  if (!group.isOpen || group.staffed === 0) return 'unknown';
  return estimateWait(group.rate.at(now), position);
}

/** Whether somebody waits here for people who are there. */
export function noteWaiting(group: Group, now: number): void {
  group.rate.waiting(group.waiting.size > 0 && group.staffed > 0 && group.isOpen, now);
}

export function subject({ facts }: Entry, now: number): { conversationId: string; epoch: number; at: number } {
  return { conversationId: facts.conversationId, epoch: facts.epoch, at: now };
}

/** Nobody keeps room for it any more. */
export function stopKeeping(state: CoreState, entry: Entry, now: number): void {
  const agent = entry.keptBy;
  if (agent === undefined) return;
  entry.keptBy = undefined;
  state.ledger.index.change(agent, now, () => {
    agent.keepsRoomFor = undefined;
  });
  state.agenda.isFreer(agent);
}

function leaveGroup(state: CoreState, entry: Entry, now: number): void {
  unplace(entry);
  stopKeeping(state, entry, now);
  entry.group.waiting.delete(entry);
  noteWaiting(entry.group, now);
}

function follow(state: CoreState, entry: Entry, to: OverflowTarget, now: number): Outcome {
  switch (to.kind) {
    case 'group':
      moveTo(state, entry, state.group(to.groupId), now);
      return 'gone';
    case 'bot':
      remove(state, entry, now);
      return 'gone';
    case 'agent': {
      const agent = state.agent(to.agentId, now);
      if (!entry.named.includes(agent)) entry.named.push(agent);
      return 'changed';
    }
    // Asked of the customer, and meanwhile it waits as it did.
    case 'message-form':
    case 'call-back':
      return 'as-before';
    default:
      return to satisfies never;
  }
}

function moveTo(state: CoreState, entry: Entry, group: Group, now: number): void {
  leaveGroup(state, entry, now);
  entry.groups = [group];
  entry.since = now;
  entry.reviewedAt = Number.NEGATIVE_INFINITY;
  entry.hops += 1;
  entry.visited.push(group.config.id);
  entry.followed.length = 0;
  entry.isLanguageDropped = false;
  entry.lowerBy = 0;
  entry.isWidened = false;
  entry.isNewHere = true;
  entry.said = undefined;
  arrive(state, entry, now);
}

function canFollow(state: CoreState, entry: Entry, to: OverflowTarget): boolean {
  if (to.kind === 'bot') return entry.facts.staysFromBot !== true;
  return to.kind !== 'group' || canGoTo(state, entry, to.groupId);
}

/** Never back to where it has been, nor on for ever. */
function canGoTo(state: CoreState, entry: Entry, groupId: string): boolean {
  return state.groups.has(groupId) && !entry.visited.includes(groupId) && entry.hops < entry.group.config.maxHops;
}

function widen(state: CoreState, entry: Entry, groupIds: readonly string[]): void {
  entry.isWidened = true;
  for (const id of groupIds) {
    const group = state.groups.get(id);
    if (group !== undefined && !entry.groups.includes(group)) entry.groups.push(group);
  }
}

function situationOf(entry: Entry, now: number): Situation {
  const { group } = entry;
  const ahead = () => group.waiting.rank(entry);
  return {
    waitedMs: now - entry.since,
    ahead,
    estimateMs: () => {
      const estimate = estimateOf(group, ahead() + 1, now);
      return estimate === 'unknown' ? undefined : Math.sqrt(estimate.lowMs * estimate.highMs);
    },
    isOpen: group.isOpen,
    isStaffed: group.staffed > 0,
  };
}

/** The first time since it was last reviewed that something changes by itself. It may be over. */
function dueAt(entry: Entry): number | undefined {
  const { reviewedAt } = entry;
  let next = nextStepAt(entry, reviewedAt);
  const look = (at: number) => {
    if (at > reviewedAt) next = Math.min(next, at);
  };
  if (Number.isFinite(entry.notBefore)) look(entry.notBefore);
  if (entry.isReserved) look(reservedUntil(entry));
  for (const { until } of entry.excluded.values()) look(until);
  return Number.isFinite(next) ? next : undefined;
}
