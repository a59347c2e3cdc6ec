import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Agent, closeCodes } from '@parley/sdk/protocol.ts';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './base/clock.ts';
import { createGiveToBot } from './bot/dialogue/give-to-bot.ts';
import { createEmbeddings } from './bot/embeddings/embeddings.ts';
import { type ModelFolder, ModelFolderError, readModelFolder } from './bot/embeddings/model-folder.ts';
import { createStoredGraph } from './bot/graph/stored-graph.ts';
import { createConfiguredModel } from './bot/language-model/model-part.ts';
import { adapters } from './channels/registry.ts';
import { type Config, ConfigError, makeSecret, type Role } from './config.ts';
import { createArchiver } from './conversation/archiver.ts';
import { createEventBus } from './conversation/event-bus.ts';
import { createHistory } from './conversation/history.ts';
import { createOrders } from './conversation/orders/orders.ts';
import { openEngines } from './engines.ts';
import { createFiles } from './files/files.ts';
import { createOutboundFetch } from './gateway/channel-fetch.ts';
import { createChannels } from './gateway/channels.ts';
import { absoluteUrl } from './gateway/degrade.ts';
import { createApp } from './http/app.ts';
import { createRequestAuth, isSameOrigin, readLargeBodiesOfAgentsOnly } from './http/auth.ts';
import { channelRoutes } from './http/channel-routes.ts';
import { contextRoutes } from './http/context-routes.ts';
import { conversationRoutes } from './http/conversation-routes.ts';
import { docsRoute } from './http/docs-page.ts';
import { giveToBotRoutes } from './http/give-to-bot-routes.ts';
import { historyRoutes } from './http/history-routes.ts';
import { hookRoutes } from './http/hook-routes.ts';
import { operationRoutes } from './http/operation-routes.ts';
import { pageRoutes } from './http/page-routes.ts';
import { sessionRoutes } from './http/session-routes.ts';
import { surveyRoutes } from './http/survey-routes.ts';
import { visitorRoutes } from './http/visitor-routes.ts';
import type { AgentRecord } from './identity/agent-store.ts';
import { createAgents } from './identity/agents.ts';
import { createVisitorLimits, noVisitorLimits } from './identity/visitor-limits.ts';
import { createVisitors } from './identity/visitors.ts';
import type { createSmtpMailer } from './mail/smtp-mailer.ts';
import { createMetrics } from './metrics/metrics.ts';
import { startRelay } from './nodes/relay.ts';
import { createBotPart } from './program/bot-part.ts';
import { firstStart } from './program/first-start.ts';
import { createKnowledgePart } from './program/knowledge-part.ts';
import { createLearningPart } from './program/learning-part.ts';
import { createMessagesPart } from './program/messages-part.ts';
import { createRealtimePart } from './program/realtime-part.ts';
import { createRoutingPart } from './program/routing-part.ts';
import { weightOf } from './routing/routing-config.ts';
import { createRoutingConfigs } from './routing/routing-configs.ts';

export const version = '0.1.0';
/** Where other processes write too and may not be heard: how often loops look at the store by themselves. */
const sharedLookMs = 3_000;
/** How often the one process there is looks whether what it keeps in mind is still what is stored. */
const ownLookMs = 60_000;
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

/** Its library takes a tenth of a second of a start: it is loaded by those alone who send mail. */
async function openMailer(...of: Parameters<typeof createSmtpMailer>) {
  const { createSmtpMailer } = await import('./mail/smtp-mailer.ts');
  return createSmtpMailer(...of);
}

