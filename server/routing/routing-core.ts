import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { nextHindranceEnd } from './agent-index.ts';
import { type Pick, pick } from './by-hand.ts';
import { CoreState } from './core-state.ts';
import type { AgentVerdict, Assign, Decision } from './decision-record.ts';
import { absenceOf, isNamed, verdictOf, waivedByHand } from './eligibility.ts';
import { accept, changePresence, decline, miss, settle, takeBack } from './giving.ts';
import { type GroupStats, groupStats } from './group-stats.ts';
import { match } from './matching.ts';
import { preferredAgentId } from './pipeline.ts';
import {
  arrive,
  estimateOf,
  followOverflows,
  noteAbandoned,
  noteServed,
  noteWaiting,
  relist,
  remove,
  review,
  say,
  subject,
} from './queue.ts';
import { neverThere, timeThereAt } from './recent-work.ts';
import type { AgentFacts, Held, WaitingEntry, Whereabouts } from './routing-facts.ts';
import { Agent, byPlace, Entry, type Group } from './routing-state.ts';
import type { ToldWait } from './told-waits.ts';
import type { WaitRange } from './wait-estimate.ts';
import type { Told } from './wait-store.ts';
import { unplace } from './waiting-index.ts';

/**
 * Who gets which conversation: pure, so that the same code decides live, in a dry run and in a simulation. Facts and the
 * time come in, `decide` answers what is to be done. Times never go back.
 */
export interface RoutingCore {
  /** Another configuration from now on. Who waits keeps the place; a group that is no more gives to the default one. */
  configure(config: RoutingConfig, version: number, now: number): void;
  /** Somebody new, or changed. */
  agent(facts: AgentFacts, now: number): void;
  /** Waits from now on. The same conversation with the same or an older epoch changes nothing. */
  enqueue(entry: WaitingEntry, now: number): void;
  /** Waits no longer, and nobody was given it here. */
  leave(conversationId: string, now: number, why: 'taken' | 'closed' | 'abandoned'): void;
  /** The agent has it, as the store says or a person did; also over capacity. It waits no longer. */
  hold(conversationId: string, agentId: string, held: Held, now: number): void;
  /** The agent has it no longer. */
  release(conversationId: string, now: number): void;
  /** It takes more or less of its agent from now on. */
  setWeight(conversationId: string, weight: number, now: number): void;
  /** The agent says yes to the offer; undefined when there is none (too late). */
  accept(conversationId: string, agentId: string, now: number): Assign | undefined;
  /** The agent says no to the offer, and is not asked again for this wait. */
  declined(conversationId: string, agentId: string, now: number): void;
  /**
   * The agent takes one by hand: this one, or the first that they can have. The rules hold, but for those that only say
   * what is given by itself. `override` goes against all but `disabled`, and the record says which one it was.
   */
  pick(agentId: string, options: { conversationId?: string; override?: boolean }, now: number): Pick;
  /** Everything that is due, in order. What it assigns or offers counts as held until `settle`, `declined` or the time-out. */
  decide(now: number): Decision[];
  /**
   * What the store said of an assignment. `refused-capacity`: the agent holds more than we knew; `gone`: somebody else has
   * it, or it is closed; `failed`: try again in a second.
   */
  settle(conversationId: string, outcome: 'done' | 'refused-capacity' | 'gone' | 'failed', now: number): void;
  /** When `decide` must be called although nothing happens. */
  nextAt(): number | undefined;
  /** Where it stands in its group's queue, 1 for who is next, and how long that takes. */
  position(
    conversationId: string,
    now: number,
  ): { position: number; of: number; estimate: WaitRange | 'unknown' } | undefined;
  /** The customer is told the estimate. @returns it, where it is the first one of this wait; else undefined */
  tell(conversationId: string, estimate: WaitRange | 'unknown', now: number): Told | undefined;
  /**
   * Why an agent, or each one of the conversation's groups, can or cannot have it now. A transfer asks before it is made,
   * with what would wait.
   */
  verdicts(of: string | WaitingEntry, agentId: string | 'all', now: number): AgentVerdict[];
  /** What the agent's conversations take of their capacity, in hundredths of one; those included that are being given. */
  usedOf(agentId: string): number;
  /** What keeps an agent from a conversation that a person gives them; what only says what is given by itself does not count. */
  verdictByHand(of: WaitingEntry, agentId: string, now: number): AgentVerdict;
  whereabouts(conversationId: string): Whereabouts;
  stats(now: number): GroupStats[];
}

