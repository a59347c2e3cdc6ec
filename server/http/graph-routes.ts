import Type from 'typebox';
import { knownZone } from '../bot/entities/known-zone.ts';
import type { StoredEntities } from '../bot/entities/stored-entities.ts';
import { writeGraphCsv } from '../bot/graph/graph-csv.ts';
import { readGraphCsv, readGraphDocument } from '../bot/graph/graph-input.ts';
import { mostTold } from '../bot/graph/knowledge-graph.ts';
import { neighbourhood } from '../bot/graph/neighbourhood.ts';
import type { StoredGraph } from '../bot/graph/stored-graph.ts';
import { languageFrom, languageMarks } from '../conversation/language-of.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { Found } from './entity-routes.ts';
import { pageOf } from './list-page.ts';
import { PageQuery, page, problems } from './schemas.ts';

const Names = Type.Record(Type.String(), Type.String(), { description: 'By language: en, zh-CN …' });
const time = Type.Union([Type.Integer(), Type.Null()]);
const origin = { validFrom: time, validTo: time, source: Type.Union([Type.String(), Type.Null()]) };
const someOrigin = {
  validFrom: Type.Optional(origin.validFrom),
  validTo: Type.Optional(origin.validTo),
  source: Type.Optional(origin.source),
};
const id = Type.String({ minLength: 1, maxLength: 100 });
const Params = Type.Object({ id });
const Node = Type.Object({ id, type: Type.String(), names: Names, synonyms: Type.Array(Type.String()) });
const Relation = Type.Object({ id, from: id, type: Type.String(), to: id, ...origin });
const Answer = Type.Object({ id, node: id, attribute: id, language: Type.String(), text: Type.String(), ...origin });
const NewNode = Type.Object({
  id: Type.Optional(id),
  type: Type.String(),
  names: Names,
  synonyms: Type.Optional(Type.Array(Type.String())),
});
const NewRelation = Type.Object({ from: id, type: Type.String(), to: id, ...someOrigin });
const NewAnswer = Type.Object({ node: id, attribute: id, language: Type.String(), text: Type.String(), ...someOrigin });
const Rows = {
  nodes: Type.Optional(Type.Array(Type.Object({ ...NewNode.properties, id }), { maxItems: 20_000 })),
  relations: Type.Optional(Type.Array(NewRelation, { maxItems: 60_000 })),
  answers: Type.Optional(Type.Array(NewAnswer, { maxItems: 60_000 })),
};
const Csv = {
  nodes: Type.Optional(Type.String()),
  relations: Type.Optional(Type.String()),
  answers: Type.Optional(Type.String()),
};
const bodyLimit = 32 * 1024 * 1024;

