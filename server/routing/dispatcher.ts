import type { Offer } from '@parley/sdk/protocol.ts';
import { createAlarm } from '../base/alarm.ts';
import type { Clock } from '../base/clock.ts';
import { Lru } from '../base/lru.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type AgentDirectory, createAgentWatch } from './agent-watch.ts';
import { type AssignOutcome, createAssigner } from './assigner.ts';
import type { AssignmentStore, DecisionRow } from './assignment-store.ts';
import type { AgentVerdict, Assign, Decision } from './decision-record.ts';
import { createGiveBack } from './give-back.ts';
import type { GroupStats } from './group-stats.ts';
import { createHeldWork } from './held-work.ts';
import { createIntake, type RuleEffects, type Waiter } from './intake.ts';
import { createOffers } from './offers.ts';
import { everyoneId, type RoutingConfig, unitsPerConversation } from './routing-config.ts';
import { createRoutingCore } from './routing-core.ts';
import type { ToldWait } from './told-waits.ts';
import { createWaitAnswers } from './wait-answers.ts';
import { createWaitNotices, type WaitNotices } from './wait-notices.ts';
import type { WaitStore } from './wait-store.ts';
import { createWaitingLanes, type LaneId } from './waiting-lanes.ts';

/** Gives waiting conversations to agents, and takes back what an agent who went away has not answered. */
export interface Dispatcher {
  /** Loads what waits and who holds what; then listens, and decides. */
  start(): Promise<void>;
  /** Somebody came, left or changed: this one, or anybody. */
  agentsChanged(agentId?: string): void;
  /** Another configuration holds from now on. */
  configChanged(): void;
  /** Asks the store what waits and who holds what: others may have written what we were not told. */
  lookAgain(): Promise<void>;
  /**
   * The agent is away for good: what it has not answered goes back to the front of the queue.
   * @param activeSince only what something happened in since then: the rest was given back before
   */
  agentGone(agentId: string, activeSince?: number): Promise<void>;
  /** How many conversations the agent has, those included that are being given. */
  loadOf(agentId: string): number;
  stats(): Promise<{ waiting: number; oldestAgeMs: number }>;
  /** Each group's queue. */
  queues(): Promise<GroupStats[]>;
  /** Why an agent, or each one of its groups, can or cannot have a conversation now; undefined: it does not wait. */
  verdicts(conversationId: string, agentId: string | 'all'): AgentVerdict[] | undefined;
  /** What customers who wait are told. */
  readonly notices: WaitNotices;
  /** What the agent is asked to take. */
  offersTo(agentId: string): Offer[];
  /**
   * The agent takes what they are asked to take. Resolves when it is stored.
   * @throws Refusal `conflict` when they are asked no more
   */
  accept(conversationId: string, agentId: string): Promise<void>;
  /** The agent says no, and is not asked again for this wait. */
  decline(conversationId: string, agentId: string): void;
  /**
   * The agent takes one by hand: this one, or the first that they can have. Resolves when it is stored.
   * @param options.override also against a rule, which is recorded
   * @returns its id, or the rule that forbids it; undefined: there is none to take
   */
  take(
    agentId: string,
    options: { conversationId?: string; override?: boolean },
  ): Promise<{ conversationId: string } | { refused: AgentVerdict | undefined }>;
  /** Resolves when no decision is under way. */
  settled(): Promise<void>;
  stop(): void;
}

/** What is counted of the decisions. */
export interface DispatchEvents {
  /** How many conversations the agent has is another number now. */
  load(agentId: string, load: number): void;
  /** `failed`, `gone` and `refused-capacity` are what the store said of an assignment. */
  decided(outcome: Decision['kind'] | Exclude<AssignOutcome, 'done'>): void;
  /** @param tookMs from the decision until it was stored */
  assigned(of: { groupId: string; waitedMs: number; tookMs: number }): void;
  requeued(why: 'agent-gone' | 'given-back'): void;
  /** A wait is over of which the customer was told something. */
  toldWait(wait: ToldWait): void;
  /** Too many offers were missed: the agent is away until they say otherwise. */
  breaks(agentId: string): void;
}

