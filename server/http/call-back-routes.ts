import { type CallBackState, callBackStates } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import { type CallBackStore, shownCallBack } from '../routing/call-back-store.ts';
import type { CallBackStep, CallBacks } from '../routing/call-backs.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { IdParams, PageQuery, page, problems } from './schemas.ts';

const orNull = (type: ReturnType<typeof Type.String>) => Type.Union([type, Type.Null()]);
const State = Type.Enum([...callBackStates] as [CallBackState, ...CallBackState[]]);
const CallBack = Type.Object({
  id: Type.String(),
  conversationId: Type.String(),
  contactId: Type.String(),
  kind: Type.Enum(['call-back', 'message'], { description: '`message`: to be answered in writing.' }),
  name: orNull(Type.String()),
  phone: orNull(Type.String()),
  email: orNull(Type.String()),
  note: orNull(Type.String()),
  dueAt: Type.Integer(),
  state: State,
  tries: Type.Integer({ description: 'Times that nobody answered.' }),
  agentId: orNull(Type.String()),
  createdAt: Type.Integer(),
  updatedAt: Type.Integer(),
});

/** Customers who are to be called back or answered later, for those who do it. */
export function callBackRoutes(
  app: App,
  deps: { auth: RequestAuth; store: CallBackStore; callBacks: CallBacks },
): void {
  const { auth, store, callBacks } = deps;

  app.get(
    '/api/v1/call-backs',
    {
      schema: {
        description: 'In the order in which they are due; those of one conversation newest first.',
        querystring: Type.Object({
          state: Type.Optional(State),
          conversationId: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          ...PageQuery,
        }),
        response: { 200: page(CallBack), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { conversationId, state = 'open', cursor, limit = 50 } = request.query;
      if (conversationId !== undefined)
        return { items: (await store.of(conversationId)).map(shownCallBack), nextCursor: null };
      const { items, nextCursor } = await store.list(state, { limit, ...(cursor === undefined ? {} : { cursor }) });
      return { items: items.map(shownCallBack), nextCursor };
    },
  );

  const steps: readonly (readonly [CallBackStep['kind'], string])[] = [
    ['take', 'You do it. A supervisor may take what another agent has taken.'],
    ['done', 'The customer was reached.'],
    [
      'no-answer',
      'Nobody answered: it is due again at `at`, or in half an hour; after the third time nobody tries again.',
    ],
    ['give-back', 'You do not do it after all.'],
    ['cancel', 'Nobody does it.'],
  ];
  for (const [kind, description] of steps) {
    app.post(
      `/api/v1/call-backs/:id/${kind}`,
      {
        schema: {
          description,
          params: IdParams,
          body: Type.Optional(
            Type.Union([Type.Object({ at: Type.Optional(Type.Integer({ minimum: 0 })) }), Type.Null()]),
          ),
          response: { 200: CallBack, ...problems },
        },
      },
      async (request) => {
        const { agent } = await auth.agent(request);
        const at = request.body?.at;
        const step = { kind, ...(at === undefined ? {} : { at }) } as CallBackStep;
        const by = { id: agent.id, name: agent.name, isSupervisor: agent.role !== 'agent' };
        return shownCallBack(await callBacks.step(request.params.id, step, by));
      },
    );
  }
}
