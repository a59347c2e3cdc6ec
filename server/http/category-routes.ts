import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Categories } from '../knowledge/categories.ts';
import type { Viewer } from '../knowledge/viewer.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { LanguageTag } from './knowledge-schemas.ts';
import { page, problems } from './schemas.ts';

const name = Type.String({ minLength: 1, maxLength: 200 });
const Category = Type.Object({
  name: Type.String({ description: 'What articles name it by; shown where a language has no name of its own.' }),
  names: Type.Record(Type.String(), Type.String(), { description: 'By language.' }),
  shown: Type.String({ description: 'What it is called in the language that was asked for.' }),
  articles: Type.Integer({ description: 'In it, of those that one may see.' }),
});

/** What categories of articles are called, by language: agents read it, supervisors write. */
export function categoryRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly viewer: (request: FastifyRequest) => Promise<Viewer>;
    readonly categories: Categories;
  },
): void {
  const { auth, viewer, categories } = deps;

  app.get(
    '/api/v1/article-categories',
    {
      schema: {
        description: 'All categories that an article is in, or that have names in other languages.',
        querystring: Type.Object({ language: Type.Optional(LanguageTag) }),
        response: { 200: page(Category), ...problems },
      },
    },
    async (request) => {
      const items = await categories.list(await viewer(request), request.query.language);
      return { items, nextCursor: null } as never;
    },
  );

  app.patch(
    '/api/v1/article-categories',
    {
      schema: {
        description:
          'Names a category in other languages; null takes a name away, and languages that are not there stay.',
        body: Type.Object({
          name,
          names: Type.Record(
            Type.String({ maxLength: 35 }),
            Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
            { description: 'By language.' },
          ),
        }),
        response: { 200: Category, ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      return (await categories.change(await viewer(request), request.body.name, request.body.names)) as never;
    },
  );
}
