import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import { articleStatuses, audiences, knowledgeKinds, visibilities } from '../knowledge/knowledge-item.ts';
import { onePerLanguage } from '../knowledge/languages.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { helpLanguages } from './help-words.ts';
import { KnowledgePage, LanguageTag, literals } from './knowledge-schemas.ts';
import { page, problems } from './schemas.ts';

const bodyLimit = 48 * 1024 * 1024;

const Imported = Type.Object({
  name: Type.String(),
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  categoryNames: Type.Integer({ description: 'Names of categories in other languages that are new or other ones.' }),
  items: Type.Array(Type.Object({ title: Type.String(), action: literals(['create', 'update', 'unchanged']) })),
  errors: Type.Array(Type.Object({ line: Type.Integer(), message: Type.String() })),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      as: Type.Union([Type.String(), Type.Null()], { description: 'null: not known; empty: left out.' }),
      example: Type.String({ description: 'Of the first row.' }),
    }),
    { description: 'Of a CSV: what each column is taken for.' },
  ),
});
const HelpSettings = Type.Object({
  enabled: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: as soon as there is a public article.' }),
  titles: Type.Record(Type.String(), Type.String(), { description: 'By language.' }),
  titleLanguages: Type.Array(Type.String(), { description: 'In which a title is there, or may well be.' }),
  isOpen: Type.Boolean(),
});
const Missed = Type.Object({
  text: Type.String(),
  language: Type.String(),
  count: Type.Integer(),
  lastAt: Type.Integer(),
});

/** Texts in from files and out again, the help centre's settings, and what was looked for in vain. For supervisors. */
export function knowledgeExchangeRoutes(
  app: App,
  deps: { readonly auth: RequestAuth; readonly knowledge: Knowledge },
): void {
  const { auth, knowledge } = deps;
  const { help, importer } = knowledge;

  app.post(
    '/api/v1/knowledge/import',
    {
      bodyLimit,
      schema: {
        description:
          'Brings texts in from CSV, Markdown, HTML or a ZIP of them; each file wholly or not at all. What has the same key is updated. `dryRun` tells what would happen, with the lines that are wrong, and changes nothing.',
        body: Type.Object({
          kind: literals(knowledgeKinds),
          dryRun: Type.Optional(Type.Boolean()),
          files: Type.Array(
            Type.Object({
              name: Type.String({ minLength: 1, maxLength: 300 }),
              data: Type.String({ description: 'The bytes in base 64.' }),
            }),
            { maxItems: 2_000 },
          ),
          mapping: Type.Optional(
            Type.Record(Type.String(), Type.String(), {
              description: 'Names of columns in the files, to ours; to nothing (an empty text) leaves a column out.',
            }),
          ),
          defaults: Type.Optional(
            Type.Object({
              language: Type.Optional(LanguageTag),
              status: Type.Optional(literals(articleStatuses)),
              audience: Type.Optional(literals(audiences)),
              visibility: Type.Optional(literals(visibilities)),
            }),
          ),
        }),
        response: { 200: Type.Object({ files: Type.Array(Imported) }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.supervisor(request);
      const { kind, files, dryRun = false, mapping = {}, defaults = {} } = request.body;
      const { language = 'en', status = 'draft', audience = 'agents', visibility = 'all' } = defaults;
      const results = await importer.run(agent, {
        kind,
        dryRun,
        mapping,
        defaults: { language, status, audience, visibility },
        files: files.map(({ name, data }) => ({ name, bytes: Buffer.from(data, 'base64') })),
      });
      return { files: results } as never;
    },
  );

  app.get(
    '/api/v1/knowledge/export',
    {
      schema: {
        description: 'All canned replies or articles in a form that an import reads: CSV, or Markdown files in a ZIP.',
        querystring: Type.Object({ kind: literals(knowledgeKinds), format: literals(['csv', 'markdown']) }),
        response: { 200: Type.Any({ description: 'The file: text for CSV, a ZIP for Markdown.' }), ...problems },
      },
    },
    async (request, reply) => {
      await auth.supervisor(request);
      const { kind, format } = request.query;
      if (kind === 'canned-reply' && format === 'markdown')
        throw new Refusal('bad-request', 'format: canned replies are exported as csv.', { field: 'format' });
      const [body, type, name] = await knowledge.exported(kind, format);
      return reply
        .type(type)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'no-store')
        .send(body as never);
    },
  );

  app.get(
    '/api/v1/knowledge/searches',
    {
      schema: {
        description: 'What readers of the help centre looked for and did not find, newest first.',
        querystring: Type.Object(KnowledgePage),
        response: { 200: page(Missed), ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      const { cursor, limit = 50 } = request.query;
      return (await help.misses({ limit, ...(cursor === undefined ? {} : { cursor }) })) as never;
    },
  );

  app.delete(
    '/api/v1/knowledge/searches',
    {
      schema: {
        description: 'Takes a search off the list: it is answered by now.',
        querystring: Type.Object({ text: Type.String({ maxLength: 200 }), language: LanguageTag }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.supervisor(request);
      await help.forgetMiss(request.query);
      return reply.status(204).send(null);
    },
  );

  app.get('/api/v1/help-centre', { schema: { response: { 200: HelpSettings, ...problems } } }, async (request) => {
    await auth.agent(request);
    return withTitleLanguages(await help.settings()) as never;
  });

  app.patch(
    '/api/v1/help-centre',
    {
      schema: {
        body: Type.Object({
          enabled: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
          titles: Type.Optional(Type.Record(Type.String({ maxLength: 35 }), Type.String({ maxLength: 100 }))),
        }),
        response: { 200: HelpSettings, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return withTitleLanguages(await help.change(request.body)) as never;
    },
  );
}

/** Those that have a title, and those of the pages where none of these is the same. */
function withTitleLanguages<T extends { readonly titles: Readonly<Record<string, string>> }>(settings: T) {
  const languages = onePerLanguage([...Object.keys(settings.titles), ...helpLanguages.map(({ tag }) => tag)]);
  return { ...settings, titleLanguages: [...new Set([...Object.keys(settings.titles), ...languages])].sort() };
}
