import type { Conversation as ConversationShape } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { RoutingAnswer, RoutingQuestion } from '../routing/ask-dispatcher.ts';
import type { AssignmentStore, DecisionRow } from '../routing/assignment-store.ts';
import { type Names, type Sentence, whyNot } from '../routing/explain-decision.ts';
import { agentsIn, wordsOfDecision, wordsOfOther } from '../routing/explain-stored.ts';
import type { Transfer, Transfers } from '../routing/transfers.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { ruleAgainst, verdictByHand } from './by-hand.ts';
import { checkMayMove } from './move-right.ts';
import { Conversation, IdParams, PageQuery, page, problems } from './schemas.ts';

export interface DecisionRoutesDeps {
  readonly auth: RequestAuth;
  readonly conversations: Pick<Conversations, 'head'>;
  readonly store: Pick<AssignmentStore, 'decisions'>;
  /** Asks whichever process decides. */
  readonly ask: (question: RoutingQuestion) => Promise<RoutingAnswer>;
  readonly names: Names;
  readonly transfers: Transfers;
  readonly show: (id: string) => Promise<ConversationShape | undefined>;
}

const Words = Type.Array(
  Type.Object({
    key: Type.String({ description: 'Stable: for words in another language, with `data`.' }),
    data: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    text: Type.String({ description: 'In English.' }),
  }),
);
const Decision = Type.Object({
  epoch: Type.Integer({ description: 'The conversation’s `ownerEpoch` that it ended, or was about.' }),
  n: Type.Integer(),
  at: Type.Integer(),
  kind: Type.String({ description: 'assign, requeue, overflow, end …' }),
  agentId: Type.Union([Type.String(), Type.Null()]),
  groupId: Type.Union([Type.String(), Type.Null()]),
  why: Type.String(),
  words: Words,
  record: Type.Unknown({ description: 'Who was compared by what, under which version of the configuration.' }),
});
const Verdict = Type.Object({
  agentId: Type.String(),
  groupId: Type.Union([Type.String(), Type.Null()]),
  key: Type.String(),
  words: Words,
});
const Range = Type.Object({ lowMs: Type.Number(), highMs: Type.Number() });
const Queue = Type.Object({
  groupId: Type.String(),
  name: Type.String(),
  waiting: Type.Integer(),
  oldestMs: Type.Number(),
  estimate: Type.Union([Range, Type.Literal('unknown')], { description: 'How long who comes now would wait.' }),
  staffed: Type.Integer({ description: 'Members who are online.' }),
  free: Type.Number({ description: 'Conversations that they could still take.' }),
  utilisation: Type.Optional(Type.Number({ description: 'How much of what they can take they have, 0 to 1.' })),
  workSpread: Type.Optional(
    Type.Number({
      description: 'How unequal their work of the last hours is, for each hour online: standard deviation by mean.',
    }),
  ),
  told: Type.Object(
    { of: Type.Integer(), within: Type.Integer() },
    { description: 'Of the last waits (200 at most) of which an estimate was told: how many came out within it.' },
  ),
});

