import { setImmediate } from 'node:timers/promises';
import { seeded } from '../../base/seeded.ts';
import { type Confidence, confidenceOf, firstConfidence, type JudgedPassage, learnConfidence } from './confidence.ts';
import { type Embedder, unitVector } from './embedder.ts';
import { countFeatures } from './features-of-text.ts';
import { learnEmbedding } from './learnt-embedding.ts';
import { type Candidate, type Parts, PassageStore, type Query } from './passage-store.ts';
import { type IndexedDoc, unitsOf } from './passages-of-doc.ts';
import { practiceOf } from './practice-questions.ts';
import { VectorSpace } from './vector-space.ts';

export interface PassageIndexOptions {
  /** In place of the embedding that is learnt from the documents themselves. */
  readonly embedder?: Embedder;
  /** Calls `refresh` by itself when nothing has changed for a while, and tells of what went wrong; the next change tries again. */
  readonly autoRefresh?: { readonly afterMs: number; readonly onError: (error: unknown) => void };
}

export interface SearchOptions {
  readonly limit: number;
  /** Documents that may be found. */
  readonly accepts?: (docId: string) => boolean;
  /** BCP 47: documents in another language are not found; those that name none are. */
  readonly language?: string;
  /** Passages of one document at most (1). */
  readonly passagesOfDoc?: number;
  /** The question as the `embedder` sees it, see `embedQuestion`. The learnt embedding needs none. */
  readonly vector?: Float32Array | undefined;
}

export interface ScoredPassage {
  readonly docId: string;
  readonly passageId: string;
  /** Of the document's text; of one without, the title and phrasings. */
  readonly text: string;
  /** Calibrated, 0 … 1: from 0.5 on it likely answers. */
  readonly score: number;
  /** What spoke for it, each 0 … 1: BM25 of what was possible, cosine of the whole, of its best unit, and of vectors. */
  readonly parts: { readonly bm25: number; readonly tfidf: number; readonly unit: number; readonly vector: number };
}

export interface SliceOptions {
  readonly signal?: AbortSignal;
  /** About how long to work before others have their turn (4). */
  readonly sliceMs?: number;
}

/** An index over passages of documents, in memory; texts are kept, as they are given out. */
export interface PassageIndex {
  /** Adds documents; one whose id is known takes the place of the former. Found at once; call `refresh` when convenient. */
  put(docs: readonly IndexedDoc[]): void;
  /** The same for many, in slices of a few milliseconds, so that a server answers meanwhile. */
  load(docs: Iterable<IndexedDoc>, options?: SliceOptions): Promise<void>;
  /** What was removed is never found again. Unknown ids are no error. */
  remove(ids: readonly string[]): void;
  /** The passages that most likely answer, best first. Never fails: a text without a word finds nothing. */
  search(text: string, options: SearchOptions): readonly ScoredPassage[];
  /** A question's vector by the `embedder`; undefined without one. Rejects as the embedder does: search without it then. */
  embedQuestion(text: string, options?: { readonly signal?: AbortSignal }): Promise<Float32Array | undefined>;
  /**
   * Learns anew what depends on all texts, where enough of them changed: embedding, calibration, and lists without holes.
   * It works in slices of a few milliseconds; searches, puts and removals between them are served as ever.
   */
  refresh(options?: SliceOptions): Promise<void>;
  /** Documents. */
  readonly size: number;
  readonly passages: number;
  /** Of memory, without the documents' own texts; an estimate. */
  readonly bytes: number;
}

/** What is read of a question, in characters: a longer one is a letter, and its end would drown what it is about. */
const maxQueryCharacters = 1_000;
/** Of the signals, each divided by its largest among the candidates. The same for every corpus, chosen on five public sets. */
const rankWeights = { bm25: 2, tfidf: 1, unit: 0.5, vector: 0.4 };
/** What was learnt of the corpus stands until so large a part of it has changed. */
const staleShare = 0.2;
/** From so many documents and sentences what is learnt of more is not worth the time. */
const [sampledDocs, sampledUnits] = [1_000, 4_000];
/** A model's server is asked for so many passages at a time. */
const embeddedAtOnce = 64;

