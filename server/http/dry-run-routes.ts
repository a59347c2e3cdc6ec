import Type from 'typebox';
import type { DryRuns } from '../routing/dry-runs.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { problems } from './schemas.ts';

export interface DryRunRoutesDeps {
  readonly auth: RequestAuth;
  readonly dryRuns: Pick<DryRuns, 'start' | 'get' | 'remove'>;
}

/** A document of tens of thousands of members. */
const bodyLimit = 8 * 1024 * 1024;
/** Further back little is as it was. */
export const mostDays = 31;

const open = Type.Object({}, { additionalProperties: true });
const Interval = Type.Object({
  mean: Type.Number(),
  low: Type.Number(),
  high: Type.Number(),
  count: Type.Integer(),
});
const Figures = Type.Record(
  Type.String(),
  Type.Object({ happened: Type.Number(), current: Interval, proposed: Interval, change: Interval }),
  { description: 'By the name of the figure: see docs/routing.md. What cannot be said is missing.' },
);
const Result = Type.Object({
  from: Type.Integer({ description: 'What is counted came from here on (epoch milliseconds), …' }),
  to: Type.Integer({ description: '… and before.' }),
  runs: Type.Integer(),
  withinMs: Type.Integer({ description: '"Answered in time".' }),
  conversations: Type.Integer(),
  all: Figures,
  byGroup: Type.Array(Type.Object({ groupId: Type.String(), name: Type.String(), figures: Figures })),
  assumed: Type.Array(
    Type.Object(
      { kind: Type.String(), conversations: Type.Integer() },
      { additionalProperties: true, description: 'What was assumed, and how many conversations it concerns.' },
    ),
  ),
});
const DryRun = Type.Object({
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'failed', 'interrupted']),
  progress: Type.Integer({ description: 'Percent.' }),
  days: Type.Integer(),
  baseVersion: Type.Integer({ description: 'The version that held.' }),
  createdAt: Type.Integer(),
  result: Type.Union([Result, Type.Null()]),
  problem: Type.Union([open, Type.Null()], { description: 'Why it failed.' }),
});
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 16 }) });

/** A proposed routing configuration on the last days, before it is published. */
export function dryRunRoutes(app: App, { auth, dryRuns }: DryRunRoutesDeps): void {
  app.post(
    '/api/v1/routing/dry-runs',
    {
      bodyLimit,
      schema: {
        description:
          'Replays the last days against a proposed configuration: docs/routing.md. Answers at once; ask for the result. For administrators.',
        body: Type.Object({
          config: Type.Object({}, { additionalProperties: true, description: 'As it would be published.' }),
          days: Type.Integer({ minimum: 1, maximum: mostDays }),
          runs: Type.Optional(
            Type.Integer({ minimum: 2, maximum: 30, description: 'Repetitions, for what chance decides; absent: 6.' }),
          ),
        }),
        response: { 202: DryRun, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const { config, days, runs } = request.body;
      const begun = await dryRuns.start({ config, days, ...(runs === undefined ? {} : { runs }) }, agent.id);
      return reply
        .status(202)
        .header('location', `/api/v1/routing/dry-runs/${begun.id}`)
        .send(begun as never);
    },
  );

  app.get(
    '/api/v1/routing/dry-runs/:id',
    {
      schema: {
        description: 'How far it is, and its result: kept for a day, and known to every process. For administrators.',
        params: Params,
        response: { 200: DryRun, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await dryRuns.get(request.params.id)) as never;
    },
  );

  app.delete(
    '/api/v1/routing/dry-runs/:id',
    {
      schema: {
        description: 'Cancels one that is under way, or forgets its result. For administrators.',
        params: Params,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      await dryRuns.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
