import { weightOf } from '../routing-config.ts';
import type { WaitRange } from '../wait-estimate.ts';
import { createAttendance, onlineMs } from './attendance.ts';
import { Desk, type Task } from './desk.ts';
import { EventQueue } from './event-queue.ts';
import { Random } from './random.ts';
import type { Router, Step } from './router.ts';
import type { Customer, GivenBack, Worker, Workload } from './workload.ts';

/** How long it goes on after its end at the most: groups open and close for ever. */
const longestAfterMs = 60 * 24 * 3_600_000;

/** What became of a customer. */
export interface Outcome {
  readonly customer: Customer;
  /** When an agent began who can help, and was there until they had answered; undefined: nobody did. */
  answeredAt: number | undefined;
  /** How long it waited after that, for agents to go on in the place of those who vanished. */
  waitedAgainMs: number;
  /** When the customer gave up. */
  abandonedAt: number | undefined;
  closedAt: number | undefined;
  /** The first range for the wait that the customer could be told, and when. */
  told: (WaitRange & { readonly at: number }) | undefined;
  workerId: string | undefined;
  /** Offers that were not noticed, ways back from an agent who vanished, and from one who could not help. */
  missed: number;
  requeues: number;
  transfers: number;
  /** A bot has it. */
  isDeflected: boolean;
}

/** What became of an agent's time. */
export interface WorkerOutcome {
  readonly worker: Worker;
  readonly onlineMs: number;
  /** Weight times time: hundredths of a conversation times milliseconds. */
  readonly workUnitMs: number;
  readonly answered: number;
  /** The most worked on at once, in hundredths. */
  readonly mostUnits: number;
}

export interface Run {
  readonly outcomes: readonly Outcome[];
  readonly workers: readonly WorkerOutcome[];
}

/** What an agent does with a conversation that they cannot help with. A dispatcher that looks at skills gives none. */
export type WrongAgent =
  /** Finds it out in so long, and hands it on: the customer goes on waiting. */
  | { readonly kind: 'hands-on'; readonly afterMs: number }
  /** Answers nevertheless, and takes so many times as long. */
  | { readonly kind: 'struggles'; readonly factor: number };

export interface SimulationOptions {
  /** What chance decides on the way (whether an offer is noticed) follows from it and the customer alone. */
  readonly seed: number;
  readonly suits?: (worker: Worker, customer: Customer) => boolean;
  readonly wrongAgent?: WrongAgent;
}

/** Everything of one customer that changes. */
interface State {
  readonly outcome: Outcome;
  epoch: number;
  /** waiting: in the queue; given: in an agent's line; begun: an agent has begun, who may have vanished since. */
  phase: 'waiting' | 'given' | 'begun' | 'over';
  desk: Desk | undefined;
  /** When the agent began who has it. */
  begunAt: number;
  /** When it came back from an agent who had answered and is gone; undefined: it does not wait again. */
  backAt: number | undefined;
  /** Work that is left, of an agent who is neither slow nor lost. */
  remainingMs: number;
  /** Offers of it that were missed, also behind the end of the workload. */
  passes: number;
}

/**
 * Lets a workload happen under a router, on simulated time: nothing waits, and the same input gives the same run. It goes on
 * after the end of the workload until everybody has been answered or has given up, with the agents who are there then.
 */