export function createPassageIndex(options: PassageIndexOptions = {}): PassageIndex {
  return new Index(options);
}

class Index implements PassageIndex {
  readonly #docs = new Map<string, IndexedDoc>();
  readonly #embedder: Embedder | undefined;
  #store = new PassageStore();
  /** Built beside the other to take its place. */
  #nextStore: PassageStore | undefined;
  #confidence: Confidence = firstConfidence;
  /** Documents put or removed since the corpus was learnt. */
  #changed = 0;
  #refreshing: Promise<void> | undefined;
  readonly #autoRefresh: PassageIndexOptions['autoRefresh'];
  #timer: NodeJS.Timeout | undefined;

  constructor({ embedder, autoRefresh }: PassageIndexOptions) {
    this.#autoRefresh = autoRefresh;
    this.#embedder = embedder;
  }

  get size(): number {
    return this.#docs.size;
  }

  get passages(): number {
    return this.#store.counts.live;
  }

  get bytes(): number {
    return this.#store.bytes + (this.#nextStore?.bytes ?? 0);
  }

  put(docs: readonly IndexedDoc[]): void {
    for (const doc of docs) {
      this.#docs.set(doc.id, doc);
      this.#store.put(doc);
      this.#nextStore?.put(doc);
      this.#changed += 1;
    }
    this.#refreshLater();
  }

