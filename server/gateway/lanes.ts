import type { Clock } from '../base/clock.ts';
import { type QueuedEntry, TryLater, Unprocessable } from './message-queue.ts';
import { Refusal } from './refusal.ts';

export type Handler<E extends QueuedEntry> = (entry: E) => Promise<void>;

export interface LanesOptions<E extends QueuedEntry> {
  readonly clock: Clock;
  /** Lanes that are worked on at once. */
  readonly concurrency: number;
  /** Failed tries after which an entry is buried. */
  readonly maxAttempts: number;
  readonly retryMs: (attempt: number) => number;
  /** Keeps the number of failed tries where a restart finds it. */
  failed(entry: E): Promise<void>;
  /** Puts an entry aside for good; when it rejects, the entry is tried again later. */
  bury(entry: E, reason: string): Promise<void>;
  /** The entry has left the lanes: handled, or buried. */
  left(entry: E): void;
  /** After each round of giving out: the place to fetch more. */
  pumped(): void;
  onError(error: unknown): void;
}

/** One contact's entries: worked on one after the other. */
type Lane<E> = { readonly entries: E[]; busy: boolean };

/** The entries that a queue holds in memory: in order within a lane, lanes in parallel up to a bound. */
export interface Lanes<E extends QueuedEntry> {
  /** Puts an entry behind its lane; `pump` gives it out. */
  admit(entry: E): void;
  pump(): void;
  held(): number;
  /** The entry at the front of each lane. */
  fronts(): Iterable<E>;
  /** Gives entries out from now on; the caller pumps. */
  start(handler: Handler<E>): void;
  /** Gives no more out; resolves when what is being worked on has ended. */
  stop(): Promise<void>;
}

export function createLanes<E extends QueuedEntry>(options: LanesOptions<E>): Lanes<E> {
  const lanes = new Map<string, Lane<E>>();
  const ready: Lane<E>[] = [];
  let held = 0;
  let running = 0;
  let handler: Handler<E> | undefined;
  let finished: (() => void) | undefined;

  function pump(): void {
    while (handler !== undefined && running < options.concurrency) {
      const lane = ready.shift();
      if (lane === undefined) break;
      lane.busy = true;
      running += 1;
      void work(lane, handler);
    }
    options.pumped();
  }

  async function work(lane: Lane<E>, handle: Handler<E>): Promise<void> {
    const entry = lane.entries[0] as E;
    const retryMs = await attempt(entry, handle);
    running -= 1;
    if (retryMs === undefined) {
      lane.entries.shift();
      held -= 1;
      options.left(entry);
    }
    if (retryMs !== undefined && retryMs > 0) rest(lane, retryMs);
    else release(lane, entry.lane);
    if (running === 0 && handler === undefined) finished?.();
    pump();
  }

  function release(lane: Lane<E>, name: string): void {
    lane.busy = false;
    if (lane.entries.length > 0) ready.push(lane);
    else lanes.delete(name);
  }

  /** A lane that failed waits aside: it keeps its contact's order and nobody else's place. */
  function rest(lane: Lane<E>, ms: number): void {
    void options.clock.sleep(ms).then(() => {
      lane.busy = false;
      ready.push(lane);
      pump();
    });
  }

  /** Undefined when the entry has left the queue; else the time after which to try it again. */
  async function attempt(entry: E, handle: Handler<E>): Promise<number | undefined> {
    try {
      await handle(entry);
      return undefined;
    } catch (error) {
      return afterFailure(entry, error);
    }
  }

  async function afterFailure(entry: E, error: unknown): Promise<number | undefined> {
    const later = error instanceof TryLater || (error instanceof Refusal && error.code === 'unavailable');
    if (later) return options.retryMs(1);
    const isHopeless = error instanceof Unprocessable;
    if (!isHopeless) options.onError(error);
    entry.attempts += 1;
    try {
      if (isHopeless || entry.attempts >= options.maxAttempts) {
        await options.bury(entry, (error as Error).message);
        return undefined;
      }
      await options.failed(entry);
    } catch (storeError) {
      options.onError(storeError);
    }
    return options.retryMs(entry.attempts);
  }

  return {
    admit: (entry) => {
      let lane = lanes.get(entry.lane);
      if (lane === undefined) {
        lane = { entries: [], busy: false };
        lanes.set(entry.lane, lane);
      }
      lane.entries.push(entry);
      held += 1;
      if (!lane.busy && lane.entries.length === 1) ready.push(lane);
    },
    pump,
    held: () => held,
    fronts: function* () {
      for (const { entries } of lanes.values()) if (entries[0] !== undefined) yield entries[0];
    },
    start: (handle) => {
      handler = handle;
    },
    stop: async () => {
      handler = undefined;
      if (running > 0) await new Promise<void>((resolve) => (finished = resolve));
    },
  };
}
