import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import type { Proposals } from '../knowledge/suggestions/proposals.ts';
import type { Suggestions } from '../knowledge/suggestions/suggestions.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, page, problems } from './schemas.ts';

const Suggestion = Type.Object({
  id: Type.String(),
  text: Type.String({ description: 'Ready to be sent, with what is known filled in.' }),
  score: Type.Number({ description: 'How likely it answers, 0 … 1.' }),
  source: Type.Object({
    kind: Type.Enum(['canned-reply', 'article', 'past-answer']),
    ...{ id: Type.String(), title: Type.String() },
  }),
  why: Type.Array(
    Type.Object({
      key: Type.String(),
      data: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
      text: Type.String(),
    }),
  ),
});
const Proposal = Type.Object({
  ...{ id: Type.String(), title: Type.String(), text: Type.String(), language: Type.Optional(Type.String()) },
  times: Type.Integer({ description: 'How often it was given.' }),
  agents: Type.Integer({ description: 'By how many agents.' }),
  lastAt: Type.Integer(),
  examples: Type.Array(Type.String(), { description: 'What it was an answer to.' }),
});

/** Recommended replies for a conversation, and answers that recur as proposals for canned replies. */
export function suggestionRoutes(
  app: App,
  deps: { readonly auth: RequestAuth; readonly suggestions: Suggestions; readonly proposals: Proposals },
): void {
  const { auth, suggestions, proposals } = deps;

  app.get(
    '/api/v1/conversations/:id/suggestions',
    {
      schema: {
        description: 'Recommended replies, the best first. None where the last word was ours, unless a draft is given.',
        params: IdParams,
        querystring: Type.Object({
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: '3 unless said.' })),
          draft: Type.Optional(Type.String({ maxLength: 2_000, description: 'What the agent has written so far.' })),
        }),
        response: { 200: page(Suggestion), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { limit = 3, draft = '' } = request.query;
      const items = await suggestions.suggest(request.params.id, { limit, draft, agent });
      if (items === undefined) throw new Refusal('not-found', 'There is no such conversation.');
      return { items, nextCursor: null };
    },
  );

  app.post(
    '/api/v1/conversations/:id/suggestions/:suggestionId/used',
    {
      schema: {
        description:
          'Says that a recommended reply was sent. Noted by itself where what is sent is like one; counts once.',
        params: Type.Object({ ...IdParams.properties, suggestionId: Type.String({ minLength: 1, maxLength: 191 }) }),
        body: Type.Object({ edited: Type.Boolean() }),
        response: { 200: Type.Object({ counted: Type.Boolean() }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id, suggestionId } = request.params;
      const { edited } = request.body;
      return { counted: await suggestions.used(id, suggestionId, { agentId: agent.id, edited }) };
    },
  );

  app.get(
    '/api/v1/knowledge/proposals',
    {
      schema: {
        description: 'Answers that agents give again and again, the most frequent first. For supervisors.',
        response: { 200: page(Proposal), ...problems },
      },
    },
    async (request) => {
      await auth.supervisor(request);
      return { items: await proposals.list(), nextCursor: null };
    },
  );

  const ProposalParams = Type.Object({ proposalId: Type.String({ minLength: 1, maxLength: 32 }) });
  app.post(
    '/api/v1/knowledge/proposals/:proposalId/approve',
    {
      schema: {
        description: 'Makes a canned reply of it, as it is given here. For supervisors.',
        params: ProposalParams,
        body: Type.Object({
          title: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
          text: Type.String({ minLength: 1, maxLength: 10_000, pattern: '\\S' }),
        }),
        response: { 200: Type.Object({ cannedReplyId: Type.String() }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.supervisor(request);
      return proposals.approve(request.params.proposalId, request.body, agent);
    },
  );

  app.post(
    '/api/v1/knowledge/proposals/:proposalId/dismiss',
    {
      schema: {
        description: 'It is not proposed again. For supervisors.',
        params: ProposalParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.supervisor(request);
      await proposals.dismiss(request.params.proposalId, agent.id);
      return reply.status(204).send(null);
    },
  );
}
