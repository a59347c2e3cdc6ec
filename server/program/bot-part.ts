import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Clock } from '../base/clock.ts';
import { createStoredApproved, type StoredApproved } from '../bot/approved/stored-approved.ts';
import { type BotService, createBotService } from '../bot/dialogue/bot-service.ts';
import { callForFlow } from '../bot/dialogue/flow-calls.ts';
import { createLanguageTeller } from '../bot/dialogue/language-teller.ts';
import type { BotParts } from '../bot/dialogue/think.ts';
import type { Embeddings } from '../bot/embeddings/embeddings.ts';
import { createStoredEntities } from '../bot/entities/stored-entities.ts';
import type { StoredGraph } from '../bot/graph/stored-graph.ts';
import { createIdentityCodes, type IdentityCodes, type SendMail } from '../bot/identity-check/identity-codes.ts';
import { type BotIntents, createBotIntents } from '../bot/intents/bot-intents.ts';
import { assistedConversations } from '../bot/language-model/assisted-conversations.ts';
import { type ConfiguredModel, createModelPart } from '../bot/language-model/model-part.ts';
import { createPublishGate } from '../bot/replay/publish-gate.ts';
import { createReplays } from '../bot/replay/replays.ts';
import { type Contexts, createContexts } from '../conversation/contexts.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import type { Orders } from '../conversation/orders/orders.ts';
import type { Engines } from '../engines.ts';
import type { OutboundFetch } from '../gateway/channel-fetch.ts';
import type { App } from '../http/app.ts';
import { assistRoutes } from '../http/assist-routes.ts';
import type { RequestAuth } from '../http/auth.ts';
import { botRoutes } from '../http/bot-routes.ts';
import { dialogueRoutes } from '../http/dialogue-routes.ts';
import { entityRoutes } from '../http/entity-routes.ts';
import { graphRoutes } from '../http/graph-routes.ts';
import { intentRoutes } from '../http/intent-routes.ts';
import { languageModelRoutes } from '../http/language-model-routes.ts';
import { replayRoutes } from '../http/replay-routes.ts';
import type { KnowledgeSearch } from '../knowledge/knowledge-search.ts';
import type { SearchEmbedding } from '../knowledge/search-embedding.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What the bot understands, knows and says. */
export interface BotPart {
  readonly bot: BotService;
  readonly intents: BotIntents;
  readonly approved: StoredApproved;
  /** What is known of a conversation, with what the bot understands of it. */
  readonly contexts: Contexts;
  /** Whether a conversation's customer has proved by a code who they are. */
  readonly identityOf: IdentityCodes['checkOf'];
  routes(app: App, auth: RequestAuth): void;
  /** What a process that works does of it until the signal aborts. */
  run(signal: AbortSignal): Promise<void>[];
  /** Ends what is computed in threads and asked of a model, and who waits for it is told. */
  stopComputing(): Promise<void>;
  stop(): void;
}

