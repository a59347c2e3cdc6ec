import Type, { type TSchema } from 'typebox';
import type { Embeddings } from '../bot/embeddings/embeddings.ts';
import type { Budget } from '../bot/language-model/budget.ts';
import type { LanguageModel } from '../bot/language-model/language-model.ts';
import type { ModelConfig, ModelConfigs } from '../bot/language-model/model-config.ts';
import type { SearchEmbedding } from '../knowledge/search-embedding.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { problems } from './schemas.ts';

export interface LanguageModelRoutesDeps {
  readonly auth: RequestAuth;
  readonly configs: ModelConfigs;
  readonly budget: Pick<Budget, 'today'>;
  readonly model: Pick<LanguageModel, 'check' | 'state'>;
  readonly embeddings: Pick<Embeddings, 'state'>;
  readonly searchEmbedding: Pick<SearchEmbedding, 'state'>;
}

const open = Type.Object({}, { additionalProperties: true });
const orNull = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);
const EmbeddingUse = Type.Object({
  model: orNull(Type.String({ description: 'That the settings name; null: none, or it is not there now.' })),
  answered: Type.Integer({ description: 'Vectors that were there in time since the start.' }),
  missed: Type.Integer({ description: 'Questions that were answered without.' }),
  problem: orNull(Type.String({ description: 'Why the last one was missed.' })),
});
const Shown = Type.Object({
  settings: Type.Object(
    { apiKey: Type.Object({ set: Type.Boolean(), unreadable: Type.Boolean() }) },
    { additionalProperties: true, description: 'See docs/bot.md. The key is never shown.' },
  ),
  today: Type.Object({
    day: Type.String({ description: 'In UTC.' }),
    tokens: Type.Integer(),
    cost: Type.Number({ description: 'In the currency of the settings.' }),
    calls: Type.Integer(),
  }),
  state: Type.Object({
    circuit: Type.Enum(['closed', 'open', 'half-open'], {
      description: 'Of the process that answers; open: it failed.',
    }),
    retryInMs: Type.Integer(),
  }),
  embeddings: Type.Object(
    {
      local: orNull(
        Type.Object(
          {
            state: Type.Enum(['loading', 'ready', 'unusable', 'ended']),
            dir: Type.String(),
            name: Type.Optional(Type.String()),
            dimensions: Type.Optional(Type.Integer()),
            msPerText: Type.Optional(Type.Number({ description: 'Of one text, on the average of the last ones.' })),
            detail: Type.Optional(Type.String({ description: 'What is wrong, and what to do.' })),
          },
          { description: 'The model in `PARLEY_EMBEDDING_MODEL_DIR`; null: no folder is named.' },
        ),
      ),
      intents: EmbeddingUse,
      search: Type.Intersect([
        EmbeddingUse,
        Type.Object({
          serving: orNull(Type.String({ description: 'Whose vectors are searched by; null: those learnt here.' })),
          building: orNull(Type.String({ description: 'Whose vectors are being fetched.' })),
        }),
      ]),
    },
    { description: 'Of the process that answers.' },
  ),
});
const Checked = Type.Object({
  ok: Type.Boolean(),
  tookMs: Type.Optional(Type.Integer()),
  answer: Type.Optional(Type.String()),
  dimensions: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  kind: Type.Optional(Type.String()),
  problem: Type.Optional(Type.String()),
});

/** The language model's settings, for administrators. */
export function languageModelRoutes(app: App, deps: LanguageModelRoutesDeps): void {
  const { auth, configs, budget, model } = deps;

  async function embeddingsNow() {
    const { local, uses } = await deps.embeddings.state();
    const { serving, building, problem } = deps.searchEmbedding.state;
    const use = ({ model: name, answered, missed, problem: why }: (typeof uses)['search']) => ({
      ...{ model: name ?? null, answered, missed, problem: why ?? null },
    });
    const search = use(uses.search);
    return {
      local: local === null ? null : (({ kind: state, ...rest }) => ({ state, ...rest }))(local),
      intents: use(uses.intents),
      search: {
        ...search,
        ...{ serving: serving?.model ?? null, building: building?.model ?? null, problem: problem ?? search.problem },
      },
    };
  }

  async function show({ settings, keyState }: ModelConfig) {
    const { costMicros, ...today } = await budget.today();
    const { circuit, retryInMs } = model.state();
    return {
      settings: { ...settings, apiKey: { set: keyState === 'set', unreadable: keyState === 'unreadable' } },
      today: { ...today, cost: costMicros / 1e6 },
      state: { circuit, retryInMs: Math.ceil(retryInMs) },
      embeddings: await embeddingsNow(),
    };
  }

  app.get(
    '/api/v1/language-model',
    { schema: { description: 'For administrators.', response: { 200: Shown, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await show(await configs.current())) as never;
    },
  );

  app.patch(
    '/api/v1/language-model',
    {
      schema: {
        description: 'Changes what is named. For administrators.',
        body: open,
        response: { 200: Shown, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await show(await configs.change(request.body))) as never;
    },
  );

  app.post(
    '/api/v1/language-model/check',
    {
      schema: {
        description:
          'Asks the server one short question with the given changes, which are not saved. For administrators.',
        body: open,
        response: { 200: Checked, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort(new Error('Whoever asked has gone.')));
      const result = await model.check(request.body, gone.signal);
      return (result.ok ? { ...result, tookMs: Math.round(result.tookMs) } : result) as never;
    },
  );
}