/** Read of those that wait at once. */
const rowsAtOnce = 2_000;
/** How much earlier than the last look began: what was written meanwhile, by clocks that are not ours. */
const lookBackMs = 60_000;
/** Before a store that could not be read is asked again. */
const retryMs = 1_000;
/** Of so many conversations it is known which news are old. */
const maxEpochs = 50_000;

export function createDispatcher(deps: {
  conversations: Conversations;
  store: AssignmentStore;
  waits: Pick<WaitStore, 'told'>;
  agents: AgentDirectory;
  config: () => { readonly version: number; readonly config: RoutingConfig };
  channelTypeOf: (channelId: string) => string;
  effects: RuleEffects;
  /** Whether the channel can be sent to, rather than shown a window of ours. */
  canAnswer: (channelId: string) => boolean;
  bus: EventBus;
  clock: Clock;
  onError: (error: unknown) => void;
  events: DispatchEvents;
  /** Whether an agent who holds conversations is away for good: looked at again, since that may be missed. */
  isGone?: (agentId: string) => boolean;
}): Dispatcher {
  const { conversations, store, agents, bus, clock, events } = deps;
  const lanes = createWaitingLanes((lane, after, limit) => store.waiting(lane, after, limit));
  const held = createHeldWork(store);
  const giveBack = createGiveBack(deps);
  const first = deps.config();
  const core = createRoutingCore({
    config: decidable(first.config),
    version: first.version,
    onToldWait: events.toldWait,
  });
  const intake = createIntake({ ...deps, config: first.config, now: clock.now });
  /** Those that the core knows to wait, until the store says that somebody has them. */
  const waiters = new Map<string, Waiter>();
  const notices = createWaitNotices({ ...deps, core, waiters, now });
  const answerWait = createWaitAnswers({
    answer: deps.effects.answer,
    config: () => deps.config().config,
    canAnswer: deps.canAnswer,
  });
  const assigner = createAssigner({
    conversations,
    clock,
    termsOf: ({ agentId, conversationId }) => {
      const { name = agentId, capacity = 0 } = agents.get(agentId) ?? {};
      return { name, capacity, loadWeight: waiters.get(conversationId)?.entry.weight ?? unitsPerConversation };
    },
    onOutcome: settle,
    onStored: ({ groupId, record: { waitedMs } }, tookMs) => events.assigned({ groupId, waitedMs, tookMs }),
    onError: deps.onError,
    workOn,
  });
  const offers = createOffers((agentId, what) => {
    const event =
      'begins' in what
        ? { event: 'offer.made' as const, data: { offer: what.begins } }
        : { event: 'offer.ended' as const, data: { conversationId: what.ends, why: what.why } };
    bus.publish('offer', { agentId, what: event });
  });
  const watch = createAgentWatch({ agents, now, onChange: (facts) => core.agent(facts, now()) });
  const alarm = createAlarm(clock, soon);
  /** The newest owner epoch that was heard of: what is older is old news. */
  const epochs = new Lru<string, number>(maxEpochs);
  const told = new Map<string, number>();
  /** Conversations of which the store is asked what there is to know. */
  const asked = new Set<string>();
  let isAsking = false;
  let isReady = false;
  let isDue = false;
  let lookedAt: number | undefined;
  let latest = 0;
  let working = 0;
  let stopped = false;
  let idle: (() => void)[] = [];
  const unsubscribe: (() => void)[] = [];

  /** Decisions see time go on, also when somebody sets the clock back. */
  function now(): number {
    latest = Math.max(latest, clock.now());
    return latest;
  }

  const loadOf = (agentId: string): number => held.countOf(agentId) + assigner.countOf(agentId);

  function tell(agentId: string): void {
    const load = loadOf(agentId);
    if (told.get(agentId) === load) return;
    told.set(agentId, load);
    events.load(agentId, load);
  }

  /** Whoever waits for us to be settled waits for it; then there is something new to decide. */
  async function workOn(work: Promise<unknown>): Promise<void> {
    working += 1;
    await work.catch(deps.onError);
    working -= 1;
    soon();
    if (working > 0) return;
    for (const resolve of idle) resolve();
    idle = [];
  }

  /** Decides when all that happens in this moment is known. */
  function soon(): void {
    if (isDue || stopped || !isReady) return;
    isDue = true;
    working += 1;
    queueMicrotask(() => {
      isDue = false;
      try {
        decide();
      } catch (error) {
        deps.onError(error);
      }
      working -= 1;
      if (working > 0) return;
      for (const resolve of idle) resolve();
      idle = [];
    });
  }

  function decide(): void {
    if (stopped) return;
    for (const decision of core.decide(now())) follow(decision);
    alarm.set(core.nextAt());
    for (const lane of lanes.wanting()) void workOn(fill(lane));
  }

  function follow(decision: Decision): void {
    events.decided(decision.kind);
    switch (decision.kind) {
      case 'assign':
        void begin(decision);
        return;
      case 'offer': {
        const { conversationId, agentId, groupId, at, expiresAt } = decision;
        offers.begin({ conversationId, agentId, groupId, expiresAt, timeoutMs: expiresAt - at });
        return;
      }
      case 'overflow':
        void workOn(sendOn(decision));
        return;
      case 'offer-missed':
        offers.end(decision.conversationId, 'missed');
        void workOn(noteMissed(decision));
        return;
      case 'offer-withdrawn':
        offers.end(decision.conversationId, 'withdrawn');
        return;
      case 'agent-break':
        events.breaks(decision.agentId);
        return;
      case 'wait': {
        const waiter = waiters.get(decision.conversationId);
        if (waiter !== undefined) void workOn(answerWait(decision, waiter));
        return;
      }
      case 'relax':
        return;
      default:
        decision satisfies never;
    }
  }

  function begin(assign: Assign): Promise<AssignOutcome> {
    const outcome = assigner.begin(assign);
    tell(assign.agentId);
    return outcome;
  }

  /** What a person asked for: they are told when it is stored, or that it is not. */
  async function beginFor(assign: Assign): Promise<void> {
    const outcome = await begin(assign);
    if (outcome === 'done') return;
    if (outcome === 'refused-capacity') {
      throw new Refusal('capacity-reached', 'You have as many conversations as you can take: close one first.');
    }
    if (outcome === 'failed') throw new Refusal('unavailable', 'It could not be stored now: try again shortly.');
    throw new Refusal('conflict', 'Somebody else has it by now.');
  }

  async function settle(assign: Assign, outcome: AssignOutcome): Promise<void> {
    const { conversationId, agentId } = assign;
    if (outcome === 'done') {
      hasIt(assign);
      return;
    }
    events.decided(outcome);
    core.settle(conversationId, outcome, now());
    tell(agentId);
    if (outcome === 'gone') forget(conversationId);
    // The transaction knows better than we: ask what it counts. With that the agent can be asked for again at once.
    const isNews = outcome === 'refused-capacity' && (await compareHeld([agentId]).catch(waitAfter));
    if (isNews === true) watch.look(agentId, true);
  }

  function hasIt({ conversationId, agentId }: Assign): void {
    const weight = waiters.get(conversationId)?.entry.weight ?? unitsPerConversation;
    core.settle(conversationId, 'done', now());
    forget(conversationId);
    held.take(conversationId, { agentId, weight });
    tell(agentId);
  }

  /** It is no waiter of ours any more. */
  function forget(id: string): void {
    offers.end(id, 'withdrawn');
    waiters.delete(id);
    lanes.remove(id);
  }

  /** The core has it in its new group already; the store has to know for those who decide after us. */
  async function sendOn({ conversationId, epoch, at, from, to, because, hops }: Decision & { kind: 'overflow' }) {
    const waiter = waiters.get(conversationId);
    if (waiter === undefined || waiter.row.epoch !== epoch) return;
    const { row, said } = waiter;
    const isGroup = to.kind === 'group';
    const isOffer = to.kind === 'message-form' || to.kind === 'call-back';
    // Whoever decided before us has offered it already.
    if (isOffer && said.offers[to.kind] !== undefined) return;
    const offers = isOffer ? { ...said.offers, [to.kind]: 'open' as const } : said.offers;
    const visited = [...new Set([...said.visited, from])];
    const next = isGroup
      ? { ...said, queuedAt: row.queuedAt, groupSince: at, overflows: hops, visited }
      : { ...said, queuedAt: row.queuedAt, offers };
    const routing = JSON.stringify(next);
    const moved = { ...row, routing, ...(isGroup ? { groupId: to.groupId } : {}) };
    waiters.set(conversationId, { ...waiter, row: moved, said: next });
    if (isGroup) lanes.move(to.groupId, row);
    const note: Omit<DecisionRow, 'epoch' | 'n'> = {
      at,
      kind: 'overflow',
      agentId: to.kind === 'agent' ? to.agentId : null,
      groupId: isGroup ? to.groupId : from,
      why: to.kind,
      record: JSON.stringify({ from, to, because }),
    };
    try {
      await store.route(row, { routing, ...(isGroup ? { groupId: to.groupId } : {}) }, note);
    } catch (error) {
      await waitAfter(error);
    }
  }

  /** Kept where it can be, as all that is not asked for again. */
  async function noteMissed({
    conversationId,
    agentId,
    at,
    epoch,
  }: Decision & { kind: 'offer-missed' }): Promise<void> {
    const waiter = waiters.get(conversationId);
    if (waiter === undefined || waiter.row.epoch !== epoch) return;
    const { groupId } = waiter.entry;
    const note = { at, kind: 'offer-missed', agentId, groupId, why: 'missed', record: '{}' };
    await store.route(waiter.row, undefined, note).catch(waitAfter);
  }

  async function waitAfter(error: unknown): Promise<void> {
    if (!(error instanceof Refusal)) deps.onError(error);
    await clock.sleep(retryMs);
  }

  function ownerChanged(head: ConversationHead, previousHolderId: string | null): void {
    const known = epochs.get(head.id) ?? 0;
    if (head.ownerEpoch < known) return;
    epochs.set(head.id, head.ownerEpoch);
    const assign = assigner.get(head.id);
    const isOurs =
      head.status === 'agent' && assign?.agentId === head.assigneeId && assign.epoch + 1 === head.ownerEpoch;
    if (assign !== undefined && assigner.end(assign, isOurs ? 'done' : 'gone') && isOurs) {
      hasIt(assign);
      soon();
      return;
    }
    if (assign !== undefined) tell(assign.agentId);
    const holderBefore = held.get(head.id)?.agentId ?? previousHolderId;
    if (head.status === 'agent' && head.assigneeId !== null) take(head, head.assigneeId);
    else letGo(head);
    if (holderBefore !== null) tell(holderBefore);
    if (head.status === 'queued') {
      if (previousHolderId !== null && head.ownerEpoch > known) {
        events.requeued(giveBack.isGivingBack(head.id) ? 'agent-gone' : 'given-back');
      }
      ask([head.id]);
    }
    soon();
  }

  /** A person took it, or it was answered, or another process gave it. */
  function take({ id, channelId, loadWeight }: ConversationHead, agentId: string): void {
    const groupId = waiters.get(id)?.entry.groupId ?? null;
    forget(id);
    held.take(id, { agentId, weight: loadWeight });
    core.hold(id, agentId, { weight: loadWeight, channelType: deps.channelTypeOf(channelId), groupId }, now());
    tell(agentId);
  }

  function letGo({ id, status }: ConversationHead): void {
    if (held.get(id) !== undefined) {
      held.drop(id);
      core.release(id, now());
    }
    if (status === 'queued' || !waiters.has(id)) return;
    core.leave(id, now(), status === 'closed' ? 'closed' : 'taken');
    forget(id);
  }

  /** What is to be known of them is read, together with that of others. */
  function ask(ids: Iterable<string>): void {
    for (const id of ids) asked.add(id);
    if (isAsking || asked.size === 0) return;
    isAsking = true;
    // At the end of this moment: what comes together is asked for together.
    void workOn(
      Promise.resolve()
        .then(readAsked)
        .finally(() => {
          isAsking = false;
        }),
    );
  }

  async function readAsked(): Promise<void> {
    while (asked.size > 0 && !stopped) {
      const ids = [...asked].slice(0, rowsAtOnce);
      for (const id of ids) asked.delete(id);
      try {
        await admit(ids);
      } catch (error) {
        for (const id of ids) asked.add(id);
        await waitAfter(error);
      }
    }
  }

  async function admit(ids: readonly string[]): Promise<void> {
    const rows = await store.waitingRows(ids);
    const taken = new Map((await intake.take(rows)).map((waiter) => [waiter.row.id, waiter]));
    for (const id of ids) {
      const waiter = taken.get(id);
      if (waiter === undefined) {
        if (!waiters.has(id)) lanes.remove(id);
        continue;
      }
      // What was read is old by now, and what is new is being asked for.
      if (waiter.row.epoch < (epochs.get(id) ?? 0) || assigner.get(id)?.epoch === waiter.row.epoch) continue;
      enqueue(waiter);
    }
  }

  function enqueue(waiter: Waiter): void {
    const { row, entry } = waiter;
    const { ageing } = deps.config().config;
    const worthMs = 60_000 * (ageing[row.priority] + (entry.vip ? ageing.vip : 0));
    const known = waiters.get(row.id);
    // What is known of this wait is others' words by now: it is looked at anew.
    if (known?.row.epoch === row.epoch) {
      offers.end(row.id, 'withdrawn');
      const hasLeft = row.abandonedAt !== null && known.row.abandonedAt === null;
      core.leave(row.id, now(), hasLeft ? 'abandoned' : 'taken');
    }
    if (!lanes.add(row.groupId, row, worthMs)) {
      waiters.delete(row.id);
      return;
    }
    waiters.set(row.id, waiter);
    epochs.set(row.id, row.epoch);
    core.enqueue(entry, now());
  }

  async function fill(lane: LaneId): Promise<void> {
    try {
      ask(await lanes.fill(lane));
    } catch (error) {
      await waitAfter(error);
    }
  }

  /** @returns whether anything was not known */
  async function compareHeld(agentIds: readonly string[]): Promise<boolean> {
    const { found, lost } = await held.compare(agentIds);
    for (const { id, agentId, weight, channelId, queuedAt } of found) {
      if (assigner.get(id) !== undefined) continue;
      forget(id);
      // About when they got it: as if they had got all of it now, nobody would have had less work than others.
      const since = Math.min(now(), queuedAt ?? now());
      core.hold(id, agentId, { weight, channelType: deps.channelTypeOf(channelId), groupId: null, since }, now());
    }
    for (const id of lost) core.release(id, now());
    for (const agentId of agentIds) tell(agentId);
    return found.length + lost.length > 0;
  }

  async function look(which: 'some' | 'all'): Promise<string[]> {
    watch.lookAtAll();
    const holders = await store.holders();
    await compareHeld([...new Set([...held.agentIds, ...holders])]);
    const laneIds = new Set([...(await store.lanes()), ...lanes.lanes]);
    const { found, gone } = await lanes.lookAgain([...laneIds], which);
    for (const id of gone) {
      if (assigner.get(id) !== undefined) continue;
      core.leave(id, now(), 'taken');
      forget(id);
    }
    for (let from = 0; from < found.length; from += rowsAtOnce) await admit(found.slice(from, from + rowsAtOnce));
    return holders;
  }

  async function lookAgain(which: 'some' | 'all' = 'some'): Promise<void> {
    const begun = clock.now();
    const holders = await look(which);
    isReady = true;
    watch.begin();
    soon();
    const since = lookedAt === undefined ? undefined : lookedAt - lookBackMs;
    lookedAt = begun;
    for (const agentId of holders) {
      if (deps.isGone?.(agentId) === true) await agentGone(agentId, since);
    }
  }

  async function agentGone(agentId: string, activeSince?: number): Promise<void> {
    try {
      await giveBack.allOf(agentId, activeSince);
    } catch (error) {
      // The next look is at everything, however long ago it was.
      lookedAt = undefined;
      throw error;
    }
  }

  /** Of a lane that is longer than what is known the store knows how many there are. */
  async function queues(): Promise<GroupStats[]> {
    const longer = new Map<string, number>();
    const { defaultGroupId, groups } = deps.config().config;
    for (const lane of lanes.lanes.filter((id) => lanes.hasMore(id))) {
      const isKnown = lane !== null && groups.some(({ id }) => id === lane);
      const groupId = isKnown ? lane : (defaultGroupId ?? everyoneId);
      longer.set(groupId, (longer.get(groupId) ?? 0) + (await store.countWaiting(lane)));
    }
    return core.stats(now()).map((group) => {
      const stored = longer.get(group.groupId) ?? 0;
      return stored > group.waiting ? { ...group, waiting: stored } : group;
    });
  }

  return {
    start: async () => {
      if (unsubscribe.length === 0) {
        unsubscribe.push(
          bus.subscribe('owner.changed', ({ head, previousHolderId }) => ownerChanged(head, previousHolderId)),
          bus.subscribe('queue.changed', ({ conversationId }) => ask([conversationId])),
        );
      }
      await lookAgain('all');
    },
    lookAgain: () => lookAgain(),
    agentsChanged: (agentId) => {
      if (agentId === undefined) watch.lookAtAll();
      else watch.look(agentId);
      soon();
    },
    configChanged: () => {
      const { config, version } = deps.config();
      intake.configure(config);
      core.configure(decidable(config), version, now());
      soon();
    },
    agentGone,
    loadOf,
    stats: async () => {
      let oldestAt = Number.POSITIVE_INFINITY;
      for (const { row } of waiters.values()) oldestAt = Math.min(oldestAt, row.queuedAt);
      return {
        waiting: lanes.lanes.some(lanes.hasMore) ? await store.countWaiting() : waiters.size,
        oldestAgeMs: Number.isFinite(oldestAt) ? Math.max(0, clock.now() - oldestAt) : 0,
      };
    },
    queues,
    notices,
    verdicts: (conversationId, agentId) =>
      waiters.has(conversationId) ? core.verdicts(conversationId, agentId, now()) : undefined,
    offersTo: offers.of,
    accept: async (conversationId, agentId) => {
      const assign = core.accept(conversationId, agentId, now());
      if (assign === undefined) throw new Refusal('conflict', 'You are not asked to take this one any more.');
      offers.end(conversationId, 'accepted');
      await beginFor(assign);
    },
    decline: (conversationId, agentId) => {
      if (offers.get(conversationId)?.agentId !== agentId) {
        throw new Refusal('conflict', 'You are not asked to take this one any more.');
      }
      offers.end(conversationId, 'declined');
      core.declined(conversationId, agentId, now());
      soon();
    },
    take: async (agentId, options) => {
      const picked = core.pick(agentId, options, now());
      if (picked.kind === 'refused') return { refused: picked.verdict };
      offers.end(picked.conversationId, picked.why === 'accepted' ? 'accepted' : 'withdrawn');
      await beginFor(picked);
      return { conversationId: picked.conversationId };
    },
    settled: () => (working === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    stop: () => {
      stopped = true;
      alarm.set(undefined);
      for (const stop of unsubscribe) stop();
    },
  };
}

/** As it can be carried out: there is no bot yet that could have what an overflow sends to it. */
function decidable(config: RoutingConfig): RoutingConfig {
  const groups = config.groups.map((group) => ({
    ...group,
    overflow: group.overflow.filter(({ to }) => to.kind !== 'bot'),
  }));
  return { ...config, groups };
}
