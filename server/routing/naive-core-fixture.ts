import {
  everyoneId,
  groupWithDefaults,
  type OverflowTarget,
  type RoutingConfig,
  type SkillGroup,
} from '@parley/sdk/routing-document.ts';
import { hashOf } from '../base/hash.ts';
import type { Decision } from './decision-record.ts';
import { asLanguages, speaks } from './language-tags.ts';
import { type Comparable, policyOrder } from './policies.ts';
import { noWork, withoutWork, withWork } from './recent-work.ts';
import type { AgentFacts, Held, WaitingEntry } from './routing-facts.ts';
import { estimateWait, ServiceRate } from './wait-estimate.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from './working-hours.ts';

/**
 * The same decisions by looking at everything each time: what the core is compared with, in tests for its answers and in
 * the benchmark for its speed. Kept plain; shares with the core what has tests of its own (hours, rates, comparators).
 */

type NaiveAgent = {
  facts: AgentFacts;
  idleSince: number;
  recentWork: number;
  given: number[];
  misses: number[];
  isOnBreak: boolean;
  fullUntil: number;
  keepsRoomFor: NaiveEntry | undefined;
};
type NaiveEntry = {
  facts: WaitingEntry;
  key: number;
  state: 'waiting' | 'offered' | 'assigned';
  groupIds: string[];
  since: number;
  reviewedAt: number;
  hops: number;
  visited: Set<string>;
  isLanguageDropped: boolean;
  lowerBy: number;
  isWidened: boolean;
  named: string[];
  followed: Set<number>;
  excluded: Map<string, number>;
  notBefore: number;
  isNewHere: boolean;
  given: { agentId: string; groupId: string; idleSince: number; expiresAt: number; at: number } | undefined;
};
type NaiveGroup = {
  config: SkillGroup;
  hours: WorkingHours;
  isOpen: boolean;
  changesAt: number | undefined;
  turns: Map<string, number>;
  turnCount: number;
  wasStaffed: boolean;
  needsReview: boolean;
  rate: ServiceRate;
};
type NaiveHold = Held & { agentId: string; units: number; isExclusive: boolean; since: number };
type NaiveChoice = {
  agentId: string;
  groupId: string;
  why: 'named' | 'last-agent' | 'kept-room' | 'policy' | 'overflow-agent';
};

export class NaiveCore {
  config: RoutingConfig;
  readonly agents = new Map<string, NaiveAgent>();
  readonly entries = new Map<string, NaiveEntry>();
  readonly holds = new Map<string, NaiveHold>();
  groups: NaiveGroup[] = [];
  decisions: Decision[] = [];

  constructor(config: RoutingConfig) {
    this.config = config;
    this.configure(config, 0);
  }

