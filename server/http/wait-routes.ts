import { type FormContent, type WaitOffer, waitOffers } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Visitor } from '../identity/visitors.ts';
import type { RoutingAnswer, RoutingQuestion } from '../routing/ask-dispatcher.ts';
import type { CallBackRow } from '../routing/call-back-store.ts';
import type { CallBacks, LaterRequest } from '../routing/call-backs.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { laterForm } from './later-form.ts';
import { IdParams, problems } from './schemas.ts';

const Offer = Type.Enum([...waitOffers] as [WaitOffer, WaitOffer]);
const Wait = Type.Object(
  {
    position: Type.Union([Type.Integer(), Type.Null()], { description: '1 is next; null: not known yet.' }),
    atLeast: Type.Boolean({ description: 'At least so many stand there.' }),
    estimate: Type.Union([Type.Object({ lowMs: Type.Number(), highMs: Type.Number() }), Type.Null()]),
    movedOn: Type.Boolean(),
    offers: Type.Array(Offer),
  },
  { description: 'What a customer who waits is told.' },
);
const ClientId = Type.String({ minLength: 1, maxLength: 64, description: 'The same again has the effect of once.' });
const Locale = Type.Optional(Type.Enum(['en', 'zh-CN']));
const details = {
  clientId: ClientId,
  name: Type.Optional(Type.String({ maxLength: 200 })),
  phone: Type.Optional(Type.String({ maxLength: 64 })),
  note: Type.Optional(Type.String({ maxLength: 4_000 })),
  keepPlace: Type.Optional(Type.Boolean({ description: 'Goes on waiting as well.' })),
  locale: Locale,
};
const Promised = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['call-back', 'message']),
  dueAt: Type.Integer(),
  state: Type.String(),
});

/** What a visitor who waits is told, and what they can choose instead. */
export function waitRoutes(
  app: App,
  deps: {
    auth: RequestAuth;
    store: Pick<ConversationStore, 'currentConversation'>;
    /** Whether the conversation waits. */
    isQueued: (conversationId: string) => Promise<boolean>;
    ask: (question: RoutingQuestion) => Promise<RoutingAnswer>;
    callBacks: CallBacks;
  },
): void {
  const { auth, callBacks } = deps;

  app.get(
    '/api/v1/visitor/wait',
    {
      schema: {
        description: 'Where you stand in the queue; null when you do not wait. `wait.updated` tells of changes.',
        response: {
          200: Type.Object({
            conversationId: Type.Union([Type.String(), Type.Null()]),
            wait: Type.Union([Wait, Type.Null()]),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      const conversationId = await currentOf(await auth.visitor(request));
      if (conversationId === undefined || !(await deps.isQueued(conversationId))) {
        return { conversationId: conversationId ?? null, wait: null };
      }
      const answer = await deps.ask({ kind: 'waits', ids: [conversationId] });
      const [seen] = answer.kind === 'waits' ? answer.waits : [];
      const { conversationId: _, ...notice } = seen ?? { ...unknown, conversationId };
      return { conversationId, wait: { ...notice, offers: [...notice.offers] } };
    },
  );

  app.post(
    '/api/v1/visitor/wait/message',
    {
      schema: {
        description: 'You leave a message with an address to be answered at, as was offered.',
        body: Type.Object({ ...details, email: Type.Optional(Type.String({ maxLength: 320 })) }),
        response: { 201: Promised, ...problems },
      },
    },
    async (request, reply) => {
      reply.status(201);
      return requested(await auth.visitor(request), 'message-form', request.body);
    },
  );

  app.post(
    '/api/v1/visitor/wait/call-back',
    {
      schema: {
        description: 'You ask to be called back, as was offered.',
        body: Type.Object({
          ...details,
          at: Type.Optional(Type.Integer({ description: 'When; absent: as soon as somebody can.' })),
          atText: Type.Optional(
            Type.String({ maxLength: 100, description: 'The same in your words, for the timeline.' }),
          ),
        }),
        response: { 201: Promised, ...problems },
      },
    },
    async (request, reply) => {
      reply.status(201);
      return requested(await auth.visitor(request), 'call-back', request.body);
    },
  );

  app.post(
    '/api/v1/visitor/wait/decline',
    {
      schema: {
        description: 'You do not want what was offered, and go on waiting.',
        body: Type.Object({ offer: Offer }),
        response: { 204: Type.Null(), ...problems },
      },
    },
    async (request, reply) => {
      const conversationId = await ownConversation(await auth.visitor(request));
      await deps.ask({ kind: 'close-offer', conversationId, offer: request.body.offer, how: 'declined' });
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/visitor/call-backs',
    {
      schema: {
        description: 'What was promised to you in your conversation and is still to be done, newest first.',
        response: { 200: Type.Object({ items: Type.Array(Promised) }), ...problems },
      },
    },
    async (request) => {
      const visitor = await auth.visitor(request);
      const conversationId = await currentOf(visitor);
      const rows = conversationId === undefined ? [] : await callBacks.promised(conversationId, visitor.contactId);
      return { items: rows.map(promiseOf) };
    },
  );

  app.post(
    '/api/v1/visitor/call-backs/:id/cancel',
    {
      schema: {
        description: 'You do not want to be called back, or answered later, any more. Once more has no effect.',
        params: IdParams,
        response: { 200: Promised, ...problems },
      },
    },
    async (request) => {
      const { contactId } = await auth.visitor(request);
      return promiseOf(await callBacks.withdraw(request.params.id, contactId));
    },
  );

  async function requested(visitor: Visitor, offer: WaitOffer, body: Body) {
    const { keepPlace = false, locale = 'en', atText, ...given } = body;
    const form: FormContent = laterForm(offer, { ...given, ...(atText === undefined ? {} : { atText }) }, locale);
    const conversationId = await ownConversation(visitor);
    const row = await callBacks.request({
      ...(given as Omit<LaterRequest, 'form'>),
      offer,
      keepPlace,
      form,
      conversationId,
      contactId: visitor.contactId,
    });
    return promiseOf(row);
  }

  function currentOf({ contactId, channelId }: Visitor): Promise<string | undefined> {
    return deps.store.currentConversation(contactId, channelId, '');
  }

  async function ownConversation(visitor: Visitor): Promise<string> {
    const id = await currentOf(visitor);
    if (id === undefined) throw new Refusal('not-found', 'There is no conversation yet: the first message makes it.');
    return id;
  }
}

function promiseOf({ id, kind, dueAt, state }: CallBackRow) {
  return { id, kind, dueAt, state };
}

interface Body {
  readonly clientId: string;
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly note?: string;
  readonly keepPlace?: boolean;
  readonly locale?: 'en' | 'zh-CN';
  readonly at?: number;
  readonly atText?: string;
}

const unknown = { position: null, atLeast: false, estimate: null, movedOn: false, offers: [] };