/** Why conversations went where they did, why not elsewhere, and what waits. */
export function decisionRoutes(app: App, deps: DecisionRoutesDeps): void {
  const { auth, conversations, store, ask, names } = deps;
  app.get(
    '/api/v1/conversations/:id/decisions',
    {
      schema: {
        description: 'What was decided about a conversation, newest first: "why did I get this?"',
        params: IdParams,
        querystring: Type.Object(PageQuery),
        response: { 200: page(Decision), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { id } = await conversations.head(request.params.id);
      const { cursor, limit = 50 } = request.query;
      const rows = await store.decisions(id, { limit, ...(cursor === undefined ? {} : { before: placeOf(cursor) }) });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        items: rows.map((row) => ({ ...row, words: wordsOfDecision(row, names), record: JSON.parse(row.record) })),
        nextCursor: last === undefined ? null : `${last.epoch}.${last.n}`,
      };
    },
  );

  app.get(
    '/api/v1/conversations/:id/verdicts',
    {
      schema: {
        description:
          '"Why not me?" While it waits: whether each agent of its groups can have it now. Else: why the agent who has it came first.',
        params: IdParams,
        querystring: Type.Object({
          agentId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          byHand: Type.Optional(
            Type.Boolean({ description: 'Of one agent: which rule a person goes against who gives it to them.' }),
          ),
        }),
        response: {
          200: Type.Object({
            state: Type.Enum(['waiting', 'decided', 'by-hand', 'unknown']),
            items: Type.Array(Verdict),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      const head = await conversations.head(request.params.id);
      const { agentId, byHand = false } = request.query;
      if (byHand) {
        if (agentId === undefined) throw new Refusal('bad-request', 'agentId: say whom.', { field: 'agentId' });
        const verdict = await verdictByHand({ ask, names }, { conversationId: head.id, agentId });
        if (verdict === undefined) return { state: 'unknown' as const, items: [] };
        return { state: 'by-hand' as const, items: [verdict] };
      }
      if (head.status === 'queued') {
        const { verdicts } = await asked('verdicts', { conversationId: head.id, agentId: agentId ?? 'all' });
        const items = verdicts?.map((each) => ({ ...each, words: [whyNot(each, names)] }));
        return { state: items === undefined ? ('unknown' as const) : ('waiting' as const), items: items ?? [] };
      }
      const row = (await store.decisions(head.id, { limit: 10 })).find(({ kind }) => kind === 'assign');
      if (row === undefined) return { state: 'unknown' as const, items: [] };
      const agentIds = agentId === undefined ? agentsIn(row) : [agentId];
      return { state: 'decided' as const, items: agentIds.map((id) => otherOf(row, id, wordsOfOther(row, id, names))) };
    },
  );

  app.get(
    '/api/v1/routing/queues',
    {
      schema: {
        description: 'The queue of each group, as the process that decides knows it.',
        response: { 200: Type.Object({ items: Type.Array(Queue) }), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { queues } = await asked('queues', {});
      return {
        items: queues.map(({ freeUnits, utilisation, workSpread, ...queue }) => ({
          ...queue,
          ...(utilisation === undefined ? {} : { utilisation }),
          ...(workSpread === undefined ? {} : { workSpread }),
          name: names.group(queue.groupId),
          free: freeUnits / 100,
        })),
      };
    },
  );

  const OfferOf = Type.Object({
    conversationId: Type.String(),
    groupId: Type.String(),
    expiresAt: Type.Integer(),
    timeoutMs: Type.Integer(),
  });
  app.get(
    '/api/v1/offers',
    {
      schema: {
        description: 'What you are asked to take now; `offer.made` and `offer.ended` tell of changes.',
        response: { 200: Type.Object({ items: Type.Array(OfferOf) }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { offers } = await asked('offers', { agentId: agent.id });
      return { items: [...offers] };
    },
  );

  app.post(
    '/api/v1/conversations/:id/accept',
    {
      schema: {
        description: 'You take what you are asked to take; 409 `conflict` when it was too late.',
        params: IdParams,
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id } = await conversations.head(request.params.id);
      await asked('accept', { conversationId: id, agentId: agent.id });
      return shown(id);
    },
  );

  app.post(
    '/api/v1/conversations/:id/decline',
    {
      schema: {
        description: 'You do not take it, and are not asked again for this wait.',
        params: IdParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.agent(request);
      const { id } = await conversations.head(request.params.id);
      await asked('decline', { conversationId: id, agentId: agent.id });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/queue/take',
    {
      schema: {
        description: 'You take this one of those that wait, or the first that you can have.',
        body: Type.Object({
          conversationId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          override: Type.Optional(Type.Boolean({ description: 'Against a rule, which is recorded.' })),
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { conversationId, refused } = await asked('take', { agentId: agent.id, ...request.body });
      if (conversationId !== undefined) return shown(conversationId);
      if (refused === undefined) throw new Refusal('conflict', 'There is nothing that waits and that you could take.');
      throw new Refusal('conflict', `You cannot take it: ${whyNot(refused, names).text}`);
    },
  );

  app.post(
    '/api/v1/conversations/:id/transfer',
    {
      schema: {
        description:
          'Passes a conversation on to an agent, or into the queue of a group; the note is seen by agents only.',
        params: IdParams,
        body: Type.Object({
          toAgentId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          toGroupId: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          note: Type.Optional(Type.String({ minLength: 1, maxLength: 4_000, pattern: '\\S' })),
          ownerEpoch: Type.Optional(Type.Integer({ description: 'Refuse (409) when the owner has changed since.' })),
          override: Type.Optional(
            Type.Boolean({
              description:
                'Also over the agent’s capacity, and to whom a rule keeps it from (else 409 `against-rule`); which is recorded.',
            }),
          ),
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { ownerEpoch, ...body } = request.body;
      const by = { id: agent.id, name: agent.name };
      const head = await deps.conversations.head(request.params.id);
      const field = body.toGroupId === undefined ? 'toAgentId' : 'toGroupId';
      const moved = checkMayMove(head, agent, field, deps.names.agent, ownerEpoch);
      const expectEpoch = ownerEpoch ?? moved.ownerEpoch;
      const epoch = expectEpoch === undefined ? {} : { expectEpoch };
      const { toAgentId: agentId, override = false } = body;
      const conversationId = head.id;
      const against =
        agentId && (await ruleAgainst({ ask, names }, { conversationId, agentId, byId: by.id, override }));
      const { id } = await deps.transfers.transfer({
        ...(body as Partial<Transfer>),
        ...epoch,
        ...(against === undefined ? {} : { against }),
        conversationId: request.params.id,
        by,
      });
      return shown(id);
    },
  );

  async function shown(id: string): Promise<ConversationShape> {
    const conversation = await deps.show(id);
    if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    return conversation;
  }

  async function asked<K extends RoutingQuestion['kind']>(
    kind: K,
    question: Omit<Extract<RoutingQuestion, { kind: K }>, 'kind'>,
  ): Promise<Extract<RoutingAnswer, { kind: K }>> {
    return (await ask({ kind, ...question } as Extract<RoutingQuestion, { kind: K }>)) as Extract<
      RoutingAnswer,
      { kind: K }
    >;
  }
}

function otherOf({ groupId }: DecisionRow, agentId: string, words: readonly Sentence[]) {
  return { agentId, groupId, key: words[0]?.key ?? '', words: [...words] };
}

function placeOf(cursor: string): Pick<DecisionRow, 'epoch' | 'n'> {
  const parts = /^(\d{1,9})\.(\d{1,9})$/.exec(cursor);
  if (parts === null) {
    throw new Refusal('cursor-invalid', 'cursor: this is not one that this list gave; begin again without it.', {
      field: 'cursor',
    });
  }
  return { epoch: Number(parts[1]), n: Number(parts[2]) };
}
