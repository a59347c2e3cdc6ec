import type { WordVectors } from '../word-vectors/word-vectors.ts';
import { featuresOf } from './features.ts';
import { type FoldedText, foldText } from './fold-text.ts';

/** Some of many numbers, by their place: `indices` ascend, `values` are in the same order. */
export interface SparseVector {
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** An utterance as the models read it, and how much of it they know. */
export interface ReadUtterance {
  readonly text: FoldedText;
  /** Its features. */
  readonly vector: SparseVector;
  /** What its words mean: the sum of their general vectors at length 1; all 0 where none is known. */
  readonly meaning: Float32Array;
  /** What the classifier is given: the features, and after them the dimensions of the meaning. */
  readonly input: SparseVector;
  /** Share of its features, weighed, that some training utterance had: 0 … 1. */
  readonly known: number;
}

/** How much a kind of feature counts beside the others. */
const weights: Readonly<Record<string, number>> = { w: 1, b: 0.8, s: 0.5, c: 0.5, h: 1 };

/** How much the meaning counts beside the features, which have length 1 (chosen on dev sets). */
export const meaningScale = 0.7;

/** In place. */
export function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  for (let d = 0; d < vector.length; d++) vector[d] = (vector[d] as number) / length;
  return vector;
}

/** The features that were seen in training, each with its weight (inverse document frequency). */
export class Vocabulary {
  readonly features: readonly string[];
  /** By feature. */
  readonly idf: Float32Array;
  readonly words: WordVectors;
  /** How many inputs a classifier has. */
  readonly inputs: number;
  readonly #places: ReadonlyMap<string, number>;
  readonly #unseenIdf: number;
  /** By word of the general vectors, how much it counts; 0 where nobody asked yet. */
  readonly #weights: Float32Array;

  constructor(features: readonly string[], idf: Float32Array, words: WordVectors) {
    this.features = features;
    this.idf = idf;
    this.words = words;
    this.#weights = new Float32Array(words.words.length);
    this.inputs = features.length + words.dimensions;
    this.#places = new Map(features.map((feature, place) => [feature, place]));
    this.#unseenIdf = idf.reduce((most, value) => Math.max(most, value), 1);
  }

  /** @param limits features that fewer utterances have than `rarest` are left out, then the rarest beyond `most` */
  static learn(
    utterances: readonly FoldedText[],
    { words, ...limits }: { rarest: number; most: number; words: WordVectors },
  ): Vocabulary {
    const seenIn = new Map<string, number>();
    for (const utterance of utterances)
      for (const feature of featuresOf(utterance).keys()) seenIn.set(feature, (seenIn.get(feature) ?? 0) + 1);
    const common = [...seenIn].filter(([, count]) => count >= limits.rarest);
    const kept = common.length <= limits.most ? common : common.sort(([, a], [, b]) => b - a).slice(0, limits.most);
    const idf = kept.map(([, count]) => Math.log((1 + utterances.length) / (1 + count)) + 1);
    return new Vocabulary(
      kept.map(([feature]) => feature),
      Float32Array.from(idf),
      words,
    );
  }

  read(utterance: string): ReadUtterance {
    return this.readFolded(foldText(utterance));
  }

  readFolded(text: FoldedText): ReadUtterance {
    const { vector, known } = this.vectorOf(text);
    const meaning = toUnitLength(this.words.sumOf(text, (place) => this.#weightOf(place)));
    return { text, vector, meaning, known, input: this.#inputOf(vector, meaning) };
  }

  /** What each word adds to the inputs that are the meaning: they sum up to these. */
  meaningParts(text: FoldedText): { word: string; vector: Float32Array }[] {
    const sum = this.words.sumOf(text, (place) => this.#weightOf(place));
    const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0)) || 1;
    return this.words.partsOf(text).map(({ place, vector }) => ({
      word: this.words.words[place] as string,
      vector: vector.map((value) => (value * this.#weightOf(place) * meaningScale) / length),
    }));
  }

  /** A word that many utterances have means little for what is wanted. */
  #weightOf(place: number): number {
    const known = this.#weights[place] as number;
    if (known > 0) return known;
    const word = this.words.words[place] as string;
    const feature = this.#places.get(`w${word}`) ?? this.#places.get(`h${word}`);
    const weight = feature === undefined ? this.#unseenIdf : (this.idf[feature] as number);
    this.#weights[place] = weight;
    return weight;
  }

  #inputOf({ indices, values }: SparseVector, meaning: Float32Array): SparseVector {
    if (meaning.every((value) => value === 0)) return { indices, values };
    const count = indices.length;
    const input = {
      indices: new Int32Array(count + meaning.length),
      values: new Float32Array(count + meaning.length),
    };
    input.indices.set(indices);
    input.values.set(values);
    for (let d = 0; d < meaning.length; d++) {
      input.indices[count + d] = this.features.length + d;
      input.values[count + d] = meaningScale * (meaning[d] as number);
    }
    return input;
  }

  /** Sublinear TF-IDF of length 1; the vector of a text without a known feature is empty. */
  vectorOf(text: FoldedText): { vector: SparseVector; known: number } {
    const entries: { place: number; value: number }[] = [];
    let knownSquares = 0;
    let squares = 0;
    for (const [feature, count] of featuresOf(text)) {
      const place = this.#places.get(feature);
      const idf = place === undefined ? this.#unseenIdf : (this.idf[place] ?? 0);
      const value = (1 + Math.log(count)) * idf * (weights[feature.charAt(0)] ?? 1);
      squares += value * value;
      if (place === undefined) continue;
      knownSquares += value * value;
      entries.push({ place, value });
    }
    entries.sort((a, b) => a.place - b.place);
    const length = Math.sqrt(knownSquares) || 1;
    const vector = {
      indices: Int32Array.from(entries, ({ place }) => place),
      values: Float32Array.from(entries, ({ value }) => value / length),
    };
    return { vector, known: squares === 0 ? 0 : knownSquares / squares };
  }
}
