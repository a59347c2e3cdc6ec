import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import Type from 'typebox';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Version as PublishedVersion } from '../publishing/published-document.ts';
import type { RuleFacts } from '../routing/router-rules.ts';
import type { RoutingConfigs } from '../routing/routing-configs.ts';
import { factsOf, noFacts, testRules } from '../routing/tested-rules.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { PageQuery, page, problems } from './schemas.ts';
import { noted, pageOfVersions, showEntry } from './version-list.ts';

export interface RoutingRoutesDeps {
  readonly auth: RequestAuth;
  readonly configs: RoutingConfigs;
  readonly store: Pick<ConversationStore, 'get' | 'contact' | 'messages' | 'list'>;
  /** Undefined when there is no such channel. */
  readonly channelTypeOf: (channelId: string) => string | undefined;
  readonly now: () => number;
}

/** A document of tens of thousands of members. */
const bodyLimit = 8 * 1024 * 1024;
/** How many messages of a conversation are looked through for the customer's first words. */
const firstMessages = 20;

const Config = Type.Object(
  {},
  { additionalProperties: true, description: 'The routing document: see docs/routing.md.' },
);
const Author = Type.Object({ id: Type.String(), name: Type.String() });
const entry = {
  version: Type.Integer(),
  note: Type.Union([Type.String(), Type.Null()]),
  publishedBy: Type.Union([Author, Type.Null()]),
  publishedAt: Type.Union([Type.Integer(), Type.Null()]),
};
const Version = Type.Object({ ...entry, config: Config });
const VersionParams = Type.Object({ version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) });
const BaseVersion = Type.Integer({
  minimum: 0,
  description: 'The version that was changed; 409 when it does not hold any more.',
});
const Note = Type.String({ maxLength: 500 });

const text = (maxLength: number) => Type.Optional(Type.Union([Type.String({ maxLength }), Type.Null()]));
const Facts = Type.Object({
  channelId: Type.Optional(Type.String({ maxLength: 64 })),
  at: Type.Optional(Type.Integer({ minimum: 0, maximum: 8.64e15, description: 'Epoch milliseconds; absent: now.' })),
  page: text(2_000),
  language: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 35 }), Type.Null()])),
  attributes: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 2_000 }))),
  tags: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 50 })),
  firstWords: text(4_000),
  vip: Type.Optional(Type.Boolean()),
  returning: Type.Optional(Type.Boolean()),
});

const Verdict = Type.Object({
  ruleId: Type.String(),
  name: Type.String(),
  verdict: Type.Enum(['applies', 'does-not-apply', 'disabled', 'stopped-by-earlier', 'too-many-hops']),
  when: Type.Object(
    { holds: Type.Boolean(), found: Type.Union([Type.String(), Type.Null()]) },
    { additionalProperties: true, description: 'The condition, whether it holds, what it found; `of`: its parts.' },
  ),
  left: Type.Array(Type.Object({ action: Type.Object({}, { additionalProperties: true }), why: Type.String() }), {
    description: 'Actions that are not done, and why: decided, from-bot or done.',
  }),
});
const open = Type.Object({}, { additionalProperties: true });
const Tested = Type.Object({
  version: Type.Union([Type.Integer(), Type.Null()], { description: 'null: the proposed configuration.' }),
  facts: open,
  to: Type.Object({ kind: Type.Enum(['bot', 'group', 'agent']) }, { additionalProperties: true }),
  toRule: Type.Union([Type.String(), Type.Null()], { description: 'null: no rule says so, it is the default.' }),
  priority: Type.Union([Type.String(), Type.Null()]),
  minLevel: Type.Union([Type.Integer(), Type.Null()], { description: 'null: no rule asks for more than the group.' }),
  tags: Type.Array(Type.String()),
  notAgents: Type.Array(Type.String(), { description: 'Agents who would not be given it.' }),
  answers: Type.Array(open),
  webhooks: Type.Array(open),
  rules: Type.Array(Verdict),
});

