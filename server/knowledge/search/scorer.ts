import { type CountedFeatures, countFeatures, kindOf, kindWeights } from './features-of-text.ts';
import type { TermTable } from './term-table.ts';

/** How soon a word's repetition stops counting, and how much a long passage is held back: the usual values. */
export const [k1, b] = [1.2, 0.75];

/** A passage as numbers of terms, as a whole and by unit. */
export interface AnalysedPassage {
  readonly whole: CountedTerms;
  readonly units: readonly CountedTerms[];
  /** Features, weighed by kind. */
  readonly length: number;
}

export interface CountedTerms extends CountedFeatures {
  readonly terms: Int32Array;
  /** Of the TF-IDF vector, without the inverse document frequency. */
  readonly weights: Float32Array;
  /** The length of the TF-IDF vector, as of a version of the scorer. */
  norm: number;
  version: number;
}

/** A question, its terms from the rarest to the most common. */
export interface AnalysedQuery {
  readonly terms: Int32Array;
  /** Of BM25, without the passage's part. */
  readonly weights: Float64Array;
  /** Of the TF-IDF vector. */
  readonly cosineWeights: Float64Array;
  readonly norm: number;
  /** What BM25 could reach at most. */
  readonly most: number;
  /** Share of the question, weighed, that some passage has: 0 … 1. */
  readonly known: number;
  /** Distinct features, weighed. */
  readonly size: number;
}

export interface LexicalParts {
  /** Each 0 … 1. */
  readonly bm25: number;
  readonly tfidf: number;
  readonly unit: number;
  /** Place of the best unit. */
  readonly bestUnit: number;
}

/** How rare features are, and what follows from it for a question and a passage. */
export class Scorer {
  readonly #terms: TermTable;
  #passages = -1;
  /** Of how rare features are. */
  #version = 0;
  #idfs = new Float64Array(1);
  #bm25Idfs = new Float64Array(1);
  #query = new Float64Array(1);
  #bm25Query = new Float64Array(1);

  constructor(terms: TermTable) {
    this.#terms = terms;
  }

