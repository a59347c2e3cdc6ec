import type { Clock } from '../base/clock.ts';
import { Heap } from '../base/heap.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type AgentLoad, chooseAgent } from './choose-agent.ts';

/** Decisions under way at once: they share a transaction, and so an fsync. */
const maxConcurrent = 64;

/** Gives waiting conversations to agents, and takes back what an agent who went away has not answered. */
export interface Dispatcher {
  /** Loads what waits and who holds what; then listens. */
  start(): Promise<void>;
  /** Somebody came, left or changed capacity: decide again. */
  agentsChanged(): void;
  /** Asks the store what waits and who holds what: others may have written what we were not told. */
  lookAgain(): Promise<void>;
  /** The agent is away for good: what it has not answered goes back to the front of the queue. */
  agentGone(agentId: string): Promise<void>;
  loadOf(agentId: string): number;
  stats(): { waiting: number; oldestAgeMs: number };
  /** Resolves when no decision is under way. */
  settled(): Promise<void>;
  stop(): void;
}

/** What the dispatcher asks about agents. */
export interface AgentDirectory {
  /** Enabled agents who can take work now. */
  available(): Iterable<{ id: string; name: string; capacity: number }>;
}

/** What the dispatcher asks the store. */
export interface AssignmentStore {
  waiting(): Promise<{ id: string; queuedAt: number }[]>;
  assigned(): Promise<{ id: string; assigneeId: string }[]>;
  /** Conversations of the agent in which the customer waits for an answer. */
  unanswered(agentId: string): Promise<string[]>;
}

type Waiting = { readonly id: string; readonly queuedAt: number };