/** The routing configuration: read, published in versions, brought back, and its rules tried on a conversation. */
export function routingRoutes(app: App, deps: RoutingRoutesDeps): void {
  const { auth, configs, store } = deps;

  app.get(
    '/api/v1/routing/config',
    { schema: { description: 'What holds now. Version 0: the default.', response: { 200: Version, ...problems } } },
    async (request) => {
      await auth.agent(request);
      const { version, document: config } = configs.current;
      const [published] = version === 0 ? [] : await configs.versions({ before: version + 1, limit: 1 });
      return { ...showEntry(published ?? { version }), config };
    },
  );

  app.put(
    '/api/v1/routing/config',
    {
      bodyLimit,
      schema: {
        description: 'Publishes a configuration as a whole, as a new version. For administrators.',
        body: Type.Object({ config: Config, baseVersion: BaseVersion, note: Type.Optional(Note) }),
        response: { 200: Version, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { config, baseVersion, note } = request.body;
      const options = { baseVersion, ...noted(note) };
      return show(await configs.publish(config, { id: agent.id, name: agent.name }, options));
    },
  );

  app.get(
    '/api/v1/routing/versions',
    {
      schema: {
        description: 'Newest first, without their documents.',
        querystring: Type.Object(PageQuery),
        response: { 200: page(Type.Object(entry)), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      return pageOfVersions(configs.versions, request.query);
    },
  );

  app.get(
    '/api/v1/routing/versions/:version',
    { schema: { params: VersionParams, response: { 200: Version, ...problems } } },
    async (request) => {
      await auth.agent(request);
      const { version } = request.params;
      const found = await configs.get(version);
      if (found === undefined) throw new Refusal('not-found', `There is no version ${version}.`);
      return show(found);
    },
  );

  app.post(
    '/api/v1/routing/versions/:version/restore',
    {
      schema: {
        description: 'Publishes an old version again, as a new one. For administrators.',
        params: VersionParams,
        body: Type.Object({ baseVersion: BaseVersion, note: Type.Optional(Note) }),
        response: { 200: Version, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { baseVersion, note } = request.body;
      const by = { id: agent.id, name: agent.name };
      return show(await configs.restore(request.params.version, by, { baseVersion, ...noted(note) }));
    },
  );

  app.post(
    '/api/v1/routing/rules/test',
    {
      bodyLimit,
      schema: {
        description:
          'Which rule would take it? Of a stored conversation as it began, or of stated facts, which go before those of the conversation. Nothing is done.',
        body: Type.Object({
          conversationId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          facts: Type.Optional(Facts),
          config: Type.Optional(Config),
        }),
        response: { 200: Tested, ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { conversationId, facts = {}, config } = request.body;
      const proposed = config === undefined ? undefined : configs.check(config);
      const stored = conversationId === undefined ? undefined : await factsOfConversation(conversationId);
      const tested = testRules(proposed ?? configs.current.document, merged(stored, facts));
      return { version: proposed === undefined ? configs.current.version : null, ...tested } as never;
    },
  );

  async function factsOfConversation(id: string): Promise<RuleFacts> {
    const conversation = await store.get(id);
    if (conversation === undefined) {
      throw new Refusal('not-found', 'conversationId: there is no such conversation.', { field: 'conversationId' });
    }
    const { contact } = conversation;
    const [known, messages, others] = await Promise.all([
      store.contact(contact.id),
      store.messages(id, { limit: firstMessages }),
      store.list({ contactId: contact.id }, { limit: 50 }),
    ]);
    return factsOf(conversation, {
      contact: known,
      first: messages.find(({ direction }) => direction === 'in'),
      isReturning: others.items.some((other) => other.createdAt < conversation.createdAt),
    });
  }

  function merged(stored: RuleFacts | undefined, given: Given): RuleFacts {
    const { channelId = stored?.channelId, at = stored?.at ?? deps.now(), ...rest } = given;
    const channelType = channelId === undefined ? undefined : channelTypeOf(channelId, stored);
    if (channelId === undefined || channelType === undefined) {
      const what = channelId === undefined ? 'say a conversationId, or the channel' : 'there is no such channel';
      throw new Refusal('bad-request', `facts.channelId: ${what}.`, { field: 'facts.channelId' });
    }
    return { ...noFacts, ...stored, ...rest, channelId, channelType, at };
  }

  function channelTypeOf(channelId: string, stored: RuleFacts | undefined): string | undefined {
    return channelId === stored?.channelId ? stored.channelType : deps.channelTypeOf(channelId);
  }
}

type Given = Partial<Pick<RuleFacts, 'channelId' | 'at' | 'page' | 'language' | 'attributes' | 'tags'>> &
  Partial<Pick<RuleFacts, 'firstWords' | 'vip' | 'returning'>>;

function show({ document: config, ...version }: PublishedVersion<RoutingConfig>) {
  return { ...showEntry(version), config };
}
