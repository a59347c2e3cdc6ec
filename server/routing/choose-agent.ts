/** What the decision needs to know of an agent who is present. */
export interface AgentLoad {
  readonly id: string;
  readonly name: string;
  /** Open conversations assigned now. */
  readonly open: number;
  readonly capacity: number;
  /** When the agent last got a conversation, epoch milliseconds; 0 for never. */
  readonly lastAssignedAt: number;
}

export type Decision =
  | { readonly kind: 'assigned'; readonly agent: AgentLoad; readonly why: 'least-loaded' }
  | { readonly kind: 'waiting'; readonly why: 'nobody-online' | 'no-capacity' };

/**
 * Least loaded first, counted against each one's own capacity; among equals the one who has waited longest for work,
 * so that nobody is always first. Pure: the same state gives the same answer.
 */
export function chooseAgent(online: Iterable<AgentLoad>): Decision {
  let best: AgentLoad | undefined;
  let anybody = false;
  for (const agent of online) {
    anybody = true;
    if (agent.open >= agent.capacity) continue;
    if (best === undefined || isBetter(agent, best)) best = agent;
  }
  if (best !== undefined) return { kind: 'assigned', agent: best, why: 'least-loaded' };
  return { kind: 'waiting', why: anybody ? 'no-capacity' : 'nobody-online' };
}

function isBetter(a: AgentLoad, b: AgentLoad): boolean {
  // a.open / a.capacity < b.open / b.capacity, without dividing.
  const left = a.open * b.capacity;
  const right = b.open * a.capacity;
  if (left !== right) return left < right;
  if (a.lastAssignedAt !== b.lastAssignedAt) return a.lastAssignedAt < b.lastAssignedAt;
  return a.id < b.id;
}
