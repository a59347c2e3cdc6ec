import type { Conversation as ConversationShape } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { GiveToBot } from '../bot/dialogue/give-to-bot.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { checkMayMove } from './move-right.ts';
import { Conversation, IdParams, problems } from './schemas.ts';

/** An agent gives a conversation to the bot, and says what for. */
export function giveToBotRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly giving: GiveToBot;
    readonly conversations: Pick<Conversations, 'head'>;
    readonly nameOf: (agentId: string) => string | undefined;
    readonly show: (id: string) => Promise<ConversationShape | undefined>;
  },
): void {
  const { auth, giving } = deps;

  app.get(
    '/api/v1/bot/flow-names',
    {
      schema: {
        description: 'The flows with which the bot can begin when an agent gives it a conversation.',
        response: {
          200: Type.Object({ items: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })) }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      return { items: [...giving.flows()] };
    },
  );

  app.post(
    '/api/v1/conversations/:id/give-to-bot',
    {
      schema: {
        description:
          'Gives a conversation to the bot with an instruction: with `flowId` it begins that flow at once, else it waits for what the customer says next. `backToMe`: where the bot cannot go on, whoever gave it gets it again. Whoever has the conversation, or a supervisor; what waits, anybody.',
        params: IdParams,
        body: Type.Object({
          flowId: Type.Optional(Type.String({ maxLength: 64 })),
          note: Type.Optional(
            Type.String({ minLength: 1, maxLength: 1_000, description: 'For agents: it stands in the timeline.' }),
          ),
          backToMe: Type.Optional(Type.Boolean()),
          ownerEpoch: Type.Optional(Type.Integer({ description: 'Refuse (409) when the owner has changed since.' })),
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id } = request.params;
      const { flowId, note, backToMe = false, ownerEpoch } = request.body;
      const head = await deps.conversations.head(id);
      const seen = {
        ...checkMayMove(head, agent, 'id', deps.nameOf, ownerEpoch),
        ...(ownerEpoch === undefined ? {} : { ownerEpoch }),
      };
      await giving.give({
        ...{ conversationId: id, by: { id: agent.id, name: agent.name }, backToMe },
        ...(flowId === undefined ? {} : { flowId }),
        ...(note === undefined ? {} : { note }),
        ...(seen.ownerEpoch === undefined ? {} : { expectEpoch: seen.ownerEpoch }),
      });
      const conversation = await deps.show(id);
      if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
      return conversation;
    },
  );
}
