import { Worker } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import type { ModelStore } from './model-store.ts';
import { UnusableModel } from './recognizer-thread.ts';
import { readModel } from './stored-models.ts';

/** What two versions are asked. `expected`: the intent that the text has in the training set; null where nobody said. */
export interface ComparedText {
  readonly text: string;
  readonly expected: string | null;
}

export interface ComparedAnswer {
  readonly intent: string | null;
  readonly confidence: number;
}

export interface Difference extends ComparedText {
  readonly before: ComparedAnswer;
  readonly after: ComparedAnswer;
}

/** What becomes of texts when one version is replaced by another. "Acts": it answers at 0.8 or more. */
export interface Comparison {
  readonly from: number;
  readonly to: number;
  readonly texts: number;
  readonly changed: number;
  /** With an expected intent: right at first and wrong then, and the other way round. */
  readonly worse: number;
  readonly better: number;
  readonly acts: { readonly before: number; readonly after: number };
  /** Of those whose answer at 0.8 changes, and then the others; so many are shown. */
  readonly differences: readonly Difference[];
}

export interface ComparisonTask {
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
  readonly texts: readonly ComparedText[];
}
export type ComparisonReply =
  | { readonly kind: 'done'; readonly comparison: Omit<Comparison, 'from' | 'to'> }
  | { readonly kind: 'unusable'; readonly detail: string };

const longestMs = 120_000;

/** Asks two versions the same texts, in a thread of its own, one comparison at a time. */
export function createComparisons({ store }: { store: ModelStore }) {
  const stopped = new AbortController();
  let isBusy = false;

  /** @throws Refusal `not-found`, `conflict` for a version that cannot be used, `too-many-requests` while one is under way */
  async function compare(from: number, to: number, texts: readonly ComparedText[]): Promise<Comparison> {
    if (isBusy)
      throw new Refusal('too-many-requests', 'Versions are being compared already: ask again in a while.', {
        retryAfterMs: 10_000,
      });
    isBusy = true;
    try {
      const [before, after] = [await read(from, 'from'), await read(to, 'to')];
      return { from, to, ...(await runComparison({ before, after, texts }, stopped.signal)) };
    } finally {
      isBusy = false;
    }
  }

  async function read(version: number, field: string): Promise<Uint8Array<ArrayBuffer>> {
    if ((await store.get(version)) === undefined)
      throw new Refusal('not-found', `${field}: there is no model version ${version}.`, { field });
    try {
      return await readModel(store, version);
    } catch (error) {
      if (!(error instanceof UnusableModel)) throw error;
      throw new Refusal('conflict', `${field}: ${error.message}`, { field });
    }
  }

  return { compare, stop: () => stopped.abort() };
}

async function runComparison(task: ComparisonTask, signal: AbortSignal): Promise<Omit<Comparison, 'from' | 'to'>> {
  const worker = new Worker(new URL('./comparison-worker.ts', import.meta.url), {
    workerData: task,
    transferList: [task.before.buffer, task.after.buffer],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Omit<Comparison, 'from' | 'to'>>();
  const onStop = () => reject(new Refusal('unavailable', 'The server is being stopped.', { retryAfterMs: 5_000 }));
  signal.addEventListener('abort', onStop, { once: true });
  const timer = setTimeout(
    () => reject(new Refusal('bad-request', `texts: this takes longer than ${longestMs / 1_000} s: give fewer.`)),
    longestMs,
  );
  worker.once('message', (reply: ComparisonReply) =>
    reply.kind === 'done' ? resolve(reply.comparison) : reject(new Refusal('conflict', reply.detail)),
  );
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The thread that compares has ended.')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onStop);
    await worker.terminate();
  }
}
