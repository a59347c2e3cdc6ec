import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { AgentFacts, WaitingEntry } from '../../server/routing/routing-facts.ts';

/** What is scanned: everything that waits, everybody who works. */
export interface Scanned {
  readonly config: RoutingConfig;
  readonly agents: ReadonlyMap<string, AgentFacts>;
  readonly waiting: ReadonlyMap<string, WaitingEntry>;
  used(agentId: string): number;
}

/**
 * The dispatcher that keeps two lists: an agent has become free, so it looks through all that waits for the first that they
 * may have, and through everybody for the least loaded who may have it. The same rules for level, language, room and
 * order; no history, no relaxation, no caps.
 */
export function scanFor(agentId: string, floor: Scanned): { conversationId: string; agentId: string } | undefined {
  const memberships = new Map(
    floor.config.groups.flatMap(({ id, members }) =>
      members.flatMap((member) => (member.agentId === agentId ? [[id, member.level] as const] : [])),
    ),
  );
  let first: WaitingEntry | undefined;
  for (const entry of floor.waiting.values()) {
    const level = memberships.get(entry.groupId);
    if (level === undefined || level < entry.minLevel || !speaks(floor, agentId, entry)) continue;
    if (first === undefined || keyOf(floor, entry) < keyOf(floor, first)) first = entry;
  }
  if (first === undefined) return undefined;
  const members = floor.config.groups.find(({ id }) => id === first.groupId)?.members ?? [];
  const levels = new Map(members.map((member) => [member.agentId, member.level]));
  let best: { id: string; load: number } | undefined;
  for (const agent of floor.agents.values()) {
    const level = levels.get(agent.id);
    if (level === undefined || level < first.minLevel || agent.presence !== 'online') continue;
    const [used, capacity] = [floor.used(agent.id), agent.capacity * 100];
    if (used + Math.min(first.weight, capacity) > capacity || !speaks(floor, agent.id, first)) continue;
    if (best === undefined || used / capacity < best.load) best = { id: agent.id, load: used / capacity };
  }
  return best && { conversationId: first.conversationId, agentId: best.id };
}

function speaks({ config }: Scanned, agentId: string, { language }: WaitingEntry): boolean {
  const spoken = config.agents[agentId]?.languages ?? [];
  return language === null || spoken.length === 0 || spoken.includes(language);
}

function keyOf({ config }: Scanned, { enqueuedAt, priority, vip }: WaitingEntry): number {
  return enqueuedAt - 60_000 * (config.ageing[priority] + (vip ? config.ageing.vip : 0));
}
