import { bestByTerms } from './best-by-terms.ts';
import { type CountedFeatures, countFeatures, kindOf } from './features-of-text.ts';
import type { LearntEmbedding } from './learnt-embedding.ts';
import { PassageTerms } from './passage-terms.ts';
import { type IndexedDoc, type PassageOfDoc, passagesOf, unitsOf } from './passages-of-doc.ts';
import { lengthNorm, Postings, type ScoredSoFar } from './postings.ts';
import { type AnalysedQuery, type LexicalParts, type OtherWords, type QueryScorer, Scorer } from './scorer.ts';
import type { OtherNames } from './search-focus.ts';
import { TermTable } from './term-table.ts';
import type { VectorSpace } from './vector-space.ts';
import { withRoom } from './with-room.ts';

export interface StoredPassage extends PassageOfDoc {
  readonly doc: IndexedDoc;
  readonly number: number;
}

/** What the passages are compared with: the question as terms and, where there is an embedding, as a vector. */
export interface Query extends AnalysedQuery {
  readonly vector: Float32Array | undefined;
}

/** A question, and the same without the names of the things that it is about. */
export interface FocusedQuery {
  readonly whole: Query;
  readonly rest: AnalysedQuery;
}

export interface Parts extends LexicalParts {
  /** 0 … 1; 0 where there are no vectors. */
  readonly vector: number;
}

export interface Candidate {
  readonly passage: StoredPassage;
  readonly parts: Parts;
}

/** Stems, pairs of them, pairs of signs: of a name that somebody looked over, neither slips of the pen nor single signs are looked for. */
const tellingKinds: ReadonlySet<number> = new Set([0, 1, 4]);
/** Passages that are looked at closely: the best by BM25, two for each that is asked for, and the nearest by vector. */
const [fewestByTerms, mostByTerms, byVector] = [20, 200, 8];

