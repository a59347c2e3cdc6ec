import { Lru } from '../../base/lru.ts';
import { type IndexedDoc, type PassageOfDoc, passagesOf, unitsOf } from './passages-of-doc.ts';
import { Postings, type ScoredSoFar } from './postings.ts';
import { type AnalysedPassage, type AnalysedQuery, b, k1, type LexicalParts, Scorer } from './scorer.ts';
import { TermTable } from './term-table.ts';

export interface PassageIndexOptions {
  /** Passages that stay analysed in memory, those used last; each takes a few kB. */
  readonly analysedPassages?: number;
}

export interface SearchOptions {
  readonly limit: number;
  /** Documents that may be found. */
  readonly accepts?: (docId: string) => boolean;
  /** BCP 47: documents in another language are not found; those that name none are. */
  readonly language?: string;
  /** Passages of one document at most (1). */
  readonly passagesOfDoc?: number;
}

export interface ScoredPassage {
  readonly docId: string;
  readonly passageId: string;
  /** Of the document's text; of one without, the title and phrasings. */
  readonly text: string;
  /** Calibrated, 0 … 1: from 0.5 on it likely answers. */
  readonly score: number;
  /** What spoke for it, each 0 … 1. */
  readonly parts: { readonly bm25: number; readonly tfidf: number; readonly unit: number };
}

/** An index over passages of documents, in memory; texts are kept, as they are given out. */
export interface PassageIndex {
  /** Adds documents; one whose id is known takes the place of the former. */
  put(docs: readonly IndexedDoc[]): void;
  /** What was removed is never found again. Unknown ids are no error. */
  remove(ids: readonly string[]): void;
  /** The passages that most likely answer, best first. Never fails: a text without a word finds nothing. */
  search(text: string, options: SearchOptions): readonly ScoredPassage[];
  /** Documents. */
  readonly size: number;
  readonly passages: number;
  /** Of memory, without the documents' own texts. */
  readonly bytes: number;
}

interface StoredPassage extends PassageOfDoc {
  readonly doc: StoredDoc;
  readonly number: number;
}

interface StoredDoc {
  readonly doc: IndexedDoc;
  readonly passages: StoredPassage[];
}

interface Candidate {
  readonly passage: StoredPassage;
  readonly parts: LexicalParts;
}

/** What is read of a question, in characters: a longer one is a letter, and its end would drown what it is about. */
const maxQueryCharacters = 1_000;
/** Passages that are looked at closely. */
const candidates = 48;
/** Entries of posting lists that are read for a question; from the rarest feature on, what is left says little. */
const postingsRead = 300_000;

export function createPassageIndex(options: PassageIndexOptions = {}): PassageIndex {
  return new Index(options);
}

class Index implements PassageIndex {
  readonly #docs = new Map<string, StoredDoc>();
  readonly #terms = new TermTable();
  readonly #postings = new Postings();
  readonly #scorer = new Scorer(this.#terms);
  readonly #analysed: Lru<number, AnalysedPassage>;
  /** By number; undefined was removed. */
  readonly #passages: (StoredPassage | undefined)[] = [];
  #lengths = new Float32Array(1_024);
  #totalLength = 0;
  #live = 0;
  #norms = new Float32Array(0);
  #isNormed = false;
  #into: ScoredSoFar = { scores: new Float32Array(0), touched: new Int32Array(0), count: 0 };

  constructor({ analysedPassages = 2_000 }: PassageIndexOptions) {
    this.#analysed = new Lru(analysedPassages);
  }

  get size(): number {
    return this.#docs.size;
  }

  get passages(): number {
    return this.#live;
  }

  get bytes(): number {
    return this.#terms.bytes + this.#postings.bytes + this.#lengths.byteLength + this.#norms.byteLength * 3;
  }

  put(docs: readonly IndexedDoc[]): void {
    for (const doc of docs) {
      this.#removeDoc(doc.id);
      const stored: StoredDoc = { doc, passages: [] };
      for (const part of passagesOf(doc)) stored.passages.push(this.#addPassage({ ...part, doc: stored }));
      this.#docs.set(doc.id, stored);
    }
  }

  #addPassage(passage: Omit<StoredPassage, 'number'>): StoredPassage {
    const number = this.#passages.length;
    const stored = { ...passage, number };
    this.#passages.push(stored);
    const { whole, length } = this.#analyse(stored);
    for (let at = 0; at < whole.terms.length; at++) {
      this.#postings.add(whole.terms[at] as number, number, whole.counts[at] as number);
      this.#terms.count(whole.terms[at] as number, 1);
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
    return stored;
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.#removeDoc(id);
  }

  #removeDoc(id: string): void {
    const stored = this.#docs.get(id);
    if (stored === undefined) return;
    this.#docs.delete(id);
    for (const passage of stored.passages) {
      const { whole, length } = this.#analyse(passage);
      for (const term of whole.terms) this.#terms.count(term, -1);
      this.#passages[passage.number] = undefined;
      this.#analysed.delete(passage.number);
      this.#totalLength -= length;
      this.#live -= 1;
    }
    this.#isNormed = false;
  }

