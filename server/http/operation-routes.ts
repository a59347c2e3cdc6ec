import type { ChannelHealth } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import type { OutboxStore } from '../conversation/outbox-store.ts';
import type { QueueRow } from '../gateway/embedded-queue.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { DeadLetter, IdParams, PageQuery, page, problems } from './schemas.ts';

/** The dead letters of the way in. */
export interface InboundDeadStore {
  dead(page: { after?: string; limit: number }): Promise<(QueueRow & { reason: string })[]>;
  removeDead(id: string): Promise<boolean>;
}

export interface OperationDeps {
  readonly auth: RequestAuth;
  readonly outboxStore: OutboxStore;
  readonly inbound: InboundDeadStore;
  /** Puts an inbound dead letter back into the queue; false when there is none. */
  readonly reviveInbound: (id: string) => Promise<boolean>;
  readonly resend: (conversationId: string, seq: number) => Promise<boolean>;
  /** What keeps us from serving, in words; empty when all is well. */
  readonly faults: () => string[];
  readonly renderMetrics: () => Promise<{ contentType: string; text: string }>;
  readonly channelLights: () => { id: string; name: string; health: ChannelHealth }[];
}

/** For those who run it: health, metrics, dead letters. */
export function operationRoutes(app: App, deps: OperationDeps): void {
  const { auth } = deps;

  app.get(
    '/healthz',
    { schema: { security: [], response: { 200: Type.Object({ status: Type.Literal('ok') }) } } },
    async () => ({ status: 'ok' as const }),
  );

  const Ready = Type.Object({ status: Type.Enum(['ok', 'unavailable']), faults: Type.Array(Type.String()) });
  app.get('/readyz', { schema: { security: [], response: { 200: Ready, 503: Ready } } }, async (_, reply) => {
    const faults = deps.faults();
    const status = faults.length === 0 ? ('ok' as const) : ('unavailable' as const);
    reply.status(faults.length === 0 ? 200 : 503);
    return { status, faults };
  });

  app.get('/metrics', { schema: { security: [], hide: true } }, async (_, reply) => {
    const { contentType, text } = await deps.renderMetrics();
    return reply.type(contentType).send(text);
  });

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  app.get(
    '/api/v1/dead-letters',
    {
      schema: {
        querystring: Type.Object({ ...PageQuery, kind: Type.Optional(Type.Enum(['inbound', 'outbound'])) }),
        response: { 200: page(DeadLetter), ...problems },
      },
    },
    async (request) => {
      await auth.admin(request);
      const { kind = 'outbound', cursor, limit = 50 } = request.query;
      const range = { limit, ...(cursor === undefined ? {} : { after: cursor }) };
      const items =
        kind === 'outbound'
          ? (await deps.outboxStore.dead(range)).map((letter) => ({ kind: 'outbound' as const, ...letter }))
          : (await deps.inbound.dead(range)).map((row) => ({
              id: row.id,
              kind: 'inbound' as const,
              channelId: row.channel_id,
              reason: row.reason,
              attempts: row.attempts,
              createdAt: row.enqueued_at,
            }));
      return { items, nextCursor: items.length < limit ? null : (items.at(-1)?.id ?? null) };
    },
  );

  app.post(
    '/api/v1/dead-letters/:id/retry',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      const { id } = request.params;
      const letter = await deps.outboxStore.deadById(id);
      const done =
        letter === undefined ? await deps.reviveInbound(id) : await deps.resend(letter.conversationId, letter.seq);
      if (!done) throw new Refusal('not-found', 'There is no such dead letter.');
      return reply.status(204).send(null);
    },
  );

  app.delete(
    '/api/v1/dead-letters/:id',
    { schema: { params: IdParams, response: { 204: Type.Null(), ...problems } } },
    async (request, reply) => {
      await auth.admin(request);
      const { id } = request.params;
      const removed = (await deps.outboxStore.removeDead(id)) || (await deps.inbound.removeDead(id));
      if (!removed) throw new Refusal('not-found', 'There is no such dead letter.');
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/health',
    {
      schema: {
        response: {
          200: Type.Object({
            faults: Type.Array(Type.String()),
            channels: Type.Array(
              Type.Object({
                id: Type.String(),
                name: Type.String(),
                health: Type.Object({ light: Type.String() }, { additionalProperties: true }),
              }),
            ),
          }),
          ...problems,
        },
      },
    },
    async (request) => {
      await auth.agent(request);
      return { faults: deps.faults(), channels: deps.channelLights() };
    },
  );
}
