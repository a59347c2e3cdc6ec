import { nextHindranceEnd } from './agent-index.ts';
import type { CoreState } from './core-state.ts';
import type { Assign, Decision, VerdictKey } from './decision-record.ts';
import type { Choice } from './pipeline.ts';
import { noteServed, noteWaiting, relist, remove, subject } from './queue.ts';
import { recordOf } from './record-decision.ts';
import type { Agent, Entry } from './routing-state.ts';

/** What happens between a choice and the agent who has the conversation: offers, answers, what the store says. */

/** The store knew that an agent has no room: it is given nothing for so long, unless there is news. */
const storeFullMs = 5_000;
/** The store was away: not before. */
const retryMs = 1_000;

/** The agent has it, or is asked whether they take it, as the conversation's group says. */
export function give(state: CoreState, entry: Entry, choice: Choice, now: number): Decision {
  const { offer } = entry.group.config;
  const assign = take(state, entry, choice, now);
  if (offer.mode === 'auto') {
    beAssigned(state, entry, now);
    return assign;
  }
  const expiresAt = now + offer.timeoutMs;
  entry.state = 'offered';
  if (entry.given !== undefined) entry.given = { ...entry.given, expiresAt };
  ask(state, choice.agent, entry, now);
  relist(state, entry, now);
  return { ...assign, kind: 'offer', expiresAt };
}

/** The agent has it, whatever the group says of offers. */
export function giveByHand(
  state: CoreState,
  entry: Entry,
  choice: Choice,
  overridden: VerdictKey | undefined,
  now: number,
): Assign {
  const assign = take(state, entry, choice, now);
  beAssigned(state, entry, now);
  return overridden === undefined ? assign : { ...assign, record: { ...assign.record, overridden } };
}

/** The agent says yes. */
export function accept(state: CoreState, entry: Entry, agent: Agent, now: number): Assign | undefined {
  const { given } = entry;
  if (entry.state !== 'offered' || given?.agent !== agent) return undefined;
  ask(state, agent, undefined, now);
  beAssigned(state, entry, now);
  const { groupId, record } = given;
  return { kind: 'assign', ...subject(entry, now), agentId: agent.id, groupId, why: 'accepted', record };
}

/** Does not have it after all: it waits again, where it stood. */
export function takeBack(state: CoreState, entry: Entry, now: number): void {
  const { given } = entry;
  if (given === undefined) return;
  state.ledger.undo(entry.facts.conversationId, now);
  if (given.agent.asked === entry) ask(state, given.agent, undefined, now);
  if (entry.state === 'assigned') entry.group.waiting.add(entry);
  entry.given = undefined;
  entry.state = 'waiting';
  noteWaiting(entry.group, now);
}

/** The agent let the offer pass: others are asked first, and who does it too often goes on a break. */
export function miss(state: CoreState, entry: Entry, now: number): void {
  const agent = entry.given?.agent;
  if (agent === undefined) return;
  const { missesToBreak, missWindowMs } = state.config.presence;
  takeBack(state, entry, now);
  const until = now + missWindowMs;
  entry.exclude(agent.id, { until, why: 'missed' });
  relist(state, entry, now);
  state.decisions.push({ kind: 'offer-missed', ...subject(entry, now), agentId: agent.id, notBefore: until });
  agent.misses = [...agent.misses.filter((at) => at > now - missWindowMs), now];
  const misses = agent.misses.length;
  if (misses < missesToBreak) return;
  agent.misses = [];
  state.decisions.push({ kind: 'agent-break', agentId: agent.id, misses, at: now });
  changePresence(state, agent, now, () => {
    agent.isOnBreak = true;
  });
}

/** The agent says no, and is not asked again. */
export function decline(state: CoreState, entry: Entry, agent: Agent, now: number): void {
  if (entry.state !== 'offered' || entry.given?.agent !== agent) return;
  takeBack(state, entry, now);
  entry.exclude(agent.id, { until: Number.POSITIVE_INFINITY, why: 'declined' });
  relist(state, entry, now);
}

/** What the store said of an assignment. */
export function settle(
  state: CoreState,
  entry: Entry,
  outcome: 'done' | 'refused-capacity' | 'gone' | 'failed',
  now: number,
): void {
  const { given } = entry;
  if (entry.state !== 'assigned' || given === undefined) return;
  if (outcome === 'done') {
    noteServed(state, entry, now);
    remove(state, entry, now);
    return;
  }
  takeBack(state, entry, now);
  if (outcome === 'gone') {
    remove(state, entry, now);
    return;
  }
  const { agent } = given;
  state.ledger.index.change(agent, now, () => {
    agent.idleSince = given.idleSince;
    if (outcome === 'refused-capacity') agent.storeFullUntil = now + storeFullMs;
  });
  state.agenda.setDue(agent, nextHindranceEnd(agent, now));
  if (outcome === 'failed') entry.notBefore = now + retryMs;
  relist(state, entry, now);
}

/** Changes whether the agent can be given anything, and what follows from it for conversations that count on them. */
export function changePresence(state: CoreState, agent: Agent, now: number, change: () => void): void {
  const staffed = agent.memberships.map(({ group }) => group.staffed);
  state.ledger.index.change(agent, now, change);
  for (const [i, { group }] of agent.memberships.entries()) {
    if (group.staffed === 0 && staffed[i] !== 0) group.needsReview = true;
    noteWaiting(group, now);
  }
  const { keepsRoomFor } = agent;
  if (keepsRoomFor !== undefined) relist(state, keepsRoomFor, now);
  for (const entry of [...agent.preferredBy]) if (entry.state === 'waiting') relist(state, entry, now);
  state.agenda.isFreer(agent);
}

function take(state: CoreState, entry: Entry, choice: Choice, now: number): Assign {
  const { agent, groupId, why } = choice;
  const record = recordOf(entry, choice, state.version, now);
  entry.given = { agent, groupId, idleSince: agent.idleSince, record, expiresAt: now };
  const { conversationId, weight, channelType } = entry.facts;
  state.ledger.hold(conversationId, agent, { weight, channelType, groupId }, now, true);
  state.agenda.setDue(agent, nextHindranceEnd(agent, now));
  return { kind: 'assign', ...subject(entry, now), agentId: agent.id, groupId, why, record };
}

function beAssigned(state: CoreState, entry: Entry, now: number): void {
  entry.state = 'assigned';
  entry.group.waiting.delete(entry);
  noteWaiting(entry.group, now);
  relist(state, entry, now);
}

function ask(state: CoreState, agent: Agent, about: Entry | undefined, now: number): void {
  state.ledger.index.change(agent, now, () => {
    agent.asked = about;
  });
  if (about === undefined) state.agenda.isFreer(agent);
}
