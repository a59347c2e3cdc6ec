import type { ThresholdScope } from '@parley/sdk/bot-measures.ts';
import Type, { type TSchema } from 'typebox';
import type { BotSettings } from '../bot/dialogue/bot-settings.ts';
import type { BotIntents } from '../bot/intents/bot-intents.ts';
import { trainingStages, trainingStates } from '../bot/intents/model-store.ts';
import type { PublishGate } from '../bot/replay/publish-gate.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { Anyway, IdParams, problems } from './schemas.ts';

const orNull = (type: TSchema) => Type.Union([type, Type.Null()]);
const open = (description: string) => Type.Object({}, { additionalProperties: true, description });
const Share = orNull(Type.Number());

const Training = Type.Object({
  id: Type.String(),
  state: Type.Enum([...trainingStates] as ['running', 'done', 'failed', 'cancelled']),
  stage: Type.String({ description: trainingStages.join(', ') }),
  progress: Type.Integer({ description: 'Percent, measuring included.' }),
  version: orNull(Type.Integer({ description: 'The model that it has made: it can be published from then on.' })),
  requestedBy: Type.String(),
  createdAt: Type.Integer(),
  problem: orNull(open('Why it failed: `code` and `detail`.')),
});
const Summary = Type.Object({
  accuracy: Share,
  calibrationError: Share,
  actFrom: Type.Number(),
  precision: Share,
  coverage: Share,
  outOfScopeRecall: Share,
});
const Model = Type.Object({
  version: Type.Integer(),
  sizeBytes: Type.Integer(),
  trainedBy: Type.String(),
  trainedAt: Type.Integer(),
  intents: Type.Integer(),
  utterances: Type.Integer({ description: 'Learnt.' }),
  seconds: Type.Number({ description: 'That training took, without measuring.' }),
  problems: Type.Array(open('What was not learnt: `conflict`, `no-utterance` or `unreadable`.')),
  problemCount: Type.Integer(),
  embedding: orNull(open('What it was trained with: `kind`, `model`, `prefix`, `dimensions`; null: words alone.')),
  summary: orNull(Summary),
});
const Author = Type.Object({ id: Type.String(), name: Type.String() });
const Models = Type.Object({
  items: Type.Array(Model),
  nextCursor: Type.Null(),
  published: orNull(
    Type.Object({
      version: Type.Integer(),
      author: Author,
      at: Type.Integer(),
      despite: orNull(open('What spoke against it when it was published all the same: `objections`.')),
    }),
  ),
  former: orNull(Type.Integer({ description: 'The version before: publish it to go back.' })),
  serving: orNull(Type.Integer({ description: 'What answers in this process.' })),
  problem: orNull(Type.Object({ version: Type.Integer(), detail: Type.String() })),
  changedAt: orNull(Type.Integer({ description: 'When intents or utterances were changed last.' })),
  embedding: Type.Object({
    isWanted: Type.Boolean({ description: 'Whether the next training learns from vectors too.' }),
    current: orNull(open('`kind`, `model`, `prefix`; null: there is none now.')),
    unused: orNull(
      open('What the version that serves was trained with, where that is not there now: it answers without.'),
    ),
  }),
});
const VersionParams = Type.Object({ version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) });
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const Scope = Type.Object({
  intent: orNull(Type.String({ maxLength: 191, description: 'null: any intent.' })),
  language: orNull(Type.String({ maxLength: 35, description: 'null: any language.' })),
});
const Scopes = Type.Array(Scope, { maxItems: 3_000 });
const Acted = Type.Object(
  { asked: Type.Integer(), right: Type.Integer(), wrong: Type.Integer(), outside: Type.Number() },
  { description: 'Of `asked` questions: acted upon rightly, wrongly; and what is about something else, weighed.' },
);
const Chosen = Type.Object({
  ...{ intent: orNull(Type.String()), language: orNull(Type.String()), act: Type.Number(), target: Type.Number() },
  ...{ answers: Type.Integer(), precision: Type.Number(), atLeast: Type.Number() },
});
const Thresholds = Type.Object({
  version: Type.Integer(),
  isServing: Type.Boolean({ description: 'Whether it answers now: what is chosen for it holds then.' }),
  target: Type.Number({ description: 'So many answers shall be right: `thresholds.precision` of the settings.' }),
  ...{ act: Type.Number(), ask: Type.Number() },
  needed: Type.Integer({ description: 'Fewer answers back no threshold, were all of them right.' }),
  measured: orNull(
    Type.Object({
      groups: Type.Array(
        Type.Object({
          ...{ intent: orNull(Type.String()), language: orNull(Type.String()), belong: Type.Integer() },
          now: orNull(
            Type.Object({ act: Type.Number(), why: Type.String({ description: 'general, by-hand or curve' }) }),
          ),
          proposal: open('`kind`: `proposed` with `act`, `too-few` or `nowhere`.'),
          ...{ before: Acted, after: orNull(Acted), chosen: orNull(Chosen) },
        }),
      ),
      ...{ before: Acted, after: Acted },
      checked: Type.Object(
        { before: Acted, after: Acted },
        { description: 'Chosen on one half of the answers and looked at on the other.' },
      ),
    }),
  ),
  chosen: orNull(
    Type.Object({ n: Type.Integer(), by: Type.String(), at: Type.Integer(), thresholds: Type.Array(Chosen) }),
  ),
  back: orNull(Type.Integer({ description: 'So many thresholds hold after a step back; null: there is none.' })),
  former: orNull(Type.Object({ version: Type.Integer(), thresholds: Type.Integer() })),
});
const noModel = () => new Refusal('not-found', 'No intent model serves here yet: train one, and publish it.');

