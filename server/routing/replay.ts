import { everyoneId, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Patience } from './patience.ts';
import {
  absencesOf,
  overlapMs,
  type RecordedAgent,
  type RecordedConversation,
  type RecordedDays,
} from './recorded-days.ts';
import { createRouter } from './router-rules.ts';
import { weightOf } from './routing-config.ts';
import { onlineMs } from './simulation/attendance.ts';
import { Random } from './simulation/random.ts';
import type { Outcome, Run, WorkerOutcome } from './simulation/simulate.ts';
import { type Conduct, type Customer, plainConduct, type Worker, type Workload } from './simulation/workload.ts';

/** What a configuration makes of a conversation. */
type RouteConversation = (
  conversation: RecordedConversation,
) => Pick<Customer, 'groupId' | 'priority' | 'minLevel' | 'forAgent' | 'notAgents'>;

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
    const { to, priority, notAgents } = router.route({ ...conversation.facts, fromBot: true });
    return {
      ...recorded,
      groupId: to?.kind === 'group' ? to.groupId : inGroup(conversation.groupBefore),
      priority: priority ?? conversation.priority,
      ...(to?.kind === 'agent' ? { forAgent: to.agentId } : {}),
      ...(notAgents.length === 0 ? {} : { notAgents }),
    };
  };
}

/** Beside the offers of the record so many are reckoned with of which a usual share is missed: a few tell little. */
const usualOffers = { count: 5, missShare: 0.03 };

/** How large a part of the offers is missed; never all, as agents who miss everything one morning do not miss everything for ever. */
export function missShareOf({ missed, accepted }: NonNullable<RecordedDays['offers']>): number {
  const { count, missShare } = usualOffers;
  return missed === 0 ? 0 : (missed + count * missShare) / (missed + accepted + count);
}

/** Agents say yes to an offer after a while, and let pass as many as they did; who goes gives back as much as they did. */
function conductOf({ offers, givenBack = { lost: [], left: [] } }: RecordedDays, graceMs: number): Conduct {
  const missShare = offers === undefined ? 0 : missShareOf(offers);
  const { lost, left } = plainConduct.givenBack;
  return {
    ...{ ...plainConduct, graceMs, acceptMs: 2_000, missShare },
    givenBack: {
      lost: givenBack.lost.length === 0 ? lost : givenBack.lost,
      left: givenBack.left.length === 0 ? left : givenBack.left,
    },
  };
}

/** The record as a workload, for each seed that decides what it does not say. */
export function prepareReplay(
  recorded: RecordedDays,
  { config, patience, graceMs }: { config: RoutingConfig; patience: Patience; graceMs: number },
): (seed: number) => Workload {
  const route = byRules(config);
  const handled = recorded.conversations.filter(isHandled);
  const byType = Map.groupBy(handled, ({ channelType }) => channelType);
  const handlingOf = handlingIn(recorded);
  const handlings = new Map(handled.map((one) => [one, handlingOf(one)]));
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
        handlingMs: model === undefined ? 0 : (handlings.get(model) ?? 0),
        patienceMs: patienceOf(one, patience, luck),
      };
    });
    return { ...workloadOf(recorded, config, customers), conduct: conductOf(recorded, graceMs) };
  };
}

const isHandled = ({ assignedAt }: RecordedConversation) => assignedAt !== null;

/** The times of those who answered, or had it to its end. */
const helpIn = ({ assignedAt, stints }: RecordedConversation) =>
  assignedAt === null ? [] : stints.filter(({ from }) => from >= assignedAt);

/** How long agents were busy with it: of one who vanished until the line was cut, and again when they were back. */
function handlingIn({ agents, to }: RecordedDays): (one: RecordedConversation) => number {
  const lost = new Map(agents.map((agent) => [agent.id, absencesOf(agent, to).filter(({ isLost }) => isLost)]));
  return (one) =>
    helpIn(one).reduce((sum, { agentId, from, to: end }) => {
      const stint = { from, to: Math.max(from, end ?? to) };
      const away = (lost.get(agentId) ?? []).reduce((out, absence) => out + overlapMs(stint, absence), 0);
      return sum + stint.to - stint.from - away;
    }, 0);
}

/** How long it waited for another agent in the place of one who vanished. */
function waitedAgainMs(one: RecordedConversation): number {
  return helpIn(one).reduce((sum, { from }, i, all) => sum + from - (all[i - 1]?.to ?? from), 0);
}

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
  const unanswered = one.isUnanswered === true ? { isUnanswered: true as const } : {};
  return { id, contactId, channelId, channelType, language, vip, ...needs, at: queuedAt, typingMs, ...unanswered };
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
    conduct: plainConduct,
  };
}

/** With the end of the record nobody is sent home. */
function workerOf(agent: RecordedAgent, to: number): Worker {
  const { id, name, capacity, presence } = agent;
  const outages = absencesOf(agent, to).flatMap(({ from, to: end, isLost }) =>
    isLost ? [{ from, to: end, isNoticed: true as const }] : [],
  );
  const planned = presence
    .filter(({ lost }) => lost !== true)
    .map((change) => ({ at: change.at, presence: change.presence }));
  return { id, name, capacity, presence: planned, outages };
}

/** What happened, in the form of a run, so that the same figures are taken of both. */
export function happened(recorded: RecordedDays, config: RoutingConfig): { workload: Workload; run: Run } {
  const route = toRecordedGroup(config);
  const handlingOf = handlingIn(recorded);
  const customers = recorded.conversations.map((one) => ({
    ...asCustomer(one, route(one)),
    handlingMs: handlingOf(one),
    patienceMs: Infinity,
  }));
  const workload = workloadOf(recorded, config, customers);
  const outcomes = recorded.conversations.map((one, i): Outcome => {
    const leftAt = one.ended === 'customer-left' ? one.endedAt : null;
    return {
      customer: customers[i] as Customer,
      answeredAt: one.assignedAt ?? undefined,
      abandonedAt: leftAt ?? undefined,
      waitedAgainMs: waitedAgainMs(one),
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
  const all = recorded.conversations.flatMap(({ stints, channelType }) =>
    stints.map((stint) => ({ ...stint, weight: weightOf(config, channelType) })),
  );
  const byAgent = Map.groupBy(all, ({ agentId }) => agentId);
  return workload.workers.map((worker) => {
    const held = byAgent.get(worker.id) ?? [];
    const work = held.map(
      (stint) => overlapMs({ from: stint.from, to: stint.to ?? to }, { from: countFrom, to }) * stint.weight,
    );
    const workUnitMs = work.reduce((sum, one) => sum + one, 0);
    return { worker, onlineMs: onlineMs(worker, workload), workUnitMs, answered: held.length, mostUnits: 0 };
  });
}
