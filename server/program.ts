import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Agent, Presence } from '@parley/sdk/protocol.ts';
import { closeCodes } from '@parley/sdk/protocol.ts';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './base/clock.ts';
import { newId } from './base/ids.ts';
import { createStoredApproved } from './bot/approved/stored-approved.ts';
import { createBotService } from './bot/dialogue/bot-service.ts';
import { createEmbeddings } from './bot/embeddings/embeddings.ts';
import { type ModelFolder, ModelFolderError, readModelFolder } from './bot/embeddings/model-folder.ts';
import { createStoredEntities } from './bot/entities/stored-entities.ts';
import { createStoredGraph } from './bot/graph/stored-graph.ts';
import { createBotIntents } from './bot/intents/bot-intents.ts';
import { createIntentLabels } from './bot/labels/intent-labels.ts';
import { assistedConversations } from './bot/language-model/assisted-conversations.ts';
import { createConfiguredModel, createModelPart } from './bot/language-model/model-part.ts';
import { createGapFinder } from './bot/learning/gap-finder.ts';
import { createLearning } from './bot/learning/learning.ts';
import { createPublishGate } from './bot/replay/publish-gate.ts';
import { createReplays } from './bot/replay/replays.ts';
import { adapters } from './channels/registry.ts';
import { type Config, ConfigError, makeSecret, type Role } from './config.ts';
import { createAppendBatcher } from './conversation/append-batcher.ts';
import { createArchiver } from './conversation/archiver.ts';
import { createContexts } from './conversation/contexts.ts';
import { createConversations } from './conversation/conversations.ts';
import { createEventBus } from './conversation/event-bus.ts';
import { createHistory } from './conversation/history.ts';
import { createInboundProcessor } from './conversation/inbound-processor.ts';
import { createOrders } from './conversation/orders/orders.ts';
import { createOutbox } from './conversation/outbox.ts';
import { openEngines } from './engines.ts';
import { createFiles } from './files/files.ts';
import { createOutboundFetch } from './gateway/channel-fetch.ts';
import { createChannels } from './gateway/channels.ts';
import { createMessageGateway } from './gateway/message-gateway.ts';
import { Refusal } from './gateway/refusal.ts';
import { createApp } from './http/app.ts';
import { approvedAnswerRoutes } from './http/approved-answer-routes.ts';
import { assistRoutes } from './http/assist-routes.ts';
import { cookieName, createRequestAuth, isSameOrigin } from './http/auth.ts';
import { botRoutes } from './http/bot-routes.ts';
import { callBackRoutes } from './http/call-back-routes.ts';
import { channelRoutes } from './http/channel-routes.ts';
import { contextRoutes } from './http/context-routes.ts';
import { conversationRoutes } from './http/conversation-routes.ts';
import { decisionRoutes } from './http/decision-routes.ts';
import { dialogueRoutes } from './http/dialogue-routes.ts';
import { docsRoute } from './http/docs-page.ts';
import { dryRunRoutes } from './http/dry-run-routes.ts';
import { entityRoutes } from './http/entity-routes.ts';
import { graphRoutes } from './http/graph-routes.ts';
import { historyRoutes } from './http/history-routes.ts';
import { hookRoutes } from './http/hook-routes.ts';
import { intentLabelRoutes } from './http/intent-label-routes.ts';
import { intentRoutes } from './http/intent-routes.ts';
import { knowledgeRoutes } from './http/knowledge-routes.ts';
import { languageModelRoutes } from './http/language-model-routes.ts';
import { learningRoutes } from './http/learning-routes.ts';
import { operationRoutes } from './http/operation-routes.ts';
import { pageRoutes } from './http/page-routes.ts';
import { replayRoutes } from './http/replay-routes.ts';
import { routingRoutes } from './http/routing-routes.ts';
import { sessionRoutes } from './http/session-routes.ts';
import { slaRoutes } from './http/sla-routes.ts';
import { snoozeRoutes } from './http/snooze-routes.ts';
import { staffingRoutes } from './http/staffing-routes.ts';
import { suggestionRoutes } from './http/suggestion-routes.ts';
import { teamRoutes } from './http/team-routes.ts';
import { checkOrigin, visitorChannel, visitorRoutes, webChannel } from './http/visitor-routes.ts';
import { waitRoutes } from './http/wait-routes.ts';
import type { AgentRecord } from './identity/agent-store.ts';
import { createAgents, isRevoked } from './identity/agents.ts';
import { createVisitors } from './identity/visitors.ts';
import { createKnowledge } from './knowledge/knowledge.ts';
import type { KnowledgeSearch } from './knowledge/knowledge-search.ts';
import { createPassageIndex } from './knowledge/search/passage-index.ts';
import { createSearchEmbedding } from './knowledge/search-embedding.ts';
import { cannedRepliesOf } from './knowledge/suggestions/proposals.ts';
import { createRecommendedReplies } from './knowledge/suggestions/recommended-replies.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createLeaderLine } from './nodes/leader-line.ts';
import { startRelay } from './nodes/relay.ts';
import { createConnectionManager } from './realtime/connection-manager.ts';
import { interestIn, startFanOut } from './realtime/fan-out.ts';
import { createFrameHandler } from './realtime/frames.ts';
import { createLongPoll } from './realtime/long-poll.ts';
import { createRealtimeSessions } from './realtime/sessions.ts';
import { createWaitingVisitors } from './realtime/waiting-visitors.ts';
import { createWebSocketServer } from './realtime/websocket-server.ts';
import { createAbandonment } from './routing/abandonment.ts';
import { answerRouting, type RoutingAnswer, type RoutingQuestion } from './routing/ask-dispatcher.ts';
import { createCallBacks } from './routing/call-backs.ts';
import { createDispatcher } from './routing/dispatcher.ts';
import { createDryRuns } from './routing/dry-runs.ts';
import { createInvitations } from './routing/invitations.ts';
import { createLedDispatcher } from './routing/led-dispatcher.ts';
import { measureArrivals } from './routing/measured-arrivals.ts';
import { createPresenceBoard, finishingUp, missedOffers } from './routing/presence.ts';
import { createPresenceRecorder, lostReason, type PresenceState } from './routing/presence-recorder.ts';
import { recordMarks } from './routing/record-marks.ts';
import { createReturns } from './routing/returns.ts';
import { everyoneId, type SkillGroup, weightOf } from './routing/routing-config.ts';
import { createRoutingConfigs } from './routing/routing-configs.ts';
import { createRuleEffects } from './routing/rule-effects.ts';
import { createSla } from './routing/sla/sla.ts';
import { createSnoozes } from './routing/snoozes.ts';
import { createStaffingPlanner } from './routing/staffing-planner.ts';
import { createSupervision } from './routing/supervision.ts';
import { createTransfers } from './routing/transfers.ts';