  /** To be called when passages came or went. @param passages of them there are now; a small difference is left */
  sized(passages: number): void {
    this.#version += 1;
    if (Math.abs(passages - this.#passages) <= this.#passages / 1_000) return;
    this.#passages = passages;
    this.#idfs = Float64Array.from({ length: passages + 1 }, (_, with_) => Math.log((1 + passages) / (1 + with_)) + 1);
    this.#bm25Idfs = this.#idfs.map((_, with_) => Math.log(1 + (passages - with_ + 0.5) / (with_ + 0.5)));
  }

  #idf(idfs: Float64Array, term: number): number {
    const passages = term < 0 ? 0 : this.#terms.passagesWith(term);
    return idfs[Math.min(passages, idfs.length - 1)] as number;
  }

  /** How much a feature counts in a TF-IDF vector. */
  readonly weightOf = (feature: number): number =>
    this.#idf(this.#idfs, this.#terms.find(feature)) * (kindWeights[kindOf(feature)] as number);

  analyseQuery(text: string): AnalysedQuery {
    const { features, counts } = countFeatures(text);
    let [squares, known, most, size] = [0, 0, 0, 0];
    const terms: { term: number; weight: number; cosineWeight: number; idf: number }[] = [];
    for (let at = 0; at < features.length; at++) {
      const term = this.#terms.find(features[at] as number);
      const kind = kindWeights[kindOf(features[at] as number)] as number;
      const idf = this.#idf(this.#idfs, term);
      const cosineWeight = (1 + Math.log(counts[at] as number)) * idf * kind;
      squares += cosineWeight * cosineWeight;
      const weight = kind * (counts[at] as number) * this.#idf(this.#bm25Idfs, term) * (k1 + 1);
      most += weight;
      size += kind;
      if (term < 0 || this.#terms.passagesWith(term) === 0) continue;
      known += cosineWeight * cosineWeight;
      terms.push({ term, weight, cosineWeight, idf });
    }
    terms.sort((one, other) => other.idf - one.idf);
    return {
      terms: Int32Array.from(terms, ({ term }) => term),
      weights: Float64Array.from(terms, ({ weight }) => weight),
      cosineWeights: Float64Array.from(terms, ({ cosineWeight }) => cosineWeight),
      norm: Math.sqrt(squares) || 1,
      most: most || 1,
      known: squares === 0 ? 0 : known / squares,
      size,
    };
  }

  analysePassage(units: readonly string[]): AnalysedPassage {
    const whole = this.#count(countFeatures(...units));
    return {
      whole,
      units: units.length === 1 ? [whole] : units.map((unit) => this.#count(countFeatures(unit))),
      length: lengthOf(whole),
    };
  }

  #count({ features, counts }: CountedFeatures): CountedTerms {
    const terms = new Int32Array(features.length);
    const weights = new Float32Array(features.length);
    for (let at = 0; at < features.length; at++) {
      const feature = features[at] as number;
      const times = counts[at] as number;
      const kind = kindWeights[kindOf(feature)] as number;
      terms[at] = this.#terms.add(feature);
      weights[at] = times === 1 ? kind : (1 + Math.log(times)) * kind;
    }
    return { terms, counts, weights, features, norm: 0, version: -1 };
  }

  /** Scores passages for one question. @param score is given a function that scores a passage */
  compare(query: AnalysedQuery, averageLength: number, score: (parts: (of: AnalysedPassage) => LexicalParts) => void) {
    if (this.#query.length < this.#terms.size) {
      this.#query = new Float64Array(this.#terms.size * 2);
      this.#bm25Query = new Float64Array(this.#terms.size * 2);
    }
    for (let at = 0; at < query.terms.length; at++) {
      this.#query[query.terms[at] as number] = query.cosineWeights[at] as number;
      this.#bm25Query[query.terms[at] as number] = query.weights[at] as number;
    }
    try {
      score((passage) => this.#parts(query, passage, averageLength));
    } finally {
      for (const term of query.terms) this.#query[term] = this.#bm25Query[term] = 0;
    }
  }

  #parts(query: AnalysedQuery, { whole, units, length }: AnalysedPassage, averageLength: number): LexicalParts {
    const norm = k1 * (1 - b + (b * length) / averageLength);
    let bm25 = 0;
    for (let at = 0; at < whole.terms.length; at++) {
      const weight = this.#bm25Query[whole.terms[at] as number] as number;
      if (weight > 0) bm25 += (weight * (whole.counts[at] as number)) / ((whole.counts[at] as number) + norm);
    }
    let [unit, bestUnit] = [0, 0];
    for (const [place, counted] of units.entries()) {
      const cosine = this.#cosine(query, counted);
      if (cosine > unit) [unit, bestUnit] = [cosine, place];
    }
    return { bm25: bm25 / query.most, tfidf: this.#cosine(query, whole), unit, bestUnit };
  }

  #cosine(query: AnalysedQuery, counted: CountedTerms): number {
    const { terms, weights } = counted;
    const ofQuery = this.#query;
    let dot = 0;
    for (let at = 0; at < terms.length; at++) {
      const wanted = ofQuery[terms[at] as number] as number;
      if (wanted !== 0) dot += wanted * (weights[at] as number) * this.#idf(this.#idfs, terms[at] as number);
    }
    if (dot === 0) return 0;
    if (counted.version !== this.#version) this.#measure(counted);
    return counted.norm === 0 ? 0 : dot / (counted.norm * query.norm);
  }

  #measure(counted: CountedTerms): void {
    const { terms, weights } = counted;
    let squares = 0;
    for (let at = 0; at < terms.length; at++) {
      const weight = (weights[at] as number) * this.#idf(this.#idfs, terms[at] as number);
      squares += weight * weight;
    }
    counted.norm = Math.sqrt(squares);
    counted.version = this.#version;
  }
}

function lengthOf({ features, counts }: CountedTerms): number {
  let length = 0;
  for (let at = 0; at < features.length; at++)
    length += (counts[at] as number) * (kindWeights[kindOf(features[at] as number)] as number);
  return length;
}