  #analyse(passage: StoredPassage): AnalysedPassage {
    const known = this.#analysed.get(passage.number);
    if (known !== undefined) return known;
    const analysed = this.#scorer.analysePassage(unitsOf(passage.doc.doc, passage));
    this.#analysed.set(passage.number, analysed);
    return analysed;
  }

  search(text: string, options: SearchOptions): readonly ScoredPassage[] {
    if (this.#live === 0 || options.limit < 1) return [];
    this.#prepare();
    const query = this.#scorer.analyseQuery(text.slice(0, maxQueryCharacters));
    const found = this.#compare(query, this.#candidates(query, options));
    return this.#ranked(query, found, options);
  }

  #prepare(): void {
    this.#scorer.sized(this.#live);
    if (this.#isNormed) return;
    this.#isNormed = true;
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

  /** By BM25 over the posting lists, from the rarest feature on. */
  #candidates(query: AnalysedQuery, options: SearchOptions): StoredPassage[] {
    const into = this.#into;
    into.count = 0;
    let read = 0;
    for (let at = 0; at < query.terms.length; at++) {
      const term = query.terms[at] as number;
      read += this.#terms.passagesWith(term);
      if (read > postingsRead && at > 0) break;
      this.#postings.score(term, query.weights[at] as number, this.#norms, into);
    }
    const best: { passage: StoredPassage; score: number }[] = [];
    for (let at = 0; at < into.count; at++) {
      const number = into.touched[at] as number;
      const score = into.scores[number] as number;
      into.scores[number] = 0;
      if (best.length === candidates && score <= (best.at(-1)?.score ?? 0)) continue;
      const passage = this.#passages[number];
      if (passage === undefined || !isWanted(passage.doc.doc, options)) continue;
      let place = best.length;
      while (place > 0 && (best[place - 1]?.score as number) < score) place--;
      best.splice(place, 0, { passage, score });
      if (best.length > candidates) best.pop();
    }
    return best.map(({ passage }) => passage);
  }

  #compare(query: AnalysedQuery, passages: readonly StoredPassage[]): Candidate[] {
    const analysed = passages.map((passage) => this.#analyse(passage));
    const found: Candidate[] = [];
    this.#scorer.compare(query, this.#averageLength, (partsOf) => {
      for (const [at, passage] of passages.entries())
        found.push({ passage, parts: partsOf(analysed[at] as AnalysedPassage) });
    });
    return found;
  }

  #ranked(query: AnalysedQuery, found: readonly Candidate[], options: SearchOptions): ScoredPassage[] {
    const most = (of: (parts: LexicalParts) => number) => Math.max(1e-9, ...found.map(({ parts }) => of(parts)));
    const [bm25, tfidf, unit] = [
      most((parts) => parts.bm25),
      most((parts) => parts.tfidf),
      most((parts) => parts.unit),
    ];
    const ranked = found
      .map(({ passage, parts }) => ({
        passage,
        parts,
        rank: parts.bm25 / bm25 + parts.tfidf / tfidf + parts.unit / unit,
      }))
      .sort((one, other) => other.rank - one.rank);
    const ofDoc = new Map<string, number>();
    const results: ScoredPassage[] = [];
    for (const { passage, parts } of ranked) {
      if (results.length === options.limit) break;
      const { id, title, questions = [] } = passage.doc.doc;
      const before = ofDoc.get(id) ?? 0;
      if (before >= (options.passagesOfDoc ?? 1)) continue;
      ofDoc.set(id, before + 1);
      results.push({
        docId: id,
        passageId: `${id}#${passage.part}`,
        text: passage.text === '' ? [title, ...questions].join('\n') : passage.text,
        score: plainScore(query, parts),
        parts: { bm25: parts.bm25, tfidf: parts.tfidf, unit: parts.unit },
      });
    }
    return results;
  }
}

function plainScore({ known }: AnalysedQuery, { bm25, tfidf, unit }: LexicalParts): number {
  return 1 / (1 + Math.exp(-(4 * bm25 + 3 * unit + 2 * tfidf + known - 3.5)));
}

function isWanted({ id, language }: IndexedDoc, { language: wanted, accepts }: SearchOptions): boolean {
  if (language !== undefined && wanted !== undefined && primary(language) !== primary(wanted)) return false;
  return accepts === undefined || accepts(id);
}

/** zh of zh-Hans-CN: who reads one form of a language mostly reads the other. */
const primary = (language: string): string => language.toLowerCase().split(/[-_]/)[0] ?? '';