  configure(config: RoutingConfig, now: number): void {
    const former = this.groups;
    this.config = config;
    const everyone = config.defaultGroupId === null ? [groupWithDefaults({ id: everyoneId, name: 'Everyone' })] : [];
    this.groups = [...config.groups, ...everyone].map((group) => {
      const schedule = config.schedules.find(({ id }) => id === group.scheduleId);
      const hours = schedule === undefined ? alwaysOpen : createWorkingHours(schedule);
      const before = former.find((other) => other.config.id === group.id);
      const isMember = ([id]: [string, number]) =>
        group.id === everyoneId || group.members.some(({ agentId }) => agentId === id);
      return {
        config: group,
        hours,
        isOpen: hours.isOpen(now),
        changesAt: hours.nextChange(now),
        turns: new Map([...(before?.turns ?? [])].filter(isMember)),
        turnCount: before?.turnCount ?? 0,
        wasStaffed: false,
        needsReview: true,
        rate: before?.rate ?? new ServiceRate(),
      };
    });
    for (const agent of this.agents.values()) agent.keepsRoomFor = undefined;
    for (const entry of this.entries.values()) {
      const isThere = this.groups.some((group) => group.config.id === entry.groupIds[0]);
      const still = entry.groupIds.filter((id) => this.groups.some((group) => group.config.id === id));
      entry.groupIds = isThere ? still : [this.#group('').config.id];
      entry.visited.add(this.#own(entry).config.id);
      entry.key = this.#key(entry.facts);
      entry.followed.clear();
      entry.reviewedAt = Number.NEGATIVE_INFINITY;
    }
    this.#noteAll(now);
    for (const group of this.groups) group.wasStaffed = this.#isStaffed(group);
  }

  agent(facts: AgentFacts, now: number): void {
    let agent = this.agents.get(facts.id);
    const former = agent?.facts;
    if (agent === undefined) {
      const nothing = { given: [], misses: [], isOnBreak: false, fullUntil: 0, keepsRoomFor: undefined };
      agent = { facts, idleSince: 0, recentWork: noWork, ...nothing };
      this.agents.set(facts.id, agent);
    }
    const isOnline = facts.presence === 'online';
    const hasCome = isOnline && (former?.presence !== 'online' || former.onlineSince !== facts.onlineSince);
    if (hasCome) {
      agent.given = [];
      agent.idleSince = Math.max(agent.idleSince, facts.onlineSince);
    }
    if (hasCome || !isOnline) agent.isOnBreak = false;
    agent.fullUntil = 0;
    agent.facts = facts;
    this.#presenceChanged(now);
    const asked = [...this.entries.values()].find(
      ({ state, given }) => state === 'offered' && given?.agentId === facts.id,
    );
    if (asked === undefined || this.#isPresent(agent)) return;
    this.#takeBack(asked, now);
    this.decisions.push({ kind: 'offer-withdrawn', ...subject(asked, now), agentId: facts.id });
  }

  enqueue(facts: WaitingEntry, now: number): void {
    const known = this.entries.get(facts.conversationId);
    if (known !== undefined && known.facts.epoch >= facts.epoch) return;
    if (known !== undefined) this.#end(known, now);
    this.release(facts.conversationId, now);
    const groupId = this.#group(facts.groupId).config.id;
    this.entries.set(facts.conversationId, {
      facts,
      key: this.#key(facts),
      state: 'waiting',
      groupIds: [groupId],
      since: facts.groupSince ?? facts.enqueuedAt,
      reviewedAt: Number.NEGATIVE_INFINITY,
      hops: facts.hops,
      visited: new Set([...(facts.visited ?? []), groupId]),
      isLanguageDropped: false,
      lowerBy: 0,
      isWidened: false,
      named: [],
      followed: new Set(),
      excluded: new Map(),
      notBefore: Number.NEGATIVE_INFINITY,
      isNewHere: true,
      given: undefined,
    });
    this.#noteAll(now);
  }

  leave(conversationId: string, now: number): void {
    const entry = this.entries.get(conversationId);
    if (entry !== undefined) this.#end(entry, now);
  }

  hold(conversationId: string, agentId: string, held: Held, now: number): void {
    const entry = this.entries.get(conversationId);
    if (entry !== undefined) {
      if (!entry.isNewHere) this.#own(entry).rate.served(now);
      this.#end(entry, now);
    }
    this.#hold(conversationId, agentId, held, now);
  }

  release(conversationId: string, now: number): void {
    const hold = this.holds.get(conversationId);
    this.holds.delete(conversationId);
    const agent = this.agents.get(hold?.agentId ?? '');
    if (agent !== undefined && this.used(agent.facts.id) === 0) agent.idleSince = now;
  }

  setWeight(conversationId: string, weight: number): void {
    const hold = this.holds.get(conversationId);
    if (hold === undefined) return;
    const units = Math.min(weight, 100 * (this.agents.get(hold.agentId)?.facts.capacity ?? 0));
    this.holds.set(conversationId, { ...hold, weight, units });
  }

  accept(conversationId: string, agentId: string, now: number): Decision | undefined {
    const entry = this.entries.get(conversationId);
    if (entry?.state !== 'offered' || entry.given?.agentId !== agentId) return undefined;
    entry.state = 'assigned';
    this.#noteAll(now);
    const { groupId } = entry.given;
    return { kind: 'assign', ...subject(entry, now), agentId, groupId, why: 'accepted', record: noRecord };
  }

  declined(conversationId: string, agentId: string, now: number): void {
    const entry = this.entries.get(conversationId);
    if (entry?.state !== 'offered' || entry.given?.agentId !== agentId) return;
    this.#takeBack(entry, now);
    entry.excluded.set(agentId, Number.POSITIVE_INFINITY);
  }

  /** As the core says that somebody took it by hand. */
  giveByHand(conversationId: string, agentId: string, groupId: string, now: number): void {
    const entry = this.entries.get(conversationId) as NaiveEntry;
    this.#takeBack(entry, now);
    this.#take(entry, agentId, groupId, now);
    entry.state = 'assigned';
    this.#noteAll(now);
  }

  settle(conversationId: string, outcome: 'done' | 'refused-capacity' | 'gone' | 'failed', now: number): void {
    const entry = this.entries.get(conversationId);
    if (entry?.state !== 'assigned' || entry.given === undefined) return;
    const { agentId, idleSince } = entry.given;
    if (outcome === 'done') {
      if (!entry.isNewHere) this.#own(entry).rate.served(now);
      this.entries.delete(conversationId);
      return;
    }
    this.#takeBack(entry, now);
    if (outcome === 'gone') {
      this.#end(entry, now);
      return;
    }
    const agent = this.agents.get(agentId) as NaiveAgent;
    agent.idleSince = idleSince;
    if (outcome === 'refused-capacity') agent.fullUntil = now + 5_000;
    else entry.notBefore = now + 1_000;
  }

  decide(now: number): Decision[] {
    for (let isChanging = true; isChanging; ) {
      this.#runDue(now);
      do {
        while (this.#giveOne(now));
      } while (this.#sendNewOn(now));
      isChanging = this.#reviewGroups(now) || this.#isDue(now);
    }
    const { decisions } = this;
    this.decisions = [];
    return decisions;
  }

  used(agentId: string): number {
    let used = 0;
    for (const hold of this.holds.values()) if (hold.agentId === agentId) used += hold.units;
    return used;
  }

  /** Who can have it now through a group, in the order of its policy. */
  candidates(entry: NaiveEntry, group: NaiveGroup, now: number): Comparable[] {
    return [...this.agents.values()]
      .filter((agent) => this.#isSuitedIn(entry, group, agent) && this.#hasRoom(entry, agent, now))
      .filter((agent) => !keepsFrom(agent, entry) && !this.#isFlooded(agent, group, now))
      .map((agent) => ({
        agentId: agent.facts.id,
        level: this.#level(group, agent.facts.id) ?? 0,
        usedUnits: this.used(agent.facts.id),
        capacityUnits: 100 * agent.facts.capacity,
        idleSince: agent.idleSince,
        recentWork: agent.recentWork,
        turn: group.turns.get(agent.facts.id) ?? 0,
        hash: hashOf(agent.facts.id),
      }))
      .sort(policyOrder[group.config.policy]);
  }

  // Who may.

  #isPresent({ facts, isOnBreak }: NaiveAgent): boolean {
    return facts.enabled && facts.presence === 'online' && !isOnBreak;
  }

  #level(group: NaiveGroup, agentId: string): number | undefined {
    if (group.config.id === everyoneId) return 5;
    return group.config.members.find((member) => member.agentId === agentId)?.level;
  }

  #isSuitedIn(entry: NaiveEntry, group: NaiveGroup, agent: NaiveAgent): boolean {
    const { facts } = entry;
    const { channels, languages, policy, minLevel } = group.config;
    const level = this.#level(group, agent.facts.id);
    const language = entry.isLanguageDropped ? null : facts.language;
    const spoken = this.config.agents[agent.facts.id]?.languages ?? [];
    return (
      policy !== 'manual' &&
      group.isOpen &&
      level !== undefined &&
      this.#isAllowed(entry, agent) &&
      (channels === null || channels.includes(facts.channelId)) &&
      level >= Math.max(1, Math.max(minLevel, facts.minLevel) - entry.lowerBy) &&
      (language === null ||
        ((languages === null || speaks(asLanguages(languages), language.toLowerCase())) &&
          (spoken.length === 0 || speaks(asLanguages(spoken), language.toLowerCase()))))
    );
  }

  #isAllowed(entry: NaiveEntry, agent: NaiveAgent): boolean {
    const { id } = agent.facts;
    return this.#isPresent(agent) && !entry.facts.notAgents.includes(id) && !entry.excluded.has(id);
  }

  #isNamed(entry: NaiveEntry, agentId: string): boolean {
    return entry.facts.forAgent === agentId || entry.named.includes(agentId);
  }

  #isSuited(entry: NaiveEntry, agent: NaiveAgent): boolean {
    if (this.#isNamed(entry, agent.facts.id) && this.#isAllowed(entry, agent)) return true;
    return this.#groupsOf(entry).some((group) => this.#isSuitedIn(entry, group, agent));
  }

  #hasRoom(entry: NaiveEntry, agent: NaiveAgent, now: number): boolean {
    const { id, capacity } = agent.facts;
    const { weight, channelType } = entry.facts;
    return (
      this.#isAskable(agent, now) &&
      !this.#isCapped(id, channelType) &&
      capacity > 0 &&
      100 * capacity - this.used(id) >= Math.min(weight, 100 * capacity)
    );
  }

  #isAskable(agent: NaiveAgent, now: number): boolean {
    const { id } = agent.facts;
    const isAsked = [...this.entries.values()].some(({ state, given }) => state === 'offered' && given?.agentId === id);
    const isOnCall = [...this.holds.values()].some((hold) => hold.agentId === id && hold.isExclusive);
    return agent.fullUntil <= now && !isAsked && !isOnCall;
  }

