import type { Conversation } from '@parley/sdk/protocol.ts';

const ranks = { urgent: 0, high: 1, normal: 2, low: 3 } as const;

/**
 * Which conversation needs its agent first: the one whose service level ends first, else the one whose customer has
 * waited longest, and among those where nobody waits the one that matters most. undefined: there is none.
 */
export function mostUrgent(conversations: readonly Conversation[]): Conversation | undefined {
  return conversations.toSorted(byUrgency)[0];
}

function byUrgency(a: Conversation, b: Conversation): number {
  return (
    compare(dueAt(a), dueAt(b)) ||
    compare(a.waitingSince ?? Infinity, b.waitingSince ?? Infinity) ||
    ranks[a.priority] - ranks[b.priority] ||
    b.updatedAt - a.updatedAt
  );
}

/** When the first of its clocks that run ends. */
const dueAt = ({ sla = [] }: Conversation): number => Math.min(...sla.map((clock) => clock.dueAt ?? Infinity));

/** Two that never come are as late as each other. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
