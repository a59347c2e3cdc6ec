import type { Conversation as ConversationShape } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import type { Snoozes } from '../routing/snoozes.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { Conversation, IdParams, problems } from './schemas.ts';

const OwnerEpoch = Type.Optional(Type.Integer({ description: 'Refuse (409) when the owner has changed since.' }));

/** Conversations that are put off, and come back. */
export function snoozeRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly snoozes: Snoozes;
    readonly show: (id: string) => Promise<ConversationShape | undefined>;
  },
): void {
  const { auth, snoozes } = deps;

  app.post(
    '/api/v1/conversations/:id/snooze',
    {
      schema: {
        description:
          'Puts an assigned conversation off: it takes nothing of its agent’s capacity, and comes back at the time, or as soon as the customer writes. Said again it is another time.',
        params: IdParams,
        body: Type.Object({
          until: Type.Integer({ minimum: 0, description: 'Epoch milliseconds, at most a year ahead.' }),
          ownerEpoch: OwnerEpoch,
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { until, ownerEpoch } = request.body;
      const { id } = await snoozes.snooze({ ...byOf(agent), ...epochOf(ownerEpoch), until, ...idOf(request.params) });
      return shown(id);
    },
  );

  app.delete(
    '/api/v1/conversations/:id/snooze',
    {
      schema: {
        description:
          'Ends a snooze now. Whoever snoozed it has it again; ended by somebody else it comes back as it would by itself.',
        params: IdParams,
        querystring: Type.Object({ ownerEpoch: OwnerEpoch }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { ownerEpoch } = request.query;
      const { id } = await snoozes.wake({ ...byOf(agent), ...epochOf(ownerEpoch), ...idOf(request.params) });
      return shown(id);
    },
  );

  async function shown(id: string): Promise<ConversationShape> {
    const conversation = await deps.show(id);
    if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
    return conversation;
  }
}

const byOf = ({ id, name }: { id: string; name: string }) => ({ by: { id, name } });
const epochOf = (ownerEpoch: number | undefined) => (ownerEpoch === undefined ? {} : { expectEpoch: ownerEpoch });
const idOf = ({ id }: { id: string }) => ({ conversationId: id });
