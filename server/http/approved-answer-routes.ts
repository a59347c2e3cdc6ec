import Type from 'typebox';
import { approvedLimits } from '../bot/approved/approved-answer.ts';
import type { StoredApproved } from '../bot/approved/stored-approved.ts';
import type { GapStore } from '../bot/learning/gap-store.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { pageOf } from './list-page.ts';
import { IdParams, PageQuery, page, problems } from './schemas.ts';

const Time = Type.Union([Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 }), Type.Null()]);
const said = {
  questions: Type.Array(Type.String({ maxLength: 20_000 }), {
    maxItems: 1_000,
    description: `The question, in one or several wordings; ${approvedLimits.wordings} at most.`,
  }),
  answer: Type.String({ maxLength: 20_000, description: 'Given word for word.' }),
  language: Type.String({ maxLength: 100, description: 'As in `en` or `zh-CN`.' }),
};
const bounds = {
  enabled: Type.Optional(Type.Boolean()),
  validFrom: Type.Optional(Time),
  validUntil: Type.Optional(Time),
};
/** What makes an approved answer; without bounds it holds from now on. */
export const approvedFields = { ...said, ...bounds };
export const ApprovedAnswer = Type.Object({
  id: Type.String(),
  questions: Type.Array(Type.String()),
  ...{ answer: Type.String(), language: Type.String(), enabled: Type.Boolean(), validFrom: Time, validUntil: Time },
  revision: Type.Integer(),
  updatedBy: Type.Object({ id: Type.String(), name: Type.String() }),
  ...{ createdAt: Type.Integer(), updatedAt: Type.Integer() },
  hits: Type.Integer({ description: 'How often the bot gave it; some seconds late.' }),
  lastHitAt: Time,
});
const bodyLimit = 1024 * 1024;

/** Answers that people approved and the bot gives word for word, for administrators. */
export function approvedAnswerRoutes(
  app: App,
  deps: { auth: RequestAuth; approved: StoredApproved; store: Pick<GapStore, 'hitsOf' | 'forgetHits'> },
): void {
  const { auth, approved, store } = deps;

  async function withHits<T extends { readonly id: string }>(answers: readonly T[]) {
    const hits = new Map((await store.hitsOf(answers.map(({ id }) => id))).map((one) => [one.answerId, one]));
    return answers.map((answer) => {
      const { hits: given = 0, lastAt = null } = hits.get(answer.id) ?? {};
      return { ...answer, hits: given, lastHitAt: lastAt };
    });
  }

  app.get(
    '/api/v1/bot/approved-answers',
    {
      schema: {
        description:
          'The newest first. The bot gives one to a question that is word for word, or nearly, one of its wordings, before it asks what is meant (docs/bot.md). For administrators, as all of it.',
        querystring: Type.Object(PageQuery),
        response: { 200: page(ApprovedAnswer), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { items, nextCursor } = pageOf(approved.all(), request.query);
      return { items: await withHits(items), nextCursor } as never;
    },
  );

  app.post(
    '/api/v1/bot/approved-answers',
    { bodyLimit, schema: { body: Type.Object(approvedFields), response: { 201: ApprovedAnswer, ...problems } } },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const { enabled = true, validFrom = null, validUntil = null, ...rest } = request.body;
      const made = await approved.create({ ...rest, enabled, validFrom, validUntil }, agent);
      return reply
        .status(201)
        .header('location', `/api/v1/bot/approved-answers/${made.id}`)
        .send((await withHits([made]))[0] as never);
    },
  );

  app.get(
    '/api/v1/bot/approved-answers/:id',
    { schema: { params: IdParams, response: { 200: ApprovedAnswer, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await withHits([approved.get(request.params.id)]))[0] as never;
    },
  );

  app.patch(
    '/api/v1/bot/approved-answers/:id',
    {
      bodyLimit,
      schema: {
        description: 'What is left out stays.',
        params: IdParams,
        body: Type.Object({
          ...Type.Partial(Type.Object(said)).properties,
          ...bounds,
          revision: Type.Integer({
            minimum: 1,
            description: 'The one that was changed; 409 when there is a newer one.',
          }),
        }),
        response: { 200: ApprovedAnswer, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.admin(request);
      const { revision, ...fields } = request.body;
      return (await withHits([await approved.change(request.params.id, fields, revision, agent)]))[0] as never;
    },
  );

  app.delete(
    '/api/v1/bot/approved-answers/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      await approved.remove(request.params.id);
      await store.forgetHits(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