/** Passages, their posting lists and vectors. What was removed leaves a hole in the lists until all is built anew. */
export class PassageStore {
  readonly terms = new TermTable();
  readonly #passageTerms = new PassageTerms();
  readonly scorer = new Scorer(this.terms, this.#passageTerms);
  readonly #docs = new Map<string, StoredPassage[]>();
  readonly #postings = new Postings();
  /** By number; undefined was removed. */
  readonly #passages: (StoredPassage | undefined)[] = [];
  #lengths = new Float32Array(1_024);
  #totalLength = 0;
  #totalTerms = 0;
  #live = 0;
  #isPrepared = false;
  readonly #into: ScoredSoFar = { cells: new Float32Array(0), touched: new Int32Array(0), count: 0 };
  #space: VectorSpace | undefined;
  #embedding: LearntEmbedding | undefined;

  /** Passages that can be found, and those that ever were. */
  get counts(): { live: number; ever: number } {
    return { live: this.#live, ever: this.#passages.length };
  }

  get bytes(): number {
    const lexical = this.terms.bytes + this.#postings.bytes + this.#passageTerms.bytes + this.scorer.bytes;
    const { cells, touched } = this.#into;
    const perPassage = this.#lengths.byteLength + cells.byteLength + touched.byteLength;
    return lexical + perPassage + (this.#space?.bytes ?? 0) + (this.#embedding?.bytes ?? 0);
  }

  has(doc: IndexedDoc): boolean {
    return this.#docs.get(doc.id)?.[0]?.doc === doc;
  }

  passagesOf(docId: string): readonly StoredPassage[] {
    return this.#docs.get(docId) ?? [];
  }

  *all(): Generator<StoredPassage> {
    for (const passages of this.#docs.values()) yield* passages;
  }

  passageAt(number: number): StoredPassage | undefined {
    return this.#passages[number];
  }

  put(doc: IndexedDoc): void {
    this.remove(doc.id);
    this.#docs.set(
      doc.id,
      passagesOf(doc).map((part) => this.#add({ ...part, doc })),
    );
  }

  #add(passage: Omit<StoredPassage, 'number'>): StoredPassage {
    const number = this.#passages.length;
    const stored = { ...passage, number };
    this.#passages.push(stored);
    const { whole, units, length } = this.scorer.analysePassage(unitsOf(stored.doc, stored));
    this.#passageTerms.add(number, whole, units);
    for (let at = 0; at < whole.terms.length; at++) {
      this.#postings.add(whole.terms[at] as number, number, whole.counts[at] as number, length);
      this.terms.count(whole.terms[at] as number, 1);
    }
    this.#lengths = withRoom(this.#lengths, number + 1);
    this.#lengths[number] = length;
    this.#totalLength += length;
    this.#totalTerms += whole.terms.length;
    this.#live += 1;
    this.#isPrepared = false;
    if (this.#embedding !== undefined && this.#space !== undefined) this.place(stored, this.#embedding, this.#space);
    return stored;
  }

  remove(id: string): void {
    const passages = this.#docs.get(id);
    if (passages === undefined) return;
    this.#docs.delete(id);
    for (const passage of passages) {
      const size = this.#passageTerms.readWhole(passage.number);
      for (const term of this.#passageTerms.terms.subarray(0, size)) this.terms.count(term, -1);
      this.#passages[passage.number] = undefined;
      this.#space?.delete(passage.number);
      this.#totalLength -= this.#lengths[passage.number] as number;
      this.#totalTerms -= size;
      this.#live -= 1;
    }
    this.#isPrepared = false;
  }

  /** From here on passages and questions have vectors of this space; with an embedding new passages get theirs at once. */
  useSpace(space: VectorSpace, embedding: LearntEmbedding | undefined): void {
    this.#space = space;
    this.#embedding = embedding;
  }

  get space(): VectorSpace | undefined {
    return this.#space;
  }

  get embedding(): LearntEmbedding | undefined {
    return this.#embedding;
  }

  place(passage: StoredPassage, embedding: LearntEmbedding, space: VectorSpace): void {
    const vector = embedding.vectorOf(this.#featuresOf(passage), this.scorer.weightOf);
    if (vector !== undefined) space.set(passage.number, vector);
  }

  #featuresOf({ number }: StoredPassage): CountedFeatures {
    const size = this.#passageTerms.readWhole(number);
    const { terms, counts } = this.#passageTerms;
    return {
      features: Uint32Array.from(terms.subarray(0, size), (term) => this.terms.featureOf(term)),
      counts: counts.slice(0, size),
    };
  }

  /**
   * @param vector of another embedding than the learnt one, of length 1
   * @param names by which else what it names is called
   */
  analyseQuery(text: string, vector?: Float32Array, names: readonly OtherNames[] = []): Query {
    this.prepare();
    const features = countFeatures(text);
    const isFit = vector !== undefined && vector.length === this.#space?.dimensions;
    return {
      ...this.scorer.analyseQuery(features, names.length === 0 ? undefined : this.#otherWords(features, names)),
      vector: isFit ? vector : this.#embedding?.vectorOf(features, this.scorer.weightOf),
    };
  }

  /** As `analyseQuery`, and once more without what the question calls its things. */
  analyseInFocus(text: string, vector: Float32Array | undefined, names: readonly OtherNames[]): FocusedQuery {
    const whole = this.analyseQuery(text, vector, names);
    const things = new Set(names.flatMap(({ said, isThing }) => (isThing ? [...countFeatures(said).features] : [])));
    const asked = countFeatures(text);
    const kept = [...asked.features.keys()].filter((at) => !things.has(asked.features[at] as number));
    const left: CountedFeatures = {
      features: Uint32Array.from(kept, (at) => asked.features[at] as number),
      counts: Uint8Array.from(kept, (at) => asked.counts[at] as number),
    };
    const others = names.filter(({ isThing }) => !isThing);
    const rest = this.scorer.analyseQuery(left, others.length === 0 ? undefined : this.#otherWords(left, others));
    return { whole, rest };
  }

  /** @returns the candidates with what speaks for them by the rest of the question */
  withRest(candidates: readonly Candidate[], rest: AnalysedQuery): (Candidate & { readonly rest: LexicalParts })[] {
    return this.scorer.compare(rest, (by) => candidates.map((one) => ({ ...one, rest: by.parts(one.passage.number) })));
  }

  #otherWords({ features }: CountedFeatures, names: readonly OtherNames[]): OtherWords {
    const asked = new Set(features);
    const said = new Set<number>();
    const others = new Set<number>();
    for (const one of names) {
      let isKnown = false;
      for (const name of one.others) {
        const words = countFeatures(name).features;
        isKnown ||= this.scorer.knowsAll(words);
        const telling = words.length === 1 ? words : words.filter((word) => tellingKinds.has(kindOf(word)));
        for (const word of telling) if (!asked.has(word)) others.add(word);
      }
      if (isKnown) for (const word of countFeatures(one.said).features) said.add(word);
    }
    return { features: Uint32Array.from(others), said };
  }

  /** Call before a search: the sums over all passages follow what was put and removed. */
  prepare(): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    this.scorer.sized(this.#live, this.#lengths, this.#totalLength / this.#live || 1);
    const into = this.#into;
    const passages = this.#passages.length;
    into.cells = withRoom(into.cells, 2 * passages);
    into.touched = withRoom(into.touched, passages);
    const norm = this.scorer.lengthNorm;
    for (let at = 0; at < passages; at++) into.cells[2 * at + 1] = lengthNorm(norm, this.#lengths[at] as number);
  }

  /** The passages that may answer, each with what speaks for it, in no order. */
  candidates(query: Query, limit: number, isWanted: (doc: IndexedDoc) => boolean): Candidate[] {
    const wanted = Math.min(mostByTerms, Math.max(fewestByTerms, 2 * limit));
    return this.scorer.compare(query, (by) => {
      const numbers = this.#bestByTerms(query, wanted, by, isWanted);
      if (query.vector !== undefined && this.#space !== undefined) {
        for (const number of this.#space.nearest(query.vector, byVector)) {
          const passage = this.#passages[number];
          if (passage !== undefined && !numbers.includes(number) && isWanted(passage.doc)) numbers.push(number);
        }
      }
      return numbers.map((number) => this.#candidate(query, number, by));
    });
  }

  #bestByTerms(query: Query, count: number, by: QueryScorer, isWanted: (doc: IndexedDoc) => boolean): number[] {
    const asked = new Map<number, boolean>();
    return bestByTerms({
      query,
      count,
      by,
      postings: this.#postings,
      passagesWith: (term) => this.terms.passagesWith(term),
      into: this.#into,
      norm: this.scorer.lengthNorm,
      averageTerms: this.#totalTerms / this.#live,
      isWanted: (number) => {
        const known = asked.get(number);
        if (known !== undefined) return known;
        const passage = this.#passages[number];
        const answer = passage !== undefined && isWanted(passage.doc);
        asked.set(number, answer);
        return answer;
      },
    });
  }

  #candidate(query: Query, number: number, by: QueryScorer): Candidate {
    const vector = query.vector === undefined ? 0 : (this.#space?.likeness(number, query.vector) ?? 0);
    return { passage: this.#passages[number] as StoredPassage, parts: { ...by.parts(number), vector } };
  }
}
