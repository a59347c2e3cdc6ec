import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Articles } from '../knowledge/articles.ts';
import { type ArticleText, articleStatuses, audiences } from '../knowledge/knowledge-item.ts';
import { renderMarkdown } from '../knowledge/markdown.ts';
import type { Viewer } from '../knowledge/viewer.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { ChannelTypes, KnowledgePage, LanguageTag, literals, Time } from './knowledge-schemas.ts';
import { IdParams, page, problems } from './schemas.ts';

/** Markdown of the longest article in 4-byte signs, with room for JSON. */
const bodyLimit = 16 * 1024 * 1024;

const Version = Type.Object({
  language: LanguageTag,
  title: Type.String({ maxLength: 400 }),
  body: Type.String({ maxLength: 300_000, description: 'Markdown.' }),
});
const shared = {
  category: Type.String({ maxLength: 200 }),
  status: literals(articleStatuses),
  audience: literals(audiences),
  channelTypes: ChannelTypes,
  externalKey: Type.Union([Type.String({ maxLength: 400 }), Type.Null()]),
  validFrom: Time,
  validUntil: Time,
};
const textFields = {
  versions: Type.Array(Version, {
    maxItems: 50,
    description: 'One for each language; the first stands in where a language is missing.',
  }),
  ...shared,
};
const stamps = { rev: Type.Integer(), createdAt: Type.Integer(), updatedAt: Type.Integer() };
const Article = Type.Object({ id: Type.String(), ...textFields, ...stamps });
const ListedArticle = Type.Object({
  id: Type.String(),
  versions: Type.Array(Type.Object({ language: LanguageTag, title: Type.String() })),
  ...shared,
  ...stamps,
  helpful: Type.Integer({ description: 'Readers whom it helped.' }),
  unhelpful: Type.Integer(),
});
const Revision = Type.Object({
  rev: Type.Integer(),
  author: Type.Object({ id: Type.String(), name: Type.String() }),
  at: Type.Integer(),
  text: Type.Object(textFields),
});

const emptyArticle: Omit<ArticleText, 'versions'> = {
  category: '',
  status: 'draft',
  audience: 'agents',
  channelTypes: null,
  externalKey: null,
  validFrom: null,
  validUntil: null,
};

/** Articles: agents read what is published, supervisors write. */
export function articleRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly viewer: (request: FastifyRequest) => Promise<Viewer>;
    readonly articles: Articles;
  },
): void {
  const { auth, viewer, articles } = deps;

  app.get(
    '/api/v1/articles',
    {
      schema: {
        description: 'Newest change first, without their texts. Agents see those that are published.',
        querystring: Type.Object({
          ...KnowledgePage,
          q: Type.Optional(Type.String({ maxLength: 200, description: 'In title, category and key.' })),
          status: Type.Optional(shared.status),
          audience: Type.Optional(shared.audience),
          category: Type.Optional(shared.category),
          language: Type.Optional(LanguageTag),
        }),
        response: { 200: page(ListedArticle), ...problems },
      },
    },
    async (request) => {
      const { limit = 50, ...query } = request.query;
      return articles.list(await viewer(request), { ...query, limit }) as never;
    },
  );

  app.post(
    '/api/v1/articles',
    {
      bodyLimit,
      schema: {
        description: 'A draft for agents unless said otherwise.',
        body: Type.Object({ ...Type.Partial(Type.Object(textFields)).properties, versions: textFields.versions }),
        response: { 201: Article, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.supervisor(request);
      const created = await articles.create(agent, { ...emptyArticle, ...request.body } as ArticleText);
      return reply.status(201).send(created as never);
    },
  );

  app.get(
    '/api/v1/articles/:id',
    { schema: { params: IdParams, response: { 200: Article, ...problems } } },
    async (request) => (await articles.get(await viewer(request), request.params.id)) as never,
  );

  app.patch(
    '/api/v1/articles/:id',
    {
      bodyLimit,
      schema: {
        params: IdParams,
        body: Type.Object({
          ...Type.Partial(Type.Object(textFields)).properties,
          rev: Type.Optional(Type.Integer({ description: 'Refuse (409) when it was changed since.' })),
        }),
        response: { 200: Article, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.supervisor(request);
      const { rev, ...patch } = request.body;
      return articles.change(agent, request.params.id, patch as Partial<ArticleText>, rev) as never;
    },
  );

  app.delete(
    '/api/v1/articles/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.supervisor(request);
      await articles.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/articles/:id/revisions',
    {
      schema: {
        description: 'Newest first; the newest 100 are kept.',
        params: IdParams,
        querystring: Type.Object({
          ...KnowledgePage,
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        }),
        response: { 200: page(Revision), ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      const { cursor, limit = 20 } = request.query;
      const before = cursor === undefined ? {} : { before: Number(cursor) || 0 };
      const items = await articles.revisions(request.params.id, { ...before, limit });
      const last = items.at(-1);
      return { items, nextCursor: items.length === limit && last !== undefined ? String(last.rev) : null } as never;
    },
  );

  app.post(
    '/api/v1/articles/:id/restore',
    {
      schema: {
        description: 'Lets a former revision hold again, as a new one.',
        params: IdParams,
        body: Type.Object({ rev: Type.Integer({ minimum: 1 }) }),
        response: { 200: Article, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.supervisor(request);
      return articles.restore(agent, request.params.id, request.body.rev) as never;
    },
  );

  app.post(
    '/api/v1/articles/preview',
    {
      bodyLimit,
      schema: {
        description: 'Markdown as the safe HTML that readers get.',
        body: Type.Object({ body: Type.String({ maxLength: 300_000 }) }),
        response: { 200: Type.Object({ html: Type.String() }), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      return { html: renderMarkdown(request.body.body) };
    },
  );
}
