import { Readable } from 'node:stream';
import Type from 'typebox';
import type { ArchiveStore } from '../conversation/archive-store.ts';
import type { Contexts } from '../conversation/contexts.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { ExportedMessage, History } from '../conversation/history.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, Message, PageQuery, page, problems } from './schemas.ts';

export interface HistoryRoutesDeps {
  readonly auth: RequestAuth;
  readonly history: History;
  readonly conversations: Conversations;
  readonly contexts: Contexts;
  readonly store: ConversationStore;
  readonly archive: Pick<ArchiveStore, 'erase'>;
  readonly now: () => number;
  /** A contact is no more: who is connected as it, and whoever erases it from the archive, must know. */
  readonly onErased: (contactId: string) => void;
}

const Time = (what: string) => Type.Optional(Type.Integer({ minimum: 0, description: what }));
const range = { from: Time('Epoch milliseconds, inclusive.'), to: Time('Epoch milliseconds, exclusive.') };

/** What was said, over all tiers: found again, taken along, erased. */
export function historyRoutes(app: App, deps: HistoryRoutesDeps): void {
  const { auth, history } = deps;

  app.get(
    '/api/v1/messages',
    {
      schema: {
        description: "A contact's messages on all channels, newest first. A page may be short before the last one.",
        querystring: Type.Object({
          contactId: Type.String({ minLength: 1, maxLength: 32 }),
          ...range,
          q: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Words, whatever their case.' })),
          ...PageQuery,
        }),
        response: { 200: page(Message), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { contactId, q, cursor, limit = 50 } = request.query;
      const found = await history.search({
        contactId,
        limit,
        ...timesOf(request.query),
        ...(q === undefined ? {} : { text: q }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      return found as never;
    },
  );

  app.get(
    '/api/v1/export',
    {
      schema: {
        description: 'All messages as lines of JSON, in order of conversation and place. For administrators.',
        querystring: Type.Object({ contactId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })), ...range }),
        response: { 200: { content: { 'application/x-ndjson': { schema: Type.String() } } }, ...problems },
      },
    },
    async (request, reply) => {
      await auth.admin(request);
      const { contactId } = request.query;
      const messages = history.export({
        ...timesOf(request.query),
        ...(contactId === undefined ? {} : { contactId }),
      });
      // The first chunk decides: what fails before it is told as any other failure.
      const first = await messages.next();
      const lines = Readable.from(linesOf(first, messages), { objectMode: false });
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .header('content-disposition', 'attachment; filename="messages.ndjson"')
        .send(lines as never);
    },
  );

  app.delete(
    '/api/v1/contacts/:id',
    {
      schema: {
        description:
          'Erases a contact with all its conversations, messages and files: at once from here, within minutes from the archive.',
        params: IdParams,
        response: { 202: Type.Object({ contactId: Type.String() }), ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.admin(request);
      const contactId = request.params.id;
      await closeAll(contactId, agent);
      const erased = await deps.archive.erase(contactId, { agentId: agent.id, at: deps.now() });
      if (erased === undefined) throw new Refusal('not-found', 'There is no such contact.');
      const conversationIds = erased.conversationIds.map(String);
      deps.conversations.forget(conversationIds);
      deps.onErased(contactId);
      await deps.contexts.forget(conversationIds);
      reply.status(202);
      return { contactId };
    },
  );

  /** Whoever has one of its conversations before the eyes sees it end, and has its place for somebody else. */
  async function closeAll(contactId: string, by: AgentRecord): Promise<void> {
    const { items, nextCursor } = await deps.store.list({ contactId, status: 'open' }, { limit: 100 });
    for (const { id } of items) {
      await deps.conversations.changeOwner({ conversationId: id, by, to: 'closed', why: 'resolved' });
    }
    if (nextCursor !== null) await closeAll(contactId, by);
  }
}

function timesOf({ from, to }: { from?: number; to?: number }): { from?: number; to?: number } {
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Refusal('bad-request', 'from: must be before to.', { field: 'from' });
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

async function* linesOf(
  first: IteratorResult<ExportedMessage[]>,
  rest: AsyncGenerator<ExportedMessage[]>,
): AsyncGenerator<Buffer> {
  if (first.done === true) return;
  yield asLines(first.value);
  for await (const messages of rest) yield asLines(messages);
}

const asLines = (messages: readonly ExportedMessage[]) =>
  Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
