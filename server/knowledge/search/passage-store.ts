import { Lru } from '../../base/lru.ts';
import { countFeatures } from './features-of-text.ts';
import type { LearntEmbedding } from './learnt-embedding.ts';
import { type IndexedDoc, type PassageOfDoc, passagesOf, unitsOf } from './passages-of-doc.ts';
import { Postings, type ScoredSoFar } from './postings.ts';
import { type AnalysedPassage, type AnalysedQuery, b, k1, type LexicalParts, Scorer } from './scorer.ts';
import { TermTable } from './term-table.ts';
import type { VectorSpace } from './vector-space.ts';

export interface StoredPassage extends PassageOfDoc {
  readonly doc: IndexedDoc;
  readonly number: number;
}

/** What the passages are compared with: the question as terms and, where there is an embedding, as a vector. */
export interface Query extends AnalysedQuery {
  readonly vector: Float32Array | undefined;
}

export interface Parts extends LexicalParts {
  /** 0 … 1; 0 where there are no vectors. */
  readonly vector: number;
}

export interface Candidate {
  readonly passage: StoredPassage;
  readonly parts: Parts;
}

/** Passages that are looked at closely: the best by BM25, two for each that is asked for, and the nearest by vector. */
const [fewestByTerms, mostByTerms, byVector] = [20, 200, 8];
/** Entries of posting lists that are read for a question; from the rarest feature on, what is left says little. */
const postingsRead = 300_000;

/** Passages, their posting lists and vectors. What was removed leaves a hole in the lists until all is built anew. */
export class PassageStore {
  readonly terms = new TermTable();
  readonly scorer = new Scorer(this.terms);
  readonly #docs = new Map<string, StoredPassage[]>();
  readonly #postings = new Postings();
  readonly #analysed: Lru<number, AnalysedPassage>;
  /** By number; undefined was removed. */
  readonly #passages: (StoredPassage | undefined)[] = [];
  #lengths = new Float32Array(1_024);
  #totalLength = 0;
  #live = 0;
  #norms = new Float32Array(0);
  #isNormed = false;
  #into: ScoredSoFar = { scores: new Float32Array(0), touched: new Int32Array(0), count: 0 };
  #space: VectorSpace | undefined;
  #embedding: LearntEmbedding | undefined;

  constructor(analysedPassages: number) {
    this.#analysed = new Lru(analysedPassages);
  }

