import { setImmediate as atEndOfTurn } from 'node:timers';

/** Batches under way: one in the worker's hands and one on its way, so that the worker never waits for us. */
const usuallyInFlight = 2;

type Waiting<I, R> = { item: I; resolve: (result: R) => void; reject: (error: unknown) => void };

/**
 * Gathers what arrives while the worker is busy into one piece of work: one message to its thread, one transaction, one
 * fsync. An idle worker gets an item at the end of the event loop's turn, so batching costs no waiting without load.
 */
export interface Batcher<I, R> {
  add(item: I): Promise<R>;
  /** Items that wait or are under way. */
  depth(): number;
  /** Items that wait and are not yet under way. */
  waiting(): number;
  /** Resolves when everything that was given has been answered. */
  drained(): Promise<void>;
}

export function createBatcher<I, R>(options: {
  /** Does a whole batch: one result for each item, in order. When it rejects, nothing of the batch has happened. */
  run: (items: readonly I[]) => Promise<readonly R[]>;
  /** Largest batch: bounds how long one piece of work keeps the others waiting. */
  maxBatch: number;
  /** Whether the error is everybody's (the disk is full); any other is looked for by trying each item alone. */
  isFault: (error: unknown) => boolean;
  /** Told after each batch: how many, and how long it took. */
  onBatch?: (size: number, ms: number) => void;
  /** Batches under way at once; 1 where the worker would do two of them out of order. */
  maxInFlight?: number;
}): Batcher<I, R> {
  const { maxInFlight = usuallyInFlight } = options;
  const waiting: Waiting<I, R>[] = [];
  let inFlight = 0;
  let itemsInFlight = 0;
  let scheduled = false;
  let idle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || inFlight >= maxInFlight) return;
    scheduled = true;
    atEndOfTurn(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    while (inFlight < maxInFlight && waiting.length > 0) void work(waiting.splice(0, options.maxBatch));
  }

  async function work(batch: readonly Waiting<I, R>[]): Promise<void> {
    inFlight += 1;
    itemsInFlight += batch.length;
    const startedAt = performance.now();
    try {
      const results = await options.run(batch.map(({ item }) => item));
      options.onBatch?.(batch.length, performance.now() - startedAt);
      for (let i = 0; i < batch.length; i++) batch[i]?.resolve(results[i] as R);
    } catch (error) {
      await settleOneByOne(batch, error);
    } finally {
      inFlight -= 1;
      itemsInFlight -= batch.length;
      // At once, and not at the end of the turn: while we were busy, others have gathered.
      flush();
      if (inFlight === 0 && waiting.length === 0) {
        for (const resolve of idle) resolve();
        idle = [];
      }
    }
  }

  async function settleOneByOne(batch: readonly Waiting<I, R>[], error: unknown): Promise<void> {
    if (batch.length === 1 || options.isFault(error)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { item, resolve, reject } of batch) {
      await options.run([item]).then(([result]) => resolve(result as R), reject);
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        schedule();
      }),
    depth: () => waiting.length + itemsInFlight,
    waiting: () => waiting.length,
    drained: () =>
      waiting.length + itemsInFlight === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
  };
}