/** The knowledge graph: seen, edited, imported, exported, asked. */
export function graphRoutes(
  app: App,
  deps: {
    auth: RequestAuth;
    graph: StoredGraph;
    entities: StoredEntities;
    settingsLanguage: () => string;
    now: () => number;
  },
): void {
  const { auth, graph } = deps;

  app.get(
    '/api/v1/graph/nodes',
    {
      schema: {
        querystring: Type.Object({
          ...PageQuery,
          q: Type.Optional(Type.String({ maxLength: 100 })),
          type: Type.Optional(Type.String({ maxLength: 40 })),
        }),
        response: { 200: page(Node), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { q = '', type } = request.query;
      const sought = q.trim().toLowerCase();
      const found = graph
        .content()
        .nodes.filter(
          (node) =>
            (type === undefined || node.type === type) &&
            (sought === '' ||
              [node.id, ...Object.values(node.names), ...node.synonyms].some((name) =>
                name.toLowerCase().includes(sought),
              )),
        );
      return pageOf(found, request.query) as never;
    },
  );
  app.post(
    '/api/v1/graph/nodes',
    { schema: { body: NewNode, response: { 201: Node, ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      reply.status(201);
      return (await graph.addNode({ synonyms: [], ...request.body })) as never;
    },
  );
  app.patch(
    '/api/v1/graph/nodes/:id',
    {
      schema: { params: Params, body: Type.Partial(Type.Omit(NewNode, ['id'])), response: { 200: Node, ...problems } },
    },
    async (request) => {
      await auth.admin(request);
      return (await graph.changeNode(request.params.id, request.body)) as never;
    },
  );
  app.get(
    '/api/v1/graph/picture',
    {
      schema: {
        querystring: Type.Object({
          around: Type.Optional(id),
          steps: Type.Optional(Type.Integer({ minimum: 1, maximum: 4, default: 2 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 60 })),
        }),
        response: {
          200: Type.Object({
            nodes: Type.Array(Node),
            relations: Type.Array(Relation),
            answers: Type.Record(Type.String(), Type.Integer(), { description: 'How many answers each node has.' }),
            total: Type.Integer({ description: 'Nodes that there are, attributes left out.' }),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      return neighbourhood(graph.content(), request.query) as never;
    },
  );

  app.get(
    '/api/v1/graph/relations',
    {
      schema: {
        querystring: Type.Object({ ...PageQuery, node: Type.Optional(id) }),
        response: { 200: page(Relation), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { node } = request.query;
      const found = graph
        .content()
        .relations.filter(({ from, to }) => node === undefined || from === node || to === node);
      return pageOf(found, request.query) as never;
    },
  );
  app.post(
    '/api/v1/graph/relations',
    { schema: { body: NewRelation, response: { 201: Relation, ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      reply.status(201);
      return (await graph.addRelation(request.body)) as never;
    },
  );
  app.patch(
    '/api/v1/graph/relations/:id',
    { schema: { params: Params, body: Type.Object(someOrigin), response: { 200: Relation, ...problems } } },
    async (request) => {
      await auth.admin(request);
      return (await graph.changeRelation(request.params.id, request.body)) as never;
    },
  );

  app.get(
    '/api/v1/graph/answers',
    {
      schema: {
        querystring: Type.Object({ ...PageQuery, node: Type.Optional(id) }),
        response: { 200: page(Answer), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { node } = request.query;
      return pageOf(
        graph.content().answers.filter((answer) => node === undefined || answer.node === node),
        request.query,
      ) as never;
    },
  );
  app.post(
    '/api/v1/graph/answers',
    { schema: { body: NewAnswer, response: { 201: Answer, ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      reply.status(201);
      return (await graph.addAnswer(request.body)) as never;
    },
  );
  app.patch(
    '/api/v1/graph/answers/:id',
    {
      schema: {
        params: Params,
        body: Type.Object({ ...someOrigin, text: Type.Optional(Type.String()) }),
        response: { 200: Answer, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (await graph.changeAnswer(request.params.id, request.body)) as never;
    },
  );

  const removals = { nodes: graph.removeNode, relations: graph.removeRelation, answers: graph.removeAnswer };
  for (const part of ['nodes', 'relations', 'answers'] as const) {
    app.get(
      `/api/v1/graph/${part}/:id`,
      {
        schema: {
          params: Params,
          response: { 200: { nodes: Node, relations: Relation, answers: Answer }[part], ...problems },
        },
      },
      async (request) => {
        await auth.agent(request);
        return oneOf<{ readonly id: string }>(graph.content()[part], request.params.id) as never;
      },
    );
    app.delete(
      `/api/v1/graph/${part}/:id`,
      { schema: { params: Params, response: { 204: Type.Null(), ...problems } } },
      async (request, reply) => {
        await auth.admin(request);
        await removals[part](request.params.id);
        return reply.status(204).send(null);
      },
    );
  }

  const Mode = Type.Optional(
    Type.Enum(['merge', 'replace'], { description: 'Beside what is there, or in its place.' }),
  );
  app.post(
    '/api/v1/graph/import',
    {
      bodyLimit,
      schema: {
        body: Type.Union([
          Type.Object({ format: Type.Literal('csv'), mode: Mode, ...Csv }),
          Type.Object({ format: Type.Literal('json'), mode: Mode, ...Rows }),
        ]),
        response: {
          200: Type.Object({ nodes: Type.Integer(), relations: Type.Integer(), answers: Type.Integer() }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { body } = request;
      const rows = body.format === 'csv' ? readGraphCsv(body) : readGraphDocument(body);
      const { nodes, relations, answers } = await graph.importRows(rows, body.mode ?? 'merge');
      return { nodes: nodes.length, relations: relations.length, answers: answers.length };
    },
  );
  app.get(
    '/api/v1/graph/export',
    {
      schema: {
        description: 'All of it: as objects, or as the texts of three CSV files. For administrators.',
        querystring: Type.Object({ format: Type.Optional(Type.Enum(['json', 'csv'])) }),
        response: {
          200: Type.Object(
            { nodes: Type.Any(), relations: Type.Any(), answers: Type.Any() },
            { description: 'Arrays, or with `format=csv` texts; either is what the import takes.' },
          ),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.admin(request);
      return (request.query.format === 'csv' ? writeGraphCsv(graph.content()) : graph.content()) as never;
    },
  );

  app.post(
    '/api/v1/graph/try',
    {
      schema: {
        body: Type.Object({
          text: Type.String({ maxLength: 10_000 }),
          chosen: Type.Optional(Type.String({ maxLength: 250 })),
          about: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 10 })),
          timeZone: Type.Optional(Type.String({ maxLength: 64 })),
        }),
        response: {
          200: Type.Object({
            answer: Type.Object({ kind: Type.Enum(['answer', 'ask', 'nothing']) }, { additionalProperties: true }),
            linked: Type.Array(Type.Object({ node: id, start: Type.Integer(), end: Type.Integer() }), {
              description: `Of each stretch of the text the first ${mostTold} nodes that it may name.`,
            }),
            linkedTotal: Type.Integer({ description: 'How many there are, those included that are not told.' }),
            entities: Type.Array(Found),
            search: Type.Union(
              [
                Type.Object({
                  linked: Type.Array(
                    Type.Object({
                      said: Type.Union([Type.String(), Type.Null()], { description: 'null: it was talked of before.' }),
                      names: Type.Array(Type.String()),
                      above: Type.Array(Type.String(), { description: 'What that belongs to, the nearest first.' }),
                    }),
                  ),
                  widened: Type.Array(Type.String(), { description: 'Other names that are searched for as well.' }),
                }),
                Type.Null(),
              ],
              { description: 'By what a search for passages would go; null: by the words alone.' },
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { text, timeZone, ...context } = request.body;
      const now = deps.now();
      const entities = deps.entities.find(text, { now, timeZone: knownZone(timeZone) });
      const told = languageFrom(languageMarks(text));
      const languages = [...(told === undefined ? [] : [told]), deps.settingsLanguage()];
      const answer = graph.answer(text, { ...context, languages, entities, now });
      const search = graph.focus(text, { entities, now, ...(context.about && { about: context.about }) })?.told ?? null;
      return { answer, ...graph.read(text, entities), entities: [...entities], search } as never;
    },
  );
}

function oneOf<T extends { readonly id: string }>(all: readonly T[], id: string): T {
  const found = all.find((one) => one.id === id);
  if (found === undefined) throw new Refusal('not-found', `There is nothing "${id}" in the graph.`);
  return found;
}