export function simulate(workload: Workload, router: Router, options: SimulationOptions): Run {
  const { conduct } = workload;
  const events = new EventQueue(workload.from);
  const states = new Map<string, State>();
  const lastAgents = new Map<string, { id: string; at: number }>();
  const paceOf = createPaces(workload);
  let wakeAt = Infinity;

  const desks = new Map(
    workload.workers.map((worker) => {
      const on = { begun: (task: Task) => begun(worker, task), done: (task: Task) => done(worker, task) };
      return [worker.id, new Desk(worker, events, { slowdown: conduct.slowdown, ...on })];
    }),
  );
  const deskOf = (id: string) => desks.get(id) as Desk;
  const stateOf = (id: string) => states.get(id) as State;
  const attendance = createAttendance(workload, events, {
    tell: (worker, presence) => router.presence(worker, presence, events.now),
    pause: ({ id }, isPaused) => deskOf(id).pause(isPaused),
    clearLine: ({ id }) => takeBack(deskOf(id), () => false),
    gone: ({ id }, how, since) => gone(deskOf(id), how, since),
    changed: pump,
  });
  const handsOn = (worker: Worker, customer: Customer) =>
    options.wrongAgent?.kind === 'hands-on' && options.suits?.(worker, customer) === false;

  /** One after the other, so that what is planned stays short. */
  function planArrival(index: number): void {
    const customer = workload.customers[index];
    if (customer === undefined) return;
    events.plan(customer.at, () => {
      arrive(customer);
      planArrival(index + 1);
    });
  }

  function arrive(customer: Customer): void {
    const state = newState(customer);
    states.set(customer.id, state);
    if (Number.isFinite(customer.patienceMs)) events.plan(customer.at + customer.patienceMs, () => giveUp(state));
    enqueue(state);
    pump();
  }

  function enqueue(state: State): void {
    const { customer } = state.outcome;
    if (state.phase === 'given') state.phase = 'waiting';
    state.desk = undefined;
    router.arrive({ customer, epoch: state.epoch, lastAgent: lastAgents.get(customer.contactId) ?? null }, events.now);
  }

  function comeBack(state: State, why: 'requeues' | 'transfers'): void {
    state.outcome[why] += 1;
    state.epoch += 1;
    enqueue(state);
  }

  function giveUp(state: State): void {
    if (state.phase !== 'waiting' && state.phase !== 'given') return;
    const { id } = state.outcome.customer;
    state.phase = 'over';
    state.outcome.abandonedAt = events.now;
    if (state.desk === undefined) router.abandon(id, events.now);
    else if (state.desk.drop(id)) router.finish(id, state.desk.worker.id, events.now);
    pump();
  }

  function give(customerId: string, workerId: string): void {
    const state = stateOf(customerId);
    const { customer } = state.outcome;
    const desk = deskOf(workerId);
    state.desk = desk;
    if (state.phase === 'waiting') state.phase = 'given';
    const remainingMs = timeWith(desk.worker, state);
    desk.take({ customer, weight: weightOf(workload.config, customer.channelType), remainingMs });
  }

  function timeWith(worker: Worker, { outcome: { customer }, remainingMs }: State): number {
    const { wrongAgent } = options;
    if (wrongAgent === undefined || options.suits?.(worker, customer) !== false) {
      return remainingMs * paceOf(worker, customer);
    }
    return wrongAgent.kind === 'hands-on' ? wrongAgent.afterMs : remainingMs * wrongAgent.factor;
  }

  function begun(worker: Worker, { customer }: Task): void {
    const state = stateOf(customer.id);
    if (handsOn(worker, customer)) return;
    state.phase = 'begun';
    state.begunAt = events.now;
    state.outcome.answeredAt ??= events.now;
    state.outcome.workerId ??= worker.id;
    if (state.backAt !== undefined) state.outcome.waitedAgainMs += events.now - state.backAt;
    state.backAt = undefined;
  }

  function done(worker: Worker, { customer }: Task): void {
    const state = stateOf(customer.id);
    router.finish(customer.id, worker.id, events.now);
    if (state.phase !== 'over' && handsOn(worker, customer)) comeBack(state, 'transfers');
    else if (state.phase !== 'over') {
      state.phase = 'over';
      state.outcome.closedAt = events.now;
      lastAgents.set(customer.contactId, { id: worker.id, at: events.now });
    }
    pump();
  }

  /** What comes back keeps its place by the time of its coming. */
  function takeBack(desk: Desk, which: (task: Task) => boolean): void {
    for (const { customer, remainingMs } of desk.clear(which)) {
      const state = stateOf(customer.id);
      router.finish(customer.id, desk.worker.id, events.now);
      if (state.phase === 'begun') {
        state.backAt = events.now;
        state.remainingMs = remainingMs / paceOf(desk.worker, customer);
      }
      if (state.phase !== 'over') comeBack(state, 'requeues');
    }
  }

  function gone(desk: Desk, how: keyof GivenBack, since: number): void {
    const atOnce = new Set<Task>();
    for (const task of desk.tasks) {
      const { customer } = task;
      if (workload.config.presence.staysWithAgent.includes(customer.channelType)) continue;
      const state = stateOf(customer.id);
      const isHelped = isAnswered(state, since);
      const afterMs = isHelped ? drawn(how, state) : 0;
      if (!isHelped) beginAnew(state);
      if (afterMs === 0) atOnce.add(task);
      else if (afterMs !== null) events.plan(events.now + afterMs, () => writesToNobody(desk, customer, state.epoch));
    }
    takeBack(desk, (task) => atOnce.has(task));
  }

  /** The agent's work was for nothing: the customer waits on, as long as they would have. */
  function beginAnew(state: State): void {
    const { outcome } = state;
    const { at, patienceMs, handlingMs } = outcome.customer;
    state.phase = 'waiting';
    state.remainingMs = handlingMs;
    outcome.answeredAt = undefined;
    outcome.workerId = undefined;
    if (at + patienceMs <= events.now) events.plan(events.now, () => giveUp(state));
  }

  function writesToNobody(desk: Desk, customer: Customer, epoch: number): void {
    if (stateOf(customer.id).epoch !== epoch || !attendance.isGone(desk.worker)) return;
    takeBack(desk, (task) => task.customer === customer);
    pump();
  }

  function isAnswered({ outcome: { customer, answeredAt }, begunAt }: State, by: number): boolean {
    const { typingMs = 0, isUnanswered = false } = customer;
    return !isUnanswered && ((answeredAt ?? begunAt) < begunAt || begunAt + typingMs <= by);
  }

  function drawn(how: keyof GivenBack, { outcome: { customer }, epoch }: State): number | null {
    const known = conduct.givenBack[how];
    const luck = new Random(options.seed, customer.at - workload.from, epoch, known.length).uniform();
    return known[Math.floor(luck * known.length)] ?? null;
  }

  function pump(): void {
    for (const step of router.decide(events.now)) apply(step);
    const next = router.nextAt();
    if (next === undefined || next >= wakeAt) return;
    const planned = Math.max(next, events.now);
    wakeAt = planned;
    events.plan(planned, () => {
      if (wakeAt === planned) wakeAt = Infinity;
      pump();
    });
  }

  function apply(step: Step): void {
    switch (step.kind) {
      case 'give':
        give(step.customerId, step.workerId);
        break;
      case 'offer':
        ring(step);
        break;
      case 'missed':
        missed(stateOf(step.customerId));
        break;
      case 'break':
        attendance.rest(deskOf(step.workerId).worker);
        break;
      case 'told':
        stateOf(step.customerId).outcome.told ??= { ...step.estimate, at: events.now };
        break;
      case 'deflected':
        stateOf(step.customerId).outcome.isDeflected = true;
        stateOf(step.customerId).phase = 'over';
        break;
      default:
        step satisfies never;
    }
  }

  function missed(state: State): void {
    state.passes += 1;
    // Where everything is missed, it rings behind the end of the workload until somebody gives up: that tells nothing of it.
    if (events.now <= workload.to) state.outcome.missed += 1;
  }

  function ring({ customerId, workerId, expiresAt }: Step & { kind: 'offer' }): void {
    const state = stateOf(customerId);
    const { customer } = state.outcome;
    const luck = new Random(options.seed, customer.at - workload.from, state.epoch, state.passes).uniform();
    const at = events.now + conduct.acceptMs;
    if (luck < conduct.missShare || at >= expiresAt || attendance.isOut(deskOf(workerId).worker, at)) return;
    events.plan(at, () => {
      if (state.phase === 'over' || !router.accept(customerId, workerId, events.now)) return;
      give(customerId, workerId);
      pump();
    });
  }

  attendance.plan();
  planArrival(0);
  events.plan(workload.countFrom, () => {
    for (const desk of desks.values()) desk.startCounting();
  });
  events.runUntil(workload.to);
  const workers = [...desks.values()].map((desk) => outcomeOf(desk, workload));
  // Nobody is left in the middle of a wait: it would count as a short one.
  events.runUntil(workload.to + longestAfterMs);
  return { outcomes: [...states.values()].map(({ outcome }) => outcome), workers };
}

