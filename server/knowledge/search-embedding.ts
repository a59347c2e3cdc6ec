import type { Clock } from '../base/clock.ts';
import { type EmbeddingId, isSameEmbedding } from '../bot/embeddings/embedding-id.ts';
import type { TextVectors } from '../bot/embeddings/text-vectors.ts';
import { ModelFailure } from '../bot/language-model/model-failure.ts';
import { Refusal } from '../gateway/refusal.ts';
import type { Embedder, QuestionVector } from './search/embedder.ts';
import type { PassageIndex } from './search/passage-index.ts';

/** Keeps the vectors of the index those that the settings name; while they are not there, the learnt ones serve. */
export interface SearchEmbedding {
  /** For a question; undefined where the learnt vectors serve, or it is late. Never fails. */
  question(text: string, withinMs: number | undefined): Promise<QuestionVector | undefined>;
  /** What the index told of by itself. @returns whether it was a model that did not answer, which is noted here */
  failed(error: unknown): boolean;
  readonly state: SearchEmbeddingState;
  run(signal: AbortSignal): Promise<void>;
}

export interface SearchEmbeddingState {
  /** Whose vectors serve; null: the learnt ones. */
  readonly serving: EmbeddingId | null;
  /** Whose vectors are being fetched; null: nobody's. */
  readonly building: EmbeddingId | null;
  readonly problem: string | null;
}

/** How often the settings are looked at. */
const lookMs = 2_000;
/** Before a model that failed is asked again for what is missing; each time twice as long. */
const [againMs, longestAgainMs] = [15_000, 600_000];

interface Chosen {
  readonly query: EmbeddingId;
  readonly passage: EmbeddingId;
  readonly embedder: Embedder;
}

export function createSearchEmbedding(deps: {
  vectors: TextVectors;
  index: Pick<PassageIndex, 'useEmbedder' | 'refresh' | 'servingEmbedder'>;
  clock: Clock;
  onError: (error: unknown) => void;
}): SearchEmbedding {
  const { vectors, index, clock, onError } = deps;
  let chosen: Chosen | undefined;
  let isBuilding = false;
  let problem: string | null = null;
  let again: { readonly at: number; readonly pauseMs: number } | undefined;

  function embedderOf(query: EmbeddingId, passage: EmbeddingId): Embedder {
    return {
      embed: async (texts, { as, signal = new AbortController().signal }) => {
        const options = { as: as === 'question' ? 'query' : 'passage', keep: as === 'passage', signal } as const;
        const found = await vectors.ofMany(texts, options);
        if (!isSameEmbedding(found.of, as === 'question' ? query : passage))
          throw new ModelFailure('no-such-model', 'Another model was chosen meanwhile.');
        return found.vectors;
      },
    };
  }

  /** @returns whether there is something to be done */
  async function choose(): Promise<boolean> {
    if (!(await vectors.isWanted())) {
      const isNew = chosen !== undefined;
      chosen = undefined;
      index.useEmbedder(undefined);
      return isNew;
    }
    const [query, passage] = [await vectors.current(), await vectors.current('passage')];
    // Switched off for a while, or not loaded yet: what serves goes on serving.
    if (query === undefined || passage === undefined) return false;
    const isKnown =
      chosen !== undefined && isSameEmbedding(chosen.query, query) && isSameEmbedding(chosen.passage, passage);
    if (!isKnown) {
      chosen = { query, passage, embedder: embedderOf(query, passage) };
      index.useEmbedder(chosen.embedder);
    }
    return !isKnown;
  }

  async function build(signal: AbortSignal): Promise<void> {
    isBuilding = chosen !== undefined;
    try {
      await index.refresh({ signal });
      [problem, again] = [null, undefined];
    } catch (error) {
      if (signal.aborted) return;
      if (!failed(error)) onError(error);
    } finally {
      isBuilding = false;
    }
  }

  function failed(error: unknown): boolean {
    if (!(error instanceof ModelFailure || error instanceof Refusal)) return false;
    problem = error.message;
    const pauseMs = Math.min(longestAgainMs, (again?.pauseMs ?? againMs / 2) * 2);
    again = { at: clock.elapsed() + pauseMs, pauseMs };
    return true;
  }

  return {
    question: async (text, withinMs) => {
      if (chosen === undefined || index.servingEmbedder !== chosen.embedder) return undefined;
      const { query: of, embedder } = chosen;
      const found = await vectors.ofQuestion(text, withinMs === undefined ? { of } : { of, withinMs });
      return found === undefined ? undefined : { of: embedder, vector: found.vector };
    },
    failed,
    get state() {
      const isServing = chosen !== undefined && index.servingEmbedder === chosen.embedder;
      return {
        serving: isServing ? (chosen?.query ?? null) : null,
        building: isBuilding && !isServing ? (chosen?.query ?? null) : null,
        problem,
      };
    },
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          const isChanged = await choose();
          if (isChanged) [problem, again] = [null, undefined];
          // Also where a refresh was under way already when it was chosen, or there was no passage yet.
          const isMissing = index.servingEmbedder !== chosen?.embedder;
          const isDue = again === undefined ? isChanged || isMissing : clock.elapsed() >= again.at;
          if (isDue) await build(signal);
        } catch (error) {
          onError(error);
        }
        await clock.sleep(lookMs, signal).catch(() => undefined);
      }
    },
  };
}
