import { weekdays } from '@parley/sdk/routing-document.ts';
import Type from 'typebox';
import { isTimeZone } from '../base/zone-time.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { DayOfArrivals, MeasuredDays } from '../routing/arrivals-day.ts';
import { tableOf } from '../routing/staffing-plan.ts';
import type { StaffingPlanner } from '../routing/staffing-planner.ts';
import type { App } from './app.ts';
import type { RequestAuth } from './auth.ts';
import { problems } from './schemas.ts';

export interface StaffingRoutesDeps {
  readonly auth: RequestAuth;
  readonly planner: Pick<StaffingPlanner, 'plan'>;
  readonly measure: (days: MeasuredDays) => Promise<DayOfArrivals>;
  readonly now: () => number;
}

const dayMs = 24 * 3_600_000;
/** Customers that one look of the simulation lives through. */
const mostSimulated = 400_000;
/** Conversations under way at once: beyond them no centre was ever planned. */
const mostLoad = 50_000;

const Arrivals = Type.Union([
  Type.Object({
    kind: Type.Literal('stated'),
    perHalfHour: Type.Array(Type.Number({ minimum: 0, maximum: 100_000 }), { minItems: 1, maxItems: 336 }),
    start: Type.Optional(
      Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'HH:MM of the first one.' }),
    ),
  }),
  Type.Object({
    kind: Type.Literal('measured'),
    days: Type.Integer({ minimum: 1, maximum: 92, description: 'The last so many whole days.' }),
    weekdays: Type.Optional(Type.Array(Type.Enum([...weekdays]), { minItems: 1, maxItems: 7 })),
    timeZone: Type.Optional(Type.String({ maxLength: 64, description: "Absent: the server's." })),
  }),
]);

const Body = Type.Object({
  arrivals: Arrivals,
  handlingMs: Type.Integer({ minimum: 1_000, maximum: dayMs }),
  patienceMs: Type.Optional(Type.Union([Type.Integer({ minimum: 1_000, maximum: dayMs }), Type.Null()])),
  concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  variation: Type.Optional(Type.Number({ minimum: 0, maximum: 10 })),
  target: Type.Optional(
    Type.Object({
      share: Type.Number({ minimum: 0.01, maximum: 0.999 }),
      withinMs: Type.Integer({ minimum: 0, maximum: dayMs }),
    }),
  ),
  minAgents: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
  scale: Type.Optional(Type.Number({ minimum: 0.01, maximum: 100 })),
  days: Type.Optional(Type.Integer({ minimum: 0, maximum: 200, description: 'Simulated days; 0: theory alone.' })),
});

const open = Type.Object({}, { additionalProperties: true });
const Plan = Type.Object({
  source: Type.String(),
  meanOfDays: Type.Integer(),
  scale: Type.Number(),
  input: open,
  halfHours: Type.Array(
    Type.Object({
      time: Type.String(),
      arrivals: Type.Number(),
      agents: Type.Integer(),
      byErlang: open,
      simulated: Type.Union([open, Type.Null()]),
    }),
  ),
  agentHours: Type.Number(),
  simulated: Type.Union([open, Type.Null()]),
});

/** How many agents each half hour needs: what `parley staff` answers. */
export function staffingRoutes(app: App, deps: StaffingRoutesDeps): void {
  const { auth, planner } = deps;

  app.post(
    '/api/v1/staffing',
    {
      schema: {
        description: 'How many agents each half hour needs, by theory and by simulation: docs/staffing.md.',
        body: Body,
        response: { 200: Plan, ...problems },
      },
    },
    async (request) => {
      await auth.agent(request);
      const { arrivals, handlingMs, patienceMs = 300_000, concurrency = 1, variation = 1 } = request.body;
      const { target = { share: 0.95, withinMs: 20_000 }, minAgents = 0, scale = 1, days = 40 } = request.body;
      if (days === 1) throw refuse('days', 'say 0, or at least 2: one day says nothing of chance');
      const day = await arrivalsOf(arrivals);
      if (!day.perHalfHour.some((count) => count > 0)) throw refuse('arrivals', 'nobody comes, so nobody is needed');
      const perHalfHour = day.perHalfHour.map((count) => count * scale);
      const input = { perHalfHour, handlingMs, patienceMs, concurrency, target, minAgents };
      checkSize(perHalfHour, handlingMs, days);
      const handling =
        variation === 1 ? {} : { handling: { kind: 'lognormal', meanMs: handlingMs, variation } as const };
      const checked = await planner.plan(input, { days, ...handling });
      return tableOf({ day, input, checked, scale }) as never;
    },
  );

  async function arrivalsOf(given: Given): Promise<DayOfArrivals> {
    if (given.kind === 'stated') {
      const [hours = 0, minutes = 0] = (given.start ?? '00:00').split(':').map(Number);
      return { source: 'stated', startMinute: 60 * hours + minutes, perHalfHour: given.perHalfHour, days: 1 };
    }
    const { timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone, days } = given;
    if (!isTimeZone(timeZone)) throw refuse('arrivals.timeZone', 'expected a name such as Europe/Berlin');
    const wanted = weekdays.filter((weekday) => given.weekdays?.includes(weekday) ?? true);
    const day = await deps.measure({ days, weekdays: wanted, timeZone, now: deps.now() });
    if (day.days === 0) throw refuse('arrivals.weekdays', `none of the last ${days} days is one of them`);
    return day;
  }
}

type Given =
  | { kind: 'stated'; perHalfHour: number[]; start?: string }
  | { kind: 'measured'; days: number; weekdays?: (typeof weekdays)[number][]; timeZone?: string };

function refuse(field: string, what: string): Refusal {
  return new Refusal('bad-request', `${field}: ${what}.`, { field });
}

/** What would take minutes is refused before it begins. */
function checkSize(perHalfHour: readonly number[], handlingMs: number, days: number): void {
  const perDay = perHalfHour.reduce((sum, count) => sum + count, 0);
  const load = (Math.max(...perHalfHour) * 2 * handlingMs) / 3_600_000;
  if (load > mostLoad) {
    throw refuse(
      'arrivals',
      `more than ${mostLoad} conversations would be under way at once: look at the handling time`,
    );
  }
  if (perDay * days > mostSimulated) {
    const fewer = Math.floor(mostSimulated / perDay);
    throw refuse(
      'days',
      `${perDay.toFixed(0)} conversations a day: at most ${fewer < 2 ? 0 : fewer} days can be simulated`,
    );
  }
}
