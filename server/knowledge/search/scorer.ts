import { type CountedFeatures, countFeatures, kindOf, kindWeights } from './features-of-text.ts';
import type { CountedPlaces, CountedTerms, PassageTerms } from './passage-terms.ts';
import { type LengthNorm, lengthNorm } from './postings.ts';
import type { TermTable } from './term-table.ts';
import { withRoom } from './with-room.ts';

/** How soon a word's repetition stops counting, and how much a long passage is held back: the usual values. */
export const [k1, b] = [1.2, 0.75];

/** Stems of words, signs and pairs of signs; not the characters inside words, nor pairs of words. */
const wordKinds: ReadonlySet<number> = new Set([0, 3, 4]);

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
  /** The same without other names: what it is measured by. */
  readonly asked: number;
  /** Share of the question, weighed, that some passage has: 0 … 1. */
  readonly known: number;
  /** Distinct features, weighed. */
  readonly size: number;
}

/** Words that are added to a question because they name the same. */
export interface OtherWords {
  /** Those of the names; none that the question has itself. */
  readonly features: Uint32Array;
  /** Those of the question for which a name stands that the passages have. */
  readonly said: ReadonlySet<number>;
}

/** How much a word of another name counts beside one of the question; chosen on a made-up shop: from 0.3 to 0.6 little changes, 1 is worse. */
const otherNameShare = 0.5;

/** A passage as numbers of terms, as a whole and, of several units, each. */
export interface AnalysedPassage {
  readonly whole: CountedTerms;
  readonly units: readonly CountedPlaces[];
  /** Features, weighed by kind. */
  readonly length: number;
}

export interface LexicalParts {
  /** Each 0 … 1. */
  readonly bm25: number;
  readonly tfidf: number;
  readonly unit: number;
  /** Place of the best unit. */
  readonly bestUnit: number;
}

/** Scores passages for one question. */
export interface QueryScorer {
  /** BM25 of a passage, not divided by what is possible. */
  bm25(passage: number): number;
  parts(passage: number): LexicalParts;
}

/** How rare features are, and what follows from it for a question and a passage. */
export class Scorer {
  readonly #terms: TermTable;
  readonly #passageTerms: PassageTerms;
  #passages = 0;
  #lengths: Float32Array = new Float32Array(0);
  #lengthNorm: LengthNorm = { base: k1 * (1 - b), slope: 0 };
  /** Of how rare features are. */
  #version = 0;
  /** Logarithms of 1, 2, 3 … and of 0.5, 1.5, 2.5 …: what is rare is told from their differences. */
  #logs = new Float64Array(0);
  #halfLogs = new Float64Array(0);
  /** By term its place in the question plus one. */
  #places = new Uint16Array(1_024);
  /** By passage where its norms begin (that of the whole, then of its units) plus one, and the version that they are of. */
  #normsOf = new Int32Array(1_024);
  #versions = new Int32Array(1_024);
  #norms = new Float32Array(4_096);
  #normed = 0;
  /** By how often a term is in a passage. */
  readonly #tf = Float64Array.from({ length: 256 }, (_, times) => 1 + Math.log(Math.max(1, times)));

  constructor(terms: TermTable, passageTerms: PassageTerms) {
    this.#terms = terms;
    this.#passageTerms = passageTerms;
  }

  get bytes(): number {
    const norms = this.#norms.byteLength + this.#normsOf.byteLength * 2;
    return norms + this.#places.byteLength + this.#logs.byteLength * 2;
  }

  /**
   * To be called when passages came or went.
   *
   * @param passages of them there are now
   * @param lengths by passage
   */
  sized(passages: number, lengths: Float32Array, averageLength: number): void {
    this.#version += 1;
    this.#passages = passages;
    this.#lengths = lengths;
    this.#lengthNorm = { base: k1 * (1 - b), slope: (k1 * b) / averageLength };
    const before = this.#logs.length;
    if (passages < before) return;
    this.#logs = withRoom(this.#logs, passages + 1);
    this.#halfLogs = withRoom(this.#halfLogs, passages + 1);
    for (let at = before; at < this.#logs.length; at++) {
      this.#logs[at] = Math.log(1 + at);
      this.#halfLogs[at] = Math.log(0.5 + at);
    }
  }

  get lengthNorm(): LengthNorm {
    return this.#lengthNorm;
  }

