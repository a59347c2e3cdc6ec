import type { Conversation as ConversationShape } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { Author } from '../conversation/conversations.ts';
import type { ParticipationStore } from '../conversation/participation-store.ts';
import { parseContent } from '../gateway/content.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import { type Colleague, type Invitations, invitationOf } from '../routing/invitations.ts';
import type { Supervision } from '../routing/supervision.ts';
import type { App } from './app.ts';
import { isSupervisor, type RequestAuth } from './auth.ts';
import { Conversation, IdParams, Message, Participant, problems } from './schemas.ts';

export interface TeamRoutesDeps {
  readonly auth: RequestAuth;
  readonly invitations: Invitations;
  readonly supervision: Supervision;
  readonly store: ParticipationStore;
  readonly show: (id: string) => Promise<ConversationShape | undefined>;
  readonly showAll: (ids: readonly string[]) => Promise<ConversationShape[]>;
}

/** An agent takes part in so many at the most that are told of. */
const maxShown = 200;
const Note = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' });

/** Colleagues in a conversation beside the one who has it: asked in, listening, whispering, taking over. */
export function teamRoutes(app: App, deps: TeamRoutesDeps): void {
  const { auth, invitations, supervision } = deps;

  app.get(
    '/api/v1/participations',
    {
      schema: {
        description: 'The conversations in which you take part beside the one who has them, newest first, at most 200.',
        response: { 200: Type.Object({ items: Type.Array(Conversation) }), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const shown = await shownOf(agent.id);
      return { items: shown.filter((each) => own(each, agent.id)?.askedUntil === undefined) };
    },
  );

  app.get(
    '/api/v1/invitations',
    {
      schema: {
        description: 'What you are asked into now; `invitation.made` and `invitation.ended` tell of changes.',
        response: {
          200: Type.Object({
            items: Type.Array(
              Type.Object({
                conversationId: Type.String(),
                byId: Type.String(),
                note: Type.Optional(Type.String()),
                expiresAt: Type.Integer(),
                timeoutMs: Type.Integer(),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const shown = await shownOf(agent.id);
      return {
        items: shown.flatMap((each) => {
          const asked = own(each, agent.id);
          return (asked === undefined ? undefined : invitationOf(each.id, asked)) ?? [];
        }),
      };
    },
  );

  app.post(
    '/api/v1/conversations/:id/invitations',
    {
      schema: {
        description:
          'Asks a colleague to help. They read the conversation and may answer under their own name; who has it stays the one who has it.',
        params: IdParams,
        body: Type.Object({
          agentId: Type.String({ minLength: 1, maxLength: 32 }),
          note: Type.Optional(Note),
          timeoutMs: Type.Optional(
            Type.Integer({ minimum: 5_000, maximum: 600_000, description: 'For an answer; else a minute.' }),
          ),
        }),
        response: { 201: Participant, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.agent(request);
      const { note, ...body } = request.body;
      const asked = await invitations.invite({
        ...body,
        ...(note === undefined ? {} : { note: note.trim().toWellFormed() }),
        conversationId: request.params.id,
        by: colleague(agent),
      });
      reply.status(201);
      return asked;
    },
  );

  for (const answer of ['accept', 'decline'] as const) {
    app.post(
      `/api/v1/conversations/:id/invitations/${answer}`,
      {
        schema: {
          description:
            answer === 'accept'
              ? 'You come to help; 409 `conflict` when you are asked no more.'
              : 'You do not come; 409 `conflict` when you are asked no more.',
          params: IdParams,
          response: { 200: Conversation, ...problems },
        },
      },
      async (request) => {
        const { agent } = await auth.agent(request);
        await invitations[answer](request.params.id, author(agent));
        return shown(request.params.id);
      },
    );
  }

  app.delete(
    '/api/v1/conversations/:id/participants/:agentId',
    {
      schema: {
        description: 'You leave (`me`), or an agent takes part no longer, or is asked no longer.',
        params: Type.Object({ ...IdParams.properties, agentId: Type.String({ minLength: 1, maxLength: 32 }) }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id, agentId } = request.params;
      await invitations.end(id, agentId === 'me' ? agent.id : agentId, colleague(agent));
      return shown(id);
    },
  );

  for (const [path, how, description] of [
    ['listen', 'listen', 'A supervisor follows it live; the contact notices nothing, the agents see who listens.'],
    ['join', 'join', 'A supervisor takes part and may answer; who has it stays the one who has it.'],
  ] as const) {
    app.post(
      `/api/v1/conversations/:id/${path}`,
      { schema: { description, params: IdParams, response: { 200: Conversation, ...problems } } },
      async (request) => {
        const { agent } = await auth.supervisor(request);
        await supervision[how](request.params.id, author(agent));
        return shown(request.params.id);
      },
    );
  }

  app.post(
    '/api/v1/conversations/:id/whispers',
    {
      schema: {
        description: 'A supervisor’s word to the agents of the conversation: the contact never sees it.',
        params: IdParams,
        body: Type.Object({
          clientId: Type.String({ minLength: 1, maxLength: 128 }),
          text: Type.String({ minLength: 1, maxLength: 4_000, pattern: '\\S' }),
        }),
        response: { 200: Message, 201: Message, ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.supervisor(request);
      const { clientId, text } = request.body;
      const content = parseContent({ type: 'text', text });
      const said = await supervision.whisper({
        conversationId: request.params.id,
        by: author(agent),
        clientId,
        text: content.type === 'text' ? content.text : text,
      });
      reply.status(said.duplicate ? 200 : 201);
      return JSON.parse(said.messageJson);
    },
  );

  app.post(
    '/api/v1/conversations/:id/take-over',
    {
      schema: {
        description: 'A supervisor has it from now on; who had it is told at once.',
        params: IdParams,
        body: Type.Object({
          ownerEpoch: Type.Optional(Type.Integer({ description: 'Refuse (409) when the owner has changed since.' })),
          formerStays: Type.Optional(Type.Boolean({ description: 'Who had it takes part from then on.' })),
          override: Type.Optional(Type.Boolean({ description: 'Also over your own capacity, which is recorded.' })),
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.supervisor(request);
      const { ownerEpoch, ...how } = request.body;
      await supervision.takeOver({
        ...how,
        ...(ownerEpoch === undefined ? {} : { expectEpoch: ownerEpoch }),
        conversationId: request.params.id,
        by: { ...author(agent), capacity: agent.capacity },
      });
      return shown(request.params.id);
    },
  );

  async function shownOf(agentId: string): Promise<ConversationShape[]> {
    const all = await deps.showAll(await deps.store.of(agentId, maxShown));
    return all.sort((a, b) => Number(b.id) - Number(a.id));
  }

  async function shown(id: string): Promise<ConversationShape> {
    const conversation = await deps.show(id);
    if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    return conversation;
  }
}

function own({ participants = [] }: ConversationShape, agentId: string) {
  return participants.find((each) => each.agentId === agentId);
}

function author({ id, name }: AgentRecord): Author {
  return { id, name };
}

function colleague(agent: AgentRecord): Colleague {
  return { ...author(agent), isSupervisor: isSupervisor(agent) };
}
