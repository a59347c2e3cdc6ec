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
  readonly vector: SparseVector;
  /** Share of its features, weighed, that some training utterance had: 0 … 1. */
  readonly known: number;
}

/** How much a kind of feature counts beside the others. */
const weights: Readonly<Record<string, number>> = { w: 1, b: 0.8, c: 0.5, h: 1 };

/** The features that were seen in training, each with its weight (inverse document frequency). */
export class Vocabulary {
  readonly features: readonly string[];
  /** By feature. */
  readonly idf: Float32Array;
  readonly #places: ReadonlyMap<string, number>;
  readonly #unseenIdf: number;

  constructor(features: readonly string[], idf: Float32Array) {
    this.features = features;
    this.idf = idf;
    this.#places = new Map(features.map((feature, place) => [feature, place]));
    this.#unseenIdf = idf.reduce((most, value) => Math.max(most, value), 1);
  }

  /** @param limits features that fewer utterances have than `rarest` are left out, then the rarest beyond `most` */
  static learn(utterances: readonly FoldedText[], limits: { rarest: number; most: number }): Vocabulary {
    const seenIn = new Map<string, number>();
    for (const utterance of utterances)
      for (const feature of featuresOf(utterance).keys()) seenIn.set(feature, (seenIn.get(feature) ?? 0) + 1);
    const common = [...seenIn].filter(([, count]) => count >= limits.rarest);
    const kept = common.length <= limits.most ? common : common.sort(([, a], [, b]) => b - a).slice(0, limits.most);
    const idf = kept.map(([, count]) => Math.log((1 + utterances.length) / (1 + count)) + 1);
    return new Vocabulary(
      kept.map(([feature]) => feature),
      Float32Array.from(idf),
    );
  }

  read(utterance: string): ReadUtterance {
    const text = foldText(utterance);
    return { text, ...this.vectorOf(text) };
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
