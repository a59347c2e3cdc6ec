import { unitsPerConversation } from '../routing-config.ts';
import type { EventQueue, Planned } from './event-queue.ts';
import type { Customer, Worker } from './workload.ts';

/** A conversation at a desk: how much is left to do, and what of the agent's capacity it takes. */
export interface Task {
  readonly customer: Customer;
  readonly weight: number;
  /** Of an agent who does nothing else. */
  remainingMs: number;
}

interface Active {
  readonly task: Task;
  end: Planned | undefined;
}

/**
 * An agent at work. What has room is worked on at once, at a pace that falls with their number; what has none (only a
 * dispatcher that does not count gives such) waits in the agent's own line.
 */
export class Desk {
  readonly worker: Worker;
  readonly #capacityUnits: number;
  readonly #events: EventQueue;
  readonly #slowdown: number;
  readonly #on: { begun(task: Task): void; done(task: Task): void };
  readonly #active = new Map<string, Active>();
  #line: Task[] = [];
  #units = 0;
  #since: number;
  #isPaused = false;
  /** Weight times time of all that has been worked on: hundredths of a conversation times milliseconds. */
  workUnitMs = 0;
  /** The most that the agent has had at once, worked on or in line, in hundredths. */
  mostUnits = 0;
  /** Conversations that were begun here. */
  begun = 0;

  constructor(
    worker: Worker,
    events: EventQueue,
    options: { slowdown: number; begun(task: Task): void; done(task: Task): void },
  ) {
    this.worker = worker;
    this.#capacityUnits = worker.capacity * unitsPerConversation;
    this.#events = events;
    this.#slowdown = options.slowdown;
    this.#on = options;
    this.#since = events.now;
  }

  take(task: Task): void {
    this.#line.push(task);
    const inLine = this.#line.reduce((sum, { weight }) => sum + Math.min(weight, this.#capacityUnits), 0);
    this.mostUnits = Math.max(this.mostUnits, this.#units + inLine);
    this.#next();
  }

  /** @returns whether it was in line, and is no longer: the customer has given up */
  drop(customerId: string): boolean {
    const before = this.#line.length;
    this.#line = this.#line.filter((task) => task.customer.id !== customerId);
    return this.#line.length < before;
  }

  /** The agent stops or goes on: what is begun rests meanwhile. */
  pause(isPaused: boolean): void {
    this.#change(() => {
      this.#isPaused = isPaused;
    });
    this.#next();
  }

  /** Takes away what is in line, and of what is begun and not ended all that `which` names. */
  clear(which: (task: Task) => boolean): Task[] {
    const line = this.#line;
    this.#line = [];
    const begun = [...this.#active.values()].filter(({ task }) => which(task));
    this.#change(() => {
      for (const { task } of begun) {
        this.#active.delete(task.customer.id);
        this.#units -= Math.min(task.weight, this.#capacityUnits);
      }
    });
    for (const { end } of begun) end?.cancel();
    return [...begun.map(({ task }) => task), ...line];
  }

  /** What is begun and not ended. */
  get tasks(): readonly Task[] {
    return [...this.#active.values()].map(({ task }) => task);
  }

  /** Forgets the work up to now. */
  startCounting(): void {
    this.settle();
    this.workUnitMs = 0;
    this.begun = 0;
  }

  /** Counts the work up to now. */
  settle(): void {
    this.#change(() => {});
  }

  #next(): void {
    for (let task = this.#line[0]; task !== undefined && !this.#isPaused; task = this.#line[0]) {
      // What weighs more than all of the agent needs all of the agent.
      if (this.#units + Math.min(task.weight, this.#capacityUnits) > this.#capacityUnits) return;
      this.#line.shift();
      this.#begin(task);
    }
  }

  #begin(task: Task): void {
    this.#change(() => {
      this.#active.set(task.customer.id, { task, end: undefined });
      this.#units += Math.min(task.weight, this.#capacityUnits);
    });
    this.begun += 1;
    this.#on.begun(task);
  }

  #finish(id: string, task: Task): void {
    this.#change(() => {
      this.#active.delete(id);
      this.#units -= Math.min(task.weight, this.#capacityUnits);
    });
    this.#on.done(task);
    this.#next();
  }

  #pace(): number {
    return this.#isPaused ? 0 : 1 / (1 + this.#slowdown * Math.max(0, this.#active.size - 1));
  }

  /** Counts what was done at the old pace, changes, and plans the ends anew where the pace is another. */
  #change(apply: () => void): void {
    const { now } = this.#events;
    const before = this.#pace();
    const passed = now - this.#since;
    this.#since = now;
    this.workUnitMs += this.#units * passed;
    for (const { task } of this.#active.values()) task.remainingMs = Math.max(0, task.remainingMs - passed * before);
    apply();
    const pace = this.#pace();
    for (const [id, active] of this.#active) {
      if (active.end !== undefined && pace === before) continue;
      active.end?.cancel();
      active.end = undefined;
      if (pace === 0) continue;
      active.end = this.#events.plan(now + active.task.remainingMs / pace, () => this.#finish(id, active.task));
    }
  }
}
