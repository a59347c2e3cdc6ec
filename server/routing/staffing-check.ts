import { groupWithDefaults } from '@parley/sdk/routing-document.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { drawArrivals } from './simulation/arrivals.ts';
import { createCoreRouter } from './simulation/core-router.ts';
import { waitOf } from './simulation/measures.ts';
import { type Duration, drawDuration, Random } from './simulation/random.ts';
import { type Outcome, simulate } from './simulation/simulate.ts';
import { type Interval, pairedRatio } from './simulation/statistics.ts';
import { type Customer, type PresenceChange, plainConduct, type Worker, type Workload } from './simulation/workload.ts';
import { type HalfHourStaffing, halfHourMs, type StaffingInput, staffing } from './staffing.ts';

/** A plan after the simulation has looked at it. */
export interface CheckedPlan {
  readonly halfHours: readonly CheckedHalfHour[];
  /** Of the whole time; undefined: it was not simulated. */
  readonly simulated: Simulated | undefined;
}

export interface Simulated {
  readonly answeredInTime: Interval;
  readonly abandonment: Interval;
  readonly meanWaitMs: Interval;
  readonly occupancy: number;
  /** Days that were simulated for the last look. */
  readonly days: number;
}

export interface CheckedHalfHour {
  readonly arrivals: number;
  /** By theory alone. */
  readonly byErlang: HalfHourStaffing;
  /** After the simulation: more where theory was too hopeful. */
  readonly agents: number;
  /** Simulated, of those who come in this half hour; undefined: nobody did, or nothing was simulated. */
  readonly answeredInTime: Interval | undefined;
}

export interface CheckOptions {
  /** Simulated days; 0: theory alone. */
  readonly days?: number;
  readonly firstSeed?: number;
  /** The distribution of handling times; absent: exponential, as theory has it. */
  readonly handling?: Duration;
  /** How often a half hour below the target gets one more agent; 0: the plan is only looked at. */
  readonly repairs?: number;
}

/**
 * Looks at a plan with the simulation, which runs the dispatcher's own code over days that rise and fall as stated, and adds
 * an agent wherever too few are answered in time, until none is or the repairs are used up. An agent who goes home brings to
 * an end what they have.
 */
export function checkStaffing(input: StaffingInput, options: CheckOptions = {}): CheckedPlan {
  const { days = 40, repairs = 12 } = options;
  const byErlang = staffing(input);
  let agents = byErlang.map((half) => half.agents);
  let seen = look(input, agents, options, days);
  for (let round = 0; round < repairs && days > 0; round += 1) {
    const short = seen.perHalfHour.map((share) => share !== undefined && share.mean < input.target.share);
    if (!short.includes(true)) break;
    agents = agents.map((count, i) => (short[i] === true ? count + 1 : count));
    seen = look(input, agents, options, days);
  }
  const halfHours = byErlang.map((half, i) => ({
    arrivals: half.arrivals,
    byErlang: half,
    agents: agents[i] as number,
    answeredInTime: seen.perHalfHour[i],
  }));
  const { answeredInTime, abandonment, meanWaitMs, occupancy } = seen;
  return {
    halfHours,
    simulated: days === 0 ? undefined : { answeredInTime, abandonment, meanWaitMs, occupancy, days },
  };
}

/** Simulates days with so many agents in each half hour. */
function look(input: StaffingInput, agents: readonly number[], options: CheckOptions, days: number) {
  const perDay = Array.from({ length: days }, (_, i) => {
    const workload = dayOf(input, agents, (options.firstSeed ?? 1) + i, options.handling);
    const { outcomes, workers } = simulate(workload, createCoreRouter(workload.config), { seed: i });
    return { outcomes, used: workers.reduce((sum, { workUnitMs }) => sum + workUnitMs, 0) };
  });
  const inTime = ({ answeredAt, customer }: Outcome) => (answeredAt ?? Infinity) - customer.at <= input.target.withinMs;
  const all = perDay.map(({ outcomes }) => outcomes);
  const halves = perDay.map(({ outcomes }) =>
    Map.groupBy(outcomes, ({ customer }) => Math.floor(customer.at / halfHourMs)),
  );
  const there = agents.reduce((sum, count) => sum + count, 0) * halfHourMs * input.concurrency * 100 * days;
  return {
    perHalfHour: agents.map((_, i) => {
      const inHalf = halves.map((byHalf) => byHalf.get(i) ?? []);
      return inHalf.every((outcomes) => outcomes.length === 0) ? undefined : perCustomer(inHalf, inTime);
    }),
    answeredInTime: perCustomer(all, inTime),
    abandonment: perCustomer(all, ({ abandonedAt }) => abandonedAt !== undefined),
    meanWaitMs: perCustomer(all, (outcome) => waitOf(outcome) ?? 0),
    occupancy: there === 0 ? 0 : perDay.reduce((sum, { used }) => sum + used, 0) / there,
  };
}

/** A mean over all customers of all days; its interval is that of a ratio, as the days have not equally many. */
function perCustomer(days: readonly (readonly Outcome[])[], value: (outcome: Outcome) => number | boolean): Interval {
  const sums = days.map((outcomes) => outcomes.reduce((sum, outcome) => sum + Number(value(outcome)), 0));
  return pairedRatio(
    sums,
    days.map((outcomes) => outcomes.length),
  );
}

function dayOf(input: StaffingInput, agents: readonly number[], seed: number, handling?: Duration): Workload {
  const { perHalfHour, handlingMs, patienceMs, concurrency } = input;
  const lengthMs = perHalfHour.length * halfHourMs;
  const [patienceOf, handlingOf] = [new Random(seed, 2), new Random(seed, 3)];
  const duration = handling ?? { kind: 'exponential', meanMs: handlingMs };
  const customers = drawArrivals(new Random(seed, 1), { kind: 'by-half-hour', perHalfHour }, lengthMs).map(
    (at, i): Customer => ({
      id: `c${i}`,
      contactId: `c${i}`,
      at,
      groupId: 'planned',
      channelId: 'any',
      channelType: 'any',
      language: null,
      minLevel: 1,
      priority: 'normal',
      vip: false,
      patienceMs: patienceMs === null ? Infinity : patienceOf.exponential(patienceMs),
      handlingMs: drawDuration(handlingOf, duration),
    }),
  );
  const workers = workersOf(agents, concurrency);
  const members = workers.map(({ id }) => ({ agentId: id, level: 3 }));
  const group = groupWithDefaults({ id: 'planned', name: 'Planned', policy: 'longest-idle', members });
  const config = { ...defaultRoutingConfig, groups: [group] };
  return { from: 0, countFrom: 0, to: lengthMs, customers, workers, config, conduct: plainConduct };
}

/** The n-th agent is there whenever at least n are. */
function workersOf(agents: readonly number[], capacity: number): Worker[] {
  const most = Math.max(0, ...agents);
  return Array.from({ length: most }, (_, n) => {
    const presence = agents.flatMap((count, i): PresenceChange[] => {
      const [before, now] = [(agents[i - 1] ?? 0) > n, count > n];
      return before === now ? [] : [{ at: i * halfHourMs, presence: now ? 'online' : 'offline' }];
    });
    return { id: `a${n}`, name: `a${n}`, capacity, presence, outages: [] };
  });
}
