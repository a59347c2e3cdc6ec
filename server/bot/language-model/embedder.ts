import { createHash } from 'node:crypto';
import { Lru } from '../../base/lru.ts';
import type { LanguageModel } from './language-model.ts';
import { ModelFailure } from './model-failure.ts';

/** A vector as it is stored: base64 of 32-bit floats, little endian. */
export interface StoredVector {
  readonly hash: string;
  readonly vector: string;
}

export interface VectorStore {
  find(hashes: readonly string[]): Promise<StoredVector[]>;
  add(vectors: readonly StoredVector[], at: number): Promise<void>;
  /** @returns how many were removed */
  forget(before: number): Promise<number>;
}

/** Texts to vectors of one length, so that what means the same lies near each other. */
export interface Embedder {
  /** Which model makes them: vectors of two are not to be compared. undefined: there is none now. */
  model(): Promise<string | undefined>;
  /**
   * One vector a text, in their order, of length 1.
   *
   * @param options.keep our own texts (articles, training utterances) are kept in the store; what customers wrote only in
   *   memory, and personal data is hidden first
   * @throws ModelFailure, also where the model's vectors have another length than before; Refusal when a budget is spent
   *   or no embedding model is configured
   */
  embed(texts: readonly string[], options: { keep: boolean; signal: AbortSignal }): Promise<Float32Array[]>;
}

/** Texts of one request; servers take some hundreds. */
const batchSize = 64;
/** Longer ones are cut: models read some hundred tokens, or a few thousand. */
const mostCharacters = 6_000;
const mostInMemory = 5_000;

export function createEmbedder(deps: {
  model: Pick<LanguageModel, 'embed' | 'embeddingModel'>;
  store: VectorStore;
  now: () => number;
}): Embedder {
  const { model, store, now } = deps;
  const hot = new Lru<string, Float32Array>(mostInMemory);
  const dimensions = new Lru<string, number>(20);

  /** @throws ModelFailure */
  function checkLength(name: string, vectors: readonly Float32Array[]): void {
    for (const { length } of vectors) {
      const known = dimensions.get(name) ?? length;
      if (known !== length)
        throw new ModelFailure('wrong-answer', `${name} gives vectors of ${length} numbers, and gave ${known} before.`);
      dimensions.set(name, known);
    }
  }

  async function obtain(name: string, wanted: ReadonlyMap<string, string>, keep: boolean, signal: AbortSignal) {
    const missing = [...wanted].filter(([hash]) => hot.get(hash) === undefined);
    const found = new Map<string, Float32Array>();
    for (const [hash] of wanted) {
      const vector = hot.get(hash);
      if (vector !== undefined) found.set(hash, vector);
    }
    if (keep) {
      for (const { hash, vector } of await store.find(missing.map(([hash]) => hash)))
        found.set(hash, vectorFrom(vector));
    }
    const unknown = missing.filter(([hash]) => !found.has(hash));
    if (unknown.length > 0) {
      const vectors = (
        await model.embed(
          unknown.map(([, text]) => text),
          { mask: !keep, signal },
        )
      ).map(normalised);
      checkLength(name, vectors);
      const made = unknown.flatMap(([hash], at) => {
        const vector = vectors[at];
        return vector === undefined ? [] : [{ hash, vector }];
      });
      for (const { hash, vector } of made) found.set(hash, vector);
      if (keep)
        await store.add(
          made.map(({ hash, vector }) => ({ hash, vector: textOf(vector) })),
          now(),
        );
    }
    for (const [hash, vector] of found) hot.set(hash, vector);
    return found;
  }

  return {
    model: model.embeddingModel,
    embed: async (texts, { keep, signal }) => {
      const name = await model.embeddingModel();
      if (name === undefined) throw new ModelFailure('no-such-model', 'No embedding model is configured.');
      const cut = texts.map((text) => text.slice(0, mostCharacters).toWellFormed());
      const hashes = cut.map((text) => hashOf(name, text));
      const vectors = new Map<string, Float32Array>();
      for (let at = 0; at < cut.length; at += batchSize) {
        const batch = new Map(hashes.slice(at, at + batchSize).map((hash, place) => [hash, cut[at + place] ?? '']));
        for (const [hash, vector] of await obtain(name, batch, keep, signal)) vectors.set(hash, vector);
      }
      return hashes.map((hash) => vectors.get(hash) as Float32Array);
    },
  };
}

const hashOf = (model: string, text: string): string =>
  createHash('sha256').update(`${model}\n${text}`).digest('base64url');

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

const textOf = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

function vectorFrom(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  // Copied: a buffer of the pool need not begin where a float may.
  return new Float32Array(new Uint8Array(bytes).buffer);
}
