import { createHash } from 'node:crypto';
import { Lru } from '../../base/lru.ts';
import { ModelFailure } from '../language-model/model-failure.ts';

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

/** Where a model is: on a server, or in a folder of this machine. */
export type EmbeddingKind = 'server' | 'local';

/** A model that makes vectors of texts. */
export interface EmbeddingModel {
  readonly kind: EmbeddingKind;
  /** What it is called now; undefined: there is none, or it is switched off. */
  model(): Promise<string | undefined>;
  /**
   * @param options.isOurs articles and training utterances; else a customer wrote it, and personal data is hidden before it leaves
   * @param options.urgent somebody waits
   * @throws ModelFailure; Refusal when a budget is spent or it is switched off; the signal's reason
   */
  embed(
    texts: readonly string[],
    options: { isOurs: boolean; urgent: boolean; signal: AbortSignal },
  ): Promise<Float32Array[]>;
}

export interface EmbedOptions {
  /** Our own texts (articles, training utterances) are kept in the store; what customers wrote only in memory. */
  readonly keep: boolean;
  /** What the model wants before such a text. */
  readonly prefix?: string;
  readonly urgent?: boolean;
  readonly signal: AbortSignal;
}

/** Texts to vectors of one length, so that what means the same lies near each other. */
export interface Embedder {
  /** Which model makes them: vectors of two are not to be compared. undefined: there is none now. */
  model(): Promise<string | undefined>;
  /**
   * One vector a text, in their order, of length 1.
   *
   * @throws ModelFailure, also where a vector is none or the model's vectors have another length than before; Refusal when a
   *   budget is spent
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
}

/** Texts of one request; servers take some hundreds. */
const batchSize = 64;
/** Longer ones are cut: models read some hundred tokens, or a few thousand. */
const mostCharacters = 6_000;
const mostInMemory = 5_000;

export function createEmbedder(deps: { model: EmbeddingModel; store: VectorStore; now: () => number }): Embedder {
  const { model, store, now } = deps;
  const hot = new Lru<string, Float32Array>(mostInMemory);
  const dimensions = new Lru<string, number>(20);

  /** @throws ModelFailure */
  function checkLength(name: string, { length }: Float32Array): void {
    const known = dimensions.get(name) ?? length;
    if (known !== length)
      throw new ModelFailure('wrong-answer', `${name} gives vectors of ${length} numbers, and gave ${known} before.`);
    dimensions.set(name, known);
  }

  /** @throws ModelFailure */
  function checked(name: string, vector: Float32Array): Float32Array {
    const size = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (!(size > 0 && Number.isFinite(size)))
      throw new ModelFailure('wrong-answer', `${name} gives a vector that is none: all 0, or not of numbers.`);
    checkLength(name, vector);
    return vector.map((value) => value / size);
  }

  async function obtain(name: string, wanted: ReadonlyMap<string, string>, options: EmbedOptions) {
    const { keep, urgent = false, signal } = options;
    const missing = [...wanted].filter(([hash]) => hot.get(hash) === undefined);
    const found = new Map<string, Float32Array>();
    for (const [hash] of wanted) {
      const vector = hot.get(hash);
      if (vector !== undefined) found.set(hash, vector);
    }
    if (keep) {
      for (const stored of await store.find(missing.map(([hash]) => hash))) {
        const vector = vectorFrom(stored.vector);
        checkLength(name, vector);
        found.set(stored.hash, vector);
      }
    }
    const unknown = missing.filter(([hash]) => !found.has(hash));
    if (unknown.length > 0) {
      const texts = unknown.map(([, text]) => text);
      const vectors = (await model.embed(texts, { isOurs: keep, urgent, signal })).map((one) => checked(name, one));
      const made = unknown.flatMap(([hash], at) => {
        const vector = vectors[at];
        return vector === undefined ? [] : [{ hash, vector }];
      });
      if (made.length < unknown.length)
        throw new ModelFailure('wrong-answer', `${name} gave ${made.length} vectors for ${unknown.length} texts.`);
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
    model: () => model.model(),
    embed: async (texts, options) => {
      const name = await model.model();
      if (name === undefined)
        throw new ModelFailure('no-such-model', 'No embedding model is configured, or it is off.');
      const { prefix = '' } = options;
      const cut = texts.map((text) => prefix + text.slice(0, mostCharacters).toWellFormed());
      const hashes = cut.map((text) => hashOf(`${model.kind} ${name}`, text));
      const vectors = new Map<string, Float32Array>();
      for (let at = 0; at < cut.length; at += batchSize) {
        const batch = new Map(hashes.slice(at, at + batchSize).map((hash, place) => [hash, cut[at + place] ?? '']));
        for (const [hash, vector] of await obtain(name, batch, options)) vectors.set(hash, vector);
      }
      return hashes.map((hash) => vectors.get(hash) as Float32Array);
    },
  };
}

const hashOf = (model: string, text: string): string =>
  createHash('sha256').update(`${model}\n${text}`).digest('base64url');

const textOf = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

function vectorFrom(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  // Copied: a buffer of the pool need not begin where a float may.
  return new Float32Array(new Uint8Array(bytes).buffer);
}