export function createDispatcher(deps: {
  conversations: Conversations;
  store: AssignmentStore;
  agents: AgentDirectory;
  bus: EventBus;
  clock: Clock;
  onError: (error: unknown) => void;
  onLoad: (agentId: string, load: number) => void;
  /** Whether an agent who holds conversations is away for good; looked at where others' news may be missed. */
  isGone?: (agentId: string) => boolean;
}): Dispatcher {
  const { conversations, store, agents, bus, clock } = deps;
  const queue = new Heap<Waiting>(
    (a, b) => a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && Number(a.id) < Number(b.id)),
  );
  /** Who is really waiting; the heap may hold entries that have left. */
  const waiting = new Map<string, Waiting>();
  const holders = new Map<string, string>();
  /** Conversations that are being given to somebody: held already, and not yet in the store. */
  const deciding = new Set<string>();
  /** One for each time that the store is asked who holds what: what changed meanwhile is newer than its answer. */
  const watches = new Set<Set<string>>();
  const loads = new Map<string, number>();
  const lastAssignedAt = new Map<string, number>();
  let underway = 0;
  let stopped = false;
  let idle: (() => void)[] = [];
  const unsubscribe: (() => void)[] = [];

  function changeLoad(agentId: string, by: number): void {
    const load = Math.max(0, (loads.get(agentId) ?? 0) + by);
    loads.set(agentId, load);
    deps.onLoad(agentId, load);
  }

  function hold(id: string, agentId: string | undefined): void {
    for (const changed of watches) changed.add(id);
    const before = holders.get(id);
    if (before === agentId) return;
    if (before !== undefined) changeLoad(before, -1);
    if (agentId === undefined) holders.delete(id);
    else {
      holders.set(id, agentId);
      changeLoad(agentId, 1);
    }
  }

  function enqueue(entry: Waiting): void {
    if (waiting.has(entry.id)) return;
    waiting.set(entry.id, entry);
    queue.push(entry);
  }

  /** The first who really waits. What has left is dropped here, so that it neither counts nor piles up. */
  function first(): Waiting | undefined {
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      if (waiting.get(next.id) === next) return next;
      queue.pop();
    }
    return undefined;
  }

  function ownerChanged(head: ConversationHead): void {
    hold(head.id, head.status === 'agent' && head.assigneeId !== null ? head.assigneeId : undefined);
    if (head.status === 'queued') enqueue({ id: head.id, queuedAt: head.queuedAt ?? clock.now() });
    else waiting.delete(head.id);
    pump();
  }

  function* availableLoads(): Generator<AgentLoad> {
    for (const { id, name, capacity } of agents.available()) {
      yield { id, name, capacity, open: loads.get(id) ?? 0, lastAssignedAt: lastAssignedAt.get(id) ?? 0 };
    }
  }

  function pump(): void {
    for (let next = first(); next !== undefined && !stopped && underway < maxConcurrent; next = first()) {
      const decision = chooseAgent(availableLoads());
      if (decision.kind === 'waiting') return;
      queue.pop();
      waiting.delete(next.id);
      void assign(next, decision.agent);
    }
  }

  async function assign(entry: Waiting, agent: AgentLoad): Promise<void> {
    underway += 1;
    deciding.add(entry.id);
    // Counted before the commit, so that the decisions under way see each other.
    hold(entry.id, agent.id);
    lastAssignedAt.set(agent.id, clock.now());
    try {
      await conversations.changeOwner({
        conversationId: entry.id,
        to: 'agent',
        assignee: agent,
        from: ['queued'],
        capacity: agent.capacity,
        why: 'assigned',
      });
    } catch (error) {
      deciding.delete(entry.id);
      await holdAsStored(entry.id);
      await afterFailure(entry, error);
    } finally {
      deciding.delete(entry.id);
      underway -= 1;
      if (underway === 0) {
        for (const resolve of idle) resolve();
        idle = [];
      }
      pump();
    }
  }

  async function afterFailure(entry: Waiting, error: unknown): Promise<void> {
    // Somebody was faster (took it, closed it): nothing is left to do.
    if (error instanceof Refusal && (error.code === 'conflict' || error.code === 'not-found')) return;
    if (!(error instanceof Refusal)) deps.onError(error);
    if (error instanceof Refusal && error.code === 'capacity-reached') await reload();
    else await clock.sleep(1_000);
    enqueue(entry);
  }

  /** It was not given to whom we counted it for: whoever was faster may hold it. */
  async function holdAsStored(id: string): Promise<void> {
    const head = await conversations.head(id).catch(() => undefined);
    hold(id, head?.status === 'agent' ? (head.assigneeId ?? undefined) : undefined);
  }

  /** The transaction knows better than we: count again. */
  async function reload(): Promise<void> {
    const changed = new Set<string>();
    watches.add(changed);
    const assigned = await store.assigned().finally(() => watches.delete(changed));
    const stored = new Map(assigned.map(({ id, assigneeId }) => [id, assigneeId]));
    for (const id of new Set([...holders.keys(), ...stored.keys()])) {
      if (!changed.has(id) && !deciding.has(id)) hold(id, stored.get(id));
    }
  }

  /** What has left the queue unheard is found out by the store, which refuses to give it to anybody. */
  async function lookAgain(): Promise<void> {
    await reload();
    for (const entry of await store.waiting()) if (!deciding.has(entry.id)) enqueue(entry);
    pump();
    for (const agentId of new Set(holders.values())) if (deps.isGone?.(agentId) === true) await agentGone(agentId);
  }

  async function agentGone(agentId: string): Promise<void> {
    for (const id of await store.unanswered(agentId)) {
      await giveBack(id, agentId).catch((error: unknown) => {
        if (!(error instanceof Refusal)) deps.onError(error);
      });
    }
  }

  async function giveBack(id: string, agentId: string): Promise<void> {
    const head = await conversations.head(id);
    // Somebody else has taken it by now.
    if (head.status !== 'agent' || head.assigneeId !== agentId) return;
    await conversations.changeOwner({
      conversationId: id,
      to: 'queued',
      assignee: null,
      from: ['agent'],
      expectEpoch: head.ownerEpoch,
      why: 'agent-gone',
    });
  }

  return {
    start: async () => {
      if (unsubscribe.length === 0) {
        unsubscribe.push(bus.subscribe('owner.changed', ({ head }) => ownerChanged(head)));
      }
      await lookAgain();
    },
    lookAgain,
    agentsChanged: pump,
    agentGone,
    loadOf: (agentId) => loads.get(agentId) ?? 0,
    stats: () => {
      const oldest = first();
      return {
        waiting: waiting.size,
        oldestAgeMs: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest.queuedAt),
      };
    },
    settled: () => (underway === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve))),
    stop: () => {
      stopped = true;
      for (const end of unsubscribe) end();
    },
  };
}
