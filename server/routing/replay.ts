import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Patience } from './patience.ts';
import type { RecordedAgent, RecordedConversation, RecordedDays } from './recorded-days.ts';
import { createRouter } from './router-rules.ts';
import { weightOf } from './routing-config.ts';
import { onlineMs } from './simulation/attendance.ts';
import { Random } from './simulation/random.ts';
import type { Outcome, Run, WorkerOutcome } from './simulation/simulate.ts';
import { type Conduct, type Customer, plainConduct, type Worker, type Workload } from './simulation/workload.ts';

/** What a configuration makes of a conversation. */
type RouteConversation = (
  conversation: RecordedConversation,
) => Pick<Customer, 'groupId' | 'priority' | 'minLevel' | 'forAgent'>;

/** It waits where it waited; where that group is no more, in the default one. */
function toRecordedGroup(config: RoutingConfig): RouteConversation {
  const inGroup = knownGroup(config);
  return ({ groupId, priority, minLevel }) => ({ groupId: inGroup(groupId), priority, minLevel });
}

function knownGroup(config: RoutingConfig): (groupId: string | null | undefined) => string {
  const ids = new Set(config.groups.map(({ id }) => id));
  const fallback = config.defaultGroupId ?? everyoneId;
  return (groupId) => (groupId != null && ids.has(groupId) ? groupId : fallback);
}

/**
 * It goes where the rules send it that looked at it when it came. They cannot send it to a bot: what a bot would have
 * made of it nobody knows.
 */
function byRules(config: RoutingConfig): RouteConversation {
  const router = createRouter(config);
  const asRecorded = toRecordedGroup(config);
  const inGroup = knownGroup(config);
  return (conversation) => {
    const recorded = asRecorded(conversation);
    if (conversation.facts === null) return recorded;
    const { to, priority } = router.route({ ...conversation.facts, fromBot: true });
    return {
      ...recorded,
      groupId: to?.kind === 'group' ? to.groupId : inGroup(conversation.groupBefore),
      priority: priority ?? conversation.priority,
      ...(to?.kind === 'agent' ? { forAgent: to.agentId } : {}),
    };
  };
}

/** Agents say yes to an offer after a while, and let pass as many as they did. */
function conductOf({ offers }: RecordedDays): Conduct {
  const { missed, accepted } = offers ?? { missed: 0, accepted: 0 };
  return { ...plainConduct, acceptMs: 2_000, missShare: missed / Math.max(1, missed + accepted) };
}

/** The record as a workload, for each seed that decides what it does not say. */
export function prepareReplay(
  recorded: RecordedDays,
  { config, patience }: { config: RoutingConfig; patience: Patience },
): (seed: number) => Workload {
  const route = byRules(config);
  const handled = recorded.conversations.filter(isHandled);
  const byType = Map.groupBy(handled, ({ channelType }) => channelType);
  const sorted = recorded.conversations
    .toSorted((a, b) => a.queuedAt - b.queuedAt)
    .map((one) => ({ one, customer: asCustomer(one, route(one)) }));
  return (seed) => {
    const customers = sorted.map(({ one, customer }, index): Customer => {
      const random = new Random(seed, index);
      const [luck, drawn] = [random.uniform(), random.uniform()];
      const alike = byType.get(one.channelType) ?? handled;
      const model = isHandled(one) ? one : alike[Math.floor(drawn * alike.length)];
      return {
        ...customer,
        handlingMs: model === undefined ? 0 : handlingOf(model, recorded.to),
        patienceMs: patienceOf(one, patience, luck),
      };
    });
    return workloadOf(recorded, config, customers);
  };
}

const isHandled = ({ assignedAt }: RecordedConversation) => assignedAt !== null;

const handlingOf = ({ assignedAt, endedAt }: RecordedConversation, to: number) =>
  assignedAt === null ? 0 : Math.max(0, (endedAt ?? to) - assignedAt);

function patienceOf(one: RecordedConversation, patience: Patience, luck: number): number {
  const waitedMs = (one.assignedAt ?? one.endedAt ?? one.queuedAt) - one.queuedAt;
  return one.ended === 'customer-left' ? waitedMs : patience.drawBeyond(waitedMs, luck);
}

function asCustomer(
  one: RecordedConversation,
  needs: ReturnType<RouteConversation>,
): Omit<Customer, 'handlingMs' | 'patienceMs'> {
  const { id, contactId, channelId, channelType, language, vip, queuedAt, assignedAt, firstAnswerAt } = one;
  const typingMs = assignedAt === null || firstAnswerAt === null ? 0 : Math.max(0, firstAnswerAt - assignedAt);
  return { id, contactId, channelId, channelType, language, vip, ...needs, at: queuedAt, typingMs };
}

function workloadOf(recorded: RecordedDays, config: RoutingConfig, customers: readonly Customer[]): Workload {
  const starts = [recorded.countFrom, ...customers.map(({ at }) => at)];
  return {
    from: starts.reduce((least, at) => Math.min(least, at)),
    countFrom: recorded.countFrom,
    to: recorded.to,
    customers,
    workers: recorded.agents.map((agent) => workerOf(agent, recorded.to)),
    config,
    conduct: conductOf(recorded),
  };
}

/** Who was lost had gone before it was noticed; with the end of the record nobody is sent home. */
function workerOf({ id, name, capacity, presence }: RecordedAgent, to: number): Worker {
  const outages = presence.flatMap(({ at, lost }, i) => {
    if (lost !== true) return [];
    return [{ from: at - plainConduct.graceMs, to: presence[i + 1]?.at ?? to }];
  });
  const planned = presence
    .filter(({ lost }) => lost !== true)
    .map((change) => ({ at: change.at, presence: change.presence }));
  return { id, name, capacity, presence: planned, outages };
}

/** What happened, in the form of a run, so that the same figures are taken of both. */
export function happened(recorded: RecordedDays, config: RoutingConfig): { workload: Workload; run: Run } {
  const route = toRecordedGroup(config);
  const customers = recorded.conversations.map((one) => ({
    ...asCustomer(one, route(one)),
    handlingMs: handlingOf(one, recorded.to),
    patienceMs: Infinity,
  }));
  const workload = workloadOf(recorded, config, customers);
  const outcomes = recorded.conversations.map((one, i): Outcome => {
    const leftAt = one.ended === 'customer-left' ? one.endedAt : null;
    return {
      customer: customers[i] as Customer,
      answeredAt: one.assignedAt ?? undefined,
      abandonedAt: leftAt ?? undefined,
      closedAt: one.endedAt ?? undefined,
      workerId: one.agentId ?? undefined,
      missed: one.missed,
      requeues: one.requeues,
      transfers: 0,
      told: undefined,
      isDeflected: false,
    };
  });
  return { workload, run: { outcomes, workers: workersOf(workload, recorded) } };
}

function workersOf(workload: Workload, recorded: RecordedDays): WorkerOutcome[] {
  const { countFrom, to, config } = workload;
  const byAgent = Map.groupBy(recorded.conversations, ({ agentId }) => agentId);
  return workload.workers.map((worker) => {
    const held = (byAgent.get(worker.id) ?? []).filter(isHandled);
    const work = held.map(({ assignedAt, endedAt, channelType }) => {
      const passed = Math.min(to, endedAt ?? to) - Math.max(countFrom, assignedAt ?? to);
      return Math.max(0, passed) * weightOf(config, channelType);
    });
    const workUnitMs = work.reduce((sum, one) => sum + one, 0);
    return { worker, onlineMs: onlineMs(worker, workload), workUnitMs, answered: held.length, mostUnits: 0 };
  });
}