  /** Passages that can be found, and those that ever were. */
  get counts(): { live: number; ever: number } {
    return { live: this.#live, ever: this.#passages.length };
  }

  get bytes(): number {
    const lexical = this.terms.bytes + this.#postings.bytes + this.#lengths.byteLength + this.#norms.byteLength * 3;
    return lexical + (this.#space?.bytes ?? 0) + (this.#embedding?.bytes ?? 0);
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
    const { whole, length } = this.#analyse(stored);
    for (let at = 0; at < whole.terms.length; at++) {
      this.#postings.add(whole.terms[at] as number, number, whole.counts[at] as number);
      this.terms.count(whole.terms[at] as number, 1);
    }
    if (number === this.#lengths.length) {
      const lengths = new Float32Array(number * 2);
      lengths.set(this.#lengths);
      this.#lengths = lengths;
    }
    this.#lengths[number] = length;
    this.#totalLength += length;
    this.#live += 1;
    this.#isNormed = false;
    if (this.#embedding !== undefined && this.#space !== undefined) this.place(stored, this.#embedding, this.#space);
    return stored;
  }

  remove(id: string): void {
    const passages = this.#docs.get(id);
    if (passages === undefined) return;
    this.#docs.delete(id);
    for (const passage of passages) {
      const { whole, length } = this.#analyse(passage);
      for (const term of whole.terms) this.terms.count(term, -1);
      this.#passages[passage.number] = undefined;
      this.#analysed.delete(passage.number);
      this.#space?.delete(passage.number);
      this.#totalLength -= length;
      this.#live -= 1;
    }
    this.#isNormed = false;
  }

  #analyse(passage: StoredPassage): AnalysedPassage {
    const known = this.#analysed.get(passage.number);
    if (known !== undefined) return known;
    const analysed = this.scorer.analysePassage(unitsOf(passage.doc, passage));
    this.#analysed.set(passage.number, analysed);
    return analysed;
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
    const vector = embedding.vectorOf(countFeatures(...unitsOf(passage.doc, passage)), this.scorer.weightOf);
    if (vector !== undefined) space.set(passage.number, vector);
  }

  /** @param vector of another embedding than the learnt one, of length 1 */
  analyseQuery(text: string, vector?: Float32Array): Query {
    this.prepare();
    const isFit = vector !== undefined && vector.length === this.#space?.dimensions;
    return {
      ...this.scorer.analyseQuery(text),
      vector: isFit ? vector : this.#embedding?.vectorOf(countFeatures(text), this.scorer.weightOf),
    };
  }

  /** Call before a search: the sums over all passages follow what was put and removed. */
  prepare(): void {
    if (this.#isNormed) return;
    this.#isNormed = true;
    this.scorer.sized(this.#live);
    const size = this.#passages.length;
    if (this.#norms.length < size) {
      const room = Math.ceil(size * 1.25);
      this.#norms = new Float32Array(room);
      this.#into = { scores: new Float32Array(room), touched: new Int32Array(room), count: 0 };
    }
    const slope = (k1 * b) / this.#averageLength;
    for (let at = 0; at < size; at++) this.#norms[at] = k1 * (1 - b) + slope * (this.#lengths[at] as number);
  }

  get #averageLength(): number {
    return this.#totalLength / this.#live || 1;
  }

  /** The passages that may answer, each with what speaks for it, in no order. */
  candidates(query: Query, limit: number, isWanted: (doc: IndexedDoc) => boolean): Candidate[] {
    const byTerms = Math.min(mostByTerms, Math.max(fewestByTerms, 2 * limit));
    const passages = this.#byTerms(query, byTerms, isWanted);
    if (query.vector !== undefined && this.#space !== undefined) {
      const there = new Set(passages.map(({ number }) => number));
      for (const number of this.#space.nearest(query.vector, byVector)) {
        const passage = this.#passages[number];
        if (passage !== undefined && !there.has(number) && isWanted(passage.doc)) passages.push(passage);
      }
    }
    return this.#compare(query, passages);
  }

  /** By BM25 over the posting lists, from the rarest feature on. */
  #byTerms(query: AnalysedQuery, byTerms: number, isWanted: (doc: IndexedDoc) => boolean): StoredPassage[] {
    const into = this.#into;
    into.count = 0;
    let read = 0;
    for (let at = 0; at < query.terms.length; at++) {
      const term = query.terms[at] as number;
      read += this.terms.passagesWith(term);
      if (read > postingsRead && at > 0) break;
      this.#postings.score(term, query.weights[at] as number, this.#norms, into);
    }
    const best: { passage: StoredPassage; score: number }[] = [];
    for (let at = 0; at < into.count; at++) {
      const number = into.touched[at] as number;
      const score = into.scores[number] as number;
      into.scores[number] = 0;
      if (best.length === byTerms && score <= (best.at(-1)?.score ?? 0)) continue;
      const passage = this.#passages[number];
      if (passage === undefined || !isWanted(passage.doc)) continue;
      let place = best.length;
      while (place > 0 && (best[place - 1]?.score as number) < score) place--;
      best.splice(place, 0, { passage, score });
      if (best.length > byTerms) best.pop();
    }
    return best.map(({ passage }) => passage);
  }

  #compare(query: Query, passages: readonly StoredPassage[]): Candidate[] {
    const analysed = passages.map((passage) => this.#analyse(passage));
    const likeness = ({ number }: StoredPassage) =>
      query.vector === undefined ? 0 : (this.#space?.likeness(number, query.vector) ?? 0);
    const found: Candidate[] = [];
    this.scorer.compare(query, this.#averageLength, (partsOf) => {
      for (const [at, passage] of passages.entries()) {
        const parts = partsOf(analysed[at] as AnalysedPassage);
        found.push({ passage, parts: { ...parts, vector: likeness(passage) } });
      }
    });
    return found;
  }
}