/** Trainings, model versions and recognition, for administrators. */
export function botRoutes(
  app: App,
  {
    auth,
    bot,
    gate,
    settings,
  }: { auth: RequestAuth; bot: BotIntents; gate: Pick<PublishGate, 'model'>; settings: () => BotSettings },
): void {
  const { trainings, model } = bot;
  thresholdRoutes(app, { auth, thresholds: bot.thresholds, settings });

  app.post(
    '/api/v1/bot/trainings',
    {
      schema: {
        description:
          'Trains a new version of the intent model on what is there now, and measures it: docs/bot.md. Answers at once; ask for its progress. 409 while one is under way in any process.',
        response: { 202: Training, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const begun = await trainings.start(agent.id);
      return reply
        .status(202)
        .header('location', `/api/v1/bot/trainings/${begun.id}`)
        .send(begun as never);
    },
  );

  app.get(
    '/api/v1/bot/trainings',
    {
      schema: {
        description: 'The last ones, newest first.',
        response: { 200: Type.Object({ items: Type.Array(Training), nextCursor: Type.Null() }), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return { items: await trainings.list(), nextCursor: null } as never;
    },
  );

  app.get(
    '/api/v1/bot/trainings/:id',
    { schema: { params: IdParams, response: { 200: Training, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await trainings.get(request.params.id)) as never;
    },
  );

  app.delete(
    '/api/v1/bot/trainings/:id',
    {
      schema: {
        description: 'Cancels it, wherever it runs. A version that it has made already stays.',
        params: IdParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      await trainings.cancel(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/bot/models',
    {
      schema: {
        description: 'The versions that are kept, newest first, and which of them serves.',
        response: { 200: Models, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return { ...(await bot.models()), nextCursor: null } as never;
    },
  );

  app.get(
    '/api/v1/bot/models/:version',
    {
      schema: {
        description: 'One version with all that was measured; `evaluation` is null while it has not been.',
        params: VersionParams,
        response: {
          200: Type.Object({ model: Model, evaluation: orNull(open('See docs/bot.md, “What is measured”.')) }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await bot.evaluation(request.params.version)) as never;
    },
  );

  app.post(
    '/api/v1/bot/models/:version/publish',
    {
      schema: {
        description:
          'Lets this version serve in every process; also to go back to a former one. 409 `worse-than-live` for one that is clearly worse than what is live, with the figures, `replay-needed` for one that was not yet run over the past conversations that there are; not for the first one, nor for the one that served before: docs/bot.md.',
        params: VersionParams,
        body: Type.Object({ anyway: Anyway }),
        response: { 200: Models, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { version } = request.params;
      const despite = await gate.model(version, request.body.anyway === true);
      await model.publish(version, { id: agent.id, name: agent.name }, despite);
      return { ...(await bot.models()), nextCursor: null } as never;
    },
  );

  app.post(
    '/api/v1/bot/models/compare',
    {
      bodyLimit: 8 * 1024 * 1024,
      schema: {
        description:
          'What would be answered otherwise if `to` replaced `from`: asked of all utterances, and of `texts`.',
        body: Type.Object({
          from: Version,
          to: Version,
          texts: Type.Optional(Type.Array(Type.String({ maxLength: 4_000 }), { maxItems: 5_000 })),
        }),
        response: {
          200: Type.Object({
            ...{ from: Type.Integer(), to: Type.Integer(), texts: Type.Integer(), changed: Type.Integer() },
            worse: Type.Integer({ description: 'Utterances that `from` has right and `to` wrong, …' }),
            better: Type.Integer({ description: '… and the other way round.' }),
            acts: Type.Object(
              { before: Type.Integer(), after: Type.Integer() },
              { description: 'Texts that are answered at 0.8 or more.' },
            ),
            withVectors: orNull(Type.Boolean({ description: 'Whether vectors were there; null: neither wants any.' })),
            differences: Type.Array(open('`text`, `expected`, `before` and `after`; 500 at most.')),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { from, to, texts = [] } = request.body;
      return (await bot.compare(from, to, texts)) as never;
    },
  );

  app.post(
    '/api/v1/bot/recognize',
    {
      schema: {
        description: 'What the published model makes of a text, and why. Nothing is kept. 404 while none serves.',
        body: Type.Object({ text: Type.String({ maxLength: 20_000 }) }),
        response: {
          200: Type.Object({
            version: Type.Integer(),
            recognition: open('`intent`, `confidence`, `familiarity`, `candidates`, `doubt`, `embedding`.'),
            explanation: open('`against`, `features` that decided, `nearest` training utterances.'),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { version } = model;
      await model.prepare(request.body.text);
      const explained = model.explain(request.body.text);
      if (explained === undefined || version === undefined) throw noModel();
      const { recognition, ...explanation } = explained;
      return { version, recognition, explanation } as never;
    },
  );
}

/** From how sure on the bot acts, proposed from what was measured of a version and taken over with it. */
function thresholdRoutes(
  app: App,
  {
    auth,
    thresholds,
    settings,
  }: { auth: RequestAuth; thresholds: BotIntents['thresholds']; settings: () => BotSettings },
): void {
  const path = '/api/v1/bot/models/:version/thresholds';

  app.get(
    path,
    {
      schema: {
        description:
          'From how sure on the bot would act, by intent and language, so that `thresholds.precision` of the answers are right: proposed from the cross-validated answers of this version where there are enough of them. docs/bot.md, “Thresholds”. For administrators.',
        params: VersionParams,
        response: { 200: Thresholds, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await thresholds.view(request.params.version, settings())) as never;
    },
  );

  app.get(
    `${path}/curve`,
    {
      schema: {
        description:
          'What answering from each confidence on gives: how many are right (`precision`, at least `atLeast`), and how much of what belongs to it is answered rightly (`coverage`). 404 where nothing of it was measured.',
        params: VersionParams,
        querystring: Type.Object({
          intent: Type.Optional(Type.String({ maxLength: 191 })),
          language: Type.Optional(Type.String({ maxLength: 35 })),
        }),
        response: {
          200: Type.Object({
            points: Type.Array(
              Type.Object({
                ...{ from: Type.Number(), precision: Share, atLeast: Share, coverage: Share },
                answers: Type.Integer(),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { intent = null, language = null } = request.query;
      return { points: await thresholds.curve(request.params.version, { intent, language }) } as never;
    },
  );

  app.post(
    path,
    {
      bodyLimit: 4 * 1024 * 1024,
      schema: {
        description:
          'Takes proposals over for this version (`take`: some, or `"all"`), and takes thresholds away again (`drop`). 400 names what nothing is proposed for; 409 where somebody else has changed them since `base`.',
        params: VersionParams,
        body: Type.Object({
          take: Type.Optional(Type.Union([Type.Literal('all'), Scopes])),
          drop: Type.Optional(Scopes),
          base: orNull(Type.Integer({ description: '`chosen.n` of what was looked at; null: nothing was chosen.' })),
        }),
        response: { 200: Thresholds, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { version } = request.params;
      const {
        take = [],
        drop = [],
        base,
      } = request.body as {
        take?: 'all' | ThresholdScope[];
        drop?: ThresholdScope[];
        base: number | null;
      };
      await thresholds.change(version, settings(), { take, drop, base }, { id: agent.id, name: agent.name });
      return (await thresholds.view(version, settings())) as never;
    },
  );

  app.post(
    `${path}/back`,
    {
      schema: {
        description: 'Back to the thresholds that held before the last change of them; once more undoes that.',
        params: VersionParams,
        response: { 200: Thresholds, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { version } = request.params;
      await thresholds.back(version, { id: agent.id, name: agent.name });
      return (await thresholds.view(version, settings())) as never;
    },
  );
}
