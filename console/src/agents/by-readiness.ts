import type { Agent, Presence } from '@parley/sdk/protocol.ts';

const rank: Record<Presence, number> = { online: 0, busy: 1, away: 2, offline: 3 };

/** Whoever can take a conversation soonest comes first: by presence, then by free room, then by name. */
export function byReadiness(a: Agent, b: Agent): number {
  return (
    rank[a.presence] - rank[b.presence] || b.capacity - b.used - (a.capacity - a.used) || a.name.localeCompare(b.name)
  );
}