  #refreshLater(): void {
    if (this.#autoRefresh === undefined) return;
    const { afterMs, onError } = this.#autoRefresh;
    clearTimeout(this.#timer);
    // A process that wants to end does not wait for this.
    this.#timer = setTimeout(() => void this.refresh().catch(onError), afterMs).unref();
  }

  async load(docs: Iterable<IndexedDoc>, options: SliceOptions = {}): Promise<void> {
    await inSlices(this.#putEach(docs), options);
  }

  *#putEach(docs: Iterable<IndexedDoc>): Generator<void> {
    for (const doc of docs) {
      this.put([doc]);
      yield;
    }
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      if (!this.#docs.delete(id)) continue;
      this.#store.remove(id);
      this.#nextStore?.remove(id);
      this.#changed += 1;
    }
    this.#refreshLater();
  }

  search(text: string, options: SearchOptions): readonly ScoredPassage[] {
    if (this.#docs.size === 0 || options.limit < 1) return [];
    const query = this.#store.analyseQuery(text.slice(0, maxQueryCharacters), options.vector);
    const ranked = rank(this.#store.candidates(query, options.limit, (doc) => isWanted(doc, options)));
    const results: ScoredPassage[] = [];
    const ofDoc = new Map<string, number>();
    let score = 1;
    for (const { passage, parts, ...place } of ranked) {
      if (results.length === options.limit) break;
      const { id, title, questions = [] } = passage.doc;
      const before = ofDoc.get(id) ?? 0;
      if (before >= (options.passagesOfDoc ?? 1)) continue;
      ofDoc.set(id, before + 1);
      // What ranks lower is never surer.
      score = Math.min(score, confidenceOf(this.#confidence, evidenceOf(query, parts, place)));
      results.push({
        docId: id,
        passageId: `${id}#${passage.part}`,
        text: passage.text === '' ? [title, ...questions].join('\n') : passage.text,
        score,
        parts: { bm25: parts.bm25, tfidf: parts.tfidf, unit: parts.unit, vector: parts.vector },
      });
    }
    return results;
  }

  async embedQuestion(text: string, options: { signal?: AbortSignal } = {}): Promise<Float32Array | undefined> {
    if (this.#embedder === undefined || text.trim() === '') return undefined;
    const [vector] = await this.#embedder.embed([text.slice(0, maxQueryCharacters)], options);
    return vector === undefined ? undefined : unitVector(vector);
  }

  refresh(options: SliceOptions = {}): Promise<void> {
    this.#refreshing ??= this.#refresh(options).finally(() => {
      this.#refreshing = undefined;
      this.#nextStore = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(options: SliceOptions): Promise<void> {
    await inSlices(this.#withoutHoles(), options);
    if (this.#embedder !== undefined) await this.#embed(this.#embedder, options.signal);
    if (this.#changed === 0 || this.#changed < staleShare * this.#docs.size) return;
    this.#changed = 0;
    await inSlices(this.learn(), options);
    await inSlices(this.#calibrate(), options);
  }

  /** Removed passages stay in the posting lists; where they are many, all is built anew beside what serves. */
  *#withoutHoles(): Generator<void> {
    const { live, ever } = this.#store.counts;
    if (ever - live < 100 || ever - live < 0.3 * ever) return;
    const next = new PassageStore();
    this.#nextStore = next;
    for (const id of [...this.#docs.keys()]) {
      // What was put meanwhile is there already; putting it again would only take time.
      const doc = this.#docs.get(id);
      if (doc !== undefined && !next.has(doc)) next.put(doc);
      yield;
    }
    const { embedding, space } = this.#store;
    if (embedding !== undefined) yield* placeAll(next, embedding.dimensions, embedding);
    else if (space !== undefined)
      this.#embedder === undefined || next.useSpace(new VectorSpace(space.dimensions), undefined);
    this.#store = next;
    this.#nextStore = undefined;
  }

  /** The embedding of the corpus's own texts. */
  *learn(): Generator<void> {
    if (this.#embedder !== undefined) return;
    const store = this.#store;
    store.prepare();
    const units: ReturnType<typeof countFeatures>[] = [];
    const random = seeded(1);
    const share = sampledUnits / Math.max(1, store.counts.live * 4);
    for (const doc of this.#docs.values()) {
      for (const passage of store.passagesOf(doc.id)) {
        for (const unit of unitsOf(doc, passage)) if (random() < share) units.push(countFeatures(unit));
        yield;
      }
    }
    const embedding = yield* learnEmbedding(units, store.scorer.weightOf);
    if (embedding !== undefined) yield* placeAll(store, embedding.dimensions, embedding);
  }

  /** Passages that the embedder has not seen yet. */
  async #embed(embedder: Embedder, signal: AbortSignal | undefined): Promise<void> {
    const store = this.#store;
    if (store.space === undefined) store.useSpace(new VectorSpace(embedder.dimensions), undefined);
    const { space } = store;
    let missing = this.#withoutVector(store);
    while (missing.length > 0 && space !== undefined) {
      const texts = missing.map((passage) => unitsOf(passage.doc, passage).join('\n'));
      const vectors = await embedder.embed(texts, signal === undefined ? {} : { signal });
      for (const [at, passage] of missing.entries()) {
        const vector = vectors[at] === undefined ? undefined : unitVector(vectors[at]);
        if (vector === undefined || vector.length !== embedder.dimensions)
          throw new Error(`The embedding of ${passage.doc.id} is not ${embedder.dimensions} numbers, or all are 0.`);
        if (store.passageAt(passage.number) === passage) space.set(passage.number, vector);
      }
      missing = this.#withoutVector(store);
    }
  }

  #withoutVector(store: PassageStore) {
    const missing = [];
    for (const passage of store.all()) {
      if (store.space?.has(passage.number) === true) continue;
      missing.push(passage);
      if (missing.length === embeddedAtOnce) break;
    }
    return missing;
  }

  /** Asks questions made of the corpus against a part of it, and learns from what comes back when a passage is right. */
  *#calibrate(): Generator<void> {
    const random = seeded(2);
    const share = sampledDocs / Math.max(1, this.#docs.size);
    const docs = [...this.#docs.values()].filter(() => random() < share);
    const judged: JudgedPassage[] = [];
    for (let round = 0; round < 3; round++) {
      const practice = yield* practiceOf(docs, random);
      const part = new Index({});
      for (const doc of practice.docs) {
        part.put([doc]);
        yield;
      }
      yield* part.learn();
      for (const { text, expected } of practice.questions) {
        const first = part.judgeFirst(text, expected);
        if (first !== undefined) judged.push(first);
        yield;
      }
    }
    this.#confidence = yield* learnConfidence(judged, firstConfidence);
  }

  /** What spoke for the first passage, and whether it was of the expected document. */
  judgeFirst(text: string, expected: string | undefined): JudgedPassage | undefined {
    const query = this.#store.analyseQuery(text.slice(0, maxQueryCharacters));
    const [first] = rank(this.#store.candidates(query, 10, () => true));
    if (first === undefined) return undefined;
    return { evidence: evidenceOf(query, first.parts, first), isRight: first.passage.doc.id === expected };
  }
}

/** Vectors for all passages, those put meanwhile included; then they are used. */
function* placeAll(store: PassageStore, dimensions: number, embedding: NonNullable<PassageStore['embedding']>) {
  const space = new VectorSpace(dimensions);
  for (let number = 0; number < store.counts.ever; number++) {
    const passage = store.passageAt(number);
    if (passage !== undefined) store.place(passage, embedding, space);
    yield;
  }
  for (const number of space.numbers()) if (store.passageAt(number) === undefined) space.delete(number);
  store.useSpace(space, embedding);
}

/** Goes on with the work until it is done, letting others have their turn after every `sliceMs`. */
async function inSlices(work: Generator<void>, { signal, sliceMs = 4 }: SliceOptions): Promise<void> {
  let begun = performance.now();
  while (work.next().done !== true) {
    if (performance.now() - begun < sliceMs) continue;
    await setImmediate();
    signal?.throwIfAborted();
    begun = performance.now();
  }
}

interface Ranked extends Candidate, Place {}

interface Place {
  readonly rank: number;
  /** Of the best passage of another document. */
  readonly otherRank: number;
  readonly otherUnit: number;
}

/** A sum of signals, each divided by its largest: in trials better than the sum of reciprocal places. */
function rank(found: readonly Candidate[]): Ranked[] {
  const most = (of: (parts: Parts) => number) => Math.max(1e-9, ...found.map(({ parts }) => of(parts)));
  const weights = {
    bm25: rankWeights.bm25 / most((parts) => parts.bm25),
    tfidf: rankWeights.tfidf / most((parts) => parts.tfidf),
    unit: rankWeights.unit / most((parts) => parts.unit),
    vector: rankWeights.vector / most((parts) => parts.vector),
  };
  const ranked = found
    .map(({ passage, parts }) => ({
      passage,
      parts,
      rank:
        weights.bm25 * parts.bm25 +
        weights.tfidf * parts.tfidf +
        weights.unit * parts.unit +
        weights.vector * parts.vector,
    }))
    .sort((one, other) => other.rank - one.rank || one.passage.number - other.passage.number);
  const first = ranked[0];
  const second = ranked.find(({ passage }) => passage.doc !== first?.passage.doc);
  return ranked.map((one) => {
    const other = one.passage.doc === first?.passage.doc ? second : first;
    return { ...one, otherRank: other?.rank ?? 0, otherUnit: other?.parts.unit ?? 0 };
  });
}

/** What the confidence is told from; the order is that of `firstConfidence`. */
function evidenceOf(query: Query, parts: Parts, { rank, otherRank, otherUnit }: Place): number[] {
  return [
    parts.bm25,
    parts.tfidf,
    parts.unit,
    parts.vector,
    (rank - otherRank) / Math.max(1e-9, rank + otherRank),
    query.known,
    Math.log(1 + query.size),
    parts.unit - otherUnit,
  ];
}

function isWanted({ id, language }: IndexedDoc, { language: wanted, accepts }: SearchOptions): boolean {
  if (language !== undefined && wanted !== undefined && primary(language) !== primary(wanted)) return false;
  return accepts === undefined || accepts(id);
}

/** zh of zh-Hans-CN: who reads one form of a language mostly reads the other. */
const primary = (language: string): string => language.toLowerCase().split(/[-_]/)[0] ?? '';
