import type { Agent, Presence } from '@parley/sdk/protocol.ts';
import { everyoneId, type SkillGroup } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import { newId } from '../base/ids.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import type { Engines } from '../engines.ts';
import type { OutboundFetch } from '../gateway/channel-fetch.ts';
import type { App } from '../http/app.ts';
import type { RequestAuth } from '../http/auth.ts';
import { callBackRoutes } from '../http/call-back-routes.ts';
import { decisionRoutes } from '../http/decision-routes.ts';
import { dryRunRoutes } from '../http/dry-run-routes.ts';
import { routingRoutes } from '../http/routing-routes.ts';
import { slaRoutes } from '../http/sla-routes.ts';
import { snoozeRoutes } from '../http/snooze-routes.ts';
import { staffingRoutes } from '../http/staffing-routes.ts';
import { teamRoutes } from '../http/team-routes.ts';
import { waitRoutes } from '../http/wait-routes.ts';
import type { Agents } from '../identity/agents.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createLeaderLine } from '../nodes/leader-line.ts';
import { type Abandonment, createAbandonment } from '../routing/abandonment.ts';
import type { AgentDirectory } from '../routing/agent-watch.ts';
import { answerRouting, type RoutingAnswer, type RoutingQuestion } from '../routing/ask-dispatcher.ts';
import { createCallBacks } from '../routing/call-backs.ts';
import { createDispatcher } from '../routing/dispatcher.ts';
import { createDryRuns } from '../routing/dry-runs.ts';
import type { BotDoor } from '../routing/intake.ts';
import { createInvitations } from '../routing/invitations.ts';
import { createLedDispatcher, type LedDispatcher } from '../routing/led-dispatcher.ts';
import { measureArrivals } from '../routing/measured-arrivals.ts';
import { createPresenceBoard, finishingUp, missedOffers, type PresenceBoard } from '../routing/presence.ts';
import { createPresenceRecorder, lostReason, type PresenceState } from '../routing/presence-recorder.ts';
import { recordMarks } from '../routing/record-marks.ts';
import { createReturns } from '../routing/returns.ts';
import type { RoutingConfigs } from '../routing/routing-configs.ts';
import { createRuleEffects } from '../routing/rule-effects.ts';
import { createSla } from '../routing/sla/sla.ts';
import { createSnoozes } from '../routing/snoozes.ts';
import { createStaffingPlanner } from '../routing/staffing-planner.ts';
import { createSupervision } from '../routing/supervision.ts';
import { createTransfers } from '../routing/transfers.ts';

/** Before a message to somebody who is not there: what else was said shortly before goes back to the queue with it. */
const absentLookMs = 60_000;

/** What an agent has: how many conversations, and what they take of the capacity together. */
export type AgentLoad = Pick<Agent, 'load' | 'used'>;

/** Who gets which conversation, and by when. */
export interface RoutingPart {
  readonly presence: PresenceBoard;
  readonly dispatcher: Pick<LedDispatcher, 'agentsChanged' | 'stats' | 'leading'>;
  readonly abandonment: Pick<Abandonment, 'back'>;
  /** Asks whichever process decides. */
  readonly ask: (question: RoutingQuestion) => Promise<RoutingAnswer>;
  groupOf(id: string): SkillGroup | undefined;
  /** What others see of an agent. */
  presenceOf(agentId: string): { status: Presence; reason?: string };
  loadOf(agentId: string): AgentLoad;
  /** Whoever decides says how many conversations the agent has. */
  showLoad(agentId: string, load: number, used: number): void;
  /** The agent was written to and is not there: where this process decides, the conversations go to somebody else. */
  absent(agentId: string): void;
  routes(app: App, auth: RequestAuth): void;
  /** What this process does of it until the signal aborts. */
  run(signal: AbortSignal): Promise<void>[];
  /** Ends what is computed in threads, and who waits for it is told. */
  stopComputing(): Promise<void>;
  stop(): void;
}

