import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { unitsPerConversation } from '../routing-config.ts';
import { slaPolicyFor } from '../sla/sla-policies.ts';
import { alwaysOpen, createWorkingHours, type WorkingHours } from '../working-hours.ts';
import type { Outcome, Run, WorkerOutcome } from './simulate.ts';
import { gini, meanOf, percentile, variation } from './statistics.ts';
import type { Workload } from './workload.ts';

/** What a run comes to. Shares are of all customers who came in the time that is counted. */
export interface Measures {
  readonly customers: number;
  /** Until an agent began who can help, or the customer gave up. */
  readonly meanWaitMs: number;
  readonly medianWaitMs: number;
  readonly p90WaitMs: number;
  readonly p99WaitMs: number;
  /** Answered within the stated time. */
  readonly answeredInTime: number;
  readonly abandonment: number;
  /** Used part of the capacity of those who were there. */
  readonly occupancy: number;
  /** Of the work per hour of equal agents: 0, all alike; undefined: no two are equal. */
  readonly gini: number | undefined;
  /** Of conversations begun per hour online, among equal agents: standard deviation by mean. */
  readonly assignmentSpread: number | undefined;
  /** Conversations per 100 customers. */
  readonly requeuesPer100: number;
  readonly missedPer100: number;
  readonly transfersPer100: number;
  /** First answers within the target of the configuration's policies, of those that have one; undefined: none has. */
  readonly slaMet: number | undefined;
  /** Agents who were given more than their capacity at once. */
  readonly overCapacity: number;
  /** Customers who were told a range for the wait, per 100. */
  readonly toldPer100: number;
  /** Of those the part whose wait lay within it; undefined: nobody was told anything. */
  readonly toldRight: number | undefined;
}

export interface MeasureOptions {
  /** "Answered in time": 20 s where nothing else is said. */
  readonly withinMs?: number;
}

/** How long a customer waited, also again for the agent in the place of one who vanished. A deflected one waited until then: it is not known, and not counted. */
export function waitOf({ customer, answeredAt, abandonedAt, waitedAgainMs }: Outcome): number | undefined {
  const end = answeredAt ?? abandonedAt;
  return end === undefined ? undefined : end - customer.at + waitedAgainMs;
}

export function measure(workload: Workload, run: Run, options: MeasureOptions = {}): Measures {
  const { withinMs = 20_000 } = options;
  const outcomes = run.outcomes.filter(({ customer }) => customer.at >= workload.countFrom);
  const waits = Float64Array.from(outcomes.flatMap((outcome) => waitOf(outcome) ?? [])).sort();
  const share = (test: (outcome: Outcome) => boolean) =>
    outcomes.length === 0 ? 0 : outcomes.filter(test).length / outcomes.length;
  const per100 = (count: (outcome: Outcome) => number) => 100 * meanOf(outcomes.map(count));
  return {
    customers: outcomes.length,
    meanWaitMs: meanOf([...waits]),
    medianWaitMs: percentile(waits, 0.5),
    p90WaitMs: percentile(waits, 0.9),
    p99WaitMs: percentile(waits, 0.99),
    answeredInTime: share(({ answeredAt, customer }) => (answeredAt ?? Infinity) - customer.at <= withinMs),
    abandonment: share(({ abandonedAt }) => abandonedAt !== undefined),
    occupancy: occupancyOf(run.workers),
    gini: unevenness(run.workers, workload.config, ({ workUnitMs }) => workUnitMs, gini),
    assignmentSpread: unevenness(run.workers, workload.config, ({ answered }) => answered, variation),
    requeuesPer100: per100(({ requeues }) => requeues),
    missedPer100: per100(({ missed }) => missed),
    transfersPer100: per100(({ transfers }) => transfers),
    slaMet: slaMet(outcomes, workload.config),
    overCapacity: run.workers.filter(({ mostUnits, worker }) => mostUnits > worker.capacity * unitsPerConversation)
      .length,
    toldPer100: per100(({ told }) => (told === undefined ? 0 : 1)),
    toldRight: toldRight(outcomes),
  };
}

/** Who gave up within the range might have been answered within it: nobody knows, and they are not counted. */
function toldRight(outcomes: readonly Pick<Outcome, 'told' | 'answeredAt' | 'abandonedAt'>[]): number | undefined {
  const right = outcomes.flatMap(({ told, answeredAt, abandonedAt }) => {
    const end = answeredAt ?? abandonedAt;
    if (told === undefined || end === undefined) return [];
    const tookMs = end - told.at;
    if (answeredAt === undefined && tookMs <= told.highMs) return [];
    return tookMs >= told.lowMs && tookMs <= told.highMs;
  });
  return right.length === 0 ? undefined : right.filter(Boolean).length / right.length;
}

/** Used capacity over capacity that was there. */
export function occupancyOf(workers: readonly WorkerOutcome[]): number {
  const used = workers.reduce((sum, { workUnitMs }) => sum + workUnitMs, 0);
  const there = workers.reduce(
    (sum, { worker, onlineMs }) => sum + worker.capacity * unitsPerConversation * onlineMs,
    0,
  );
  return there === 0 ? 0 : used / there;
}

/** How uneven something is per hour online among agents who can do the same at the same times, each such set by its size. */
function unevenness(
  workers: readonly WorkerOutcome[],
  config: RoutingConfig,
  of: (worker: WorkerOutcome) => number,
  how: (values: readonly number[]) => number,
): number | undefined {
  const sets = Map.groupBy(
    workers.filter(({ onlineMs }) => onlineMs > 0),
    ({ worker }) => equality(worker, config),
  );
  const parts = [...sets.values()].filter((set) => set.length > 1);
  const total = parts.reduce((sum, set) => sum + set.length, 0);
  if (total === 0) return undefined;
  return parts.reduce((sum, set) => sum + (how(set.map((one) => of(one) / one.onlineMs)) * set.length) / total, 0);
}

function equality(worker: WorkerOutcome['worker'], { groups, agents }: RoutingConfig): string {
  const levels = groups.map(({ members }) => members.find(({ agentId }) => agentId === worker.id)?.level ?? 0);
  return JSON.stringify([worker.capacity, levels, agents[worker.id] ?? null, worker.presence]);
}

/**
 * @returns the share of first answers that came within their target, in working hours; one that nobody gave is none, also
 * where the customer gave up before the target was over
 */
export function slaMet(
  outcomes: readonly Pick<Outcome, 'customer' | 'answeredAt'>[],
  config: RoutingConfig,
): number | undefined {
  const hours = new Map<string, WorkingHours>(config.schedules.map((one) => [one.id, createWorkingHours(one)]));
  const kept = outcomes.flatMap(({ customer, answeredAt }) => {
    const policy = slaPolicyFor(config.sla, customer);
    if (policy?.firstAnswerMs === undefined) return [];
    const clock = hours.get(policy.scheduleId ?? '') ?? alwaysOpen;
    return (
      answeredAt !== undefined &&
      clock.openMsBetween(customer.at, answeredAt + (customer.typingMs ?? 0)) <= policy.firstAnswerMs
    );
  });
  return kept.length === 0 ? undefined : kept.filter(Boolean).length / kept.length;
}