export function createRoutingCore(options: {
  config: RoutingConfig;
  version: number;
  /** A wait is over of which something was told. */
  onToldWait?: (wait: ToldWait) => void;
}): RoutingCore {
  const state = new CoreState(options.config, options.version, options.onToldWait);
  const { entries, agents, agenda, ledger } = state;

  function configure(config: RoutingConfig, version: number, now: number): void {
    const waiting = [...entries.values()].sort(byPlace);
    for (const entry of waiting) unplace(entry);
    state.configure(config, version, now);
    for (const agent of agents.values()) agenda.setDue(agent, nextHindranceEnd(agent, now));
    for (const entry of waiting) {
      const groups = entry.groups.flatMap((group) => state.groups.get(group.config.id) ?? []);
      const isThere = state.groups.has(entry.group.config.id);
      entry.groups = isThere ? groups : [state.group(entry.group.config.id)];
      const groupId = entry.group.config.id;
      if (!entry.visited.includes(groupId)) entry.visited.push(groupId);
      entry.key = state.keyOf(entry.facts);
      entry.keptBy = undefined;
      entry.followed.length = 0;
      entry.reviewedAt = Number.NEGATIVE_INFINITY;
      if (entry.state !== 'assigned') arrive(state, entry, now);
    }
  }

  function agent(facts: AgentFacts, now: number): void {
    const known = state.agent(facts.id, now);
    const isOnline = facts.presence === 'online';
    const hasCome = isOnline && (known.facts?.presence !== 'online' || known.facts.onlineSince !== facts.onlineSince);
    if (known.facts === undefined) {
      known.facts = { ...facts, presence: 'offline' };
      state.join(known, now);
    }
    known.timeThere = timeThereAt(known.timeThere, now, known.facts?.presence === 'online');
    // Who was there before we were counts as there for long.
    if (hasCome && facts.onlineSince === 0) known.timeThere = timeThereAt(neverThere, now, true);
    changePresence(state, known, now, () => {
      if (hasCome) {
        known.given = [];
        known.idleSince = Math.max(known.idleSince, facts.onlineSince);
      }
      if (hasCome || !isOnline) known.isOnBreak = false;
      known.storeFullUntil = 0;
      known.facts = facts;
    });
    agenda.setDue(known, nextHindranceEnd(known, now));
    const { asked } = known;
    if (asked === undefined || absenceOf(known) === undefined) return;
    takeBack(state, asked, now);
    state.decisions.push({ kind: 'offer-withdrawn', ...subject(asked, now), agentId: known.id });
    relist(state, asked, now);
  }

  function entryOf(facts: WaitingEntry): Entry {
    return new Entry(facts, state.keyOf(facts), [state.group(facts.groupId)]);
  }

  function enqueue(facts: WaitingEntry, now: number): void {
    const known = entries.get(facts.conversationId);
    if (known !== undefined && known.facts.epoch >= facts.epoch) return;
    if (known !== undefined) end(known, now);
    ledger.release(facts.conversationId, now);
    const entry = entryOf(facts);
    entries.set(facts.conversationId, entry);
    arrive(state, entry, now);
  }

  function end(entry: Entry, now: number): void {
    takeBack(state, entry, now);
    remove(state, entry, now);
  }

  function hold(conversationId: string, agentId: string, held: Held, now: number): void {
    const entry = entries.get(conversationId);
    if (entry !== undefined) {
      noteServed(state, entry, now);
      end(entry, now);
    }
    ledger.hold(conversationId, state.agent(agentId, now), held, now, false);
  }

  function hoursChanged(group: Group, now: number): void {
    group.isOpen = group.hours.isOpen(now);
    group.needsReview ||= !group.isOpen;
    agenda.setDue(group, group.hours.nextChange(now));
    noteWaiting(group, now);
    for (const { agent: member } of group.members.values()) {
      if (member.keepsRoomFor !== undefined) relist(state, member.keepsRoomFor, now);
      for (const entry of [...member.preferredBy]) if (entry.state === 'waiting') relist(state, entry, now);
      agenda.isFreer(member);
    }
  }

  /** Hours first, then agents, then conversations in the order of the queue: however late it is, the order is the same. */
  function runDue(now: number): void {
    for (let due = agenda.takeDue(now); due.length > 0; due = agenda.takeDue(now)) {
      for (const one of due) if (!(one instanceof Agent || one instanceof Entry)) hoursChanged(one, now);
      for (const one of due) if (one instanceof Agent) hindranceEnded(one, now);
      for (const entry of due.filter((each) => each instanceof Entry).sort(byPlace)) {
        if (entry.isGone) continue;
        if (entry.state === 'offered') miss(state, entry, now);
        review(state, entry, now);
      }
    }
  }

  function hindranceEnded(due: Agent, now: number): void {
    ledger.index.change(due, now, () => undefined);
    agenda.setDue(due, nextHindranceEnd(due, now));
    agenda.isFreer(due);
  }

  /** A group closed, or its last member went: what waits there may have to go on. */
  function reviewGroups(now: number): void {
    for (const group of state.groups.values()) {
      if (!group.needsReview) continue;
      group.needsReview = false;
      for (const entry of [...group.waiting]) {
        if (entry.state !== 'waiting' || entry.isNewHere) continue;
        const outcome = followOverflows(state, entry, now);
        if (outcome === 'gone') continue;
        if (outcome === 'changed') relist(state, entry, now);
        say(state, entry, now);
      }
    }
  }

  function decide(now: number): Decision[] {
    do {
      runDue(now);
      match(state, now);
      reviewGroups(now);
    } while (agenda.hasChanges || (agenda.nextAt() ?? Number.POSITIVE_INFINITY) <= now);
    const { decisions } = state;
    state.decisions = [];
    return decisions;
  }

  function verdicts(of: string | WaitingEntry, agentId: string, now: number): AgentVerdict[] {
    const entry = typeof of === 'string' ? entries.get(of) : entryOf(of);
    if (entry === undefined) return [];
    if (typeof of !== 'string') entry.preferred = agents.get(preferredAgentId(entry) ?? '');
    const asked =
      agentId === 'all'
        ? new Set(entry.groups.flatMap(({ members }) => [...members.values()].map((member) => member.agent)))
        : [agents.get(agentId) ?? new Agent(agentId)];
    const named = agentId === 'all' ? [...agents.values()].filter((each) => isNamed(entry, each)) : [];
    return [...new Set([...asked, ...named])].map((each) => verdictOf(entry, each, now));
  }

  configure(options.config, options.version, 0);
  return {
    configure,
    agent,
    enqueue,
    leave: (conversationId, now, why) => {
      const entry = entries.get(conversationId);
      if (entry === undefined) return;
      if (why === 'abandoned') noteAbandoned(state, entry, now);
      end(entry, now);
    },
    hold,
    release: (conversationId, now) => ledger.release(conversationId, now),
    setWeight: (conversationId, weight, now) => ledger.setWeight(conversationId, weight, now),
    accept: (conversationId, agentId, now): Assign | undefined => {
      const [entry, by] = [entries.get(conversationId), agents.get(agentId)];
      return entry && by && accept(state, entry, by, now);
    },
    declined: (conversationId, agentId, now) => {
      const [entry, by] = [entries.get(conversationId), agents.get(agentId)];
      if (entry !== undefined && by !== undefined) decline(state, entry, by, now);
    },
    pick: (agentId, picked, now) => pick(state, agentId, picked, now),
    decide,
    settle: (conversationId, outcome, now) => {
      const entry = entries.get(conversationId);
      if (entry !== undefined) settle(state, entry, outcome, now);
    },
    nextAt: () => agenda.nextAt(),
    position: (conversationId, now) => {
      const entry = entries.get(conversationId);
      if (entry === undefined || entry.state === 'assigned') return undefined;
      const position = entry.group.waiting.rank(entry) + 1;
      return { position, of: entry.group.waiting.size, estimate: estimateOf(entry.group, position, now) };
    },
    tell: (conversationId, estimate, now) => {
      const entry = entries.get(conversationId);
      if (entry === undefined || entry.isTold || estimate === 'unknown') return undefined;
      entry.isTold = true;
      entry.told = { ...estimate, at: now };
      return entry.told;
    },
    verdicts,
    verdictByHand: (of, agentId, now) => {
      // Before all that passes by itself: who is away is kept from it all the same.
      if (of.notAgents.includes(agentId)) return { agentId, groupId: of.groupId, key: 'not-this-agent', data: {} };
      return verdictOf(entryOf(of), agents.get(agentId) ?? new Agent(agentId), now, waivedByHand);
    },
    usedOf: (agentId) => agents.get(agentId)?.usedUnits ?? 0,
    whereabouts: (conversationId) =>
      entries.get(conversationId)?.state ?? (ledger.get(conversationId) === undefined ? 'gone' : 'assigned'),
    stats: (now) => [...state.groups.values()].map((group) => groupStats(group, now)),
  };
}
