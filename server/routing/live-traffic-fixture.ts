import type { TestContext } from 'node:test';
import { Heap } from '../base/heap.ts';
import { startDispatcher } from './dispatcher-fixture.ts';
import { createPresenceRecorder } from './presence-recorder.ts';
import { recordMarks } from './record-marks.ts';
import type { Customer, Workload } from './simulation/workload.ts';

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly run: () => Promise<unknown>;
}

/**
 * Lets a workload happen live, on a clock that is moved: real conversations in a real store, given out by the dispatcher,
 * closed by their agents, recorded as in the server.
 */
export async function liveTraffic(t: TestContext, workload: Workload) {
  const desk = await startDispatcher(t, { config: workload.config, at: workload.from - 60_000 });
  const { clock, store, conversations } = desk;
  const agents = new Map(workload.workers.map((worker) => [worker.id, worker]));
  const marks = recordMarks(store.meta);
  const recorder = createPresenceRecorder({
    store: store.record,
    marks,
    agentIds: () => agents.keys(),
    stateOf: (id) => {
      const capacity = agents.get(id)?.capacity ?? 0;
      const isOnline = desk.online.some((agent) => agent.id === id);
      return { presence: isOnline ? 'online' : 'offline', reason: null, capacity };
    },
    clock,
    keepMs: 90 * 24 * 3_600_000,
    graceMs: 0,
    onError: (error) => desk.defects.push(error),
  });
  const stopping = new AbortController();
  const recording = recorder.run(stopping.signal);
  await marks.since(clock.now());

  const happenings = new Heap<Happening>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  let planned = 0;
  const plan = (at: number, run: () => Promise<unknown>) => {
    planned += 1;
    happenings.push({ at, order: planned, run });
  };
  const customers = new Map<string, Customer>();
  const begun = new Set<string>();

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

  async function changePresence(id: string, isOnline: boolean): Promise<void> {
    const worker = agents.get(id);
    const index = desk.online.findIndex((agent) => agent.id === id);
    if (index >= 0) desk.online.splice(index, 1);
    if (isOnline && worker !== undefined) desk.online.push(worker);
    desk.agentsChanged();
    recorder.changed(id);
  }

  /** Who has just been given something closes it after the time that it takes. */
  async function planEnds(): Promise<void> {
    for (const { id } of await store.assignments.holdings([...agents.keys()])) {
      if (begun.has(id)) continue;
      begun.add(id);
      plan(clock.now() + (customers.get(id)?.handlingMs ?? 0), () => desk.close(id));
    }
  }

  for (const customer of workload.customers) plan(customer.at, () => come(customer));
  for (const { id, presence } of workload.workers) {
    for (const change of presence) {
      plan(Math.max(change.at, workload.from), () => changePresence(id, change.presence === 'online'));
    }
  }
  for (let next = happenings.pop(); next !== undefined && next.at < workload.to; next = happenings.pop()) {
    await clock.advance(Math.max(0, next.at - clock.now()));
    await desk.settled();
    await planEnds();
    await next.run();
    await desk.settled();
    await planEnds();
  }
  await clock.advance(Math.max(0, workload.to - clock.now()));
  await desk.settled();
  stopping.abort();
  await recording;
  return { ...desk, marks };
}