export const version = '0.1.0';
/** Where other processes write too and may not be heard: how often loops look at the store by themselves. */
const sharedLookMs = 3_000;
/** How often the one process there is looks whether what it keeps in mind is still what is stored. */
const ownLookMs = 60_000;
/** Before a message to somebody who is not there: what else was said shortly before goes back to the queue with it. */
const absentLookMs = 60_000;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export interface Program {
  /** Where it listens. */
  readonly address: string;
  /** Made up on the first start; shown once. */
  readonly firstPassword: string | undefined;
  readonly firstWebChannelId: string | undefined;
  /** Takes no more, finishes what it has, and ends. */
  stop(): Promise<void>;
}

/** Puts the parts together: the one place that knows which implementation stands behind a port. */
export async function runProgram(config: Config, logger: Logger, own: Clock = systemClock): Promise<Program> {
  const onDefect = (error: unknown) => logger.error({ err: error }, 'defect');
  let { port } = config;
  const serves = servedBy(config.role);
  const modelFolder = embeddingFolder(config);
  await mkdir(config.dataDir, { recursive: true });
  const engines = await openEngines(config, own, {
    onError: onDefect,
    onWarning: (text) => logger.warn(text),
  });
  const { store, conversations: tiers, cold, queue, broadcast, clock, isShared } = engines;
  const secret = config.secret ?? (await store.meta.getOrSet('secret', makeSecret()));
  const epoch = await store.meta.getOrSet('epoch', randomBytes(9).toString('base64url'));
  const metrics = createMetrics(version);
  const bus = createEventBus(onDefect);
  const agents = await createAgents({ store: store.agents, clock });
  const visitors = createVisitors({ secret, store: tiers, clock });
  const files = await createFiles({ dir: config.filesDir, secret, store: store.files, now: clock.now });
  const channels = await createChannels({
    adapters,
    store: store.channels,
    clock,
    fetchFor: (baseUrls) => createOutboundFetch({ allow: config.outboundAllow, baseUrls }),
    publicUrl: () => config.publicUrl ?? listening(),
    openFile: files.read,
    shared: engines.shared,
  });
  const routingConfigs = await createRoutingConfigs({
    store: store.routing,
    clock,
    known: () => ({
      agentIds: new Set(agents.all().map(({ id }) => id)),
      channelIds: new Set(channels.all().map(({ record }) => record.id)),
      channelTypes: new Set(adapters.map(({ type }) => type)),
      flowIds: new Set(bot.flows.current.document.flows.map(({ id }) => id)),
    }),
    onError: onDefect,
  });
  const first = await firstStart();

  const batcher = createAppendBatcher(tiers, {
    maxBatch: 512,
    maxWaiting: 50_000,
    lanes: engines.writeLanes,
    onBatch: metrics.batch,
  });
  const conversations = createConversations({
    store: tiers,
    batcher,
    bus,
    clock,
    channelPolicy,
    isShared,
    onError: onDefect,
  });
  bus.subscribe('message.created', ({ head, direction, senderType }) => {
    if (senderType === 'system') return;
    metrics.message(typeOf(head.channelId), direction);
    if (direction === 'in') channels.sawInbound(head.channelId);
  });

  const processor = createInboundProcessor({
    conversations,
    store: tiers,
    bus,
    files,
    instance: (id) => channels.enabled(id)?.instance,
    ...(engines.isQueueLogged ? { log: { done: (id: string) => store.queue.remove([id]) } } : {}),
  });
  const gateway = createMessageGateway({
    channels,
    queue,
    onAccepted: (channel) => channels.sawInbound(channel.record.id),
    onRefused: (channel, reason) => {
      metrics.callbackRefused(channel.adapter.type, reason);
      logger.warn({ channelId: channel.record.id, reason }, 'callback refused');
    },
    onError: onDefect,
    sleep: clock.sleep,
    leases: engines.leases,
  });
  const outbox = createOutbox({
    store: store.outbox,
    channels,
    conversations,
    bus,
    clock,
    random: Math.random,
    publicUrl: () => config.publicUrl ?? listening(),
    onOutcome: metrics.sent,
    onError: onDefect,
    leases: engines.leases,
    ...(isShared ? { longestWaitMs: sharedLookMs } : {}),
  });

  /** Addresses that rules, flows and settings name lead to the internet alone, but for those that the operator opened. */
  const rulesFetch = createOutboundFetch({ allow: config.outboundAllow });
  const configuredModel = createConfiguredModel({
    notes: store.meta,
    usage: store.modelUsage,
    secret,
    fetch: rulesFetch,
    clock,
    random: Math.random,
    metrics: metrics.model,
  });
  const embeddings = createEmbeddings({
    ...configuredModel,
    store: store.vectors,
    folder: modelFolder,
    clock,
    onError: (error) => logger.error({ err: error }, 'embeddings'),
  });
  const passageIndex = createPassageIndex({
    autoRefresh: {
      afterMs: 2_000,
      onError: (error) => {
        if (!searchEmbedding.failed(error)) onDefect(error);
      },
    },
  });
  const searchEmbedding = createSearchEmbedding({
    vectors: embeddings.search,
    index: passageIndex,
    clock,
    onError: onDefect,
  });
  const knowledge = createKnowledge({
    store: store.knowledge,
    meta: store.meta,
    secret,
    index: passageIndex,
    questionVector: searchEmbedding.question,
    clock,
    newId,
    conversations: tiers,
    groups: () => routingConfigs.current.config.groups,
    channelName: (id) => channels.all().find(({ record }) => record.id === id)?.record.name ?? '',
    onError: onDefect,
  });
  const botIntents = await createBotIntents({
    intents: store.intents,
    models: store.intentModels,
    trainings: store.intentTrainings,
    broadcast,
    vectors: embeddings.intents,
    clock,
    onError: onDefect,
  });
  const taught = { store: store.documents, broadcast, clock, onError: onDefect };
  const entities = await createStoredEntities(taught);
  const graph = await createStoredGraph(taught);
  const approved = await createStoredApproved(taught);
  const bot = await createBotService({
    store: store.dialogues,
    documents: store.botVersions,
    messages: tiers,
    conversations,
    parts: {
      approved,
      intents: botIntents.model,
      taught: store.intents,
      entities,
      graph,
      knowledge: knowledge.search,
      grounded: { answer: (request) => languageModel.answers.answer(request) },
    },
    routing: () => routingConfigs.current.config,
    channelIds: () => new Set(channels.all().map(({ record }) => record.id)),
    channelTypeOf: typeOf,
    canRate: (id) => channels.enabled(id)?.adapter.capabilities.content.includes('rating') === true,
    fetch: rulesFetch,
    bus,
    leases: engines.leases,
    clock,
    lookAgainMs: isShared ? sharedLookMs : ownLookMs,
    events: metrics.bot,
    onError: onDefect,
  });
  const replays = createReplays({
    store: store.replays,
    dialogues: store.dialogues,
    labels: store.labels,
    messages: tiers,
    models: store.intentModels,
    intents: botIntents,
    settings: bot.settings,
    flows: bot.flows,
    parts: { approved, taught: store.intents, entities, graph, knowledge: withoutVectors(knowledge.search) },
    hours: bot.hours,
    channelTypeOf: typeOf,
    clock,
    onError: onDefect,
  });
  const gate = createPublishGate({
    replays,
    intents: botIntents,
    models: store.intentModels,
    dialogues: store.dialogues,
    clock,
  });
  const agentsForWork = { all: agents.all, get: agents.get, presence: presenceForWork };
  /** Open conversations of each agent, as whoever decides says. */
  const loads = new Map<string, number>();
  const loadOf = (agentId: string) => loads.get(agentId) ?? 0;
  const showLoad = (agentId: string, load: number) => {
    loads.set(agentId, load);
    bus.publish('presence', { agentId, ...presenceOf(agentId), load });
  };
  const presence = createPresenceBoard({
    clock,
    graceMs: config.agentGraceMs,
    autoAwayMs: () => routingConfigs.current.config.presence.autoAwayMs,
    events: {
      announce: engines.presence.announce,
      changed: (agentId) => {
        bus.publish('presence', { agentId, ...presenceOf(agentId), load: loadOf(agentId) });
        dispatcher.agentsChanged(agentId);
        presenceRecorder.changed(agentId);
      },
      gone: (agentId) => {
        dispatcher.agentGone(agentId).catch(onDefect);
      },
    },
  });
  const ruleEffects = createRuleEffects({ conversations, fetch: rulesFetch, log: (text) => logger.warn(text) });
  const dispatcher = createLedDispatcher({
    leases: engines.leases,
    clock,
    lookAgainMs: isShared ? sharedLookMs : ownLookMs,
    onError: onDefect,
    // Who holds something and is nowhere to be seen has the grace time to come back.
    onLead: async () => {
      for (const agentId of await store.assignments.holders()) presence.expect(agentId);
    },
    create: () =>
      createDispatcher({
        conversations,
        store: store.assignments,
        waits: store.waits,
        canAnswer: (channelId) => channels.enabled(channelId)?.instance.send !== undefined,
        bus,
        clock,
        onError: onDefect,
        agents: agentsForWork,
        config: () => routingConfigs.current,
        channelTypeOf: typeOf,
        effects: ruleEffects,
        bot: bot.door,
        isGone: (agentId) => presence.status(agentId) === 'offline',
        finishing: presence.finishing,
        events: {
          ...metrics.routing,
          breaks: (agentId) => presence.choose(agentId, 'away', missedOffers),
          finished: (agentId) => presence.choose(agentId, 'offline'),
          load: (agentId, load) => {
            showLoad(agentId, load);
            relay.tellLoad(agentId, load);
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
    now: clock.now,
    newId,
  });
  const sla = await createSla({
    store: store.sla,
    notes: store.meta,
    configs: routingConfigs,
    conversations,
    show: tiers.get,
    transfers,
    effects: ruleEffects,
    supervisors: () => [...agents.all()].filter(({ role, enabled }) => enabled && role !== 'agent').map(({ id }) => id),
    leases: engines.leases,
    bus,
    clock,
    isShared,
    counted: metrics.sla,
    onError: onDefect,
  });
  const marks = recordMarks(store.meta);
  const presenceRecorder = createPresenceRecorder({
    store: store.record,
    marks,
    agentIds: () => [...agents.all()].map(({ id }) => id),
    stateOf: presenceState,
    clock,
    keepMs: config.routingRecordDays * dayMs,
    graceMs: config.agentGraceMs,
    onError: onDefect,
  });
  agents.onChange(() => dispatcher.agentsChanged());
  routingConfigs.onChange(() => {
    presence.idleTimeChanged();
    dispatcher.configChanged();
  });
  bot.onSwitched(dispatcher.configChanged);
  const leaderLine = createLeaderLine<RoutingQuestion, RoutingAnswer>({
    broadcast,
    clock,
    answers: serves.work,
    answer: async (question) => dispatcher.leading && answerRouting(dispatcher.leading, question),
  });

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
  function presenceState(agentId: string): PresenceState | undefined {
    const agent = agents.get(agentId);
    if (agent?.enabled !== true) return undefined;
    const status = presence.status(agentId);
    const isLost = status === 'online' && !presence.isAvailable(agentId);
    const { capacity } = agent;
    if (isLost) return { presence: 'offline', reason: lostReason, capacity };
    const { reason } = presence.shown(agentId);
    return { presence: reason === finishingUp ? finishingUp : status, reason, capacity };
  }

  // A customer who writes to somebody who has gone home must not wait for the morning.
  bus.subscribe('message.created', ({ head, direction }) => {
    if (direction !== 'in' || head.status !== 'agent' || head.assigneeId === null) return;
    if (presence.status(head.assigneeId) !== 'offline') return;
    absent(head.assigneeId);
    relay.tellAbsent(head.assigneeId);
  });

  function absent(agentId: string): void {
    dispatcher.agentGone(agentId, clock.now() - absentLookMs).catch(onDefect);
  }

  const connections = createConnectionManager({
    later: (run) => setImmediate(run),
    onDrop: ({ principal }) => logger.warn({ role: principal.role }, 'slow reader dropped'),
    ...(isShared ? { interest: interestIn(broadcast, bus) } : {}),
  });
  const fanOut = startFanOut({
    bus,
    broadcast,
    hasWindows: (channelId) => channels.enabled(channelId)?.instance.send === undefined,
    connections,
    conversations,
    store: tiers,
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    onError: onDefect,
  });
  const abandonment = createAbandonment({
    waits: store.waits,
    conversations,
    config: () => routingConfigs.current.config,
    clock,
    leases: engines.leases,
    onAbandoned: metrics.routing.abandoned,
    onError: onDefect,
  });
  const waitingVisitors = createWaitingVisitors({
    connections,
    bus,
    store: store.waits,
    ask: async (ids) => {
      const answer = await leaderLine.ask({ kind: 'waits', ids });
      return answer.kind === 'waits' ? answer.waits : [];
    },
    onBack: abandonment.back,
    clock,
    onError: (error) => {
      // Nobody decides just now: what was told last stands.
      if (!(error instanceof Refusal && error.code === 'unavailable')) onDefect(error);
    },
  });
  const callBacks = createCallBacks({
    store: store.callBacks,
    assignments: store.assignments,
    conversations,
    contact: tiers.contact,
    onChange: (callBack) => bus.publish('call-back.changed', { callBack }),
    closeOffer: (conversationId, offer) =>
      leaderLine.ask({ kind: 'close-offer', conversationId, offer, how: 'chosen' }),
    clock,
    newId,
    onError: onDefect,
  });
  const frames = createFrameHandler({
    connections,
    conversations,
    store: tiers,
    bus,
    presence,
    epoch,
    now: clock.now,
    onDefect,
  });
  const sessions = createRealtimeSessions({
    connections,
    frames,
    presence,
    store: tiers,
    visitors: waitingVisitors,
    epoch,
    clock,
    onDefect,
  });
  const longPoll = createLongPoll({ sessions, clock });
  const sockets = createWebSocketServer({
    sessions,
    authenticate: { visitor: visitorPrincipal, agent: agentPrincipal },
    onRefused: metrics.socketRefused,
    onDefect,
  });
  agents.onRevoked((which) => {
    connections.closeWhere(
      (principal) => principal.role === 'agent' && isRevoked(which, principal.agentId, principal.sessionKey),
      closeCodes.unauthorized,
      'The sign-in has ended.',
    );
    const agent = which.agentId === undefined ? undefined : agents.get(which.agentId);
    if (agent?.enabled === false) presence.choose(agent.id, 'offline');
  });
  channels.onChange((id, channel) => {
    if (channel?.record.enabled === true) return;
    connections.closeWhere(
      (principal) => principal.role === 'visitor' && principal.channelId === id,
      closeCodes.forbidden,
      'This chat is closed.',
    );
  });

  const relay = startRelay({
    broadcast,
    bus,
    channels,
    agents,
    routingConfigs,
    bot,
    clock,
    works: serves.work,
    openSessions: () =>
      [...connections.agents()].flatMap(({ principal }) => ('sessionKey' in principal ? principal.sessionKey : [])),
    onAbsent: absent,
    onLoad: showLoad,
    onErased: erased,
    onAgents: () => dispatcher.agentsChanged(),
    onError: onDefect,
  });
  const orders = createOrders({
    meta: store.meta,
    clock,
    fetchFor: (baseUrls) => createOutboundFetch({ allow: config.outboundAllow, baseUrls }),
    onError: onDefect,
  });
  const contexts = createContexts({
    store: tiers,
    hot: engines.hot,
    epoch,
    now: clock.now,
    orders,
    values: entities,
    valuesVersion: () => entities.version,
    intents: { recognize: (text) => botIntents.model.recognize(text) },
    labels: (id) => store.labels.of([id]),
  });
  const replies = createRecommendedReplies({
    store: store.suggestions,
    conversations: tiers,
    meta: store.meta,
    contexts,
    knowledge: knowledge.search,
    canned: cannedRepliesOf(knowledge),
    channelName: (id) => channels.all().find(({ record }) => record.id === id)?.record.name ?? '',
    bus,
    leases: engines.leases,
    clock,
    onError: onDefect,
  });
  const learning = createLearning({
    store: store.gaps,
    library: botIntents.library,
    intents: store.intents,
    approved,
    answers: replies.answers,
    clock,
  });
  const labels = createIntentLabels({
    ...{ store: store.labels, messages: tiers, intents: store.intents, clock },
    model: { recognize: (text) => botIntents.model.recognize(text) },
  });
  const gapFinder = createGapFinder({
    store: store.gaps,
    conversations: tiers,
    dialogues: store.dialogues,
    meta: store.meta,
    leases: engines.leases,
    clock,
    onError: onDefect,
  });
  const history = createHistory({ archive: store.archive, cold });
  const archiver = createArchiver({
    store: store.archive,
    cold,
    clock,
    leases: engines.leases,
    afterMs: daysOf(config.archive.afterDays),
    keepMs: daysOf(config.archive.keepDays),
    deleteFile: files.discard,
    onError: (error) => logger.error({ err: error }, 'archive'),
  });
  function erased(contactId: string): void {
    connections.closeWhere(
      (principal) => principal.role === 'visitor' && principal.contactId === contactId,
      closeCodes.unauthorized,
      'This chat has ended.',
    );
    orders.forget(contactId);
    replies.forget(contactId);
    learning.forget();
    archiver.wake();
  }

  const isOurOrigin = (request: IncomingMessage) => isSameOrigin(request, config.publicUrl);
  const auth = createRequestAuth({ agents, visitors, isOurOrigin });
  const app = await createApp({ logger, trustProxy: config.trustProxy, version });
  const abort = new AbortController();
  const hasHelp = async () => (await knowledge.help.settings()).isOpen;
  if (serves.api) visitorRoutes(app, { channels, visitors, auth, longPoll, hasHelp });
  sessionRoutes(app, { agents, auth, show: showAgent });
  channelRoutes(app, { channels, auth, publicUrl });
  conversationRoutes(app, {
    auth,
    agents,
    conversations,
    store: tiers,
    contexts,
    outboxStore: store.outbox,
    outbox,
    files,
    now: clock.now,
    isGroup: (id) => groupOf(id) !== undefined,
    isBotOn: bot.door.isOn,
    defaultGroupId: () => routingConfigs.current.config.defaultGroupId,
  });
  suggestionRoutes(app, { auth, ...replies });
  contextRoutes(app, { auth, contexts, orders, store: tiers });
  decisionRoutes(app, {
    auth,
    conversations,
    store: store.assignments,
    ask: leaderLine.ask,
    transfers,
    show: tiers.get,
    names: {
      agent: (id) => agents.get(id)?.name ?? id,
      group: (id) => groupOf(id)?.name ?? (id === everyoneId ? 'Everyone' : id),
    },
  });
  snoozeRoutes(app, {
    auth,
    snoozes: createSnoozes({
      conversations,
      store: store.assignments,
      returns: createReturns({ conversations, store: store.assignments, agents: agentsForWork, now: clock.now }),
      agent: agents.get,
      now: clock.now,
    }),
    show: tiers.get,
  });
  const invitations = createInvitations({
    conversations,
    store: store.participations,
    bus,
    agent: agents.get,
    presence: presence.status,
    leases: engines.leases,
    clock,
    onInvitation: metrics.team.invitation,
    onError: onDefect,
  });
  teamRoutes(app, {
    auth,
    invitations,
    supervision: createSupervision({ conversations, bus, agent: agents.get, clock, onDeed: metrics.team.deed }),
    store: store.participations,
    show: tiers.get,
    showAll: tiers.getAll,
  });
  waitRoutes(app, {
    auth,
    store: tiers,
    isQueued: async (id) => (await conversations.head(id)).status === 'queued',
    ask: leaderLine.ask,
    callBacks,
  });
  callBackRoutes(app, { auth, store: store.callBacks, callBacks });
  historyRoutes(app, {
    auth,
    history,
    conversations,
    contexts,
    store: tiers,
    archive: store.archive,
    now: clock.now,
    onErased: (contactId) => {
      erased(contactId);
      relay.tellErased(contactId);
    },
  });
  routingRoutes(app, {
    auth,
    configs: routingConfigs,
    store: tiers,
    channelTypeOf: (id) => channels.all().find(({ record }) => record.id === id)?.record.type,
    now: clock.now,
  });
  entityRoutes(app, { auth, entities, now: clock.now });
  graphRoutes(app, { auth, graph, entities, now: clock.now });
  slaRoutes(app, { auth, store: store.sla, now: clock.now });
  const planner = createStaffingPlanner();
  staffingRoutes(app, { auth, planner, measure: (days) => measureArrivals(store.routing, days), now: clock.now });
  const dryRuns = createDryRuns({
    store: store.dryRuns,
    record: store.record,
    marks,
    configs: routingConfigs,
    agents: agents.all,
    clock,
    onError: onDefect,
  });
  dryRunRoutes(app, { auth, dryRuns });
  dialogueRoutes(app, { auth, bot, gate, conversations, store: store.dialogues, labels: store.labels, now: clock.now });
  replayRoutes(app, { auth, replays });
  const languageModel = createModelPart(configuredModel, {
    search: knowledge.search,
    ...assistedConversations({ conversations, contexts, contact: tiers.contact, channelTypeOf: typeOf }),
  });
  languageModelRoutes(app, { auth, ...languageModel, embeddings, searchEmbedding });
  assistRoutes(app, { auth, ...languageModel, onDefect });
  intentRoutes(app, { auth, library: botIntents.library });
  botRoutes(app, { auth, bot: botIntents, gate });
  learningRoutes(app, { auth, learning });
  intentLabelRoutes(app, { auth, labels, library: botIntents.library });
  approvedAnswerRoutes(app, { auth, approved, store: store.gaps });
  await knowledgeRoutes(app, { auth, knowledge, now: clock.now, publicUrl, isOurOrigin });
  operationRoutes(app, {
    auth,
    outboxStore: store.outbox,
    inbound: store.queue,
    reviveInbound,
    resend: async (conversationId, seq) => {
      const resent = await store.outbox.resend(conversationId, seq, clock.now());
      if (resent === undefined) return false;
      conversations.announceChange(resent);
      outbox.wake(resent.channelId);
      return true;
    },
    faults: engines.faults,
    renderMetrics: () =>
      metrics.render({
        connections: connections.counts,
        slowReadersDropped: () => connections.slowReadersDropped,
        queue: queue.stats,
        isRedisFull: engines.isRedisFull,
        clockSkewMs: engines.clockSkewMs,
        appendDepth: batcher.depth,
        waiting: dispatcher.stats,
        queues: async () => (await dispatcher.leading?.queues()) ?? [],
        agentsAvailable: presence.online,
        outbox: () => store.outbox.counts(),
        inboundDead: () => store.queue.countDead(),
        gaps: async () => (await store.gaps.counts()).open,
        archive: archiver.stats,
        hot: engines.hot.stats,
        lost: engines.lost,
        faults: engines.faults,
        now: clock.now,
      }),
    channelLights: () => channels.all().map(({ record, health }) => ({ id: record.id, name: record.name, health })),
  });
  docsRoute(app);
  if (serves.callbacks) await hookRoutes(app, { gateway, now: clock.now });
  await pageRoutes(app, {
    dirs: { console: join(root, 'console/dist'), widget: join(root, 'widget/dist'), demo: join(root, 'widget/demo') },
    firstWebChannel,
    isWebChannel: (id) => channels.enabled(id)?.adapter.type === 'web',
  });
  if (serves.sockets) app.server.on('upgrade', sockets.upgrade);

  await engines.presence.start(presence.seenElsewhere);
  const work: Promise<void>[] = [
    replies.run(abort.signal, { works: serves.work }),
    searchEmbedding.run(abort.signal),
    embeddings.run(abort.signal),
  ];
  if (serves.work) {
    work.push(dispatcher.run(abort.signal), queue.consume(processor.process, abort.signal), archiver.run(abort.signal));
    work.push(invitations.run(abort.signal));
    work.push(bot.bot.run(abort.signal), gapFinder.run(abort.signal));
    work.push(sla.run(abort.signal));
    work.push(abandonment.run(abort.signal));
    work.push(engines.leases.whileHeld('presence-record', presenceRecorder.run, abort.signal));
    outbox.start();
    gateway.startPulling(abort.signal);
  }
  for (const loop of work) loop.catch(onDefect);
  await app.listen({ port: config.port, host: config.host });
  port = (app.server.address() as AddressInfo).port;

  return {
    address: listening(),
    firstPassword: first.password,
    firstWebChannelId: firstWebChannel(),
    stop: async () => {
      // No new sockets and requests; what is under way is answered; then the loops end, and last the store.
      const closing = app.close();
      planner.stop();
      learning.stop();
      languageModel.model.stop();
      await dryRuns.stop();
      await replays.stop();
      await botIntents.stop();
      await batcher.drained();
      await sessions.drain(config.drainMs);
      longPoll.stop();
      abort.abort();
      await Promise.allSettled(work);
      await outbox.stop();
      await embeddings.stop();
      await engines.presence.stop();
      await rulesFetch.close();
      await orders.close();
      relay.stop();
      invitations.stop();
      entities.stop();
      graph.stop();
      approved.stop();
      replies.stop();
      leaderLine.stop();
      fanOut.stop();
      waitingVisitors.stop();
      sessions.stop();
      presence.close();
      await closing;
      await batcher.drained();
      await engines.close();
    },
  };

  /** Back into the queue, behind what waits there. */
  async function reviveInbound(id: string): Promise<boolean> {
    if (engines.isQueueLogged) {
      const row = await store.queue.revive(id, newId());
      if (row !== undefined) await queue.revive(row);
      return row !== undefined;
    }
    const dead = await store.queue.deadById(id);
    if (dead === undefined) return false;
    const { reason: _, ...row } = dead;
    // In the queue before it leaves the dead letters: killed in between, it is tried twice and not never.
    await queue.revive({ ...row, id: newId(), attempts: 0 });
    return store.queue.removeDead(id);
  }

  async function firstStart(): Promise<{ password: string | undefined }> {
    let password: string | undefined;
    if (agents.all().length === 0) password = await firstAgent();
    const mark = await store.meta.getOrSet('first-channel', epoch);
    if (mark === epoch && channels.all().length === 0) {
      // Processes that start at once make the same one.
      const id = await store.meta.getOrSet('first-channel-id', newId());
      await channels.create({ id, type: 'web', name: 'Web chat', settings: {}, enabled: true });
    }
    return { password };
  }

  /** Answers the password that was made up. */
  async function firstAgent(): Promise<string | undefined> {
    const { adminEmail, adminPassword } = config;
    const password = adminPassword === undefined ? {} : { password: adminPassword };
    try {
      const made = await agents.create({ email: adminEmail, name: 'Admin', role: 'admin', capacity: 20, ...password });
      return made.password;
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'conflict')) throw error;
      // Another process started at the same moment and was first.
      await agents.reload();
      return undefined;
    }
  }

  function firstWebChannel(): string | undefined {
    return channels.all().find(({ record }) => record.type === 'web' && record.enabled)?.record.id;
  }

  function channelPolicy(channelId: string): { outbox: boolean; reopenWithinMs: number; loadWeight: number } {
    const channel = channels.enabled(channelId);
    const hours = channel?.record.settings.reopenHours;
    return {
      outbox: channel?.instance.send !== undefined,
      reopenWithinMs: (typeof hours === 'number' ? hours : 72) * 60 * 60_000,
      loadWeight: weightOf(routingConfigs.current.config, typeOf(channelId)),
    };
  }

  function groupOf(id: string): SkillGroup | undefined {
    return routingConfigs.current.config.groups.find((group) => group.id === id);
  }

  function typeOf(channelId: string): string {
    return channels.enabled(channelId)?.adapter.type ?? 'removed';
  }

  function showAgent(agent: AgentRecord): Agent {
    const { passwordHash: _, ...shown } = agent;
    const { status, reason } = presenceOf(agent.id);
    const why = reason === undefined ? {} : { presenceReason: reason };
    return { ...shown, presence: status, ...why, load: loadOf(agent.id) };
  }

  async function visitorPrincipal(token: string, request: { origin: string | undefined }) {
    const visitor = await visitors.authenticate(token);
    if ((await channels.lookUp(visitor.channelId)) === undefined)
      throw new Refusal('forbidden', 'This chat is closed.');
    checkOrigin(visitorChannel(await webChannel(channels, visitor.channelId)), request.origin);
    return { role: 'visitor' as const, ...visitor };
  }

  async function agentPrincipal(token: string | undefined, request: IncomingMessage) {
    if (token === undefined && !isOurOrigin(request))
      throw new Refusal('origin-forbidden', 'This socket comes from another site.');
    const fromCookie = app.parseCookie(request.headers.cookie ?? '')[cookieName];
    const { agent, sessionKey, expiresAt } = await agents.authenticate(token ?? fromCookie ?? '');
    return { role: 'agent' as const, agentId: agent.id, name: agent.name, sessionKey, expiresAt };
  }

  function listening(): string {
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  }

  function publicUrl(host: string | undefined): string {
    return config.publicUrl ?? (host === undefined ? listening() : `http://${host}`);
  }
}

/** @throws ConfigError: what is named must be there, so that nobody believes in a model that does nothing */
function embeddingFolder({ embeddingModelDir: dir }: Config): ModelFolder | undefined {
  if (dir === undefined) return undefined;
  try {
    return readModelFolder(dir);
  } catch (error) {
    if (!(error instanceof ModelFolderError)) throw error;
    throw new ConfigError(`PARLEY_EMBEDDING_MODEL_DIR: ${error.message}`);
  }
}

const dayMs = 24 * 60 * 60_000;
/** A replay asks thousands of questions: a server that makes vectors is not to be asked for each. */
function withoutVectors({ search }: KnowledgeSearch): Pick<KnowledgeSearch, 'search'> {
  return { search: (query) => search({ ...query, vectorWithinMs: 0 }) };
}

const daysOf = (days: number | undefined): number | undefined => (days === undefined ? undefined : days * dayMs);

/** What a process of a role does. Every one of them tells its health and its metrics. */
function servedBy(role: Role): { callbacks: boolean; api: boolean; sockets: boolean; work: boolean } {
  const isAll = role === 'all';
  return {
    callbacks: isAll || role === 'gateway',
    api: role !== 'worker',
    sockets: isAll || role === 'websocket',
    work: isAll || role === 'worker',
  };
}
