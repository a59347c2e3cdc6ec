import Type, { type TSchema } from 'typebox';
import { candidateKinds } from '../bot/replay/replay-store.ts';
import type { Candidate, Replays } from '../bot/replay/replays.ts';
import { truthKinds } from '../bot/replay/truth.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, problems } from './schemas.ts';

const bodyLimit = 4 * 1024 * 1024;
/** Further back little is as it was. */
const mostDays = 90;

const orNull = (type: TSchema) => Type.Union([type, Type.Null()]);
const open = (description: string) => Type.Object({}, { additionalProperties: true, description });
const Kind = Type.Enum([...candidateKinds] as ['model', 'settings', 'flows']);
const replay = {
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'failed', 'cancelled']),
  progress: Type.Integer({ description: 'Percent.' }),
  kind: Kind,
  candidate: Type.String({ description: 'The version of a model; a document by the SHA-256 of what is in it.' }),
  live: Type.String({ description: 'What was live: the versions of model, settings and flows.' }),
  isCurrent: Type.Boolean({ description: 'Whether that is live still.' }),
  days: Type.Integer(),
  createdAt: Type.Integer(),
};
const Replay = Type.Object(replay);
const Side = Type.Object({
  answers: Type.Integer(),
  asks: Type.Integer(),
  handsOver: Type.Integer(),
  silent: Type.Integer(),
  acts: Type.Integer({ description: 'Of them, such in which it acts on an intent.' }),
});
const Grades = Type.Object({ right: Type.Integer(), wrong: Type.Integer(), none: Type.Integer() });
const Outcome = Type.Object({
  does: Type.String({ description: 'answers, asks, hands-over or silent' }),
  by: Type.String({ description: 'By what it was found, or why it is handed over.' }),
  intent: orNull(Type.String({ description: 'That it acts on.' })),
});
const Result = Type.Object({
  from: Type.Integer(),
  to: Type.Integer(),
  turns: Type.Integer(),
  firstQuestions: Type.Integer({ description: 'Of them: asked first in conversations that people had.' }),
  isCut: Type.Boolean({ description: 'There were more; the newest were replayed.' }),
  leftOut: Type.Object({
    ...{ withoutState: Type.Integer(), withoutWords: Type.Integer(), stepGone: Type.Integer() },
    diverged: Type.Integer({ description: 'They follow where both had parted ways: not comparable.' }),
  }),
  before: Side,
  after: Side,
  pairs: Type.Object({
    known: Type.Integer({ description: 'Turns of which it is known what was right.' }),
    before: Grades,
    after: Grades,
    worse: Type.Integer(),
    better: Type.Integer(),
  }),
  knownBy: Type.Object(Object.fromEntries(truthKinds.map((kind) => [kind, Type.Integer()])), {
    description: 'Of `pairs.known`; `labelled`: agents said it.',
  }),
  notComparable: Type.Integer(),
  troubles: Type.Object({ newly: Type.Integer(), gone: Type.Integer() }),
  utterances: Type.Object({ sure: Type.Integer(), moved: Type.Integer() }),
  measured: orNull(open('The stored cross-validation of both: `before`, `after`.')),
  changed: Type.Integer(),
  disagreements: Type.Array(
    Type.Object({
      before: Outcome,
      after: Outcome,
      change: Type.String({ description: 'better, worse, unknown, or words: the same in other words' }),
      count: Type.Integer(),
      examples: Type.Array(
        Type.Object({
          conversationId: Type.String(),
          seq: Type.Integer(),
          at: Type.Integer(),
          text: orNull(Type.String({ description: 'Masked; null: it is gone.' })),
        }),
      ),
    }),
    { description: 'The largest first.' },
  ),
  verdict: Type.Object({
    by: Type.String({ description: 'turns, or utterances where too few turns have a known truth' }),
    objections: Type.Array(open('Why it is clearly worse: `code`, `data`, `text`. Empty: it may be published.')),
  }),
});

/** Candidates over past conversations, before they are published: for administrators. */
export function replayRoutes(app: App, { auth, replays }: { auth: RequestAuth; replays: Replays }): void {
  app.post(
    '/api/v1/bot/replays',
    {
      bodyLimit,
      schema: {
        description:
          'Runs a candidate over the turns of the last days that the bot decided about, beside what is live: docs/bot.md. Nothing is stored in conversations, no address is called. Answers at once; ask for the result. 409 while one is under way in any process.',
        body: Type.Object({
          kind: Kind,
          version: Type.Optional(Type.Integer({ minimum: 1, description: 'Of a model.' })),
          document: Type.Optional(open('Settings or flows as they would be published.')),
          days: Type.Optional(Type.Integer({ minimum: 1, maximum: mostDays, description: 'Absent: 30.' })),
        }),
        response: { 202: Replay, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const { days = 30 } = request.body;
      const begun = await replays.start(candidateOf(request.body), { days }, agent.id);
      return reply.status(202).header('location', `/api/v1/bot/replays/${begun.id}`).send(begun);
    },
  );

  app.get(
    '/api/v1/bot/replays',
    {
      schema: {
        description: 'The last ones, newest first.',
        response: { 200: Type.Object({ items: Type.Array(Replay), nextCursor: Type.Null() }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return { items: await replays.list(), nextCursor: null };
    },
  );

  app.get(
    '/api/v1/bot/replays/:id',
    {
      schema: {
        description: 'How far it is, and what it found.',
        params: IdParams,
        response: {
          200: Type.Object({ ...replay, result: orNull(Result), problem: orNull(open('Why it failed.')) }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await replays.get(request.params.id)) as never;
    },
  );

  app.delete(
    '/api/v1/bot/replays/:id',
    {
      schema: {
        description: 'Cancels one that is under way, wherever it runs, or forgets its result.',
        params: IdParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      await replays.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );
}

/** @throws Refusal `bad-request` */
function candidateOf(body: { kind: Candidate['kind']; version?: number; document?: object }): Candidate {
  const { kind, version, document } = body;
  const field = kind === 'model' ? 'version' : 'document';
  const missing = () => new Refusal('bad-request', `${field}: say which ${kind} to replay.`, { field });
  if (kind === 'model') {
    if (version === undefined) throw missing();
    return { kind, version };
  }
  if (document === undefined) throw missing();
  return { kind, document };
}
