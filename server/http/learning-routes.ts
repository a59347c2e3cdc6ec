import { gapReasons, type QuestionGroup } from '@parley/sdk/bot-learning.ts';
import Type from 'typebox';
import { limits } from '../bot/intents/limits.ts';
import type { GapPlace } from '../bot/learning/gap-store.ts';
import type { Learning } from '../bot/learning/learning.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import { ApprovedAnswer, approvedFields } from './approved-answer-routes.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, page, problems } from './schemas.ts';

const Named = Type.Object({ id: Type.String(), name: Type.String() });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Group = Type.Object({
  name: Type.String({ description: 'A proposal for the name of an intent; empty for a single text.' }),
  utterances: Type.Array(
    Type.Object({
      text: Type.String(),
      alsoIn: Type.Array(Named, { description: 'Intents in which it stands already.' }),
    }),
    { description: 'The most typical first, twenty at most.' },
  ),
  size: Type.Integer({ description: 'How often they were asked.' }),
  lastAt: Type.Integer(),
  reasons: Type.Partial(Type.Object(Object.fromEntries(gapReasons.map((why) => [why, Type.Integer()])))),
  language: nullable(Type.String()),
  nearest: nullable(Type.Object({ id: Type.String(), name: Type.String(), likeness: Type.Number() })),
  answers: Type.Array(
    Type.Object({
      text: Type.String(),
      times: Type.Integer(),
      isDirect: Type.Boolean({
        description: 'Given in the very conversations that the bot handed over; else to something like it.',
      }),
      language: nullable(Type.String()),
    }),
    { description: 'What agents answered, the best first.' },
  ),
  questions: Type.Array(Type.String(), { description: 'The questions in it, for the calls that decide about them.' }),
});
const questions = Type.Array(Type.String({ maxLength: 40, pattern: '^[1-9][0-9]{0,14}-[1-9][0-9]{0,9}$' }), {
  minItems: 1,
  maxItems: 5_000,
  description: 'As the list gave them. 409: somebody has decided about some of them meanwhile.',
});
const utterances = Type.Array(Type.String({ maxLength: 20_000 }), { minItems: 1, maxItems: limits.atOnce });
const Answer = nullable(
  Type.Record(Type.String({ maxLength: 35 }), Type.String({ maxLength: limits.answerLength }), { maxProperties: 20 }),
);
/** All questions that there can be, by their ids. */
const bodyLimit = 2 * 1024 * 1024;

/** What the bot could not answer, and what is made of it, for administrators. */
export function learningRoutes(app: App, { auth, learning }: { auth: RequestAuth; learning: Learning }): void {
  app.get(
    '/api/v1/bot/gaps',
    {
      schema: {
        description:
          'What customers asked and the bot could not answer, and nobody has decided about: gathered into suggested intents (`items`, the most asked first), and single texts (`others`), fifty of each at most; and what agents said was meant (`corrected`, by intent). Without what tells of a person. `open` counts all. For administrators, as all of it.',
        response: {
          200: Type.Object({
            items: Type.Array(Group),
            nextCursor: Type.Null(),
            others: Type.Array(Group),
            corrected: Type.Array(Group, {
              description: 'What was taken for another intent than agents say that it had: `name` is that intent.',
            }),
            open: Type.Integer(),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { open, ...lists } = await learning.view();
      const [items, others, corrected] = [lists.suggestions, lists.others, lists.corrected].map((groups) =>
        groups.map(shown),
      );
      return { items, nextCursor: null, others, corrected, open } as never;
    },
  );

  app.post(
    '/api/v1/bot/gaps/make-intent',
    {
      bodyLimit,
      schema: {
        description:
          'Makes an intent of questions. An utterance that stands in another intent is refused by its place (409), and nothing is made. It is recognised after the next training.',
        body: Type.Object({
          questions,
          name: Type.String({ maxLength: 1_000 }),
          utterances,
          answer: Type.Optional(Answer),
        }),
        response: { 201: Named, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const { questions: asked, name, utterances: texts, answer = null } = request.body;
      const made = await learning.makeIntent(
        { questions: placesOf(asked), name, utterances: texts, answer: answer as Record<string, string> | null },
        agent,
      );
      return reply.status(201).header('location', `/api/v1/intents/${made.id}`).send({ id: made.id, name: made.name });
    },
  );

  app.post(
    '/api/v1/bot/gaps/add-to-intent',
    {
      bodyLimit,
      schema: {
        description:
          'Adds utterances to an intent, or to `out-of-scope`. One that stands in another intent is refused by its place (409).',
        body: Type.Object({ questions, intentId: Type.String({ maxLength: 16 }), utterances }),
        response: { 200: Type.Object({ added: Type.Integer(), known: Type.Integer() }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { questions: asked, intentId, utterances: texts } = request.body;
      return learning.addToIntent({ questions: placesOf(asked), intentId, utterances: texts }, agent);
    },
  );

  app.post(
    '/api/v1/bot/gaps/approve',
    {
      bodyLimit,
      schema: {
        description: 'Makes an approved answer of questions: the bot gives it from now on.',
        body: Type.Object({ questions, approved: Type.Object(approvedFields) }),
        response: { 201: ApprovedAnswer, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const { questions: asked, approved } = request.body;
      const { enabled = true, validFrom = null, validUntil = null, ...said } = approved;
      const fields = { ...said, enabled, validFrom, validUntil };
      const made = await learning.approve({ questions: placesOf(asked), fields }, agent);
      return reply
        .status(201)
        .header('location', `/api/v1/bot/approved-answers/${made.id}`)
        .send({ ...made, hits: 0, lastHitAt: null } as never);
    },
  );

  app.post(
    '/api/v1/bot/gaps/dismiss',
    {
      bodyLimit,
      schema: {
        description: 'They, and what is like them, are suggested no more.',
        body: Type.Object({ questions }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      await learning.dismiss({ questions: placesOf(request.body.questions) }, agent);
      return reply.status(204).send(null);
    },
  );

  const Dismissal = Type.Object({
    id: Type.String(),
    utterances: Type.Array(Type.String()),
    size: Type.Integer(),
    dismissedBy: Type.String({ description: 'A name.' }),
    dismissedAt: Type.Integer(),
  });
  app.get(
    '/api/v1/bot/gaps/dismissed',
    {
      schema: { description: 'What was dismissed, the newest first.', response: { 200: page(Dismissal), ...problems } },
    },
    async (request) => {
      await auth.admin(request);
      return { items: await learning.dismissed(), nextCursor: null };
    },
  );

  app.post(
    '/api/v1/bot/gaps/dismissed/:id/restore',
    {
      schema: {
        description: 'They are suggested again.',
        params: IdParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      await learning.restore(request.params.id);
      return reply.status(204).send(null);
    },
  );
}

const shown = ({ questions: places, ...group }: QuestionGroup<GapPlace>) => ({
  ...group,
  questions: places.map(({ conversationId, seq }) => `${conversationId}-${seq}`),
});

/** @throws Refusal `settings-invalid` for the same question twice */
function placesOf(ids: readonly string[]): GapPlace[] {
  if (new Set(ids).size < ids.length)
    throw new Refusal('settings-invalid', 'questions: one of them is named twice.', { field: 'questions' });
  return ids.map((id) => {
    const [conversationId = '', seq = ''] = id.split('-');
    return { conversationId, seq: Number(seq) };
  });
}
