import { setImmediate } from 'node:timers/promises';
import { seeded } from '../../base/seeded.ts';
import { type Confidence, confidenceOf, firstConfidence, type JudgedPassage, learnConfidence } from './confidence.ts';
import { EmbeddedPassages } from './embedded-passages.ts';
import type { Embedder, QuestionVector } from './embedder.ts';
import { countFeatures } from './features-of-text.ts';
import { learnEmbedding } from './learnt-embedding.ts';
import { PassageStore, type Query } from './passage-store.ts';
import { type IndexedDoc, unitsOf } from './passages-of-doc.ts';
import { practiceOf } from './practice-questions.ts';
import { type Focused, type RankedInFocus, rankInFocus } from './rank-in-focus.ts';
import { evidenceOf, type Ranked, rank } from './rank-passages.ts';
import type { SearchFocus } from './search-focus.ts';
import { VectorSpace } from './vector-space.ts';

export interface PassageIndexOptions {
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
  /** The question as an embedder sees it; it counts while that one serves. The learnt embedding needs none. */
  readonly vector?: QuestionVector | undefined;
  /** What the question is about. Without it nothing is found or ranked otherwise. */
  readonly focus?: SearchFocus | undefined;
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
  /** With a focus alone. */
  readonly focused?: Focused;
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
  /**
   * From here on vectors are this embedder's, in place of those that are learnt from the documents themselves; undefined: those
   * again. `refresh` fetches them, beside what serves until they are there.
   */
  useEmbedder(embedder: Embedder | undefined): void;
  /** Whose vectors serve now; undefined: the learnt ones. */
  readonly servingEmbedder: Embedder | undefined;
  /**
   * Learns anew what depends on all texts, where enough of them changed: embedding, calibration, and lists without holes.
   * It works in slices of a few milliseconds; searches, puts and removals between them are served as ever.
   * Rejects as the embedder does; what served serves on.
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
/** What is about another thing of the same kind comes last, and is no answer: so much of its score is left. */
const scoreOfOthers = 0.3;
/** What was learnt of the corpus stands until so large a part of it has changed. */
const staleShare = 0.2;
/** From so many documents and sentences what is learnt of more is not worth the time. */
const [sampledDocs, sampledUnits] = [1_000, 4_000];
/** With an embedder each practice question and passage is asked for, and may cost something. */
const sampledForEmbedder = 200;

/** What was found for a question, best first. */
interface Found {
  readonly query: Query;
  readonly ranked: readonly (Ranked & Partial<RankedInFocus>)[];
}

export function createPassageIndex(options: PassageIndexOptions = {}): PassageIndex {
  return new Index(options);
}

class Index implements PassageIndex {
  readonly #docs = new Map<string, IndexedDoc>();
  /** That is to serve. */
  #embedder: Embedder | undefined;
  /** What serves; undefined: what was learnt. */
  #embedded: EmbeddedPassages | undefined;
  #store = new PassageStore();
  /** Built beside the other to take its place. */
  #nextStore: PassageStore | undefined;
  #confidence: Confidence = firstConfidence;
  /** Documents put or removed since the corpus was learnt. */
  #changed = 0;
  #refreshing: Promise<void> | undefined;
  readonly #autoRefresh: PassageIndexOptions['autoRefresh'];
  #timer: NodeJS.Timeout | undefined;

