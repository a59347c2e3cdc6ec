import { conversationStatuses, maxFileBytes, priorities } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { Contexts } from '../conversation/contexts.ts';
import type { ConversationFilter, ConversationStore } from '../conversation/conversation-store.ts';
import type { Conversations, OwnerChange } from '../conversation/conversations.ts';
import type { Outbox } from '../conversation/outbox.ts';
import type { OutboxStore } from '../conversation/outbox-store.ts';
import { isListener } from '../conversation/participants.ts';
import type { Files } from '../files/files.ts';
import { parseContent } from '../gateway/content.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AgentRecord } from '../identity/agent-store.ts';
import type { Agents } from '../identity/agents.ts';
import { conversationForContact } from '../realtime/fan-out.ts';
import type { App } from './app.ts';
import { isSupervisor, type RequestAuth } from './auth.ts';
import { type ByHandDeps, ruleAgainst } from './by-hand.ts';
import { checkMayMove } from './move-right.ts';
import {
  Contact,
  Content,
  Conversation,
  IdParams,
  Media,
  Message,
  Name,
  PageQuery,
  page,
  problems,
} from './schemas.ts';

export interface ConversationRoutesDeps {
  readonly auth: RequestAuth;
  readonly agents: Agents;
  readonly conversations: Conversations;
  readonly store: ConversationStore;
  readonly contexts: Contexts;
  readonly outboxStore: OutboxStore;
  readonly now: () => number;
  readonly outbox: Outbox;
  readonly files: Files;
  readonly isGroup: (id: string) => boolean;
  readonly isBotOn: () => boolean;
  readonly defaultGroupId: () => string | null;
  readonly ask: ByHandDeps['ask'];
  readonly groupName: (id: string) => string;
}

type Patch = {
  status?: string;
  assigneeId?: string | null;
  priority?: (typeof priorities)[number];
  tags?: string[];
  skillGroupId?: string | null;
  ownerEpoch?: number;
  override?: boolean;
};

