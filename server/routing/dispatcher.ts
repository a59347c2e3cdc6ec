import type { Offer } from '@parley/sdk/protocol.ts';
import { everyoneId, type OverflowTarget, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { createAlarm } from '../base/alarm.ts';
import type { Clock } from '../base/clock.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { Refusal } from '../gateway/refusal.ts';
import { createAdmission } from './admission.ts';
import { type AgentActions, createAgentActions } from './agent-actions.ts';
import { type AgentDirectory, createAgentWatch } from './agent-watch.ts';
import { createAnswerTimes } from './answer-times.ts';
import { type AssignOutcome, createAssigner } from './assigner.ts';
import type { AssignmentStore } from './assignment-store.ts';
import { createDeadlines } from './deadlines.ts';
import type { AgentVerdict, Assign, Decision, RelaxStep } from './decision-record.ts';
import { createDispatchWork } from './dispatch-work.ts';
import { createFollowing } from './follow-decisions.ts';
import { createGiveBack } from './give-back.ts';
import type { GroupStats } from './group-stats.ts';
import { type BotDoor, createIntake, type RuleEffects } from './intake.ts';
import { createOffers } from './offers.ts';
import { createOwnerChanges, type Requeued } from './owner-changes.ts';
import { createQuietWork } from './quiet-work.ts';
import { createRepairs, type RepairKind } from './repairs.ts';
import { createReturns } from './returns.ts';
import { unitsPerConversation } from './routing-config.ts';
import { createRoutingCore } from './routing-core.ts';
import type { AgentFacts } from './routing-facts.ts';
import type { ToldWait } from './told-waits.ts';
import { createWaitAnswers } from './wait-answers.ts';
import { createWaitNotices, type WaitNotices } from './wait-notices.ts';
import type { WaitStore } from './wait-store.ts';

/** Gives waiting conversations to agents, and takes back what an agent who went away has not answered. */
export interface Dispatcher extends AgentActions {
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
  /** What keeps an agent from an open conversation that a person gives them; undefined: it is closed. */
  verdictByHand(conversationId: string, agentId: string): Promise<AgentVerdict | undefined>;
  /** What customers who wait are told. */
  readonly notices: WaitNotices;
  /** What the agent is asked to take. */
  offersTo(agentId: string): Offer[];
  /** Resolves when no decision is under way. */
  settled(): Promise<void>;
  stop(): void;
}

/** What is counted of the decisions. */
export interface DispatchEvents {
  /** How many conversations the agent has, or what they take of the capacity together, is another number now. */
  load(agentId: string, load: number, used: number): void;
  /** While a customer is quiet their conversation counts less. */
  weighed(as: 'less' | 'whole'): void;
  /** `failed`, `gone` and `refused-capacity` are what the store said of an assignment. */
  decided(outcome: Decision['kind'] | Exclude<AssignOutcome, 'done'>): void;
  /** @param tookMs from the decision until it was stored */
  assigned(of: { groupId: string; waitedMs: number; tookMs: number }): void;
  requeued(why: Requeued): void;
  /** Less is asked for. */
  relaxed?(step: RelaxStep['kind']): void;
  /** A group has sent it on, or offered something. */
  overflowed?(of: { groupId: string; to: OverflowTarget['kind'] }): void;
  /** How long one round of decisions took, whatever came of it. */
  thought?(ms: number): void;
  /** Only looking again found it. */
  repaired?(what: RepairKind): void;
  /** A wait is over of which the customer was told something. */
  toldWait(wait: ToldWait): void;
  /** Too many offers were missed: the agent is away until they say otherwise. */
  breaks(agentId: string): void;
  /** Somebody who was finishing up has nothing left. */
  finished?(agentId: string): void;
}

/** How much earlier than the last look began: what was written meanwhile, by clocks that are not ours. */
const lookBackMs = 60_000;
/** Before a store that could not be read is asked again. */
const retryMs = 1_000;

export function createDispatcher(deps: {
  conversations: Conversations;
  store: AssignmentStore;
  waits: Pick<WaitStore, 'told'>;
  agents: AgentDirectory;
  config: () => { readonly version: number; readonly config: RoutingConfig };
  channelTypeOf: (channelId: string) => string;
  effects: RuleEffects;
  /** Absent: there is none. */
  bot?: BotDoor;
  /** Whether the channel can be sent to, rather than shown a window of ours. */
  canAnswer: (channelId: string) => boolean;
  bus: EventBus;
  clock: Clock;
  onError: (error: unknown) => void;
  events: DispatchEvents;
  /** Whether an agent who holds conversations is away for good: looked at again, since that may be missed. */
  isGone?: (agentId: string) => boolean;
  /** Whether what an agent has answered who is gone is kept for them still. */
  isLost?: (agentId: string) => boolean;
  /** Agents who take nothing new and go when what they have is done. */
  finishing?: () => Iterable<string>;
}): Dispatcher {
  const { conversations, store, agents, bus, clock, events } = deps;
  const work = createDispatchWork({ decide, onError: deps.onError });
  const { workOn, soon } = work;
  const giveBack = createGiveBack(deps);
  const repairs = createRepairs((what) => events.repaired?.(what));
  const first = deps.config();
  const core = createRoutingCore({
    config: decidable(first.config, deps.bot),
    version: first.version,
    onToldWait: events.toldWait,
  });
  const intake = createIntake({ ...deps, config: first.config, now: clock.now });
  const offers = createOffers((agentId, what) => {
    const event =
      'begins' in what
        ? { event: 'offer.made' as const, data: { offer: what.begins } }
        : { event: 'offer.ended' as const, data: { conversationId: what.ends, why: what.why } };
    bus.publish('offer', { agentId, what: event });
  });
  const admission = createAdmission({
    ...{ store, core, intake, offers, work, now, waitAfter, repairs },
    config: deps.config,
    givingOf: (id) => assigner.get(id),
  });
  const assigner = createAssigner({
    conversations,
    clock,
    termsOf: ({ agentId, conversationId }) => {
      const { name = agentId, capacity = 0 } = agents.get(agentId) ?? {};
      const loadWeight = admission.waiters.get(conversationId)?.entry.weight ?? unitsPerConversation;
      return { name, capacity, loadWeight };
    },
    onOutcome: settle,
    onStored: ({ groupId, record: { waitedMs } }, tookMs) => events.assigned({ groupId, waitedMs, tookMs }),
    onError: deps.onError,
    workOn,
  });
  const answerTimes = createAnswerTimes({
    ...{ conversations, store },
    config: first.config,
    nameOf: (agentId) => agents.get(agentId)?.name ?? agentId,
    tell: (agentId, conversationId, why) => {
      bus.publish('offer', { agentId, what: { event: 'assignment.ended', data: { conversationId, why } } });
    },
    now: clock.now,
  });
  const returns = createReturns({ conversations, store, agents, now: clock.now });
  const deadlines = createDeadlines({
    ...{ work, clock, waitAfter },
    works: [answerTimes.giveBackLate, returns.bringBackDue, (): Promise<number | undefined> => quiet.countLess()],
  });
  const owners = createOwnerChanges({
    ...{ store, core, admission, assigner, now, events, soon, repairs },
    takenBackFor: (id) => answerTimes.reasonOf(id) ?? (giveBack.isGivingBack(id) ? 'agent-gone' : undefined),
    channelTypeOf: deps.channelTypeOf,
  });
  const quiet = createQuietWork({
    store,
    config: first.config,
    channelTypeOf: deps.channelTypeOf,
    agentIds: () => owners.agentIds,
    onWeight: (row) => {
      events.weighed(row.weight < row.wholeWeight ? 'less' : 'whole');
      owners.weighs(row);
    },
    now,
  });
  const notices = createWaitNotices({ ...deps, core, admission, now });
  const answerWait = createWaitAnswers({
    answer: deps.effects.answer,
    config: () => deps.config().config,
    canAnswer: deps.canAnswer,
  });
  const follow = createFollowing({
    ...{ store, admission, offers, work, begin, answerWait, waitAfter },
    answer: deps.effects.answer,
    ...(deps.bot === undefined ? {} : { bot: deps.bot }),
    breaks: events.breaks,
  });
  const actions = createAgentActions({ core, offers, begin, now, soon });
  const watch = createAgentWatch({ agents, now, onChange: agentChanged });
  const alarm = createAlarm(clock, soon);
  const unsubscribe: (() => void)[] = [];
  /** Agents of whom somebody has just told that they are gone. */
  const goneNow = new Set<string>();
  let lookedAt: number | undefined;
  let latest = 0;

  /** Decisions see time go on, also when somebody sets the clock back. */
  function now(): number {
    latest = Math.max(latest, clock.now());
    return latest;
  }

  function decide(): void {
    const begun = clock.elapsed();
    const decisions = core.decide(now());
    events.thought?.(clock.elapsed() - begun);
    for (const decision of decisions) {
      events.decided(decision.kind);
      if (decision.kind === 'relax') events.relaxed?.(decision.step.kind);
      if (decision.kind === 'overflow') events.overflowed?.({ groupId: decision.from, to: decision.to.kind });
      follow(decision);
    }
    alarm.set(core.nextAt());
    admission.askForMore();
    for (const agentId of deps.finishing?.() ?? []) if (owners.loadOf(agentId) === 0) events.finished?.(agentId);
  }

  function begin(assign: Assign): Promise<AssignOutcome> {
    const outcome = assigner.begin(assign);
    owners.tell(assign.agentId);
    return outcome;
  }

  async function settle(assign: Assign, outcome: AssignOutcome): Promise<void> {
    const { conversationId, agentId } = assign;
    if (outcome === 'done') {
      owners.hasIt(assign);
      return;
    }
    events.decided(outcome);
    core.settle(conversationId, outcome, now());
    owners.tell(agentId);
    if (outcome === 'gone') admission.forget(conversationId);
    // The transaction knows better than we: ask what it counts. With that the agent can be asked for again at once.
    const isNews = outcome === 'refused-capacity' && (await owners.compare([agentId]).catch(waitAfter));
    if (isNews === true) watch.look(agentId, true);
  }

  async function waitAfter(error: unknown): Promise<void> {
    if (!(error instanceof Refusal)) deps.onError(error);
    await clock.sleep(retryMs);
  }

  async function look(which: 'some' | 'all'): Promise<string[]> {
    for (const agentId of watch.lookAtAll()) repairs.found('agent-changed', agentId);
    const holders = await store.holders();
    await owners.compareAll(holders);
    await admission.lookAgain(which);
    return holders;
  }

  async function lookAgain(which: 'some' | 'all' = 'some'): Promise<void> {
    const begun = clock.now();
    if (which === 'all') repairs.forget();
    else repairs.count();
    const holders = await look(which);
    work.begin();
    watch.begin();
    soon();
    deadlines.look();
    const since = lookedAt === undefined ? undefined : lookedAt - lookBackMs;
    lookedAt = begun;
    for (const agentId of holders) {
      if (deps.isGone?.(agentId) !== true) continue;
      const isTold = goneNow.has(agentId);
      for (const _ of await takeFrom(agentId, since)) if (!isTold) repairs.found('agent-gone', agentId);
    }
    if (which === 'all') repairs.forget();
  }

  function agentChanged(facts: AgentFacts): void {
    core.agent(facts, now());
    // Who may work no more keeps nothing, also of what they kept while they were away.
    if (!facts.enabled && lookedAt !== undefined) void work.workOn(agentGone(facts.id));
  }

  async function agentGone(agentId: string, activeSince?: number): Promise<void> {
    repairs.toldGone(agentId);
    goneNow.add(agentId);
    await takeFrom(agentId, activeSince).finally(() => goneNow.delete(agentId));
  }

  async function takeFrom(agentId: string, activeSince: number | undefined): Promise<string[]> {
    try {
      return await giveBack.allOf(agentId, activeSince);
    } catch (error) {
      // The next look is at everything, however long ago it was.
      lookedAt = undefined;
      throw error;
    }
  }

  /** Of a lane that is longer than what is known the store knows how many there are. */
  async function queues(): Promise<GroupStats[]> {
    const longer = new Map<string, number>();
    const { lanes } = admission;
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
          bus.subscribe('owner.changed', ({ head, previousHolderId }) => {
            repairs.told(head.id, head.ownerEpoch);
            quiet.heard(head.id);
            owners.changed(head, previousHolderId);
            if (head.status === 'snoozed') deadlines.look();
          }),
          bus.subscribe('snooze.ends', deadlines.look),
          bus.subscribe('weight.changed', ({ conversationId: id, agentId, weight }) => {
            events.weighed('whole');
            quiet.heard(id);
            owners.weighs({ id, agentId, weight });
          }),
          bus.subscribe('queue.changed', ({ conversationId }) => admission.ask([conversationId])),
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
      core.configure(decidable(config, deps.bot), version, now());
      answerTimes.configure(config);
      quiet.configure(config);
      soon();
      deadlines.look();
    },
    agentGone,
    loadOf: owners.loadOf,
    stats: async () => {
      let oldestAt = Number.POSITIVE_INFINITY;
      for (const { row } of admission.waiters.values()) oldestAt = Math.min(oldestAt, row.queuedAt);
      const { lanes } = admission.lanes;
      return {
        waiting: lanes.some(admission.lanes.hasMore) ? await store.countWaiting() : admission.waiters.size,
        oldestAgeMs: Number.isFinite(oldestAt) ? Math.max(0, clock.now() - oldestAt) : 0,
      };
    },
    queues,
    notices,
    verdicts: (conversationId, agentId) =>
      admission.waiters.has(conversationId) ? core.verdicts(conversationId, agentId, now()) : undefined,
    verdictByHand: async (conversationId, agentId) => {
      const [row] = await store.openRows([conversationId]);
      return row && core.verdictByHand(intake.asIfWaiting(row), agentId, now());
    },
    offersTo: offers.of,
    ...actions,
    settled: work.settled,
    stop: () => {
      work.stop();
      alarm.set(undefined);
      deadlines.stop();
      for (const stop of unsubscribe) stop();
    },
  };
}

/** As it can be carried out: where the bot is switched off no overflow goes to it. */
function decidable(config: RoutingConfig, bot: BotDoor | undefined): RoutingConfig {
  if (bot?.isOn() === true) return config;
  const groups = config.groups.map((group) => ({
    ...group,
    overflow: group.overflow.filter(({ to }) => to.kind !== 'bot'),
  }));
  return { ...config, groups };
}
