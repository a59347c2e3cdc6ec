import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import { type HelpCentre, helpPathOf } from '../knowledge/help-centre.ts';
import { bestVersion } from '../knowledge/languages.ts';
import { excerptOf, plainTextOf } from '../knowledge/markdown.ts';
import type { App } from './app.ts';
import { LanguageTag } from './knowledge-schemas.ts';
import { problems } from './schemas.ts';

const excerptLength = 160;
const shown = 5;

/** The help centre as the chat on a page shows it: found, and read as plain text, before anybody is asked. */
export function visitorHelpRoutes(
  app: App,
  deps: { help: HelpCentre; mustBeFew: (request: FastifyRequest, what: 'searches' | 'articles') => void },
): void {
  const { help, mustBeFew } = deps;

  async function mustBeOpen(): Promise<void> {
    if (!(await help.settings()).isOpen) throw new Refusal('not-found', 'There is no help centre here.');
  }

  app.get(
    '/api/v1/visitor/help',
    {
      schema: {
        description:
          'Public articles that may answer, best first; in other languages where nothing in the one asked for does. What finds nothing is noted as in the help centre.',
        security: [],
        querystring: Type.Object({ q: Type.String({ minLength: 1, maxLength: 200 }), language: LanguageTag }),
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                id: Type.String(),
                title: Type.String(),
                language: Type.String(),
                excerpt: Type.String(),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      await mustBeOpen();
      mustBeFew(request, 'searches');
      const { q, language } = request.query;
      const asked = q.toWellFormed().trim();
      const hits = await help.search(asked, language);
      // Whoever has typed the beginning of a title so far is shown the title.
      const begun = hits.length > 0 ? [] : await help.complete(asked, language);
      reply.header('cache-control', 'no-store');
      return {
        items: [...hits, ...begun.map((link) => ({ ...link, excerpt: '' }))]
          .slice(0, shown)
          .map(({ id, title, language: own, excerpt }) => ({
            ...{ id, title, language: own },
            excerpt: excerptOf(excerpt, excerptLength),
          })),
      };
    },
  );

  app.get(
    '/api/v1/visitor/help/articles/:id',
    {
      schema: {
        description: 'A public article in the language that fits best: its words, and `path`, where the page of it is.',
        security: [],
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        querystring: Type.Object({ language: LanguageTag }),
        response: {
          200: Type.Object({
            id: Type.String(),
            title: Type.String(),
            language: Type.String(),
            text: Type.String(),
            path: Type.String(),
          }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      await mustBeOpen();
      mustBeFew(request, 'articles');
      const { id } = request.params;
      const version = bestVersion((await help.article(id))?.versions ?? [], request.query.language);
      if (version === undefined) throw new Refusal('not-found', 'There is no such article.');
      reply.header('cache-control', 'public, no-cache');
      const { title, language, body } = version;
      return { id, title, language, text: plainTextOf(body), path: helpPathOf(id, language) };
    },
  );
}
