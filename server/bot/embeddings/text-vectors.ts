import type { Clock } from '../../base/clock.ts';
import { inTime } from '../../base/in-time.ts';
import { Lru } from '../../base/lru.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { createCircuitBreaker } from '../language-model/circuit-breaker.ts';
import { ModelFailure } from '../language-model/model-failure.ts';
import type { EmbeddingSettings, EmbeddingUse } from '../language-model/model-settings.ts';
import type { Embedder, EmbeddingKind } from './embedder.ts';
import { type EmbeddingId, isSameEmbedding } from './embedding-id.ts';

/** The vector of one text, and what made it. */
export interface TextVector {
  readonly of: EmbeddingId;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** Vectors for one use, from wherever the settings say now. */
export interface TextVectors {
  /** Whether the settings name anything, be it there now or not. */
  isWanted(): Promise<boolean>;
  /** What makes them; undefined: nothing is set, it is off, or it is not loaded (yet). */
  current(as?: 'query' | 'passage'): Promise<EmbeddingId | undefined>;
  /**
   * Of many, for which nobody waits. It takes as long as it takes.
   *
   * @param options.as what is asked has another prefix than what may answer
   * @param options.keep our own texts are; what customers wrote is not
   * @throws ModelFailure, Refusal, the signal's reason
   */
  ofMany(
    texts: readonly string[],
    options: { as: 'query' | 'passage'; keep: boolean; signal: AbortSignal; onProgress?: (share: number) => void },
  ): Promise<{ readonly of: EmbeddingId; readonly vectors: Float32Array[] }>;
  /**
   * Of what somebody asks who waits. Never fails: undefined where it is late, fails, or failed a few times just now.
   *
   * @param options.withinMs at most so long; the settings may say less. 0: only what is in memory
   * @param options.of nothing is asked where the settings name another embedding
   */
  ofQuestion(text: string, options?: { withinMs?: number; of?: EmbeddingId }): Promise<TextVector | undefined>;
  /** The same where it was asked for before and is in memory. */
  inMemory(text: string): TextVector | undefined;
  readonly counts: VectorCounts;
}

/** Since the start of this process. */
export interface VectorCounts {
  readonly answered: number;
  /** Late, failed, or not asked because it failed just now. */
  readonly missed: number;
  /** Why the last one failed; undefined: the last one did not. */
  readonly problem: string | undefined;
}

/** What is behind this is not read. */
const mostCharacters = 1_000;
const mostInMemory = 3_000;
/** Our own texts are asked for so many at a time, so that a bar moves. */
const atOnce = 64;

export function createTextVectors(deps: {
  use: EmbeddingUse;
  settings: () => Promise<EmbeddingSettings>;
  embedders: Readonly<Record<EmbeddingKind, Embedder>>;
  /** Prefixes that a local model's folder names. */
  folderPrefixes: () => { readonly query: string; readonly passage: string };
  /** Told where the vector of a question came from: memory, or it was asked for; or that there is none. */
  onQuestion?: (how: 'memory' | 'asked' | 'missed') => void;
  clock: Clock;
  onError: (error: unknown) => void;
}): TextVectors {
  const { use, embedders, onError } = deps;
  const breaker = createCircuitBreaker(deps.clock);
  const known = new Lru<string, TextVector>(mostInMemory);
  const counts: { -readonly [K in keyof VectorCounts]: VectorCounts[K] } = {
    answered: 0,
    missed: 0,
    problem: undefined,
  };
  /** As it was when it was asked last. */
  let last: EmbeddingId | undefined;

  async function idFor(as: 'query' | 'passage'): Promise<EmbeddingId | undefined> {
    const settings = await deps.settings();
    const { [use]: kind } = settings;
    if (kind === 'none') return undefined;
    const model = await embedders[kind].model();
    if (model === undefined) return undefined;
    const own = as === 'query' ? settings.queryPrefix : settings.passagePrefix;
    const ofFolder = kind === 'local' ? deps.folderPrefixes()[as] : '';
    return { kind, model, prefix: own === '' ? ofFolder : own };
  }

  async function current(as: 'query' | 'passage' = 'query'): Promise<EmbeddingId | undefined> {
    const id = await idFor(as);
    if (as === 'passage') return id;
    if (last !== undefined && id?.model !== last.model) breaker.reset();
    last = id;
    return id;
  }

  const read = (text: string) => text.trim().slice(0, mostCharacters);
  const keyOf = ({ kind, model, prefix }: EmbeddingId, text: string) => `${kind} ${model}\n${prefix}${text}`;
  const lookUp = (id: EmbeddingId | undefined, text: string) =>
    id === undefined ? undefined : known.get(keyOf(id, text));

  async function ask(id: EmbeddingId, text: string, signal: AbortSignal): Promise<TextVector | undefined> {
    if (!breaker.tryEnter()) {
      counts.missed += 1;
      return undefined;
    }
    try {
      const options = { keep: false, prefix: id.prefix, urgent: true, signal };
      const [vector] = await inTime(embedders[id.kind].embed([text], options), signal);
      if (vector === undefined) throw new ModelFailure('wrong-answer', `${id.model} gave no vector.`);
      breaker.succeeded();
      counts.answered += 1;
      counts.problem = undefined;
      const made = { of: id, vector };
      known.set(keyOf(id, text), made);
      return made;
    } catch (error) {
      breaker.failed();
      counts.missed += 1;
      counts.problem = signal.aborted ? 'It did not answer in time.' : (error as Error).message;
      // Who answers late or not at all is no defect of ours.
      if (!(signal.aborted || error instanceof ModelFailure || error instanceof Refusal)) onError(error);
      return undefined;
    }
  }

  return {
    isWanted: async () => (await deps.settings())[use] !== 'none',
    current,
    ofMany: async (texts, { as, keep, signal, onProgress }) => {
      const of = await idFor(as);
      if (of === undefined)
        throw new ModelFailure('no-such-model', 'The model that the settings name is not there, or is switched off.');
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += atOnce) {
        const some = texts.slice(at, at + atOnce);
        vectors.push(...(await embedders[of.kind].embed(some, { keep, prefix: of.prefix, signal })));
        onProgress?.(vectors.length / texts.length);
      }
      return { of, vectors };
    },
    ofQuestion: async (text, { withinMs = Number.POSITIVE_INFINITY, of } = {}) => {
      const question = read(text);
      if (question === '') return undefined;
      try {
        const id = await current();
        if (id === undefined || (of !== undefined && !isSameEmbedding(id, of))) return undefined;
        const found = lookUp(id, question);
        if (found !== undefined) {
          deps.onQuestion?.('memory');
          return found;
        }
        const { waitMs } = await deps.settings();
        const longest = Math.min(waitMs, withinMs);
        if (longest <= 0) return undefined;
        const made = await ask(id, question, AbortSignal.timeout(longest));
        deps.onQuestion?.(made === undefined ? 'missed' : 'asked');
        return made;
      } catch (error) {
        // The store with the settings is away for a moment.
        onError(error);
        return undefined;
      }
    },
    inMemory: (text) => lookUp(last, read(text)),
    get counts() {
      return { ...counts };
    },
  };
}
