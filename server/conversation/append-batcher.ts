import { Refusal } from '../gateway/refusal.ts';
import type { AppendItem, AppendResult, ConversationStore } from './conversation-store.ts';

/** Batches under way: one in the store's hands and one on its way, so that the store never waits for us. */
const maxInFlight = 2;

type Waiting = { item: AppendItem; resolve: (result: AppendResult) => void; reject: (error: unknown) => void };

/**
 * The micro-batcher in front of `append`: what arrives while the store is busy becomes one transaction and one fsync.
 * An idle store gets an item at the end of the event loop's turn, so batching costs no waiting when there is no load.
 */
export interface AppendBatcher {
  append(item: AppendItem): Promise<AppendResult>;
  /** Items that wait or are under way. */
  depth(): number;
  /** Resolves when everything that was given has been answered. */
  drained(): Promise<void>;
}

export function createAppendBatcher(
  store: Pick<ConversationStore, 'append'>,
  options: {
    /** Largest batch: bounds how long one transaction keeps the others waiting. */
    maxBatch: number;
    /** Waiting items at which new ones are refused with 503: bounds memory when the disk cannot keep up. */
    maxWaiting: number;
    /** Told after each batch: how many, and how long from hand-over to commit. */
    onBatch?: (size: number, ms: number) => void;
  },
): AppendBatcher {
  const waiting: Waiting[] = [];
  let inFlight = 0;
  let itemsInFlight = 0;
  let scheduled = false;
  let idle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || inFlight >= maxInFlight || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      flush();
    });
  }

  function flush(): void {
    while (inFlight < maxInFlight && waiting.length > 0) {
      const batch = waiting.splice(0, options.maxBatch);
      void run(batch);
    }
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    inFlight += 1;
    itemsInFlight += batch.length;
    const startedAt = performance.now();
    try {
      const results = await store.append(batch.map(({ item }) => item));
      options.onBatch?.(batch.length, performance.now() - startedAt);
      for (let i = 0; i < batch.length; i++) batch[i]?.resolve(results[i] as AppendResult);
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

  /** Nothing of a failed batch was stored. A fault is everybody's; a defect is found by trying each alone. */
  async function settleOneByOne(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length === 1 || (error instanceof Refusal && error.code === 'unavailable')) {
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const { item, resolve, reject } of batch) {
      await store.append([item]).then(([result]) => resolve(result as AppendResult), reject);
    }
  }

  return {
    append: (item) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= options.maxWaiting) {
          reject(
            new Refusal('unavailable', 'Too many messages wait to be stored: try again shortly.', {
              retryAfterMs: 1_000,
            }),
          );
          return;
        }
        waiting.push({ item, resolve, reject });
        schedule();
      }),
    depth: () => waiting.length + itemsInFlight,
    drained: () =>
      waiting.length + itemsInFlight === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
  };
}