function newState(customer: Customer): State {
  const never = {
    answeredAt: undefined,
    abandonedAt: undefined,
    closedAt: undefined,
    workerId: undefined,
    told: undefined,
  };
  const outcome = { customer, ...never, waitedAgainMs: 0, missed: 0, requeues: 0, transfers: 0, isDeflected: false };
  const { at: begunAt, handlingMs: remainingMs } = customer;
  return { outcome, epoch: 1, phase: 'waiting', desk: undefined, begunAt, backAt: undefined, remainingMs, passes: 0 };
}

function outcomeOf(desk: Desk, workload: Workload): WorkerOutcome {
  desk.settle();
  const { worker, workUnitMs, mostUnits, begun } = desk;
  return { worker, onlineMs: onlineMs(worker, workload), workUnitMs, answered: begun, mostUnits };
}

/** How much longer than the best an agent takes, by their level in the conversation's group. */
function createPaces({ config, conduct }: Workload): (worker: Worker, customer: Customer) => number {
  const levels = new Map(
    config.groups.map(({ id, members }) => [id, new Map(members.map((member) => [member.agentId, member.level]))]),
  );
  return ({ id }, { groupId }) => 1 + (conduct.noviceSlower * (5 - (levels.get(groupId)?.get(id) ?? 3))) / 4;
}
