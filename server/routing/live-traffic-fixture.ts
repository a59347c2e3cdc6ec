import type { TestContext } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { Heap } from '../base/heap.ts';
import { startDispatcher } from './dispatcher-fixture.ts';
import { createPresenceRecorder, lostReason } from './presence-recorder.ts';
import { recordMarks } from './record-marks.ts';
import type { Customer, Worker, Workload } from './simulation/workload.ts';

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => Promise<unknown>;
}

/** A conversation that an agent has: when it ends if nothing comes between, and what is planned about it. */
interface Held {
  readonly agentId: string;
  since: number;
  leftMs: number;
  /** Cancels what is planned. */
  stop: () => void;
}

/**
 * Lets a workload happen live, on a clock that is moved: real conversations in a real store, given out by the dispatcher,
 * answered and closed by their agents, recorded as in the server. Agents vanish by their outages; while they are gone, the
 * customers of every other conversation that they have answered write again, a minute after the grace time.
 */
export async function liveTraffic(t: TestContext, workload: Workload) {
  const { graceMs } = workload.conduct;
  const desk = await startDispatcher(t, { config: workload.config, at: workload.from - 60_000 });
  const { clock, store, conversations } = desk;
  const agents = new Map(workload.workers.map((worker) => [worker.id, worker]));
  const marks = recordMarks(store.meta);
  const rested = restedBy(clock);
  /** Whose line is cut. The recorder asks for it as soon as it runs. */
  const lost = new Set<string>();
  const recorder = createPresenceRecorder({
    store: store.record,
    marks,
    agentIds: () => agents.keys(),
    stateOf: (id) => {
      const capacity = agents.get(id)?.capacity ?? 0;
      const isOnline = desk.online.some((agent) => agent.id === id);
      return { presence: isOnline ? 'online' : 'offline', reason: lost.has(id) ? lostReason : null, capacity };
    },
    clock: rested.clock,
    keepMs: 90 * 24 * 3_600_000,
    graceMs,
    onError: (error) => desk.defects.push(error),
  });
  const stopping = new AbortController();
  const recording = recorder.run(stopping.signal);
  await marks.since(clock.now());

  const happenings = new Heap<Happening>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  let planned = 0;
  const plan = (at: number, run: () => Promise<unknown>) => {
    planned += 1;
    // Clocks tell whole milliseconds, and not every database keeps parts of one.
    happenings.push({ at: Math.round(at), order: planned, run });
  };
  const customers = new Map<string, Customer>();
  const helped = new Set<string>();
  /** Work that is left of what came back from an agent who had answered. */
  const left = new Map<string, number>();
  const held = new Map<string, Held>();

  async function come(customer: Customer): Promise<void> {
    const attributes = {
      topic: customer.groupId,
      ...(customer.language === null ? {} : { language: customer.language }),
      ...(customer.priority === 'urgent' ? { urgency: 'urgent' } : {}),
      ...(customer.vip ? { vip: 'yes' } : {}),
    };
    const id = await desk.write(customer.id, { attributes });
    customers.set(id, customer);
    if (Number.isFinite(customer.patienceMs)) plan(customer.at + customer.patienceMs, () => giveUp(id));
  }

  async function giveUp(id: string): Promise<void> {
    const { status } = await conversations.head(id);
    if (status !== 'queued') return;
    await conversations.changeOwner({ conversationId: id, from: ['queued'], to: 'closed', why: 'left' });
  }

  function show(id: string, isOnline: boolean): void {
    const worker = agents.get(id);
    const index = desk.online.findIndex((agent) => agent.id === id);
    if (index >= 0) desk.online.splice(index, 1);
    if (isOnline && worker !== undefined) desk.online.push(worker);
    desk.agentsChanged();
    recorder.changed(id);
  }

  async function changePresence(id: string, isOnline: boolean): Promise<void> {
    show(id, isOnline);
    if (!isOnline) await desk.dispatcher.agentGone(id);
  }

  const heldBy = (id: string) => [...held].filter(([, { agentId }]) => agentId === id);

  async function cutOff(id: string): Promise<void> {
    lost.add(id);
    show(id, false);
    for (const [, one] of heldBy(id)) {
      one.stop();
      one.leftMs -= clock.now() - one.since;
    }
  }

  async function isGone(id: string): Promise<void> {
    await desk.dispatcher.agentGone(id);
    await desk.settled();
    await followHoldings();
    for (const [i, [conversationId]] of heldBy(id).entries()) {
      if (i % 2 === 0) plan(clock.now() + 60_000, () => writeAgain(conversationId, id));
    }
  }

  /** As the server has it for a customer who writes to somebody who is not there. */
  async function writeAgain(conversationId: string, agentId: string): Promise<void> {
    if (!lost.has(agentId) || held.get(conversationId)?.agentId !== agentId) return;
    await desk.write(customers.get(conversationId)?.id ?? '');
    await desk.dispatcher.agentGone(agentId, clock.now() - 60_000);
  }

  async function comeBack(id: string): Promise<void> {
    lost.delete(id);
    show(id, true);
    for (const [conversationId, one] of heldBy(id)) goOn(conversationId, one);
  }

  /** The agent goes on with it: answers if nobody has, and closes it after the time that it takes. */
  function goOn(id: string, one: Held): void {
    let isStopped = false;
    one.stop = () => {
      isStopped = true;
    };
    one.since = clock.now();
    const unlessStopped = (run: () => Promise<unknown>) => async () => (isStopped ? undefined : run());
    const { typingMs, handlingMs = 0 } = customers.get(id) ?? {};
    const typed = handlingMs - one.leftMs;
    if (!helped.has(id) && typingMs !== undefined) {
      plan(
        clock.now() + Math.max(0, typingMs - typed),
        unlessStopped(() => answer(id, one.agentId)),
      );
    }
    plan(
      clock.now() + one.leftMs,
      unlessStopped(() => desk.close(id)),
    );
  }

  async function answer(id: string, agentId: string): Promise<void> {
    helped.add(id);
    await desk.answer(id, agents.get(agentId) as Worker);
  }

  /** Who has just been given something begins; who has lost something has worked on it until then. */
  async function followHoldings(): Promise<void> {
    const now = new Map((await store.assignments.holdings([...agents.keys()])).map((row) => [row.id, row.agentId]));
    for (const [id, one] of held) {
      if (now.get(id) === one.agentId) continue;
      one.stop();
      held.delete(id);
      // The work of who had not answered was for nothing.
      if (helped.has(id)) left.set(id, one.leftMs);
    }
    for (const [id, agentId] of now) {
      if (held.has(id)) continue;
      const leftMs = left.get(id) ?? customers.get(id)?.handlingMs ?? 0;
      const one: Held = { agentId, since: clock.now(), leftMs, stop: () => undefined };
      held.set(id, one);
      goOn(id, one);
    }
  }

  for (const customer of workload.customers) plan(customer.at, () => come(customer));
  for (const { id, presence } of workload.workers) {
    for (const change of presence) {
      plan(Math.max(change.at, workload.from), () => changePresence(id, change.presence === 'online'));
    }
  }
  for (const { id, outages } of workload.workers) {
    for (const { from, to } of outages) {
      plan(from, () => cutOff(id));
      if (from + graceMs < to) plan(from + graceMs, () => isGone(id));
      plan(to, () => comeBack(id));
    }
  }
  for (let next = happenings.pop(); next !== undefined && next.at < workload.to; next = happenings.pop()) {
    await clock.advance(Math.max(0, next.at - clock.now()));
    await desk.settled();
    // Minutes of this clock would go by while the store writes what is recorded.
    await rested.untilAsleep();
    await followHoldings();
    await next.run();
    await desk.settled();
    await followHoldings();
  }
  await clock.advance(Math.max(0, workload.to - clock.now()));
  await desk.settled();
  stopping.abort();
  await recording;
  return { ...desk, marks, graceMs };
}

/** A clock for one who acts and sleeps in turns, and a way to wait until they sleep. */
function restedBy(clock: Clock): { readonly clock: Clock; untilAsleep(): Promise<void> } {
  let isAsleep = false;
  const waiting: (() => void)[] = [];
  const sleep: Clock['sleep'] = async (ms, signal) => {
    const slept = clock.sleep(ms, signal);
    isAsleep = true;
    for (const go of waiting.splice(0)) go();
    try {
      await slept;
    } finally {
      isAsleep = false;
    }
  };
  return {
    clock: { ...clock, sleep },
    untilAsleep: () => (isAsleep ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