  #passagesWith(term: number): number {
    return term < 0 ? 0 : this.#terms.passagesWith(term);
  }

  /** ln((1 + all) / (1 + with)) + 1 */
  #idf(passagesWith: number): number {
    return (this.#logs[this.#passages] as number) - (this.#logs[passagesWith] as number) + 1;
  }

  /** ln(1 + (all - with + 0.5) / (with + 0.5)) */
  #bm25Idf(passagesWith: number): number {
    return (this.#logs[this.#passages] as number) - (this.#halfLogs[passagesWith] as number);
  }

  #kindOf(term: number): number {
    return kindWeights[kindOf(this.#terms.featureOf(term))] as number;
  }

  /** How much a feature counts in a TF-IDF vector. */
  readonly weightOf = (feature: number): number =>
    this.#idf(this.#passagesWith(this.#terms.find(feature))) * (kindWeights[kindOf(feature)] as number);

  /** Whether passages have each word and sign of a text. */
  knowsAll(features: Uint32Array): boolean {
    return features.every(
      (feature) => !wordKinds.has(kindOf(feature)) || this.#passagesWith(this.#terms.find(feature)) > 0,
    );
  }

  analyseQuery({ features, counts }: CountedFeatures, others?: OtherWords): AnalysedQuery {
    let [squares, known, most, size] = [0, 0, 0, 0];
    const terms: { term: number; weight: number; cosineWeight: number; idf: number }[] = [];
    for (let at = 0; at < features.length; at++) {
      const term = this.#terms.find(features[at] as number);
      const kind = kindWeights[kindOf(features[at] as number)] as number;
      const passagesWith = this.#passagesWith(term);
      const idf = this.#idf(passagesWith);
      const cosineWeight = (1 + Math.log(counts[at] as number)) * idf * kind;
      squares += cosineWeight * cosineWeight;
      const weight = kind * (counts[at] as number) * this.#bm25Idf(passagesWith) * (k1 + 1);
      most += weight;
      size += kind;
      if (passagesWith > 0 || others?.said.has(features[at] as number) === true) known += cosineWeight * cosineWeight;
      if (passagesWith > 0) terms.push({ term, weight, cosineWeight, idf });
    }
    const asked = most || 1;
    for (const feature of others?.features ?? []) {
      const term = this.#terms.find(feature);
      const passagesWith = this.#passagesWith(term);
      if (passagesWith === 0) continue;
      const kind = (kindWeights[kindOf(feature)] as number) * otherNameShare;
      const weight = kind * this.#bm25Idf(passagesWith) * (k1 + 1);
      most += weight;
      const idf = this.#idf(passagesWith);
      terms.push({ term, weight, cosineWeight: idf * kind, idf });
    }
    terms.sort((one, other) => other.idf - one.idf);
    return {
      terms: Int32Array.from(terms, ({ term }) => term),
      weights: Float64Array.from(terms, ({ weight }) => weight),
      cosineWeights: Float64Array.from(terms, ({ cosineWeight }) => cosineWeight),
      norm: Math.sqrt(squares) || 1,
      most: most || 1,
      asked,
      known: squares === 0 ? 0 : known / squares,
      size,
    };
  }

  /** @param units what the passage consists of */
  analysePassage(units: readonly string[]): AnalysedPassage {
    const { features, counts } = countFeatures(...units);
    const terms = new Int32Array(features.length);
    let length = 0;
    for (let at = 0; at < features.length; at++) {
      const feature = features[at] as number;
      terms[at] = this.#terms.add(feature);
      length += (counts[at] as number) * (kindWeights[kindOf(feature)] as number);
    }
    const ofUnits = units.length < 2 ? [] : units.map((unit) => placesAmong(features, countFeatures(unit)));
    return { whole: { terms, counts }, units: ofUnits, length };
  }

  /** @param score is given what scores a passage for this question, for as long as it runs */
  compare<T>(query: AnalysedQuery, score: (by: QueryScorer) => T): T {
    this.#places = withRoom(this.#places, this.#terms.size);
    for (let at = 0; at < query.terms.length; at++) this.#places[query.terms[at] as number] = at + 1;
    try {
      return score({
        bm25: (passage) => this.#bm25(query, passage),
        parts: (passage) => this.#parts(query, passage),
      });
    } finally {
      for (const term of query.terms) this.#places[term] = 0;
    }
  }

  #bm25({ weights }: AnalysedQuery, passage: number): number {
    const norm = lengthNorm(this.#lengthNorm, this.#lengths[passage] as number);
    return this.#passageTerms.bm25(passage, this.#places, weights, norm);
  }

  #parts(query: AnalysedQuery, passage: number): LexicalParts {
    const size = this.#passageTerms.readWhole(passage);
    const units = this.#passageTerms.readUnits();
    const norms = this.#normsFrom(passage, size, units);
    const { unitEnds } = this.#passageTerms;
    let [unit, bestUnit, start] = [0, 0, 0];
    for (let place = 0; place < units; place++) {
      const end = unitEnds[place] as number;
      const dot = this.#dotOfUnit(query, start, end);
      const cosine = dot === 0 ? 0 : dot / ((this.#norms[norms + 1 + place] as number) * query.norm);
      if (cosine > unit) [unit, bestUnit] = [cosine, place];
      start = end;
    }
    const dot = this.#dotOfWhole(query, size);
    const bm25 = this.#bm25(query, passage) / query.asked;
    const tfidf = dot === 0 ? 0 : dot / ((this.#norms[norms] as number) * query.norm);
    if (query.most === query.asked) return { bm25, tfidf, unit, bestUnit };
    // A passage that has several names of a thing says it no more than once.
    return { bm25: Math.min(1, bm25), tfidf: Math.min(1, tfidf), unit: Math.min(1, unit), bestUnit };
  }

  #dotOfWhole(query: AnalysedQuery, size: number): number {
    const { terms, counts } = this.#passageTerms;
    let dot = 0;
    for (let at = 0; at < size; at++) {
      const term = terms[at] as number;
      const place = this.#places[term] as number;
      if (place !== 0) dot += (query.cosineWeights[place - 1] as number) * this.#weight(term, counts[at] as number);
    }
    return dot;
  }

  #dotOfUnit(query: AnalysedQuery, start: number, end: number): number {
    const { terms, unitPlaces, unitCounts } = this.#passageTerms;
    let dot = 0;
    for (let at = start; at < end; at++) {
      const term = terms[unitPlaces[at] as number] as number;
      const place = this.#places[term] as number;
      if (place !== 0) dot += (query.cosineWeights[place - 1] as number) * this.#weight(term, unitCounts[at] as number);
    }
    return dot;
  }

  /** Of a passage's term in a TF-IDF vector. */
  #weight(term: number, times: number): number {
    const weight = this.#kindOf(term) * this.#idf(this.#terms.passagesWith(term));
    return times === 1 ? weight : weight * (this.#tf[times] as number);
  }

  /** Lengths of the TF-IDF vectors of the passage that was read. @returns where they begin */
  #normsFrom(passage: number, size: number, units: number): number {
    this.#normsOf = withRoom(this.#normsOf, passage + 1);
    this.#versions = withRoom(this.#versions, passage + 1);
    let from = (this.#normsOf[passage] as number) - 1;
    if (from >= 0 && this.#versions[passage] === this.#version) return from;
    if (from < 0) {
      from = this.#normed;
      this.#normed += 1 + units;
      this.#normsOf[passage] = from + 1;
      this.#norms = withRoom(this.#norms, this.#normed);
    }
    this.#versions[passage] = this.#version;
    this.#measure(from, size, units);
    return from;
  }

  #measure(from: number, size: number, units: number): void {
    const { terms, counts, unitPlaces, unitCounts, unitEnds } = this.#passageTerms;
    let squares = 0;
    for (let at = 0; at < size; at++) squares += this.#weight(terms[at] as number, counts[at] as number) ** 2;
    this.#norms[from] = Math.sqrt(squares);
    let start = 0;
    for (let unit = 0; unit < units; unit++) {
      const end = unitEnds[unit] as number;
      squares = 0;
      for (let at = start; at < end; at++)
        squares += this.#weight(terms[unitPlaces[at] as number] as number, unitCounts[at] as number) ** 2;
      this.#norms[from + 1 + unit] = Math.sqrt(squares);
      start = end;
    }
  }
}

/** @param whole features, ascending, the unit's among them */
function placesAmong(whole: Uint32Array, { features, counts }: CountedFeatures): CountedPlaces {
  const places = new Int32Array(features.length);
  let place = 0;
  for (let at = 0; at < features.length; at++) {
    while (whole[place] !== features[at]) place++;
    places[at] = place;
  }
  return { places, counts };
}
