import { absenceOf } from './eligibility.ts';
import { estimateOf } from './queue.ts';
import type { Group } from './routing-state.ts';
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
  /** Conversations that left the queue for an agent, a minute, while somebody waited; undefined: too few to say. */
  readonly servicePerMinute: number | undefined;
  /** Customers who went while they waited, so far. */
  readonly abandoned: number;
  /** Of the last waits that something was told of: how many there are, and how many were within the range. */
  readonly told: { readonly of: number; readonly within: number };
}

/** Looks at every member and everything that waits: for who asks now and then. */
export function groupStats(group: Group, now: number): GroupStats {
  const rate = group.rate.at(now);
  let freeUnits = 0;
  for (const { agent } of group.members.values()) if (absenceOf(agent) === undefined) freeUnits += agent.freeUnits;
  let oldestAt = now;
  for (const { facts } of group.waiting) oldestAt = Math.min(oldestAt, facts.enqueuedAt);
  return {
    groupId: group.config.id,
    waiting: group.waiting.size,
    oldestMs: now - oldestAt,
    estimate: estimateOf(group, group.waiting.size + 1, now),
    staffed: group.staffed,
    freeUnits,
    servicePerMinute: rate && rate.perMs * 60_000,
    abandoned: group.abandoned,
    told: group.told.share,
  };
}