/** Puts the parts together: the one place that knows which implementation stands behind a port. */
export async function runProgram(config: Config, logger: Logger, own: Clock = systemClock): Promise<Program> {
  const onError = (error: unknown) => logger.error({ err: error }, 'defect');
  const onWarning = (text: string) => logger.warn(text);
  let { port } = config;
  const serves = servedBy(config.role);
  const modelFolder = embeddingFolder(config);
  await mkdir(config.dataDir, { recursive: true });
  const engines = await openEngines(config, own, { onError, onWarning });
  const { store, conversations: tiers, cold, queue, broadcast, clock, isShared } = engines;
  const lookAgainMs = isShared ? sharedLookMs : ownLookMs;
  const secret = config.secret ?? (await store.meta.getOrSet('secret', makeSecret()));
  const epoch = await store.meta.getOrSet('epoch', randomBytes(9).toString('base64url'));
  const metrics = createMetrics(version);
  const bus = createEventBus(onError);
  const fetchFor = (baseUrls: readonly string[]) => createOutboundFetch({ allow: config.outboundAllow, baseUrls });
  /** Addresses that rules, flows and settings name lead to the internet alone, but for those that the operator opened. */
  const rulesFetch = createOutboundFetch({ allow: config.outboundAllow });

  const agents = await createAgents({ store: store.agents, clock });
  const visitors = createVisitors({ secret, store: tiers, clock });
  const visitorLimits = config.visitorLimits
    ? createVisitorLimits({
        now: clock.elapsed,
        onFirstRefused: (address) =>
          logger.warn({ address }, 'many new visitors from one address: if it is your proxy, set PARLEY_TRUST_PROXY'),
      })
    : noVisitorLimits;
  const files = await createFiles({ dir: config.filesDir, secret, store: store.files, now: clock.now });
  const channels = await createChannels({
    adapters,
    store: store.channels,
    clock,
    fetchFor,
    publicUrl: () => publicUrl(),
    openFile: files.read,
    shared: engines.shared,
  });
  const routingConfigs = await createRoutingConfigs({
    store: store.routing,
    clock,
    known: () => ({
      agentIds: new Set(agents.all().map(({ id }) => id)),
      channelIds: channelIds(),
      channelTypes: new Set(adapters.map(({ type }) => type)),
      flowIds: new Set(bot.bot.flows.current.document.flows.map(({ id }) => id)),
    }),
    onError,
  });
  const first = await firstStart({ config, meta: store.meta, epoch, agents, channels });

  const messages = createMessagesPart({
    engines,
    clock,
    bus,
    metrics,
    channels,
    files,
    channelPolicy,
    channelTypeOf: typeOf,
    publicUrl: () => publicUrl(),
    statedPublicUrl: config.publicUrl,
    secret,
    lookAgainMs: isShared ? sharedLookMs : undefined,
    onCallbackRefused: (refused) => logger.warn(refused, 'callback refused'),
    onError,
  });
  const { conversations } = messages;
  const model = createConfiguredModel({
    notes: store.meta,
    usage: store.modelUsage,
    tallies: store.tallies,
    secret,
    fetch: rulesFetch,
    clock,
    random: Math.random,
    metrics: metrics.model,
    onError,
  });
  const embeddings = createEmbeddings({
    ...model,
    store: store.vectors,
    folder: modelFolder,
    clock,
    onError: (error) => logger.error({ err: error }, 'embeddings'),
  });
  const graph = await createStoredGraph({ store: store.documents, broadcast, clock, onError });
  const knowledge = createKnowledgePart({
    engines,
    secret,
    clock,
    embeddings,
    graph,
    groups: () => routingConfigs.current.document.groups,
    channelName,
    publicUrl,
    isOurOrigin,
    onError,
  });
  const orders = createOrders({ meta: store.meta, clock, fetchFor, onError });
  const bot = await createBotPart({
    engines,
    epoch,
    clock,
    bus,
    metrics,
    conversations,
    orders,
    model,
    embeddings,
    graph,
    knowledge,
    articleAddress: config.publicUrl === undefined ? undefined : (id, language) => articleAddress(id, language),
    routing: () => routingConfigs.current.document,
    channelIds,
    channelTypeOf: typeOf,
    canRate: (channelId) => channels.enabled(channelId)?.adapter.capabilities.content.includes('rating') === true,
    canRateOn: (channelType) =>
      adapters.some(({ type, capabilities }) => type === channelType && capabilities.content.includes('rating')),
    fetch: rulesFetch,
    secret,
    mail: config.mail === undefined ? undefined : await openMailer(config.mail, clock.now),
    lookAgainMs,
    onWarning,
    onError,
  });
  const learning = createLearningPart({
    engines,
    clock,
    bus,
    knowledge: knowledge.base,
    bot,
    channelName,
    works: serves.work,
    onError,
  });
  const routing = await createRoutingPart({
    engines,
    clock,
    bus,
    metrics,
    configs: routingConfigs,
    agents,
    conversations,
    bot: bot.bot,
    fetch: rulesFetch,
    channelTypeOf: typeOf,
    storedTypeOf: (id) => channels.all().find(({ record }) => record.id === id)?.record.type,
    canAnswer: (channelId) => channels.enabled(channelId)?.instance.send !== undefined,
    graceMs: config.agentGraceMs,
    answeredGraceMs: config.agentAnsweredGraceMs,
    recordKeepMs: config.routingRecordDays * dayMs,
    lookAgainMs,
    works: serves.work,
    tell: {
      load: (agentId, load, used) => relay.tellLoad(agentId, load, used),
      absent: (agentId) => relay.tellAbsent(agentId),
    },
    onWarning,
    onError,
  });
  const app = await createApp({ logger, trustProxy: config.trustProxy, version });
  const realtime = createRealtimePart({
    engines,
    epoch,
    clock,
    bus,
    metrics,
    channels,
    agents,
    visitors,
    visitorLimits,
    conversations,
    routing,
    isOurOrigin,
    parseCookie: app.parseCookie,
    onSlowReader: (role) => logger.warn({ role }, 'slow reader dropped'),
    onError,
  });
  const relay = startRelay({
    broadcast,
    bus,
    channels,
    agents,
    routingConfigs,
    bot: bot.bot,
    clock,
    works: serves.work,
    openSessions: realtime.openSessions,
    onAbsent: routing.absent,
    onLoad: routing.showLoad,
    onErased: erased,
    onAgents: () => routing.dispatcher.agentsChanged(),
    onError,
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

  const auth = createRequestAuth({ agents, visitors, isOurOrigin });
  readLargeBodiesOfAgentsOnly(app, auth);
  const abort = new AbortController();
  if (serves.api) {
    const hasHelp = async () => (await knowledge.base.help.settings()).isOpen;
    visitorRoutes(app, { channels, visitors, limits: visitorLimits, auth, longPoll: realtime.longPoll, hasHelp });
  }
  await surveyRoutes(app, { auth, surveys: messages.surveys, store: store.surveys, clock });
  sessionRoutes(app, { agents, auth, show: showAgent });
  channelRoutes(app, { channels, auth, publicUrl });
  conversationRoutes(app, {
    auth,
    agents,
    conversations,
    store: tiers,
    contexts: bot.contexts,
    outboxStore: store.outbox,
    outbox: messages.outbox,
    files,
    now: clock.now,
    isGroup: (id) => routing.groupOf(id) !== undefined,
    isBotOn: bot.bot.door.isOn,
    defaultGroupId: () => routingConfigs.current.document.defaultGroupId,
    ask: routing.ask,
    groupName: (id) => routing.groupOf(id)?.name ?? id,
  });
  giveToBotRoutes(app, {
    auth,
    giving: createGiveToBot({
      conversations,
      routingOf: (id) => store.assignments.routingOf(id),
      flows: bot.bot.flows,
      isOn: bot.bot.door.isOn,
    }),
    conversations,
    nameOf: (agentId) => agents.get(agentId)?.name,
    show: (id) => tiers.get(id),
  });
  contextRoutes(app, {
    ...{ auth, contexts: bot.contexts, orders, store: tiers },
    identityOf: bot.identityOf,
  });
  historyRoutes(app, {
    auth,
    history,
    conversations,
    contexts: bot.contexts,
    store: tiers,
    archive: store.archive,
    now: clock.now,
    onErased: (contactId) => {
      erased(contactId);
      relay.tellErased(contactId);
    },
  });
  routing.routes(app, auth);
  bot.routes(app, auth);
  learning.routes(app, auth);
  await knowledge.routes(app, auth);
  operationRoutes(app, {
    auth,
    outboxStore: store.outbox,
    inbound: store.queue,
    reviveInbound: messages.reviveInbound,
    resend: messages.resend,
    faults: engines.faults,
    renderMetrics: () =>
      metrics.render({
        connections: realtime.connections.counts,
        slowReadersDropped: () => realtime.connections.slowReadersDropped,
        queue: queue.stats,
        isRedisFull: engines.isRedisFull,
        clockSkewMs: engines.clockSkewMs,
        appendDepth: messages.batcher.depth,
        waiting: routing.dispatcher.stats,
        queues: async () => (await routing.dispatcher.leading?.queues()) ?? [],
        agentsAvailable: routing.presence.online,
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
  if (serves.callbacks) await hookRoutes(app, { gateway: messages.gateway, now: clock.now });
  await pageRoutes(app, {
    dirs: { console: join(root, 'console/dist'), widget: join(root, 'widget/dist'), demo: join(root, 'widget/demo') },
    firstWebChannel,
    isWebChannel: (id) => channels.enabled(id)?.adapter.type === 'web',
  });
  if (serves.sockets) app.server.on('upgrade', realtime.sockets.upgrade);

  await engines.presence.start(routing.presence.seenElsewhere);
  const work = [...learning.run(abort.signal), ...knowledge.run(abort.signal), embeddings.run(abort.signal)];
  work.push(model.tallies.run(abort.signal));
  if (serves.work) {
    work.push(...routing.run(abort.signal), ...messages.run(abort.signal), ...bot.run(abort.signal));
    work.push(archiver.run(abort.signal));
  }
  for (const loop of work) loop.catch(onError);
  await app.listen({ port: config.port, host: config.host });
  port = (app.server.address() as AddressInfo).port;

  return {
    address: listening(),
    firstPassword: first.password,
    firstWebChannelId: firstWebChannel(),
    stop: async () => {
      // No new sockets and requests; what is under way is answered; then the loops end, and last the store.
      const closing = app.close();
      learning.stopComputing();
      await routing.stopComputing();
      await bot.stopComputing();
      await messages.batcher.drained();
      await realtime.sessions.drain(config.drainMs);
      realtime.longPoll.stop();
      abort.abort();
      await Promise.allSettled(work);
      await messages.stop();
      await embeddings.stop();
      await engines.presence.stop();
      await rulesFetch.close();
      await orders.close();
      relay.stop();
      bot.stop();
      graph.stop();
      learning.stop();
      realtime.stop();
      routing.stop();
      await closing;
      await messages.batcher.drained();
      await engines.close();
    },
  };

  function erased(contactId: string): void {
    realtime.connections.closeWhere(
      (principal) => principal.role === 'visitor' && principal.contactId === contactId,
      closeCodes.unauthorized,
      'This chat has ended.',
    );
    orders.forget(contactId);
    learning.forget(contactId);
    archiver.wake();
  }

  function isOurOrigin(request: IncomingMessage): boolean {
    return isSameOrigin(request, config.publicUrl);
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
      loadWeight: weightOf(routingConfigs.current.document, typeOf(channelId)),
    };
  }

  function channelIds(): ReadonlySet<string> {
    return new Set(channels.all().map(({ record }) => record.id));
  }

  function channelName(channelId: string): string {
    return channels.all().find(({ record }) => record.id === channelId)?.record.name ?? '';
  }

  function typeOf(channelId: string): string {
    return channels.enabled(channelId)?.adapter.type ?? 'removed';
  }

  function showAgent(agent: AgentRecord): Agent {
    const { passwordHash: _, ...shown } = agent;
    const { status, reason } = routing.presenceOf(agent.id);
    const why = reason === undefined ? {} : { presenceReason: reason };
    return { ...shown, presence: status, ...why, ...routing.loadOf(agent.id) };
  }

  function listening(): string {
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  }

  async function articleAddress(id: string, language: string | undefined): Promise<string | undefined> {
    const path = await knowledge.base.help.pathOf(id, language);
    return path === undefined ? undefined : absoluteUrl(path, config.publicUrl);
  }

  /** @param host by which somebody asks; absent: nobody does */
  function publicUrl(host?: string): string {
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