/** Conversations, their messages and contacts, and the files in them. */
export function conversationRoutes(app: App, deps: ConversationRoutesDeps): void {
  const { auth, agents, conversations, store } = deps;
  const nameOf = (agentId: string) => agents.get(agentId)?.name;

  app.get(
    '/api/v1/conversations',
    {
      schema: {
        querystring: Type.Object({
          ...PageQuery,
          status: Type.Optional(Type.Enum(['open', 'resolved', ...conversationStatuses])),
          assignee: Type.Optional(Type.String({ maxLength: 32 })),
          channel: Type.Optional(Type.String({ maxLength: 32 })),
          group: Type.Optional(
            Type.String({ maxLength: 64, description: 'A skill group; with `status=agent` and no other.' }),
          ),
          q: Type.Optional(Type.String({ maxLength: 200 })),
          sla: Type.Optional(
            Type.Enum(['due', 'overdue'], {
              description:
                'Open conversations with a clock that runs, whose ends first; `overdue`: whose is over. With `assignee` alone.',
            }),
          ),
        }),
        response: { 200: page(Conversation), ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { status, assignee, channel, group, q, sla, cursor, limit = 50 } = request.query;
      if (group !== undefined && status !== 'agent') {
        throw new Refusal('bad-request', 'group: say status=agent with it; others are not listed by group.', {
          field: 'group',
        });
      }
      const other = { status: status === 'open' ? undefined : status, channel, group, q };
      const beside = Object.entries(other).find(([, value]) => value !== undefined)?.[0];
      if (sla !== undefined && beside !== undefined) {
        throw new Refusal('bad-request', `${beside}: a list by due time is of open conversations, by assignee alone.`, {
          field: beside,
        });
      }
      const filter: ConversationFilter = {
        ...(status === undefined ? {} : { status: status === 'resolved' ? 'closed' : status }),
        ...(assignee === undefined ? {} : { assigneeId: assignee === 'me' ? agent.id : assignee }),
        ...(channel === undefined ? {} : { channelId: channel }),
        ...(group === undefined ? {} : { skillGroupIds: groupsMeant(group) }),
        ...(q === undefined ? {} : { q }),
        ...(sla === undefined ? {} : { sla: sla === 'due' ? {} : { overdueAt: deps.now() } }),
      };
      return store.list(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    },
  );

  app.get(
    '/api/v1/conversations/counts',
    {
      schema: {
        response: {
          200: Type.Object({
            mine: Type.Integer(),
            snoozed: Type.Integer({ description: 'Those that you have snoozed.' }),
            queue: Type.Integer(),
            all: Type.Integer(),
            unreadMine: Type.Integer(),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      return store.counts(agent.id);
    },
  );

  app.get(
    '/api/v1/conversations/:id',
    { schema: { params: IdParams, response: { 200: Conversation, ...problems } } },
    async (request) => {
      const who = await auth.either(request);
      const conversation = await store.get(request.params.id);
      const mayRead =
        conversation !== undefined && ('agent' in who || conversation.contact.id === who.visitor.contactId);
      if (!mayRead) throw new Refusal('not-found', 'There is no such conversation.');
      return 'agent' in who ? conversation : conversationForContact(conversation);
    },
  );

  app.patch(
    '/api/v1/conversations/:id',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          status: Type.Optional(Type.Enum(['closed', 'resolved', 'queued', 'open', 'bot'])),
          assigneeId: Type.Optional(Type.Union([Type.String({ maxLength: 32 }), Type.Null()])),
          priority: Type.Optional(Type.Enum([...priorities])),
          tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 60 }), { maxItems: 50 })),
          skillGroupId: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
          ownerEpoch: Type.Optional(Type.Integer({ description: 'Refuse (409) when the owner has changed since.' })),
          override: Type.Optional(
            Type.Boolean({
              description: 'Assign over the capacity, and to whom a rule keeps it from (else 409 `against-rule`).',
            }),
          ),
        }),
        response: { 200: Conversation, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { id } = request.params;
      const patch = request.body as Patch;
      const head = await conversations.head(id);
      if (typeof patch.skillGroupId === 'string' && !deps.isGroup(patch.skillGroupId)) {
        throw new Refusal('bad-request', 'skillGroupId: there is no such group in the routing configuration.', {
          field: 'skillGroupId',
        });
      }
      const isMoved = patch.status === 'queued' || patch.status === 'bot';
      const field = patch.assigneeId !== undefined ? 'assigneeId' : isMoved ? 'status' : undefined;
      const moved = field === undefined ? {} : checkMayMove(head, agent, field, nameOf, patch.ownerEpoch);
      const change = ownerChange(id, { ...moved, ...patch }, agent);
      if (change !== undefined)
        await conversations.changeOwner({ ...change, against: await againstOf(id, patch, agent.id) });
      const { priority, tags, skillGroupId } = patch;
      if (priority !== undefined || tags !== undefined || skillGroupId !== undefined) {
        await conversations.patch(id, {
          ...(priority === undefined ? {} : { priority }),
          ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
          ...(skillGroupId === undefined ? {} : { skillGroupId }),
        });
      }
      const conversation = await store.get(id);
      if (conversation === undefined) throw new Refusal('not-found', 'There is no such conversation.');
      return conversation;
    },
  );

  /** What no rule sends anywhere goes to the default group, and says so by naming none. */
  function groupsMeant(id: string): (string | null)[] {
    if (!deps.isGroup(id)) {
      throw new Refusal('bad-request', 'group: there is no such group in the routing configuration.', {
        field: 'group',
      });
    }
    return id === deps.defaultGroupId() ? [id, null] : [id];
  }

  /** The rule that somebody goes against who gives it to an agent. */
  async function againstOf(
    conversationId: string,
    { assigneeId, override = false }: Patch,
    byId: string,
  ): Promise<string | null | undefined> {
    if (typeof assigneeId !== 'string') return undefined;
    const names = { agent: (agentId: string) => nameOf(agentId) ?? agentId, group: deps.groupName };
    return ruleAgainst({ ask: deps.ask, names }, { conversationId, agentId: assigneeId, byId, override });
  }

  /** One change of owner at the most: to an agent, to the queue, or to an end. */
  function ownerChange(id: string, patch: Patch, by: AgentRecord): OwnerChange | undefined {
    const common = {
      conversationId: id,
      by,
      ...(patch.ownerEpoch === undefined ? {} : { expectEpoch: patch.ownerEpoch }),
    };
    const closes = patch.status === 'closed' || patch.status === 'resolved';
    if (closes && patch.assigneeId !== undefined) {
      throw new Refusal('bad-request', 'assigneeId: a conversation is closed or assigned, not both.', {
        field: 'assigneeId',
      });
    }
    if (patch.status === 'bot') {
      if (!deps.isBotOn()) throw new Refusal('conflict', 'The bot is switched off: it takes no conversation.');
      return { ...common, to: 'bot', from: ['queued', 'agent', 'snoozed'], why: 'to-bot' };
    }
    if (closes) return { ...common, to: 'closed', from: ['bot', 'queued', 'agent', 'snoozed'], why: 'resolved' };
    if (typeof patch.assigneeId === 'string') {
      const assignee = agents.get(patch.assigneeId);
      if (assignee?.enabled !== true) {
        throw new Refusal('bad-request', 'assigneeId: there is no such agent, or it is switched off.', {
          field: 'assigneeId',
        });
      }
      const limit = patch.override === true ? {} : { capacity: assignee.capacity };
      return { ...common, to: 'agent', assignee, why: 'assigned', ...limit };
    }
    if (patch.assigneeId === null)
      return { ...common, to: 'queued', assignee: null, from: ['agent', 'bot', 'snoozed'], why: 'given-back' };
    if (patch.status === 'open') return { ...common, to: 'queued', assignee: null, from: ['closed'], why: 'reopened' };
    if (patch.status === 'queued') return { ...common, to: 'queued', assignee: null, why: 'reopened' };
    return undefined;
  }

  app.get(
    '/api/v1/conversations/:id/messages',
    {
      schema: {
        params: IdParams,
        querystring: Type.Object({
          after: Type.Optional(Type.Integer({ minimum: 0 })),
          before: Type.Optional(Type.Integer({ minimum: 0 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
        }),
        response: { 200: page(Message), ...problems },
      },
    },
    async (request) => {
      const who = await auth.either(request);
      const head = await conversations.head(request.params.id);
      const publicOnly = 'visitor' in who;
      if (publicOnly && head.contactId !== who.visitor.contactId) {
        throw new Refusal('not-found', 'There is no such conversation.');
      }
      const { after, before, limit = 50 } = request.query;
      // With `before` alone, the page that ends there; else the page that begins after `after`.
      const fromEnd = before !== undefined && after === undefined;
      // The page that everybody asks for first.
      const isNewest = fromEnd && before > head.lastSeq;
      const newest = isNewest ? await deps.contexts.newest(head.id, { limit, publicOnly }) : undefined;
      const read =
        newest ??
        store.messages(head.id, {
          limit,
          publicOnly,
          fromEnd,
          ...(after === undefined ? {} : { after }),
          ...(before === undefined ? {} : { before }),
        });
      const items = await read;
      const edge = fromEnd ? items[0]?.seq : items.at(-1)?.seq;
      return { items: items as never[], nextCursor: items.length < limit || edge === undefined ? null : String(edge) };
    },
  );

  app.post(
    '/api/v1/conversations/:id/messages',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          clientId: Type.String({ minLength: 1, maxLength: 128 }),
          content: Content,
          private: Type.Optional(Type.Boolean()),
        }),
        response: { 200: Message, 201: Message, ...problems },
      },
    },
    async (request, reply) => {
      const who = await auth.either(request);
      const { clientId } = request.body;
      const content = parseContent(request.body.content);
      const head = await conversations.head(request.params.id);
      if ('visitor' in who && head.contactId !== who.visitor.contactId) {
        throw new Refusal('not-found', 'There is no such conversation.');
      }
      const sent =
        'visitor' in who
          ? await conversations.fromVisitor({ ...who.visitor, clientId, content })
          : await conversations.fromAgent({
              author: { id: who.agent.agent.id, name: who.agent.agent.name },
              conversationId: head.id,
              clientId,
              content,
              private: request.body.private === true,
            });
      reply.status(sent.duplicate ? 200 : 201);
      return JSON.parse(sent.messageJson);
    },
  );

  app.post(
    '/api/v1/conversations/:id/messages/:seq/resend',
    {
      schema: {
        params: Type.Object({ ...IdParams.properties, seq: Type.Integer({ minimum: 1 }) }),
        response: { 200: Message, ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const resent = await deps.outboxStore.resend(request.params.id, request.params.seq, deps.now());
      if (resent === undefined)
        throw new Refusal('conflict', 'Only a message that failed, or whose fate is unknown, can be sent again.');
      conversations.announceChange(resent);
      deps.outbox.wake(resent.channelId);
      return resent.message as never;
    },
  );

  app.post(
    '/api/v1/conversations/:id/read',
    {
      schema: {
        params: IdParams,
        body: Type.Object({ seq: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      const { agent } = await auth.agent(request);
      const head = await conversations.head(request.params.id);
      // Whoever only listens leaves no trace.
      if (!isListener(head, agent.id)) await conversations.markRead(head.id, 'agent', request.body.seq);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/contacts/:id',
    { schema: { params: IdParams, response: { 200: Contact, ...problems } } },
    async (request) => {
      await auth.agent(request);
      const contact = await store.contact(request.params.id);
      if (contact === undefined) throw new Refusal('not-found', 'There is no such contact.');
      return contact;
    },
  );

  app.patch(
    '/api/v1/contacts/:id',
    {
      schema: {
        params: IdParams,
        body: Type.Object({
          name: Type.Optional(Name),
          email: Type.Optional(
            Type.Union([Type.String({ maxLength: 320, pattern: '^[^\\s@]+@[^\\s@]+$' }), Type.Null()]),
          ),
          phone: Type.Optional(Type.Union([Type.String({ maxLength: 64 }), Type.Null()])),
          attributes: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 2_000 }))),
        }),
        response: { 200: Contact, ...problems },
      },
    },
    async (request) => {
      const { agent } = await auth.agent(request);
      const { vip } = request.body.attributes ?? {};
      // It puts a customer before others.
      if (vip !== undefined && !isSupervisor(agent)) {
        const known = await store.contact(request.params.id);
        if (known !== undefined && vip !== known.attributes.vip) {
          throw new Refusal('forbidden', 'attributes.vip: only supervisors and administrators say who is a VIP.', {
            field: 'attributes.vip',
          });
        }
      }
      return conversations.patchContact(request.params.id, request.body);
    },
  );

  app.get(
    '/api/v1/contacts/:id/conversations',
    {
      schema: {
        params: IdParams,
        querystring: Type.Object(PageQuery),
        response: { 200: page(Conversation), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { cursor, limit = 50 } = request.query;
      return store.list({ contactId: request.params.id }, { limit, ...(cursor === undefined ? {} : { cursor }) });
    },
  );

  fileRoutes(app, deps);
}

/** Only these are shown in a page of ours; all else is a download: an uploaded page must not run as one of ours. */
const shownInline = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+)$/;

function fileRoutes(app: App, deps: ConversationRoutesDeps): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Before its bytes are taken into memory.
    scope.addHook('onRequest', async (request) => {
      await deps.auth.either(request);
    });
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: maxFileBytes }, (_, body, done) =>
      done(null, body),
    );
    (scope as unknown as App).post(
      '/api/v1/files',
      {
        schema: {
          querystring: Type.Object({ name: Type.Optional(Type.String({ maxLength: 1_000 })) }),
          response: { 201: Media, ...problems },
        },
      },
      async (request, reply) => {
        const who = await deps.auth.either(request);
        const bytes = request.body;
        if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0)
          throw new Refusal('bad-request', 'The body is empty: send the bytes of the file.');
        const kept = await deps.files.keep({
          bytes,
          name: request.query.name ?? 'file',
          mimeType: request.headers['content-type'] ?? 'application/octet-stream',
          owner: 'agent' in who ? `agent:${who.agent.agent.id}` : `contact:${who.visitor.contactId}`,
        });
        reply.status(201);
        return kept;
      },
    );
  });

  app.get(
    '/files/:id/:signature/:name',
    {
      schema: { hide: true, params: Type.Object({ id: Type.String(), signature: Type.String(), name: Type.String() }) },
    },
    async (request, reply) => {
      const file = await deps.files.find(request.params.id, request.params.signature);
      const disposition = shownInline.test(file.mimeType) ? 'inline' : 'attachment';
      reply.headers({
        'content-type': file.mimeType,
        'content-disposition': `${disposition}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
        'cache-control': 'private, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox",
        // The chat lies in pages of other origins, and shows pictures there.
        'cross-origin-resource-policy': 'cross-origin',
        'accept-ranges': 'bytes',
      });
      const range = rangeOf(request.headers.range, file.sizeBytes);
      if (range === undefined) return reply.header('content-length', file.sizeBytes).send(deps.files.stream(file));
      reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`);
      return reply.header('content-length', range.end - range.start + 1).send(deps.files.stream(file, range));
    },
  );
}

/** One range, as players ask for it; anything else gets the whole. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '') return undefined;
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(size - 1, Number(to));
  return start <= end ? { start, end } : undefined;
}
