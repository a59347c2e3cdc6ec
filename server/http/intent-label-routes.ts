import Type from 'typebox';
import type { IntentLibrary } from '../bot/intents/intents.ts';
import type { IntentLabels } from '../bot/labels/intent-labels.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, page, problems } from './schemas.ts';

const Name = Type.Union([Type.String({ maxLength: 191 }), Type.Null()]);
/** Which intent a message had, as somebody said. */
export const IntentLabel = Type.Object({
  intent: Type.Union([Type.String(), Type.Null()], { description: 'null: none of those that there are.' }),
  by: Type.Object({ id: Type.String(), name: Type.String() }),
  at: Type.Integer(),
});
const MessageParams = Type.Object({
  ...IdParams.properties,
  seq: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
});
const namesShown = 50;

/** Agents say which intent a customer's message had. */
export function intentLabelRoutes(
  app: App,
  { auth, labels, library }: { auth: RequestAuth; labels: IntentLabels; library: Pick<IntentLibrary, 'list'> },
): void {
  app.get(
    '/api/v1/intents/names',
    {
      schema: {
        description: 'Names of intents, for whoever says which one a message had; 50 at most, `q` is looked for.',
        querystring: Type.Object({ q: Type.Optional(Type.String({ maxLength: 200 })) }),
        response: { 200: page(Type.Object({ id: Type.String(), name: Type.String() })), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const q = request.query.q?.trim() ?? '';
      const items = await library.list({ limit: namesShown, ...(q === '' ? {} : { q }) });
      return { items: items.map(({ id, name }) => ({ id, name })), nextCursor: null };
    },
  );

  app.put(
    '/api/v1/conversations/:id/intent-labels/:seq',
    {
      schema: {
        description:
          'Says which intent a customer’s message had: the one it was taken for, or another. Replays take it for the truth; one that was taken for another is suggested as an utterance of its intent (`/bot/gaps`).',
        params: MessageParams,
        body: Type.Object({ intent: Name }),
        response: { 200: IntentLabel, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id: conversationId, seq } = request.params;
      const { intent, by, at } = await labels.put({ conversationId, seq, intent: request.body.intent }, agent);
      return { intent, by, at };
    },
  );

  app.delete(
    '/api/v1/conversations/:id/intent-labels/:seq',
    {
      schema: {
        description: 'Takes back what was said of it.',
        params: MessageParams,
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      await auth.agent(request);
      await labels.remove(request.params.id, request.params.seq);
      return reply.status(204).send(null);
    },
  );
}