export async function createRoutingPart(deps: {
  engines: Pick<Engines, 'store' | 'conversations' | 'leases' | 'broadcast' | 'presence' | 'isShared'>;
  clock: Clock;
  bus: EventBus;
  metrics: Pick<Metrics, 'routing' | 'sla' | 'team'>;
  configs: RoutingConfigs;
  agents: Pick<Agents, 'all' | 'get' | 'onChange'>;
  conversations: Conversations;
  bot: { readonly door: BotDoor; onSwitched(listener: () => void): void };
  /** For the addresses that rules name. */
  fetch: OutboundFetch;
  channelTypeOf: (channelId: string) => string;
  /** The same also of a channel that is switched off; undefined: there is none. */
  storedTypeOf: (channelId: string) => string | undefined;
  /** Whether the channel can be sent to, rather than shown a window of ours. */
  canAnswer: (channelId: string) => boolean;
  /** How long an agent without a socket keeps what it has. */
  graceMs: number;
  /** How long they keep what they have answered. */
  answeredGraceMs: number;
  /** How long it is kept who was there when. */
  recordKeepMs: number;
  /** How often the store is looked at for what others wrote. */
  lookAgainMs: number;
  /** This process may come to decide. */
  works: boolean;
  /** Tell the other processes. */
  tell: { load(agentId: string, load: number, used: number): void; absent(agentId: string): void };
  onWarning: (text: string) => void;
  onError: (error: unknown) => void;
}): Promise<RoutingPart> {
  const { engines, clock, bus, metrics, configs, agents, conversations, bot, channelTypeOf, onError } = deps;
  const { store, leases } = engines;
  const now = clock.now;

  const directory: AgentDirectory = { all: agents.all, get: agents.get, presence: presenceForWork };
  /** Open conversations of each agent and what they take of the capacity, as whoever decides says. */
  const loads = new Map<string, AgentLoad>();
  const loadOf = (agentId: string): AgentLoad => loads.get(agentId) ?? { load: 0, used: 0 };
  const showLoad = (agentId: string, load: number, used: number) => {
    loads.set(agentId, { load, used });
    bus.publish('presence', { agentId, ...presenceOf(agentId), load, used });
  };
  const presence = createPresenceBoard({
    clock,
    graceMs: deps.graceMs,
    answeredGraceMs: deps.answeredGraceMs,
    autoAwayMs: () => configs.current.document.presence.autoAwayMs,
    events: {
      announce: engines.presence.announce,
      changed: (agentId) => {
        bus.publish('presence', { agentId, ...presenceOf(agentId), ...loadOf(agentId) });
        dispatcher.agentsChanged(agentId);
        presenceRecorder.changed(agentId);
      },
      gone: (agentId) => {
        dispatcher.agentGone(agentId).catch(onError);
      },
    },
  });
  const effects = createRuleEffects({ conversations, fetch: deps.fetch, log: deps.onWarning });
  const dispatcher = createLedDispatcher({
    leases,
    clock,
    lookAgainMs: deps.lookAgainMs,
    onError,
    // Who holds something and is nowhere to be seen has the grace time to come back.
    onLead: async () => {
      for (const agentId of await store.assignments.holders()) presence.expect(agentId);
    },
    create: () =>
      createDispatcher({
        conversations,
        store: store.assignments,
        waits: store.waits,
        canAnswer: deps.canAnswer,
        bus,
        clock,
        onError,
        agents: directory,
        config: () => ({ version: configs.current.version, config: configs.current.document }),
        channelTypeOf,
        effects,
        bot: bot.door,
        isGone: (agentId) => presence.status(agentId) === 'offline',
        isLost: presence.isLost,
        finishing: presence.finishing,
        events: {
          ...metrics.routing,
          breaks: (agentId) => presence.choose(agentId, 'away', missedOffers),
          finished: (agentId) => presence.choose(agentId, 'offline'),
          load: (agentId, load, used) => {
            showLoad(agentId, load, used);
            deps.tell.load(agentId, load, used);
          },
        },
      }),
  });
  const transfers = createTransfers({
    conversations,
    store: store.assignments,
    agent: agents.get,
    presence: presence.status,
    group: groupOf,
    margin: () => configs.current.document.capacity.transferMargin,
    now,
    newId,
  });
  const sla = await createSla({
    store: store.sla,
    notes: store.meta,
    configs,
    conversations,
    show: engines.conversations.get,
    transfers,
    effects,
    supervisors: () => [...agents.all()].filter(({ role, enabled }) => enabled && role !== 'agent').map(({ id }) => id),
    leases,
    bus,
    clock,
    isShared: engines.isShared,
    counted: metrics.sla,
    onError,
  });
  const marks = recordMarks(store.meta);
  const presenceRecorder = createPresenceRecorder({
    store: store.record,
    marks,
    agentIds: () => [...agents.all()].map(({ id }) => id),
    stateOf: recordedState,
    clock,
    keepMs: deps.recordKeepMs,
    graceMs: deps.graceMs,
    onError,
  });
  agents.onChange(() => dispatcher.agentsChanged());
  configs.onChange(() => {
    presence.idleTimeChanged();
    dispatcher.configChanged();
  });
  bot.onSwitched(dispatcher.configChanged);
  const leaderLine = createLeaderLine<RoutingQuestion, RoutingAnswer>({
    broadcast: engines.broadcast,
    clock,
    answers: deps.works,
    answer: async (question) => dispatcher.leading && answerRouting(dispatcher.leading, question),
  });
  const { ask } = leaderLine;
  // A customer who writes to somebody who has gone home must not wait for the morning.
  bus.subscribe('message.created', ({ head, direction }) => {
    if (direction !== 'in' || head.status !== 'agent' || head.assigneeId === null) return;
    if (presence.status(head.assigneeId) !== 'offline') return;
    absent(head.assigneeId);
    deps.tell.absent(head.assigneeId);
  });
  const abandonment = createAbandonment({
    waits: store.waits,
    conversations,
    config: () => configs.current.document,
    clock,
    leases,
    onAbandoned: metrics.routing.abandoned,
    onError,
  });
  const callBacks = createCallBacks({
    store: store.callBacks,
    assignments: store.assignments,
    conversations,
    contact: engines.conversations.contact,
    onChange: (callBack) => bus.publish('call-back.changed', { callBack }),
    closeOffer: (conversationId, offer) => ask({ kind: 'close-offer', conversationId, offer, how: 'chosen' }),
    clock,
    newId,
    onError,
  });
  const snoozes = createSnoozes({
    conversations,
    store: store.assignments,
    returns: createReturns({ conversations, store: store.assignments, agents: directory, now }),
    agent: agents.get,
    now,
  });
  const invitations = createInvitations({
    conversations,
    store: store.participations,
    bus,
    agent: agents.get,
    presence: presence.status,
    leases,
    clock,
    onInvitation: metrics.team.invitation,
    onError,
  });
  const supervision = createSupervision({ conversations, bus, agent: agents.get, clock, onDeed: metrics.team.deed });
  const planner = createStaffingPlanner();
  const dryRuns = createDryRuns({
    store: store.dryRuns,
    record: store.record,
    marks,
    configs,
    agents: agents.all,
    graceMs: deps.graceMs,
    clock,
    onError,
  });

  function groupOf(id: string): SkillGroup | undefined {
    return configs.current.document.groups.find((group) => group.id === id);
  }

  function presenceOf(agentId: string): { status: Presence; reason?: string } {
    const { status, reason } = presence.shown(agentId);
    return reason === null ? { status } : { status, reason };
  }

  /** Nothing new comes to somebody who has just lost the connection, though others see no flicker. */
  function presenceForWork(agentId: string): Presence {
    const status = presence.status(agentId);
    return status === 'online' && !presence.isAvailable(agentId) ? 'away' : status;
  }

  /** As it is recorded: who has lost the connection is not there from then on, also while others see no flicker. */
  function recordedState(agentId: string): PresenceState | undefined {
    const agent = agents.get(agentId);
    if (agent?.enabled !== true) return undefined;
    const status = presence.status(agentId);
    const isLost = status === 'online' && !presence.isAvailable(agentId);
    const { capacity } = agent;
    if (isLost) return { presence: 'offline', reason: lostReason, capacity };
    const { reason } = presence.shown(agentId);
    return { presence: reason === finishingUp ? finishingUp : status, reason, capacity };
  }

  function absent(agentId: string): void {
    dispatcher.agentGone(agentId, now() - absentLookMs).catch(onError);
  }

  function routes(app: App, auth: RequestAuth): void {
    const { get: show, getAll: showAll } = engines.conversations;
    const names = {
      agent: (id: string) => agents.get(id)?.name ?? id,
      group: (id: string) => groupOf(id)?.name ?? (id === everyoneId ? 'Everyone' : id),
    };
    decisionRoutes(app, { auth, conversations, store: store.assignments, ask, transfers, show, names });
    snoozeRoutes(app, { auth, snoozes, show });
    teamRoutes(app, { auth, invitations, supervision, store: store.participations, show, showAll });
    waitRoutes(app, {
      auth,
      store: engines.conversations,
      isQueued: async (id) => (await conversations.head(id)).status === 'queued',
      ask,
      callBacks,
    });
    callBackRoutes(app, { auth, store: store.callBacks, callBacks });
    routingRoutes(app, { auth, configs, store: engines.conversations, channelTypeOf: deps.storedTypeOf, now });
    slaRoutes(app, { auth, store: store.sla, now });
    staffingRoutes(app, { auth, planner, measure: (days) => measureArrivals(store.routing, days), now });
    dryRunRoutes(app, { auth, dryRuns });
  }

  return {
    ...{ presence, dispatcher, abandonment, ask, groupOf, presenceOf, loadOf, showLoad, absent, routes },
    run: (signal) => [
      dispatcher.run(signal),
      invitations.run(signal),
      sla.run(signal),
      abandonment.run(signal),
      leases.whileHeld('presence-record', presenceRecorder.run, signal),
    ],
    stopComputing: async () => {
      planner.stop();
      await dryRuns.stop();
    },
    stop: () => {
      invitations.stop();
      leaderLine.stop();
      presence.close();
    },
  };
}