  constructor({ autoRefresh }: PassageIndexOptions) {
    this.#autoRefresh = autoRefresh;
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
    const { focus } = options;
    const vector = this.#vectorOf(options.vector);
    const asked = text.slice(0, maxQueryCharacters);
    const { query, ranked } =
      focus === undefined
        ? this.#find(asked, vector, options)
        : this.#findInFocus(asked, vector, { ...options, focus });
    const results: ScoredPassage[] = [];
    const ofDoc = new Map<string, number>();
    let score = 1;
    for (const { passage, parts, focused, judged, ...place } of ranked) {
      if (results.length === options.limit) break;
      const { id, title, questions = [] } = passage.doc;
      const before = ofDoc.get(id) ?? 0;
      if (before >= (options.passagesOfDoc ?? 1)) continue;
      ofDoc.set(id, before + 1);
      // What ranks lower is never surer.
      score = Math.min(score, confidenceOf(this.#confidence, evidenceOf(judged ?? { query, parts }, place)));
      const share = focused?.relation === 'other' ? scoreOfOthers : 1;
      results.push({
        docId: id,
        passageId: `${id}#${passage.part}`,
        text: passage.text === '' ? [title, ...questions].join('\n') : passage.text,
        score: share * score,
        parts: { bm25: parts.bm25, tfidf: parts.tfidf, unit: parts.unit, vector: parts.vector },
        ...(focused === undefined ? {} : { focused }),
      });
    }
    return results;
  }

  #find(text: string, vector: Float32Array | undefined, options: SearchOptions): Found {
    const query = this.#store.analyseQuery(text, vector);
    return { query, ranked: rank(this.#store.candidates(query, options.limit, (doc) => isWanted(doc, options))) };
  }

  #findInFocus(
    text: string,
    vector: Float32Array | undefined,
    options: SearchOptions & { readonly focus: SearchFocus },
  ): Found {
    const { whole: query, rest } = this.#store.analyseInFocus(text, vector, options.focus.names);
    const found = this.#store.candidates(query, options.limit, (doc) => isWanted(doc, options));
    const ranked = rankInFocus(rank(this.#store.withRest(found, rest)), { focus: options.focus, query, rest });
    return { query, ranked };
  }

  /** One of another embedder than serves now is of no use: it was asked for before they changed. */
  #vectorOf(vector: QuestionVector | undefined): Float32Array | undefined {
    return vector !== undefined && vector.of === this.#embedded?.embedder
      ? this.#embedded.read(vector.vector)
      : undefined;
  }

  useEmbedder(embedder: Embedder | undefined): void {
    this.#embedder = embedder;
  }

  get servingEmbedder(): Embedder | undefined {
    return this.#embedded?.embedder;
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
    const isStale = this.#changed > 0 && this.#changed >= staleShare * this.#docs.size;
    const isLeft = this.#embedded !== undefined && this.#embedded.embedder !== this.#embedder;
    // Before an embedder is asked, so that something serves until it has answered.
    if (isLeft || (isStale && this.#embedded === undefined)) {
      this.#changed = 0;
      this.#embedded = undefined;
      await inSlices(this.learn(), options);
      await inSlices(this.#calibrate(), options);
    }
    if (this.#embedder !== undefined) await this.#embed(this.#embedder, isStale, options);
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
    else if (this.#embedded !== undefined && space !== undefined) {
      const moved = this.#embedded.like();
      yield* moveVectors({ passages: this.#store, space }, { passages: next, space: moved.space });
      next.useSpace(moved.space, undefined);
      this.#embedded = moved;
    }
    this.#store = next;
    this.#nextStore = undefined;
  }

  /** The embedding of the corpus's own texts. */
  *learn(): Generator<void> {
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

  /** Passages that the embedder has not seen yet; where another embedding serves, beside it. */
  async #embed(embedder: Embedder, isStale: boolean, options: SliceOptions): Promise<void> {
    const { signal } = options;
    const store = this.#store;
    if (this.#embedded?.embedder === embedder) {
      await this.#embedded.fill(store, signal);
      if (!isStale) return;
      this.#changed = 0;
      this.#confidence = await this.#confidenceBy(this.#embedded, options);
      return;
    }
    const next = await EmbeddedPassages.begin(embedder, [...store.all()], signal);
    if (next === undefined) return;
    await next.fill(store, signal);
    const confidence = await this.#confidenceBy(next, options);
    await next.fill(store, signal);
    // Somebody chose another one meanwhile.
    if (this.#embedder !== embedder) return;
    this.#changed = 0;
    store.useSpace(next.space, undefined);
    this.#embedded = next;
    this.#confidence = confidence;
  }

  /** As `#calibrate`, with an embedder's vectors: fewer questions, as each is asked for. */
  async #confidenceBy(embedded: EmbeddedPassages, options: SliceOptions): Promise<Confidence> {
    const random = seeded(2);
    const share = sampledForEmbedder / Math.max(1, this.#docs.size);
    const docs = [...this.#docs.values()].filter(() => random() < share);
    const practice = await inSlices(practiceOf(docs, random), options);
    const part = new Index({});
    await part.load(practice.docs, options);
    const judged = await part.judgeBy(embedded.like(), practice.questions, options.signal);
    return inSlices(learnConfidence(judged, firstConfidence), options);
  }

  /** What spoke for the first passage of each question. */
  async judgeBy(
    embedded: EmbeddedPassages,
    questions: readonly { readonly text: string; readonly expected: string | undefined }[],
    signal: AbortSignal | undefined,
  ): Promise<JudgedPassage[]> {
    await embedded.fill(this.#store, signal);
    this.#store.useSpace(embedded.space, undefined);
    this.#embedded = embedded;
    const { embedder } = embedded;
    const vectors = await embedder.embed(
      questions.map(({ text }) => text),
      { as: 'question', signal },
    );
    const judged: JudgedPassage[] = [];
    for (const [at, { text, expected }] of questions.entries()) {
      const vector = vectors[at];
      const first = this.judgeFirst(text, expected, vector === undefined ? undefined : { of: embedder, vector });
      if (first !== undefined) judged.push(first);
      if (at % 10 === 0) await setImmediate();
    }
    return judged;
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
  judgeFirst(text: string, expected: string | undefined, vector?: QuestionVector): JudgedPassage | undefined {
    const query = this.#store.analyseQuery(text.slice(0, maxQueryCharacters), this.#vectorOf(vector));
    const [first] = rank(this.#store.candidates(query, 10, () => true));
    if (first === undefined) return undefined;
    return { evidence: evidenceOf({ query, parts: first.parts }, first), isRight: first.passage.doc.id === expected };
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

interface Placed {
  readonly passages: PassageStore;
  readonly space: VectorSpace;
}

/** To the same passages under other numbers. */
function* moveVectors(from: Placed, to: Placed): Generator<void> {
  for (const passage of to.passages.all()) {
    const former = from.passages.passagesOf(passage.doc.id)[passage.part];
    const vector = former?.doc === passage.doc ? from.space.vectorOf(former.number) : undefined;
    if (vector !== undefined) to.space.set(passage.number, vector);
    yield;
  }
}

/** Goes on with the work until it is done, letting others have their turn after every `sliceMs`. */
async function inSlices<T>(work: Generator<void, T>, { signal, sliceMs = 4 }: SliceOptions): Promise<T> {
  let begun = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - begun < sliceMs) continue;
    await setImmediate();
    signal?.throwIfAborted();
    begun = performance.now();
  }
}

function isWanted({ id, language }: IndexedDoc, { language: wanted, accepts }: SearchOptions): boolean {
  if (language !== undefined && wanted !== undefined && primary(language) !== primary(wanted)) return false;
  return accepts === undefined || accepts(id);
}

/** zh of zh-Hans-CN: who reads one form of a language mostly reads the other. */
const primary = (language: string): string => language.toLowerCase().split(/[-_]/)[0] ?? '';
