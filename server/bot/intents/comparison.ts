import { Worker } from 'node:worker_threads';
import { Refusal } from '../../gateway/refusal.ts';
import { answerOfThread } from '../answer-of-thread.ts';
import { type EmbeddingId, isSameEmbedding } from '../embeddings/embedding-id.ts';
import type { TextVectors } from '../embeddings/text-vectors.ts';
import { ModelFailure } from '../language-model/model-failure.ts';
import type { ModelStore } from './model-store.ts';
import { UnusableModel } from './recognizer-thread.ts';
import { readModel } from './stored-models.ts';
import type { ModelFacts } from './training-protocol.ts';

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
  /** Whether the texts' vectors were there for whichever version wants them; null: neither does. */
  readonly withVectors: boolean | null;
  /** Of those whose answer at 0.8 changes, and then the others; so many are shown. */
  readonly differences: readonly Difference[];
}

export interface ComparisonTask {
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
  readonly texts: readonly ComparedText[];
  /** By text, and what made them; a version of another embedding answers without. */
  readonly vectors: { readonly of: EmbeddingId; readonly byText: ReadonlyMap<string, Float32Array> } | undefined;
}
export type ComparisonReply =
  | { readonly kind: 'done'; readonly comparison: Omit<Comparison, 'from' | 'to'> }
  | { readonly kind: 'unusable'; readonly detail: string };

const longestMs = 120_000;

/** Asks two versions the same texts, in a thread of its own, one comparison at a time. */
export function createComparisons({ store, vectors }: { store: ModelStore; vectors?: TextVectors | undefined }) {
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
      const task = { before, after, texts, vectors: await vectorsOf([from, to], texts) };
      return { from, to, ...(await runComparison(task, stopped.signal)) };
    } finally {
      isBusy = false;
    }
  }

  /** Where a version was trained with the embedding that is set. The version answers without where they cannot be had. */
  async function vectorsOf(
    versions: readonly number[],
    texts: readonly ComparedText[],
  ): Promise<ComparisonTask['vectors']> {
    const current = await vectors?.current();
    if (vectors === undefined || current === undefined) return undefined;
    const models = await Promise.all(versions.map((version) => store.get(version)));
    const wanted = models.some((model) => {
      const { embedding } = model === undefined ? {} : (JSON.parse(model.facts) as ModelFacts);
      return embedding !== undefined && embedding !== null && isSameEmbedding(embedding, current);
    });
    if (!wanted) return undefined;
    // Pasted texts may be customers': they are not kept.
    const [own, pasted] = [
      texts.filter(({ expected }) => expected !== null),
      texts.filter(({ expected }) => expected === null),
    ];
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(longestMs)]);
    try {
      const byText = new Map<string, Float32Array>();
      for (const [some, keep] of [
        [own, true],
        [pasted, false],
      ] as const) {
        const found = await vectors.ofMany(
          some.map(({ text }) => text),
          { as: 'query', keep, signal },
        );
        for (const [at, { text }] of some.entries()) byText.set(text, found.vectors[at] as Float32Array);
      }
      return { of: current, byText };
    } catch (error) {
      if (!(error instanceof ModelFailure || error instanceof Refusal || signal.aborted)) throw error;
      return undefined;
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
  const reply = await answerOfThread<ComparisonReply>(worker, {
    signal,
    longestMs,
    tooLong: new Refusal('bad-request', `texts: this takes longer than ${longestMs / 1_000} s: give fewer.`),
    ended: 'The thread that compares has ended.',
  });
  if (reply.kind !== 'done') throw new Refusal('conflict', reply.detail);
  return reply.comparison;
}
