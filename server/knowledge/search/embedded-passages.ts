import { type Embedder, unitVector } from './embedder.ts';
import type { StoredPassage } from './passage-store.ts';
import { unitsOf } from './passages-of-doc.ts';
import { VectorSpace } from './vector-space.ts';

/** A model's server is asked for so many passages at a time. */
const embeddedAtOnce = 64;
/** So many passages tell where the middle of all is; of fewer than the lower one nothing is told. */
const [mostForCentre, fewestForCentre] = [500, 10];

/**
 * The vectors that an embedder gives to passages. Each is read by how it differs from the middle of all: models put whatever is
 * written about one business into one corner of their space, where everything would be like everything.
 */
export class EmbeddedPassages {
  readonly embedder: Embedder;
  readonly space: VectorSpace;
  readonly #centre: Float32Array;

  private constructor(embedder: Embedder, centre: Float32Array) {
    this.embedder = embedder;
    this.#centre = centre;
    this.space = new VectorSpace(centre.length);
  }

  /**
   * Asks for some of the passages, and learns from them how vectors are to be read.
   * @returns undefined: there is no passage
   */
  static async begin(
    embedder: Embedder,
    passages: readonly StoredPassage[],
    signal: AbortSignal | undefined,
  ): Promise<EmbeddedPassages | undefined> {
    const step = Math.max(1, Math.floor(passages.length / mostForCentre));
    const sample = passages.filter((_, at) => at % step === 0).slice(0, mostForCentre);
    const vectors: Float32Array[] = [];
    for (let at = 0; at < sample.length; at += embeddedAtOnce)
      for (const vector of await vectorsOf(embedder, sample.slice(at, at + embeddedAtOnce), signal))
        vectors.push(unitVector(vector.slice()) ?? vector);
    const [first] = vectors;
    if (first === undefined) return undefined;
    const centre = new Float32Array(first.length);
    if (vectors.length >= fewestForCentre)
      for (const vector of vectors)
        for (let d = 0; d < centre.length; d++)
          centre[d] = (centre[d] as number) + (vector[d] ?? Number.NaN) / vectors.length;
    return new EmbeddedPassages(embedder, centre);
  }

  /** For other passages, read in the same way. */
  like(): EmbeddedPassages {
    return new EmbeddedPassages(this.embedder, this.#centre);
  }

  /**
   * Asks for all passages that have no vector yet, those added meanwhile as well.
   * @throws Error that names the document whose vector is none; what the embedder throws
   */
  async fill(
    passages: { all(): Iterable<StoredPassage>; passageAt(number: number): StoredPassage | undefined },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (let missing = this.#missing(passages.all()); missing.length > 0; missing = this.#missing(passages.all())) {
      const vectors = await vectorsOf(this.embedder, missing, signal);
      for (const [at, passage] of missing.entries()) {
        const vector = this.read(vectors[at]);
        if (vector === undefined)
          throw new Error(`The embedding of ${passage.doc.id} is not ${this.#centre.length} numbers, or all are 0.`);
        if (passages.passageAt(passage.number) === passage) this.space.set(passage.number, vector);
      }
    }
    for (const number of [...this.space.numbers()])
      if (passages.passageAt(number) === undefined) this.space.delete(number);
  }

  #missing(passages: Iterable<StoredPassage>): StoredPassage[] {
    const missing: StoredPassage[] = [];
    for (const passage of passages) {
      if (this.space.has(passage.number)) continue;
      missing.push(passage);
      if (missing.length === embeddedAtOnce) break;
    }
    return missing;
  }

  /** @returns how it differs from the middle, at length 1; undefined for one that is none, or has another length */
  read(vector: Float32Array | undefined): Float32Array | undefined {
    const unit = vector?.length === this.#centre.length ? unitVector(vector.slice()) : undefined;
    const difference = unit?.map((value, d) => value - (this.#centre[d] as number));
    // What lies in the very middle is like nothing.
    return difference && (unitVector(difference) ?? difference.fill(0));
  }
}

async function vectorsOf(
  embedder: Embedder,
  passages: readonly StoredPassage[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const texts = passages.map((passage) => unitsOf(passage.doc, passage).join('\n'));
  return embedder.embed(texts, { as: 'passage', signal });
}
