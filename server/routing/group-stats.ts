import { absenceOf } from './eligibility.ts';
import { estimateOf } from './queue.ts';
import { timeThereAt, workAt } from './recent-work.ts';
import type { Agent, Group } from './routing-state.ts';
import type { WaitRange } from './wait-estimate.ts';

export interface GroupStats {
  readonly groupId: string;
  readonly waiting: number;
  readonly oldestMs: number;
  /** How long who comes now would wait. */
  readonly estimate: WaitRange | 'unknown';
  /** Members who are online. */
  readonly staffed: number;
  /** Hundredths of conversations that members who are online could still take. */
  readonly freeUnits: number;
  /** How much of what they can take together they have, 0 to 1; undefined: nobody is online. */
  readonly utilisation: number | undefined;
  /**
   * How unequal the work is that they were given for each hour online, of the last hours (half of its weight after four): its
   * standard deviation as a share of its mean, 0 where all had the same. Who has been there for less than half an hour is left
   * out, as one conversation more or less is much of that; undefined for fewer than two, or where nobody had any.
   */
  readonly workSpread: number | undefined;
  /** Conversations that left the queue for an agent, a minute, while somebody waited; undefined: too few to say. */
  readonly servicePerMinute: number | undefined;
  /** Customers who went while they waited, so far. */
  readonly abandoned: number;
  /** Of the last waits that something was told of: how many there are, and how many were within the range. */
  readonly told: { readonly of: number; readonly within: number };
}

const leastThereMs = 30 * 60_000;

/** Looks at every member and everything that waits: for who asks now and then. */
export function groupStats(group: Group, now: number): GroupStats {
  const rate = group.rate.at(now);
  const online = [...group.members.values()].flatMap(({ agent }) => (absenceOf(agent) === undefined ? [agent] : []));
  const freeUnits = sum(online.map((agent) => agent.freeUnits));
  const capacityUnits = sum(online.map((agent) => agent.capacityUnits));
  let oldestAt = now;
  for (const { facts } of group.waiting) oldestAt = Math.min(oldestAt, facts.enqueuedAt);
  return {
    groupId: group.config.id,
    waiting: group.waiting.size,
    oldestMs: now - oldestAt,
    estimate: estimateOf(group, group.waiting.size + 1, now),
    staffed: group.staffed,
    freeUnits,
    utilisation: capacityUnits === 0 ? undefined : (capacityUnits - freeUnits) / capacityUnits,
    workSpread: spreadOf(online.flatMap((agent) => paceOf(agent, now) ?? [])),
    servicePerMinute: rate && rate.perMs * 60_000,
    abandoned: group.abandoned,
    told: group.told.share,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Work given for each millisecond online; undefined: too short a time to tell. */
function paceOf({ recentWork, timeThere }: Agent, now: number): number | undefined {
  const { ms } = timeThereAt(timeThere, now, true);
  return ms < leastThereMs ? undefined : workAt(recentWork, now) / ms;
}

/** The coefficient of variation. */
function spreadOf(values: readonly number[]): number | undefined {
  const mean = sum(values) / values.length;
  if (values.length < 2 || mean === 0) return undefined;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length) / mean;
}
