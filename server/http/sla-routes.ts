import { priorities, slaTargets } from '@parley/sdk/protocol.ts';
import Type from 'typebox';
import { Refusal } from '../gateway/refusal.ts';
import type { ResultPlace, SlaStore } from '../routing/sla/sla-store.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { PageQuery, page, problems } from './schemas.ts';

export interface SlaRoutesDeps {
  readonly auth: RequestAuth;
  readonly store: Pick<SlaStore, 'summary' | 'results'>;
  readonly now: () => number;
}

/** "Soon" is within a quarter of an hour. */
const soonMs = 15 * 60_000;
const dayMs = 24 * 3_600_000;

const Share = Type.Object({ met: Type.Integer(), breached: Type.Integer() });
const Summary = Type.Object({
  at: Type.Integer(),
  items: Type.Array(
    Type.Object({
      groupId: Type.String(),
      running: Type.Integer({ description: 'Conversations whose first clock is not over; counted up to 10,000.' }),
      dueSoon: Type.Integer({ description: 'Of those, whose ends within 15 minutes.' }),
      overdue: Type.Integer({ description: 'Conversations in which something is late now.' }),
      today: Share,
      week: Share,
    }),
  ),
});
const Result = Type.Object({
  conversationId: Type.String(),
  target: Type.Enum([...slaTargets]),
  n: Type.Integer({ description: '1, 2, … of this target in the conversation.' }),
  outcome: Type.Enum(['met', 'breached']),
  at: Type.Integer({ description: 'When it was met, or its time was over.' }),
  policyId: Type.String(),
  groupId: Type.String(),
  priority: Type.Enum([...priorities]),
  agentId: Type.Union([Type.String(), Type.Null()], { description: 'Who had the conversation then.' }),
  tookMs: Type.Union([Type.Integer(), Type.Null()], { description: 'Working time; null: it is not done.' }),
  lateMs: Type.Union([Type.Integer(), Type.Null()]),
});

/** Service levels: how they stand, and what became of each target. */
export function slaRoutes(app: App, { auth, store, now }: SlaRoutesDeps): void {
  app.get(
    '/api/v1/sla/summary',
    {
      schema: {
        description: 'How the targets of each group stand. Days are counted by the half hour.',
        querystring: Type.Object({
          dayBegan: Type.Optional(
            Type.Integer({ minimum: 0, description: 'When "today" began, epoch milliseconds; absent: 24 hours ago.' }),
          ),
        }),
        response: { 200: Summary, ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const at = now();
      const { dayBegan = at - dayMs } = request.query;
      const totals = await store.summary({ now: at, soonMs, since: [dayBegan, dayBegan - 6 * dayMs] });
      const none = { met: 0, breached: 0 };
      return {
        at,
        items: totals.map(({ since: [today = none, week = none], ...rest }) => ({ ...rest, today, week })),
      };
    },
  );

  app.get(
    '/api/v1/sla/results',
    {
      schema: {
        description:
          'Targets that were breached, or met, newest first. Later answers that were in time are only counted.',
        querystring: Type.Object({ ...PageQuery, outcome: Type.Optional(Type.Enum(['met', 'breached'])) }),
        response: { 200: page(Result), ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { cursor, outcome = 'breached', limit = 50 } = request.query;
      const before = cursor === undefined ? {} : { before: placeOf(cursor) };
      const items = await store.results({ outcome, limit, ...before });
      const last = items.length < limit ? undefined : items.at(-1);
      return { items, nextCursor: last === undefined ? null : cursorOf(last) } as never;
    },
  );
}

function cursorOf({ at, conversationId, target, n }: ResultPlace): string {
  return Buffer.from(`${at}:${conversationId}:${target}:${n}`).toString('base64url');
}

/** @throws Refusal `cursor-invalid` */
function placeOf(cursor: string): ResultPlace {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, at, conversationId, target, n] = /^(\d{1,15}):(\d{1,15}):([a-z-]{1,16}):(\d{1,9})$/.exec(text) ?? [];
  if (conversationId !== undefined && target !== undefined) {
    return { at: Number(at), conversationId, target, n: Number(n) };
  }
  throw new Refusal('cursor-invalid', 'cursor: this is not one that a list of ours gave; begin again without it.', {
    field: 'cursor',
  });
}
