import Type from 'typebox';
import type { IntentLibrary } from '../bot/intents/intents.ts';
import { limits } from '../bot/intents/limits.ts';
import { fileFormats } from '../bot/intents/utterance-file.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, PageQuery, page, problems } from './schemas.ts';

const Answer = Type.Union([
  Type.Record(Type.String({ maxLength: 35 }), Type.String({ maxLength: limits.answerLength }), { maxProperties: 20 }),
  Type.Null(),
]);
const fields = {
  description: Type.Optional(Type.String({ maxLength: limits.descriptionLength })),
  enabled: Type.Optional(Type.Boolean()),
  answer: Type.Optional(Answer),
};
const Named = Type.Object({ id: Type.String(), name: Type.String() });
const Intent = Type.Object({
  ...{ id: Type.String(), name: Type.String(), description: Type.String(), enabled: Type.Boolean() },
  answer: Answer,
  utterances: Type.Integer({ description: 'How many it has.' }),
  conflicts: Type.Integer({ description: 'How many of them stand in another intent too: nobody learns those.' }),
  ...{ createdAt: Type.Integer(), updatedAt: Type.Integer() },
});
const Utterance = Type.Object({
  ...{ id: Type.String(), text: Type.String() },
  alsoIn: Type.Array(Named, { description: 'Other intents that have it: a conflict.' }),
});
/** Longer ones are refused with their place, in words. */
const Texts = Type.Array(Type.String({ maxLength: 20_000 }), { maxItems: limits.atOnce });
const Format = Type.Enum([...fileFormats] as ['tsv', 'csv']);
/** A file of the greatest length, in JSON. */
const fileLimit = 48 * 1024 * 1024;
const textsLimit = 8 * 1024 * 1024;

/** Intents and their utterances, for administrators. */
export function intentRoutes(app: App, { auth, library }: { auth: RequestAuth; library: IntentLibrary }): void {
  app.get(
    '/api/v1/intents',
    {
      schema: {
        description: 'By name; `q` is looked for in name and description. For administrators, as all of the bot.',
        querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 200 })), ...PageQuery }),
        response: { 200: page(Intent), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { q = '', cursor, limit = 50 } = request.query;
      const items = await library.list({
        limit,
        ...(q.trim() === '' ? {} : { q: q.trim() }),
        ...(cursor === undefined ? {} : { after: nameOf(cursor) }),
      });
      const last = items.length < limit ? undefined : items.at(-1);
      return { items, nextCursor: last === undefined ? null : Buffer.from(last.name).toString('base64url') } as never;
    },
  );

  app.post(
    '/api/v1/intents',
    {
      bodyLimit: textsLimit,
      schema: {
        body: Type.Object({ name: Type.String({ maxLength: 1_000 }), utterances: Type.Optional(Texts), ...fields }),
        response: { 201: Intent, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const made = await library.create(request.body);
      return reply
        .status(201)
        .header('location', `/api/v1/intents/${made.id}`)
        .send(made as never);
    },
  );

  app.get(
    '/api/v1/intents/problems',
    {
      schema: {
        description:
          'What to look at before training: the same utterance in several intents, and intents without one; 200 of each at most. `out-of-scope` counts utterances that belong to no intent.',
        response: {
          200: Type.Object({
            counts: Type.Object({ intents: Type.Integer(), utterances: Type.Integer(), outOfScope: Type.Integer() }),
            conflicts: Type.Array(Type.Object({ text: Type.String(), intents: Type.Array(Named) })),
            empty: Type.Array(Named),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const [counts, found] = await Promise.all([library.counts(), library.problems()]);
      return { counts, ...found } as never;
    },
  );

  app.post(
    '/api/v1/intents/import',
    {
      bodyLimit: fileLimit,
      schema: {
        description:
          'Takes a file of `utterance<TAB>intent` (or `utterance,intent`), a line each, whole or not at all: intents that are not there are made, the intent `out-of-scope` takes what belongs to none. 400 names the lines that are wrong.',
        body: Type.Object({ format: Format, text: Type.String() }),
        response: {
          200: Type.Object({
            intents: Type.Integer({ description: 'That were made.' }),
            added: Type.Integer({ description: 'Utterances that were new.' }),
            known: Type.Integer({ description: 'Utterances that their intent had.' }),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      return library.bring(request.body.text, request.body.format);
    },
  );

  app.get(
    '/api/v1/intents/export',
    {
      schema: {
        description: 'All utterances as such a file.',
        querystring: Type.Object({ format: Type.Optional(Format) }),
        produces: ['text/tab-separated-values', 'text/csv'],
        response: { 200: Type.String(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const { format = 'tsv' } = request.query;
      return reply
        .type(format === 'tsv' ? 'text/tab-separated-values; charset=utf-8' : 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="intents.${format}"`)
        .send(await library.file(format));
    },
  );

  app.get(
    '/api/v1/intents/:id',
    { schema: { params: IdParams, response: { 200: Intent, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await library.get(request.params.id)) as never;
    },
  );

  app.patch(
    '/api/v1/intents/:id',
    {
      schema: {
        description: 'What is left out stays. A new name holds for recognition after the next training.',
        params: IdParams,
        body: Type.Object({ name: Type.Optional(Type.String({ maxLength: 1_000 })), ...fields }),
        response: { 200: Intent, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await library.change(request.params.id, request.body)) as never;
    },
  );

  app.delete(
    '/api/v1/intents/:id',
    { schema: { description: 'With its utterances.', params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      await library.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/intents/:id/utterances',
    {
      schema: {
        description: 'In the order in which they were added; of `out-of-scope`: what belongs to no intent.',
        params: IdParams,
        querystring: Type.Object(PageQuery),
        response: { 200: page(Utterance), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { cursor, limit = 50 } = request.query;
      const items = await library.utterances(request.params.id, {
        limit,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      const last = items.length < limit ? undefined : items.at(-1);
      return { items, nextCursor: last?.id ?? null } as never;
    },
  );

  app.post(
    '/api/v1/intents/:id/utterances',
    {
      bodyLimit: textsLimit,
      schema: {
        description: `Adds many at once, all or nothing; what the intent has already is passed over. At most ${limits.atOnce}.`,
        params: IdParams,
        body: Type.Object({ utterances: Texts }),
        response: { 200: Type.Object({ added: Type.Integer(), known: Type.Integer() }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return library.addUtterances(request.params.id, request.body.utterances);
    },
  );

  app.post(
    '/api/v1/intents/:id/utterances/remove',
    {
      schema: {
        params: IdParams,
        body: Type.Object({ ids: Type.Array(Type.String({ maxLength: 16 }), { maxItems: limits.atOnce }) }),
        response: { 200: Type.Object({ removed: Type.Integer() }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return library.removeUtterances(request.params.id, request.body.ids);
    },
  );
}

/** @throws Refusal `cursor-invalid` */
function nameOf(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name !== '' && Buffer.from(name).toString('base64url') === cursor) return name;
  throw new Refusal('cursor-invalid', 'cursor: this is not one that this list gave; begin again without it.', {
    field: 'cursor',
  });
}
