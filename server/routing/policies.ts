import type { Policy } from '@parley/sdk/routing-document.ts';

/** What the policies compare. All of it changes only when something happens to the agent, never by time alone. */
export interface Comparable {
  readonly level: number;
  readonly usedUnits: number;
  readonly capacityUnits: number;
  /** Since when the agent has had nothing new: last assignment, end of the last conversation, or coming online. */
  readonly idleSince: number;
  /** Work given lately, on a scale on which all age alike: smaller is less. */
  readonly recentWork: number;
  /** The group's count of turns when this one had theirs; 0: never. */
  readonly turn: number;
  /** Spread evenly and always the same: the last word where everything is equal. */
  readonly hash: number;
  readonly agentId: string;
}

type Compare = (a: Comparable, b: Comparable) => number;

/** What can decide between two, each by itself: below zero when `a` comes first. */
const parts = {
  level: (a, b) => b.level - a.level,
  /** a.used / a.capacity against b.used / b.capacity, without dividing. */
  load: (a, b) => a.usedUnits * b.capacityUnits - b.usedUnits * a.capacityUnits,
  empty: (a, b) => Number(a.usedUnits > 0) - Number(b.usedUnits > 0),
  idle: (a, b) => a.idleSince - b.idleSince,
  // None at all is minus infinity, which cannot be subtracted from itself.
  'recent-work': (a, b) => Number(a.recentWork > b.recentWork) - Number(a.recentWork < b.recentWork),
  turn: (a, b) => a.turn - b.turn,
  /** The last word where everything is equal: any, but always the same one. */
  tie: (a, b) => a.hash - b.hash || (a.agentId < b.agentId ? -1 : Number(a.agentId > b.agentId)),
} satisfies Record<string, Compare>;
export type PolicyPart = keyof typeof parts;

/** Each policy in one line: what is compared first, and what where that is equal. */
const policyParts: Readonly<Record<Policy, readonly PolicyPart[]>> = {
  'best-skill': ['level', 'load', 'idle', 'recent-work', 'tie'],
  'least-loaded': ['load', 'level', 'idle', 'recent-work', 'tie'],
  'longest-idle': ['empty', 'idle', 'load', 'recent-work', 'tie'],
  'round-robin': ['turn', 'tie'],
  // Agents take what they want; the order is that in which a record lists them.
  manual: ['load', 'idle', 'recent-work', 'tie'],
};

/** Who comes first in a group: below zero when it is `a`. Never zero for two agents. */
export const policyOrder = Object.fromEntries(
  Object.entries(policyParts).map(([policy, names]) => [policy, inTurn(names.map((name) => parts[name]))]),
) as Readonly<Record<Policy, Compare>>;

/** What decided between two. */
export function decidingPart(policy: Policy, a: Comparable, b: Comparable): PolicyPart {
  return policyParts[policy].find((name) => parts[name](a, b) !== 0) ?? 'tie';
}

function inTurn(compares: readonly Compare[]): Compare {
  return (a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };
}
