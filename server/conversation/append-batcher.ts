import { type Batcher, createBatcher } from '../base/batcher.ts';
import { hashOf } from '../base/hash.ts';
import { Refusal } from '../gateway/refusal.ts';
import { type AppendItem, type AppendResult, type ConversationStore, orderKeyOf } from './conversation-store.ts';

/** Items that one transaction takes well: its fixed cost is then a small part. */
const enoughForOne = 64;

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
    /**
     * Transactions that a store with several connections does at once, when there is enough to do; it keeps the order of
     * each author's entries itself.
     */
    readonly lanes?: number;
  },
): AppendBatcher {
  const { lanes = 1 } = options;
  const batchers = Array.from({ length: lanes }, () =>
    createBatcher<AppendItem, AppendResult>({
      run: (items) => store.append(items),
      maxBatch: options.maxBatch,
      isFault: isStoreFault,
      ...(lanes > 1 ? { maxInFlight: 1 } : {}),
      ...(options.onBatch === undefined ? {} : { onBatch: options.onBatch }),
    }),
  );
  const [only] = batchers as [Batcher<AppendItem, AppendResult>];
  const depth = () => batchers.reduce((sum, batcher) => sum + batcher.depth(), 0);
  /** With little to do, several small transactions cost more than one, and each waits for the others' syncs. */
  const laneOf = (item: AppendItem) =>
    lanes === 1 || depth() < enoughForOne ? only : (batchers[hashOf(orderKeyOf(item.target)) % lanes] ?? only);
  return {
    append: (item) => {
      const lane = laneOf(item);
      if (lane.waiting() < options.maxWaiting / lanes) return lane.add(item);
      const reason = 'Too many messages wait to be stored: try again shortly.';
      return Promise.reject(new Refusal('unavailable', reason, { retryAfterMs: 1_000 }));
    },
    depth,
    drained: async () => {
      await Promise.all(batchers.map((batcher) => batcher.drained()));
    },
  };
}

/** The store cannot write now: that is everybody's error, and no item's own. */
export function isStoreFault(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'unavailable';
}
