import type { Clock } from '../base/clock.ts';
import type { ConversationHead } from '../conversation/conversation-store.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type AgentLoad, chooseAgent } from './choose-agent.ts';
import { createWaitingQueue, type Waiting } from './waiting-queue.ts';

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
  /**
   * The agent is away for good: what it has not answered goes back to the front of the queue.
   * @param activeSince only what something happened in since then: the rest was given back before
   */
  agentGone(agentId: string, activeSince?: number): Promise<void>;
  loadOf(agentId: string): number;
  stats(): Promise<{ waiting: number; oldestAgeMs: number }>;
  /** Resolves when no decision is under way. */
  settled(): Promise<void>;
  stop(): void;
}

/** What the dispatcher asks about agents. */
export interface AgentDirectory {
  /** Enabled agents who can take work now. */
  available(): Iterable<{ id: string; name: string; capacity: number }>;
}

/** What the dispatcher asks the store: no more than it needs, however many conversations are open. */
export interface AssignmentStore {
  /** Who waits behind the given one, in the order of the queue: the first so many. */
  waiting(after: Waiting | undefined, limit: number): Promise<Waiting[]>;
  /** From a hundred thousand on they are not counted further. */
  countWaiting(): Promise<number>;
  /** How many conversations each of the agents holds; from a thousand on it is not counted further. */
  loads(agentIds: readonly string[]): Promise<{ agentId: string; load: number }[]>;
  /** Agents who hold a conversation. */
  holders(): Promise<string[]>;
  /**
   * Conversations of the agent in which the customer waits for an answer.
   * @param activeSince only those in which something happened since then
   */
  unanswered(agentId: string, activeSince?: number): Promise<string[]>;
}

/** How much earlier than the last look began: what was written meanwhile, by clocks that are not ours. */
const lookBackMs = 60_000;
/** Before a store that could not be read is asked again. */
const retryMs = 1_000;

