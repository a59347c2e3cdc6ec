import type { SparseVector } from './vocabulary.ts';

/** A training utterance that is like a text. */
export interface Neighbour {
  /** Its place among the training utterances. */
  readonly place: number;
  /** Cosine of the two: 0 nothing in common, 1 the same. */
  readonly likeness: number;
}

/** Finds training utterances by the features that they share with a text (an inverted index). */
export class NearestUtterances {
  readonly #starts: Int32Array;
  readonly #places: Int32Array;
  readonly #values: Float32Array;
  readonly #likeness: Float32Array;

  constructor(vectors: readonly SparseVector[], features: number) {
    this.#starts = new Int32Array(features + 1);
    for (const { indices } of vectors)
      for (const feature of indices) this.#starts[feature + 1] = (this.#starts[feature + 1] as number) + 1;
    for (let f = 0; f < features; f++)
      this.#starts[f + 1] = (this.#starts[f + 1] as number) + (this.#starts[f] as number);
    const next = this.#starts.slice();
    const length = this.#starts[features] ?? 0;
    this.#places = new Int32Array(length);
    this.#values = new Float32Array(length);
    for (const [place, { indices, values }] of vectors.entries()) {
      for (let at = 0; at < indices.length; at++) {
        const feature = indices[at] as number;
        const slot = next[feature] as number;
        next[feature] = slot + 1;
        this.#places[slot] = place;
        this.#values[slot] = values[at] as number;
      }
    }
    this.#likeness = new Float32Array(vectors.length);
  }

  /** By training utterance, how like it is; the array is used again by the next call. */
  likenesses(vector: SparseVector): Float32Array {
    const likeness = this.#likeness.fill(0);
    for (let at = 0; at < vector.indices.length; at++) {
      const feature = vector.indices[at] as number;
      const value = vector.values[at] as number;
      const end = this.#starts[feature + 1] as number;
      for (let slot = this.#starts[feature] as number; slot < end; slot++) {
        const place = this.#places[slot] as number;
        likeness[place] = (likeness[place] as number) + value * (this.#values[slot] as number);
      }
    }
    return likeness;
  }

  /** The `count` most alike, the best first; those that share nothing are left out. */
  nearest(vector: SparseVector, count: number): Neighbour[] {
    const likeness = this.likenesses(vector);
    const best: Neighbour[] = [];
    for (let place = 0; place < likeness.length; place++) {
      const found = likeness[place] as number;
      if (found <= 0 || (best.length === count && found <= (best.at(-1)?.likeness ?? 0))) continue;
      best.push({ place, likeness: found });
      best.sort((a, b) => b.likeness - a.likeness);
      if (best.length > count) best.pop();
    }
    return best;
  }
}
