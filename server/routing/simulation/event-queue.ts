import { Heap } from '../../base/heap.ts';

/** Something that will happen, until it is called off. */
export class Planned {
  readonly at: number;
  readonly order: number;
  #run: (() => void) | undefined;

  constructor(at: number, order: number, run: () => void) {
    this.at = at;
    this.order = order;
    this.#run = run;
  }

  cancel(): void {
    this.#run = undefined;
  }

  /** @returns what is to be done; undefined when it was called off */
  get run(): (() => void) | undefined {
    return this.#run;
  }
}

/**
 * Simulated time: what is planned happens in order of its time, and at one time in the order in which it was planned, so
 * that a run can be repeated to the letter. Nothing here waits.
 */
export class EventQueue {
  readonly #heap = new Heap<Planned>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #now: number;
  #planned = 0;

  constructor(startAt = 0) {
    this.#now = startAt;
  }

  get now(): number {
    return this.#now;
  }

  /**
   * @param at a time that has not passed
   * @throws RangeError for one that has
   */
  plan(at: number, run: () => void): Planned {
    if (!(at >= this.#now)) throw new RangeError(`cannot plan for ${at}: it is ${this.#now}`);
    this.#planned += 1;
    const planned = new Planned(at, this.#planned, run);
    this.#heap.push(planned);
    return planned;
  }

  /** Lets everything happen that is planned up to a time, and what that leads to. */
  runUntil(end: number): void {
    for (let next = this.#heap.peek(); next !== undefined && next.at <= end; next = this.#heap.peek()) {
      this.#heap.pop();
      const { run } = next;
      if (run === undefined) continue;
      this.#now = next.at;
      run();
    }
    this.#now = Math.max(this.#now, end);
  }
}
