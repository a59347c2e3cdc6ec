import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { helpPathOf } from '../knowledge/help-centre.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import { knowledgeKinds } from '../knowledge/knowledge-item.ts';
import type { Viewer } from '../knowledge/viewer.ts';
import type { App } from './app.ts';
import { articleRoutes } from './article-routes.ts';
import { isSupervisor, type RequestAuth } from './auth.ts';
import { cannedReplyRoutes } from './canned-reply-routes.ts';
import { categoryRoutes } from './category-routes.ts';
import { helpRoutes } from './help-routes.ts';
import { knowledgeExchangeRoutes } from './knowledge-exchange-routes.ts';
import { LanguageTag, literals } from './knowledge-schemas.ts';
import { problems } from './schemas.ts';

export interface KnowledgeRoutesDeps {
  readonly auth: RequestAuth;
  readonly knowledge: Knowledge;
  readonly now: () => number;
  readonly publicUrl: (host: string | undefined) => string;
  readonly isOurOrigin: (request: IncomingMessage) => boolean;
  /** Milliseconds on a clock that nobody sets. */
  readonly elapsed: () => number;
}

/** The knowledge base: canned replies, articles, the search over both, and the pages that customers read. */
export async function knowledgeRoutes(app: App, deps: KnowledgeRoutesDeps): Promise<void> {
  const { auth, knowledge } = deps;

  async function viewer(request: FastifyRequest): Promise<Viewer> {
    const { agent } = await auth.agent(request);
    const { id, name, email } = agent;
    return { id, name, email, isSupervisor: isSupervisor(agent), groupIds: knowledge.groupsOf(id) };
  }

  cannedReplyRoutes(app, { viewer, replies: knowledge.replies, now: deps.now });
  articleRoutes(app, { auth, viewer, articles: knowledge.articles });
  categoryRoutes(app, { auth, viewer, categories: knowledge.categories });

  knowledgeExchangeRoutes(app, { auth, knowledge });
  await helpRoutes(app, { help: knowledge.help, ...deps });

  app.get(
    '/api/v1/knowledge/search',
    {
      schema: {
        description:
          'Articles and canned replies that may answer, best first, each once with its best passage. What is over, or not for you, is never found.',
        querystring: Type.Object({
          q: Type.String({ maxLength: 2_000 }),
          language: Type.Optional(LanguageTag),
          channelType: Type.Optional(Type.String({ maxLength: 64 })),
          audience: Type.Optional(literals(['customer', 'agent'])),
          kind: Type.Optional(literals(knowledgeKinds)),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50, default: 10 })),
        }),
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                id: Type.String(),
                source: Type.Object({ kind: literals(knowledgeKinds), id: Type.String(), title: Type.String() }),
                text: Type.String(),
                score: Type.Number({ description: '0 to 1; from 0.5 on it is likely an answer.' }),
                language: Type.Optional(LanguageTag),
                helpPath: Type.Optional(Type.String({ description: 'Where customers read it, below this server.' })),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { q, limit = 10, audience = 'agent', kind, language, channelType } = request.query;
      const found = await knowledge.search.search({
        text: q,
        audience,
        agentId: agent.id,
        limit: limit * 3,
        ...(language === undefined ? {} : { language }),
        ...(channelType === undefined ? {} : { channelType }),
      });
      const seen = new Set<string>();
      const items = found.filter(({ source }) => {
        const isNew = !seen.has(source.id) && (kind === undefined || source.kind === kind);
        seen.add(source.id);
        return isNew;
      });
      const { isOpen } = await knowledge.help.settings();
      return {
        items: items.slice(0, limit).map((item) => {
          const isPublic = isOpen && knowledge.base.article(item.source.id)?.audience === 'public';
          return isPublic ? { ...item, helpPath: helpPathOf(item.source.id, item.language ?? 'en') } : item;
        }),
      };
    },
  );

  app.get(
    '/api/v1/knowledge/titles',
    {
      schema: {
        description:
          'Titles that complete what somebody types: each word typed begins a word of the title; of Chinese, any character. The best first.',
        querystring: Type.Object({
          q: Type.String({ maxLength: 200 }),
          language: Type.Optional(LanguageTag),
          channelType: Type.Optional(Type.String({ maxLength: 64 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 20, default: 6 })),
        }),
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                kind: literals(knowledgeKinds),
                id: Type.String(),
                title: Type.String(),
                language: Type.Optional(LanguageTag),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { q, limit = 6, language, channelType } = request.query;
      const items = await knowledge.search.complete({
        text: q,
        audience: 'agent',
        agentId: agent.id,
        limit,
        ...(language === undefined ? {} : { language }),
        ...(channelType === undefined ? {} : { channelType }),
      });
      return { items: [...items] };
    },
  );
}