  #isCapped(agentId: string, channelType: string): boolean {
    const cap = this.config.agents[agentId]?.channelCaps?.[channelType];
    const held = [...this.holds.values()].filter(
      (hold) => hold.agentId === agentId && hold.channelType === channelType,
    );
    return cap !== undefined && held.length >= cap;
  }

  #isFlooded({ facts, given }: NaiveAgent, group: NaiveGroup, now: number): boolean {
    const k = group.config.floodPerMinute;
    if (k === null || now >= facts.onlineSince + Math.ceil(facts.capacity / k) * 60_000) return false;
    return given.filter((at) => at > now - 60_000).length >= k;
  }

  // Whom it gets.

  #choose(entry: NaiveEntry, now: number): NaiveChoice | undefined {
    const preferred = this.#preferred(entry);
    if (preferred !== undefined) {
      const groupId = this.#through(entry, preferred, now);
      const why = this.#isNamed(entry, preferred.facts.id) ? 'named' : 'last-agent';
      if (groupId !== undefined) return { agentId: preferred.facts.id, groupId, why };
      if (this.#isReserved(entry, now)) return undefined;
    }
    for (const keeper of this.agents.values()) {
      if (keeper.keepsRoomFor !== entry) continue;
      const groupId = this.#through(entry, keeper, now);
      if (groupId !== undefined) return { agentId: keeper.facts.id, groupId, why: 'kept-room' };
    }
    for (const group of this.#groupsOf(entry)) {
      const [best] = this.candidates(entry, group, now);
      if (best !== undefined) return { agentId: best.agentId, groupId: group.config.id, why: 'policy' };
    }
    for (const id of entry.named) {
      const agent = this.agents.get(id);
      if (agent === undefined || !this.#isAllowed(entry, agent) || !this.#hasRoom(entry, agent, now)) continue;
      if (!keepsFrom(agent, entry)) {
        return { agentId: id, groupId: this.#own(entry).config.id, why: 'overflow-agent' };
      }
    }
    return undefined;
  }

  /** The group through which this agent can have it now: its own where a name is enough. */
  #through(entry: NaiveEntry, agent: NaiveAgent, now: number): string | undefined {
    if (!this.#hasRoom(entry, agent, now)) return undefined;
    if (keepsFrom(agent, entry)) return undefined;
    if (this.#isNamed(entry, agent.facts.id) && this.#isAllowed(entry, agent)) return this.#own(entry).config.id;
    return this.#groupsOf(entry).find(
      (group) => this.#isSuitedIn(entry, group, agent) && !this.#isFlooded(agent, group, now),
    )?.config.id;
  }

  #preferred(entry: NaiveEntry): NaiveAgent | undefined {
    const { facts } = entry;
    if (facts.forAgent) return this.agents.get(facts.forAgent);
    const { history } = this.#own(entry).config;
    if (history === null || facts.lastAgent === null) return undefined;
    return facts.enqueuedAt - facts.lastAgent.at <= history.withinMs ? this.agents.get(facts.lastAgent.id) : undefined;
  }

  #isReserved(entry: NaiveEntry, now: number): boolean {
    const preferred = this.#preferred(entry);
    const waitMs = this.#own(entry).config.history?.waitAtMostMs ?? (entry.facts.forAgent ? 60_000 : 0);
    return preferred !== undefined && now < entry.since + waitMs && this.#isSuited(entry, preferred);
  }

  /** The first in the queue that somebody can have is given, or somebody begins to keep room. */
  #giveOne(now: number): boolean {
    for (const agent of this.agents.values()) {
      if (agent.keepsRoomFor !== undefined && !this.#isSuited(agent.keepsRoomFor, agent))
        agent.keepsRoomFor = undefined;
    }
    const waiting = this.#waiting().filter(({ notBefore }) => notBefore <= now);
    for (const entry of waiting) {
      const choice = this.#choose(entry, now);
      if (choice === undefined) continue;
      const agent = this.agents.get(choice.agentId) as NaiveAgent;
      const passed = waiting.slice(0, waiting.indexOf(entry)).find((other) => this.#isPassedBy(other, agent, now));
      if (passed === undefined) this.#give(entry, choice, now);
      else agent.keepsRoomFor = passed;
      return true;
    }
    return false;
  }

  /** Could have it, but for room, and nobody keeps room for it. */
  #isPassedBy(entry: NaiveEntry, agent: NaiveAgent, now: number): boolean {
    const { id } = agent.facts;
    if ([...this.agents.values()].some(({ keepsRoomFor }) => keepsRoomFor === entry)) return false;
    if (this.#hasRoom(entry, agent, now) || this.#isCapped(id, entry.facts.channelType)) return false;
    if (this.#isReserved(entry, now)) return this.#preferred(entry) === agent;
    if (this.#isNamed(entry, id) && this.#isAllowed(entry, agent)) return true;
    return this.#groupsOf(entry).some(
      (group) => this.#isSuitedIn(entry, group, agent) && !this.#isFlooded(agent, group, now),
    );
  }

  #give(entry: NaiveEntry, { agentId, groupId, why }: NaiveChoice, now: number): void {
    const { offer } = this.#own(entry).config;
    this.#take(entry, agentId, groupId, now);
    const assign = { ...subject(entry, now), agentId, groupId, why, record: noRecord };
    if (offer.mode === 'auto' || entry.given === undefined) {
      entry.state = 'assigned';
      this.decisions.push({ kind: 'assign', ...assign });
    } else {
      const expiresAt = now + offer.timeoutMs;
      entry.state = 'offered';
      entry.given = { ...entry.given, expiresAt };
      this.decisions.push({ kind: 'offer', ...assign, expiresAt });
    }
    this.#noteAll(now);
  }

  #take(entry: NaiveEntry, agentId: string, groupId: string, now: number): void {
    const agent = this.agents.get(agentId) as NaiveAgent;
    entry.given = { agentId, groupId, idleSince: agent.idleSince, expiresAt: now, at: now };
    const { weight, channelType } = entry.facts;
    this.#hold(entry.facts.conversationId, agentId, { weight, channelType, groupId }, now);
    agent.given.push(now);
    const group = this.groups.find(({ config }) => config.id === groupId);
    if (group !== undefined && this.#level(group, agentId) !== undefined) {
      group.turnCount += 1;
      group.turns.set(agentId, group.turnCount);
    }
    this.#stopKeeping(entry);
  }

  #hold(conversationId: string, agentId: string, held: Held, now: number): void {
    this.release(conversationId, now);
    const agent = this.agents.get(agentId);
    if (agent === undefined) return;
    const units = Math.min(held.weight, 100 * agent.facts.capacity);
    const since = held.since ?? now;
    const isExclusive = this.config.exclusive.includes(held.channelType);
    this.holds.set(conversationId, { ...held, agentId, units, isExclusive, since });
    agent.recentWork = withWork(agent.recentWork, units, since);
    agent.idleSince = Math.max(agent.idleSince, since);
  }

  #takeBack(entry: NaiveEntry, now: number): void {
    if (entry.given === undefined) return;
    const hold = this.holds.get(entry.facts.conversationId);
    this.holds.delete(entry.facts.conversationId);
    const agent = this.agents.get(entry.given.agentId);
    if (hold !== undefined && agent !== undefined) {
      agent.recentWork = withoutWork(agent.recentWork, hold.units, hold.since);
    }
    entry.given = undefined;
    entry.state = 'waiting';
    this.#noteAll(now);
  }

  // What time changes.

  #runDue(now: number): void {
    while (this.#isDue(now)) {
      for (const group of this.groups) {
        if ((group.changesAt ?? Number.POSITIVE_INFINITY) > now) continue;
        group.changesAt = group.hours.nextChange(now);
        group.isOpen = group.hours.isOpen(now);
        group.needsReview ||= !group.isOpen;
        this.#noteAll(now);
      }
      for (const entry of this.#inOrder((each) => this.#isReviewDue(each, now))) this.#review(entry, now);
    }
  }

  #isDue(now: number): boolean {
    return (
      this.groups.some(({ changesAt }) => (changesAt ?? Number.POSITIVE_INFINITY) <= now) ||
      [...this.entries.values()].some((entry) => this.#isReviewDue(entry, now))
    );
  }

  #isReviewDue(entry: NaiveEntry, now: number): boolean {
    return this.#timesOf(entry).some((at) => at <= now && (entry.state === 'offered' || at > entry.reviewedAt));
  }

  #timesOf(entry: NaiveEntry): number[] {
    if (entry.state === 'assigned') return [];
    if (entry.state === 'offered') return [entry.given?.expiresAt ?? 0];
    const { relax, overflow, minLevel } = this.#own(entry).config;
    const times: number[] = [...entry.excluded.values(), entry.notBefore];
    const after = (ms: number | undefined) => ms !== undefined && times.push(entry.since + ms);
    if (entry.facts.language !== null && !entry.isLanguageDropped) after(relax.dropLanguageAfterMs);
    const steps = Math.max(minLevel, entry.facts.minLevel) - 1;
    for (let step = entry.lowerBy + 1; step <= steps; step++)
      after(relax.lowerLevelAfterMs && relax.lowerLevelAfterMs * step);
    if (!entry.isWidened) after(relax.widenAfterMs);
    for (const [index, { when }] of overflow.entries()) if (!entry.followed.has(index)) after(when.afterMs);
    return times;
  }

  #review(entry: NaiveEntry, now: number): void {
    if (entry.state === 'offered') this.#miss(entry, now);
    const since = entry.reviewedAt;
    entry.reviewedAt = now;
    for (const [agentId, until] of entry.excluded) if (until <= now) entry.excluded.delete(agentId);
    const { relax, minLevel, overflow } = this.#own(entry).config;
    const waitedMs = now - entry.since;
    const relaxed = (step: Extract<Decision, { kind: 'relax' }>['step']) =>
      this.decisions.push({ kind: 'relax', ...subject(entry, now), step });
    const isPast = (ms: number | undefined) => ms !== undefined && waitedMs >= ms;
    if (entry.facts.language !== null && !entry.isLanguageDropped && isPast(relax.dropLanguageAfterMs)) {
      entry.isLanguageDropped = true;
      relaxed({ kind: 'language' });
    }
    if (relax.lowerLevelAfterMs !== undefined) {
      const steps = Math.max(minLevel, entry.facts.minLevel) - 1;
      const lowerBy = Math.min(steps, Math.floor(waitedMs / relax.lowerLevelAfterMs));
      if (lowerBy > entry.lowerBy) {
        entry.lowerBy = lowerBy;
        relaxed({ kind: 'level', lowerBy });
      }
    }
    if (!entry.isWidened && isPast(relax.widenAfterMs)) {
      entry.isWidened = true;
      entry.groupIds = [...new Set([...entry.groupIds, ...(relax.widenTo ?? [])])];
      relaxed({ kind: 'widen', groupIds: relax.widenTo ?? [] });
    }
    const isTime = (at: number) => at > since && at <= now;
    if (overflow.some(({ when }) => when.afterMs !== undefined && isTime(entry.since + when.afterMs))) {
      this.#followOverflows(entry, now);
    }
  }

  #miss(entry: NaiveEntry, now: number): void {
    const agentId = entry.given?.agentId ?? '';
    const agent = this.agents.get(agentId) as NaiveAgent;
    const { missWindowMs, missesToBreak } = this.config.presence;
    this.#takeBack(entry, now);
    entry.excluded.set(agentId, now + missWindowMs);
    this.decisions.push({ kind: 'offer-missed', ...subject(entry, now), agentId, notBefore: now + missWindowMs });
    agent.misses = [...agent.misses.filter((at) => at > now - missWindowMs), now];
    const misses = agent.misses.length;
    if (misses < missesToBreak) return;
    agent.misses = [];
    agent.isOnBreak = true;
    this.decisions.push({ kind: 'agent-break', agentId, misses, at: now });
    this.#presenceChanged(now);
  }

  /** New ones that nobody could have. */
  #sendNewOn(now: number): boolean {
    let hasChanged = false;
    for (const entry of this.#waiting().filter(({ isNewHere, notBefore }) => isNewHere && notBefore <= now)) {
      entry.isNewHere = false;
      if (this.#followOverflows(entry, now)) hasChanged = true;
    }
    return hasChanged;
  }

  /** All of groups that closed or lost their last member. */
  #reviewGroups(now: number): boolean {
    let hasChanged = false;
    for (const group of this.groups.filter(({ needsReview }) => needsReview)) {
      group.needsReview = false;
      for (const entry of this.#waiting()) {
        if (entry.isNewHere || entry.groupIds[0] !== group.config.id) continue;
        if (this.#followOverflows(entry, now)) hasChanged = true;
      }
    }
    return hasChanged;
  }

  #followOverflows(entry: NaiveEntry, now: number): boolean {
    let hasChanged = false;
    const group = this.#own(entry);
    for (const [index, { when, to }] of group.config.overflow.entries()) {
      if (entry.followed.has(index)) continue;
      const inGroup = this.#inQueue(group);
      const ahead = inGroup.indexOf(entry);
      const isStaffed = this.#isStaffed(group);
      const estimate = group.isOpen && isStaffed ? estimateWait(group.rate.at(now), ahead + 1) : 'unknown';
      const holds =
        (when.afterMs === undefined || now - entry.since >= when.afterMs) &&
        (when.waiting === undefined || ahead >= when.waiting) &&
        (when.estimateMs === undefined ||
          (estimate !== 'unknown' && Math.sqrt(estimate.lowMs * estimate.highMs) >= when.estimateMs)) &&
        (when.outOfHours === undefined || !group.isOpen) &&
        (when.nobodyStaffed === undefined || !isStaffed);
      if (!holds) continue;
      entry.followed.add(index);
      if (to.kind === 'group') {
        const isThere = this.groups.some(({ config }) => config.id === to.groupId);
        if (!isThere || entry.visited.has(to.groupId) || entry.hops >= group.config.maxHops) continue;
      }
      if (to.kind === 'bot' && entry.facts.staysFromBot === true) continue;
      const hops = entry.hops + (to.kind === 'group' ? 1 : 0);
      const from = group.config.id;
      this.decisions.push({ kind: 'overflow', ...subject(entry, now), from, to, because: when, hops });
      hasChanged = true;
      if (this.#follow(entry, to, now)) return true;
    }
    return hasChanged;
  }

  #follow(entry: NaiveEntry, to: OverflowTarget, now: number): boolean {
    if (to.kind === 'agent' && !entry.named.includes(to.agentId)) entry.named.push(to.agentId);
    if (to.kind === 'bot') this.#end(entry, now);
    if (to.kind === 'group') {
      this.#stopKeeping(entry);
      entry.groupIds = [to.groupId];
      entry.since = now;
      entry.reviewedAt = Number.NEGATIVE_INFINITY;
      entry.hops += 1;
      entry.visited.add(to.groupId);
      entry.followed.clear();
      entry.isLanguageDropped = false;
      entry.lowerBy = 0;
      entry.isWidened = false;
      entry.isNewHere = true;
      this.#noteAll(now);
    }
    return to.kind === 'bot' || to.kind === 'group';
  }

  // What there is.

  #presenceChanged(now: number): void {
    for (const group of this.groups) {
      const isStaffed = this.#isStaffed(group);
      if (group.wasStaffed && !isStaffed) group.needsReview = true;
      group.wasStaffed = isStaffed;
    }
    this.#noteAll(now);
  }

  #isStaffed(group: NaiveGroup): boolean {
    return [...this.agents.values()].some(
      (agent) => this.#isPresent(agent) && this.#level(group, agent.facts.id) !== undefined,
    );
  }

  #noteAll(now: number): void {
    for (const group of this.groups) {
      group.rate.waiting(this.#inQueue(group).length > 0 && this.#isStaffed(group) && group.isOpen, now);
    }
  }

  #inQueue({ config }: NaiveGroup): NaiveEntry[] {
    return this.#inOrder(({ state, groupIds }) => state !== 'assigned' && groupIds[0] === config.id);
  }

  #waiting(): NaiveEntry[] {
    return this.#inOrder(({ state }) => state === 'waiting');
  }

  #inOrder(isWanted: (entry: NaiveEntry) => boolean): NaiveEntry[] {
    return [...this.entries.values()].filter(isWanted).sort(byPlace);
  }

  #stopKeeping(entry: NaiveEntry): void {
    for (const agent of this.agents.values()) if (agent.keepsRoomFor === entry) agent.keepsRoomFor = undefined;
  }

  #end(entry: NaiveEntry, now: number): void {
    this.#takeBack(entry, now);
    this.#stopKeeping(entry);
    this.entries.delete(entry.facts.conversationId);
    this.#noteAll(now);
  }

  #group(id: string): NaiveGroup {
    const fallback = this.config.defaultGroupId ?? everyoneId;
    return (this.groups.find(({ config }) => config.id === id) ??
      this.groups.find(({ config }) => config.id === fallback)) as NaiveGroup;
  }

  #own(entry: NaiveEntry): NaiveGroup {
    return this.#group(entry.groupIds[0] ?? '');
  }

  #groupsOf(entry: NaiveEntry): NaiveGroup[] {
    return entry.groupIds.flatMap((id) => this.groups.find(({ config }) => config.id === id) ?? []);
  }

  #key({ enqueuedAt, priority, vip }: WaitingEntry): number {
    return enqueuedAt - 60_000 * (this.config.ageing[priority] + (vip ? this.config.ageing.vip : 0));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what is compared is who gets what, not the record of it.
const noRecord = undefined as any;

function subject({ facts }: NaiveEntry, at: number): { conversationId: string; epoch: number; at: number } {
  return { conversationId: facts.conversationId, epoch: facts.epoch, at };
}

function byPlace(a: NaiveEntry, b: NaiveEntry): number {
  return (
    a.key - b.key ||
    a.facts.enqueuedAt - b.facts.enqueuedAt ||
    Number(a.facts.conversationId) - Number(b.facts.conversationId)
  );
}

/** Keeps its room for what stands before. */
function keepsFrom({ keepsRoomFor }: NaiveAgent, entry: NaiveEntry): boolean {
  return keepsRoomFor !== undefined && byPlace(keepsRoomFor, entry) < 0;
}
