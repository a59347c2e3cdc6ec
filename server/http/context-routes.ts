import Type from 'typebox';
import type { Contexts } from '../conversation/contexts.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { Orders } from '../conversation/orders/orders.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IntentLabel } from './intent-label-routes.ts';
import { Contact, Conversation, IdParams, Message, problems } from './schemas.ts';

const Said = Type.Object({ seq: Type.Integer(), at: Type.Integer(), text: Type.String() });
const OrdersShape = Type.Object({
  state: Type.Enum(['off', 'none-to-ask-for', 'loading', 'ready', 'failed']),
  at: Type.Optional(Type.Integer({ description: 'When they were read.' })),
  why: Type.Optional(Type.String({ description: 'Why the last look failed.' })),
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      title: Type.Optional(Type.String()),
      status: Type.Optional(Type.String()),
      url: Type.Optional(Type.String()),
      fields: Type.Record(Type.String(), Type.String()),
    }),
  ),
});
const Known = Type.Object({
  language: Type.Optional(Type.String({ description: 'What the customer writes in: a BCP 47 tag.' })),
  page: Type.Optional(Type.String({ description: 'Where the customer was last.' })),
  entities: Type.Array(
    Type.Object({
      ...{ type: Type.String(), text: Type.String(), value: Type.String(), unit: Type.Optional(Type.String()) },
      ...{ seq: Type.Integer(), at: Type.Integer() },
      from: Type.Optional(Type.String({ description: 'The former conversation in which it was said.' })),
    }),
    { description: 'Values that the customer named, the newest first.' },
  ),
  intents: Type.Array(
    Type.Object({
      ...{ intent: Type.String(), confidence: Type.Number(), seq: Type.Integer(), at: Type.Integer() },
      label: Type.Optional(IntentLabel),
    }),
    { description: 'What messages are recognised as; `label`: which intent it was, as an agent said.' },
  ),
  openQuestions: Type.Array(Said, { description: 'Not answered yet.' }),
  summary: Type.Object({
    firstQuestion: Type.Optional(Said),
    exchanges: Type.Array(Type.Object({ question: Said, answer: Said, by: Type.Enum(['agent', 'bot']) })),
  }),
  former: Type.Array(
    Type.Object({
      ...{ conversationId: Type.String(), channelType: Type.String(), at: Type.Integer() },
      firstQuestion: Type.Optional(Type.String()),
      openQuestions: Type.Array(Type.String()),
    }),
    { description: "The contact's former conversations, on whichever channel, the latest first." },
  ),
  orders: OrdersShape,
});
const Identity = Type.Object(
  {
    at: Type.Integer(),
    until: Type.Integer({ description: 'So long it counts.' }),
    address: Type.String({ description: 'To which the code went, masked.' }),
  },
  { description: 'The customer has proved by a one-time code who they are; null: they have not, or it is over.' },
);
const Settings = {
  enabled: Type.Boolean(),
  url: Type.String({
    maxLength: 1_000,
    description: 'For example `https://shop.example/orders?contact={externalId}`.',
  }),
  headerName: Type.String({ maxLength: 60 }),
};
const ShownSettings = Type.Object({ ...Settings, headerValue: Type.Object({ set: Type.Boolean() }) });

/** What is known of a conversation, and the shop's orders in it. */
export function contextRoutes(
  app: App,
  deps: {
    readonly auth: RequestAuth;
    readonly contexts: Contexts;
    readonly orders: Orders;
    readonly store: Pick<ConversationStore, 'get' | 'contact'>;
    readonly identityOf: (
      conversationId: string,
    ) => Promise<{ readonly at: number; readonly until: number; readonly shown: string } | undefined>;
  },
): void {
  const { auth, contexts, orders, store, identityOf } = deps;

  app.get(
    '/api/v1/conversations/:id/context',
    {
      schema: {
        description: 'What agent and bot know of a conversation when they answer.',
        params: IdParams,
        response: {
          200: Type.Object({
            conversation: Conversation,
            contact: Contact,
            messages: Type.Array(Message),
            known: Known,
            identity: Type.Union([Identity, Type.Null()]),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      const context = await contexts.contextOf(request.params.id);
      if (context === undefined) throw new Refusal('not-found', 'There is no such conversation.');
      const check = await identityOf(request.params.id);
      const identity = check === undefined ? null : { at: check.at, until: check.until, address: check.shown };
      return { ...context, identity } as never;
    },
  );

  app.get(
    '/api/v1/conversations/:id/orders',
    {
      schema: {
        description: "The contact's orders from the shop's server; waits for it, 3 seconds at the most.",
        params: IdParams,
        response: { 200: OrdersShape, ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const conversation = await store.get(request.params.id);
      const contact = conversation && (await store.contact(conversation.contact.id));
      if (conversation === undefined || contact === undefined) {
        throw new Refusal('not-found', 'There is no such conversation.');
      }
      return orders.ask({ conversation, contact });
    },
  );

  app.get(
    '/api/v1/integrations/orders',
    {
      schema: {
        description: 'How orders are asked for. For administrators.',
        response: { 200: ShownSettings, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return orders.settings();
    },
  );

  app.patch(
    '/api/v1/integrations/orders',
    {
      schema: {
        description: 'Changes how orders are asked for. For administrators.',
        body: Type.Object({
          ...Type.Partial(Type.Object(Settings)).properties,
          headerValue: Type.Optional(
            Type.String({ maxLength: 2_000, description: 'Write-only; empty: none from now on.' }),
          ),
        }),
        response: { 200: ShownSettings, ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      return orders.change(request.body);
    },
  );
}
