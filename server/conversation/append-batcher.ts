import { type Batcher, createBatcher } from '../base/batcher.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { AppendItem, AppendResult, ConversationStore } from './conversation-store.ts';

/** The micro-batcher in front of `append`: what arrives while the store is busy becomes one transaction and one fsync. */
export interface AppendBatcher extends Pick<Batcher<AppendItem, AppendResult>, 'depth' | 'drained'> {
  append(item: AppendItem): Promise<AppendResult>;
}

export function createAppendBatcher(
  store: Pick<ConversationStore, 'append'>,
  options: {
    readonly maxBatch: number;
    /** Waiting items at which new ones are refused with 503: bounds memory when the disk cannot keep up. */
    readonly maxWaiting: number;
    readonly onBatch?: (size: number, ms: number) => void;
  },
): AppendBatcher {
  const batcher = createBatcher<AppendItem, AppendResult>({
    run: (items) => store.append(items),
    maxBatch: options.maxBatch,
    isFault: isStoreFault,
    ...(options.onBatch === undefined ? {} : { onBatch: options.onBatch }),
  });
  return {
    append: (item) =>
      batcher.waiting() >= options.maxWaiting
        ? Promise.reject(
            new Refusal('unavailable', 'Too many messages wait to be stored: try again shortly.', {
              retryAfterMs: 1_000,
            }),
          )
        : batcher.add(item),
    depth: batcher.depth,
    drained: batcher.drained,
  };
}

/** The store cannot write now: that is everybody's error, and no item's own. */
export function isStoreFault(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'unavailable';
}
