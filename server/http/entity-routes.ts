import Type from 'typebox';
import { knownZone } from '../bot/entities/known-zone.ts';
import type { StoredEntities } from '../bot/entities/stored-entities.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { pageOf } from './list-page.ts';
import { IdParams, PageQuery, page, problems } from './schemas.ts';

const Value = Type.Object({ value: Type.String(), synonyms: Type.Optional(Type.Array(Type.String())) });
const Kind = Type.Enum(['dictionary', 'pattern']);
const changeable = {
  name: Type.Optional(Type.String({ maxLength: 200, description: 'What its values are called where they are found.' })),
  values: Type.Optional(Type.Array(Value, { maxItems: 50_000 })),
  pattern: Type.Optional(Type.String({ maxLength: 1_000, description: 'Repeats have an upper bound: \\d{8,12}' })),
  enabled: Type.Optional(Type.Boolean()),
};
const Entity = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Kind,
  values: Type.Optional(Type.Array(Value)),
  pattern: Type.Optional(Type.String()),
  enabled: Type.Boolean(),
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
});
export const Found = Type.Object({
  type: Type.String(),
  text: Type.String(),
  start: Type.Integer(),
  end: Type.Integer(),
  value: Type.String(),
  unit: Type.Optional(Type.String()),
});
/** A dictionary of fifty thousand words. */
const bodyLimit = 8 * 1024 * 1024;

/** Dictionaries and patterns of values that the bot finds, and a try at them. */
export function entityRoutes(app: App, deps: { auth: RequestAuth; entities: StoredEntities; now: () => number }): void {
  const { auth, entities } = deps;

  app.get(
    '/api/v1/entities',
    { schema: { querystring: Type.Object(PageQuery), response: { 200: page(Entity), ...problems } } },
    async (request) => {
      await auth.agent(request);
      return pageOf(entities.all(), request.query) as never;
    },
  );

  app.post(
    '/api/v1/entities',
    {
      bodyLimit,
      schema: {
        body: Type.Object({ ...changeable, name: Type.String({ maxLength: 200 }), kind: Kind }),
        response: { 201: Entity, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      reply.status(201);
      return (await entities.create(request.body)) as never;
    },
  );

  app.get(
    '/api/v1/entities/:id',
    { schema: { params: IdParams, response: { 200: Entity, ...problems } } },
    async (request) => {
      await auth.agent(request);
      return entities.get(request.params.id) as never;
    },
  );

  app.patch(
    '/api/v1/entities/:id',
    { bodyLimit, schema: { params: IdParams, body: Type.Object(changeable), response: { 200: Entity, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await entities.change(request.params.id, request.body)) as never;
    },
  );

  app.delete(
    '/api/v1/entities/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      await entities.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/entities/:id/import',
    {
      bodyLimit,
      schema: {
        params: IdParams,
        body: Type.Object({
          csv: Type.String({ description: 'Columns `value` and `synonyms`, the latter parted by |.' }),
          mode: Type.Optional(Type.Enum(['merge', 'replace'])),
        }),
        response: { 200: Entity, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { csv, mode = 'merge' } = request.body;
      return (await entities.importValues(request.params.id, csv, mode)) as never;
    },
  );

  app.post(
    '/api/v1/entities/try',
    {
      schema: {
        body: Type.Object({
          text: Type.String({ maxLength: 10_000 }),
          timeZone: Type.Optional(Type.String({ maxLength: 64, default: 'UTC' })),
        }),
        response: { 200: Type.Object({ items: Type.Array(Found) }), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { text, timeZone } = request.body;
      return { items: [...entities.find(text, { now: deps.now(), timeZone: knownZone(timeZone) })] };
    },
  );
}