export function createDispatcher(deps: {
  conversations: Conversations;
  store: AssignmentStore;
  agents: AgentDirectory;
  bus: EventBus;
  clock: Clock;
  onError: (error: unknown) => void;
  onLoad: (agentId: string, load: number) => void;
  /** Whether an agent who holds conversations is away for good: looked at again, since that may be missed. */
  isGone?: (agentId: string) => boolean;
}): Dispatcher {
  const { conversations, store, agents, bus, clock } = deps;
  const queue = createWaitingQueue((after, limit) => store.waiting(after, limit));
  /** Conversations that are being given to somebody: counted already, and not yet in the store. */
  const deciding = new Map<string, string>();
  const givenTo = new Map<string, number>();
  /** How many each agent holds in the store, as far as we have heard; absent: not asked yet. */
  const loads = new Map<string, number>();
  /** Moves with each change of a load: what was read before it is older. */
  const changesOf = new Map<string, number>();
  const asking = new Set<string>();
  const told = new Map<string, number>();
  const lastAssignedAt = new Map<string, number>();
  let lookedAt: number | undefined;
  let underway = 0;
  let stopped = false;
  let idle: (() => void)[] = [];
  const unsubscribe: (() => void)[] = [];

  const loadOf = (agentId: string): number => (loads.get(agentId) ?? 0) + (givenTo.get(agentId) ?? 0);

  function tell(agentId: string): void {
    const load = loadOf(agentId);
    if (told.get(agentId) === load) return;
    told.set(agentId, load);
    deps.onLoad(agentId, load);
  }

  function changeLoad(agentId: string | null, by: number): void {
    if (agentId === null) return;
    changesOf.set(agentId, (changesOf.get(agentId) ?? 0) + 1);
    const load = loads.get(agentId);
    if (load === undefined) meet([agentId]);
    else {
      loads.set(agentId, Math.max(0, load + by));
      tell(agentId);
    }
  }

  function give(id: string, agentId: string): void {
    deciding.set(id, agentId);
    givenTo.set(agentId, (givenTo.get(agentId) ?? 0) + 1);
    tell(agentId);
  }

  /** It is stored, or it was not to be: from here on it counts as what is stored. */
  function given(id: string): string | undefined {
    const agentId = deciding.get(id);
    if (agentId === undefined) return undefined;
    deciding.delete(id);
    const left = (givenTo.get(agentId) ?? 0) - 1;
    if (left > 0) givenTo.set(agentId, left);
    else givenTo.delete(agentId);
    return agentId;
  }

  /** What is stored holds, unless we have heard of a change since it was asked for: then what we had goes on. */
  async function readLoads(agentIds: readonly string[]): Promise<void> {
    for (let left = agentIds; left.length > 0; ) {
      const before = new Map(left.map((id) => [id, changesOf.get(id)]));
      const read = await store.loads(left);
      // What was stored before it was read is told within this turn.
      await new Promise((resolve) => setImmediate(resolve));
      const isNewer = (agentId: string) => changesOf.get(agentId) !== before.get(agentId);
      for (const { agentId, load } of read) {
        if (isNewer(agentId)) continue;
        loads.set(agentId, load);
        tell(agentId);
      }
      left = left.filter((id) => !loads.has(id) && isNewer(id));
    }
  }

  function ownerChanged(head: ConversationHead, previousHolderId: string | null): void {
    const holderId = head.status === 'agent' ? head.assigneeId : null;
    const wasGivenTo = given(head.id);
    if (holderId !== previousHolderId) {
      changeLoad(previousHolderId, -1);
      changeLoad(holderId, 1);
    }
    if (wasGivenTo !== undefined) tell(wasGivenTo);
    if (head.status === 'queued') queue.add({ id: head.id, queuedAt: head.queuedAt ?? clock.now() });
    else queue.remove(head.id);
    pump();
  }

  function* availableLoads(): Generator<AgentLoad> {
    for (const { id, name, capacity } of agents.available()) {
      if (loads.has(id)) yield { id, name, capacity, open: loadOf(id), lastAssignedAt: lastAssignedAt.get(id) ?? 0 };
    }
  }

  function pump(): void {
    if (stopped) return;
    meet([...agents.available()].map(({ id }) => id));
    for (let next = queue.first(); next !== undefined && deciding.size < maxConcurrent; next = queue.first()) {
      const decision = chooseAgent(availableLoads());
      if (decision.kind === 'waiting') break;
      queue.remove(next.id);
      void workOn(assign(next, decision.agent));
    }
    if (queue.wantsMore) void workOn(queue.fill((id) => deciding.has(id)).catch(waitAfter));
  }

  /** Whoever is heard of for the first time is decided about when it is known what they hold. */
  function meet(agentIds: readonly string[]): void {
    const met = agentIds.filter((id) => !loads.has(id) && !asking.has(id));
    if (met.length === 0) return;
    for (const id of met) asking.add(id);
    const known = readLoads(met).catch(waitAfter);
    void workOn(
      known.finally(() => {
        for (const id of met) asking.delete(id);
      }),
    );
  }

  async function waitAfter(error: unknown): Promise<void> {
    if (!(error instanceof Refusal)) deps.onError(error);
    await clock.sleep(retryMs);
  }

  /** Whoever waits for us to be settled waits for it; then there is something new to decide. */
  async function workOn(work: Promise<unknown>): Promise<void> {
    underway += 1;
    await work;
    underway -= 1;
    if (underway === 0) {
      for (const resolve of idle) resolve();
      idle = [];
    }
    pump();
  }

  async function assign(entry: Waiting, agent: AgentLoad): Promise<void> {
    // Counted before the commit, so that the decisions under way see each other.
    give(entry.id, agent.id);
    lastAssignedAt.set(agent.id, clock.elapsed());
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
      if (given(entry.id) !== undefined) tell(agent.id);
      await afterFailure(entry, agent, error);
    }
  }

  async function afterFailure(entry: Waiting, agent: AgentLoad, error: unknown): Promise<void> {
    // Somebody was faster (took it, closed it): nothing is left to do.
    if (error instanceof Refusal && (error.code === 'conflict' || error.code === 'not-found')) return;
    // The transaction knows better than we: ask what it counts.
    if (error instanceof Refusal && error.code === 'capacity-reached') await readLoads([agent.id]).catch(waitAfter);
    else await waitAfter(error);
    queue.add(entry);
  }

  /** What has left the queue unheard is found out by the store, which refuses to give it to anybody. */
  async function lookAgain(): Promise<void> {
    const begun = clock.now();
    const holders = await store.holders();
    await readLoads([...new Set([...loads.keys(), ...holders])]);
    await queue.lookAgain((id) => deciding.has(id));
    pump();
    const since = lookedAt === undefined ? undefined : lookedAt - lookBackMs;
    lookedAt = begun;
    for (const agentId of holders) {
      if (deps.isGone?.(agentId) === true) await agentGone(agentId, since);
    }
  }

  async function agentGone(agentId: string, activeSince?: number): Promise<void> {
    try {
      for (const id of await store.unanswered(agentId, activeSince)) {
        await giveBack(id, agentId).catch((error: unknown) => {
          // Somebody was faster.
          if (!(error instanceof Refusal) || error.code === 'unavailable') throw error;
        });
      }
    } catch (error) {
      // The next look is at everything, however long ago it was.
      lookedAt = undefined;
      throw error;
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
        unsubscribe.push(
          bus.subscribe('owner.changed', ({ head, previousHolderId }) => ownerChanged(head, previousHolderId)),
        );
      }
      await lookAgain();
    },
    lookAgain,
    agentsChanged: pump,
    agentGone,
    loadOf,
    stats: async () => {
      const oldest = queue.first();
      return {
        waiting: queue.hasMore ? await store.countWaiting() : queue.size,
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