export async function createBotPart(deps: {
  engines: Pick<Engines, 'store' | 'conversations' | 'hot' | 'leases' | 'broadcast'>;
  /** Of the store. */
  epoch: string;
  clock: Clock;
  bus: EventBus;
  metrics: Pick<Metrics, 'bot'>;
  conversations: Conversations;
  orders: Orders;
  /** The language model, and the vectors that are made by one. */
  model: ConfiguredModel;
  embeddings: Embeddings;
  graph: StoredGraph;
  knowledge: { readonly search: KnowledgeSearch; readonly searchEmbedding: SearchEmbedding };
  /** Where customers read an article; absent: nobody knows by which address customers reach this server. */
  articleAddress: BotParts['articleAddress'] | undefined;
  routing: () => RoutingConfig;
  channelIds: () => ReadonlySet<string>;
  channelTypeOf: (channelId: string) => string;
  /** Whether a channel shows ratings. */
  canRate: (channelId: string) => boolean;
  /** The same of the channels of a type. */
  canRateOn: (channelType: string) => boolean;
  /** For the addresses that flows name. */
  fetch: OutboundFetch;
  /** Of the installation. */
  secret: string;
  /** Sends e-mail; undefined: no mail server is set. */
  mail: SendMail | undefined;
  /** How often the store is looked at for what others wrote. */
  lookAgainMs: number;
  onWarning: (text: string) => void;
  onError: (error: unknown) => void;
}): Promise<BotPart> {
  const { engines, clock, conversations, embeddings, graph, knowledge, articleAddress, channelTypeOf, onError } = deps;
  const { store, broadcast } = engines;

  const intents = await createBotIntents({
    intents: store.intents,
    models: store.intentModels,
    trainings: store.intentTrainings,
    broadcast,
    vectors: embeddings.intents,
    clock,
    onError,
  });
  const taught = { store: store.documents, broadcast, clock, onError };
  const entities = await createStoredEntities(taught);
  const approved = await createStoredApproved(taught);
  const contexts = createContexts({
    store: engines.conversations,
    hot: engines.hot,
    epoch: deps.epoch,
    now: clock.now,
    orders: deps.orders,
    values: entities,
    valuesVersion: () => entities.version,
    intents: { recognize: (text) => intents.model.recognize(text) },
    labels: (id) => store.labels.of([id]),
  });
  const model = createModelPart(deps.model, {
    search: knowledge.search,
    ...assistedConversations({ conversations, contexts, contact: engines.conversations.contact, channelTypeOf }),
  });
  const languages = createLanguageTeller({
    spoken: async () => [...(await knowledge.search.languages()), ...graph.languages],
    onError,
  });
  const identity = createIdentityCodes({
    ...{ store: store.identity, secret: deps.secret, clock, mail: deps.mail },
    call: (call, options) => callForFlow(deps.fetch, call, options),
    onUndelivered: (why) => deps.onWarning(`A one-time code was not delivered: ${why}`),
  });
  const bot = await createBotService({
    identity,
    canMail: deps.mail !== undefined,
    store: store.dialogues,
    documents: store.botVersions,
    messages: engines.conversations,
    conversations,
    parts: {
      approved,
      intents: intents.model,
      taught: store.intents,
      entities,
      graph,
      knowledge: knowledge.search,
      grounded: model.answers,
      languages,
      ...(articleAddress === undefined ? {} : { articleAddress }),
    },
    routing: deps.routing,
    channelIds: deps.channelIds,
    channelTypeOf,
    canRate: deps.canRate,
    canRateOn: deps.canRateOn,
    fetch: deps.fetch,
    bus: deps.bus,
    leases: engines.leases,
    clock,
    lookAgainMs: deps.lookAgainMs,
    events: deps.metrics.bot,
    onError,
  });
  const replays = createReplays({
    store: store.replays,
    dialogues: store.dialogues,
    labels: store.labels,
    messages: engines.conversations,
    models: store.intentModels,
    intents,
    settings: bot.settings,
    flows: bot.flows,
    parts: {
      ...{ approved, taught: store.intents, entities, graph, languages },
      knowledge: withoutVectors(knowledge.search),
    },
    hours: bot.hours,
    channelTypeOf,
    clock,
    onError,
  });
  const gate = createPublishGate({ replays, intents, models: store.intentModels, dialogues: store.dialogues, clock });

  function routes(app: App, auth: RequestAuth): void {
    const { now } = clock;
    entityRoutes(app, { auth, entities, now });
    graphRoutes(app, {
      ...{ auth, graph, entities, now },
      settingsLanguage: () => bot.settings.current.document.language,
    });
    dialogueRoutes(app, {
      auth,
      bot,
      gate,
      conversations,
      store: store.dialogues,
      labels: store.labels,
      tallies: store.tallies,
      currency: async () => (await deps.model.configs.current()).settings.prices.currency,
      messages: engines.conversations,
      scores: (ids) => store.surveys.scores(ids),
      now,
    });
    replayRoutes(app, { auth, replays });
    languageModelRoutes(app, { auth, ...model, embeddings, searchEmbedding: knowledge.searchEmbedding });
    assistRoutes(app, { auth, ...model, onDefect: onError });
    intentRoutes(app, { auth, library: intents.library });
    botRoutes(app, { auth, bot: intents, gate, settings: () => bot.settings.current.document });
  }

  return {
    ...{ bot, intents, approved, contexts, routes, identityOf: identity.checkOf },
    run: (signal) => [bot.bot.run(signal)],
    stopComputing: async () => {
      model.model.stop();
      await replays.stop();
      await intents.stop();
    },
    stop: () => {
      entities.stop();
      approved.stop();
    },
  };
}

/** A replay asks thousands of questions: a server that makes vectors is not to be asked for each. */
function withoutVectors({ search, explained }: KnowledgeSearch): Pick<KnowledgeSearch, 'search' | 'explained'> {
  return {
    search: (query) => search({ ...query, vectorWithinMs: 0 }),
    explained: (query) => explained({ ...query, vectorWithinMs: 0 }),
  };
}
