const pageBits = 18;
const pageSize = 2 ** pageBits;
const termsOfPage = 2 ** 14;
/** Places of a term's first, second … block; the last of a block leads to the next. Rare terms are many: they get little. */
const blockSizes = [3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024];

const sizeOfBlock = (level: number): number => blockSizes[Math.min(level, blockSizes.length) - 1] as number;

/** How BM25 takes a passage's length. */
export interface LengthNorm {
  readonly base: number;
  readonly slope: number;
}

/** What BM25 adds to how often a passage has a term, below the line. */
export const lengthNorm = ({ base, slope }: LengthNorm, length: number): number => base + slope * length;

/**
 * For each term the passages that have it and how often. Appending never moves what is there: lists are chains of ever
 * larger blocks in pages of typed arrays, so that no addition takes longer than another. A term of a single passage, as
 * most are, needs no block.
 *
 * @see Asadi, Lin and Busch, Dynamic Memory Allocation Policies for Postings in Real-Time Twitter Search, KDD 2013
 */
export class Postings {
  readonly #passages: Int32Array[] = [];
  readonly #counts: Uint8Array[] = [];
  /** The next free place; 0 stays free, as it stands for none. */
  #free = 1;
  /** What is known of terms, so many at a time: to make one array of a million anew would hold everything else up. */
  readonly #pages: TermPage[] = [];

  get bytes(): number {
    return this.#passages.length * pageSize * 5 + this.#pages.length * termsOfPage * 16;
  }

  /**
   * @param passage not below the last that was added to this term
   * @param length of the passage, as it counts in BM25
   */
  add(term: number, passage: number, count: number, length: number): void {
    const page = this.#pageFor(term);
    const at = term % termsOfPage;
    page.bound(at, count, length);
    if (page.levels[at] === 0) {
      if (page.heads[at] === 0) {
        page.heads[at] = passage + 1;
        page.tails[at] = count;
        return;
      }
      const [first, times] = [(page.heads[at] as number) - 1, page.tails[at] as number];
      page.heads[at] = page.tails[at] = this.#allocate(page, at);
      this.#append(page, at, first, times);
    } else if (page.room[at] === 0) {
      const link = page.tails[at] as number;
      const start = this.#allocate(page, at);
      (this.#passages[link >>> pageBits] as Int32Array)[link & (pageSize - 1)] = start;
      page.tails[at] = start;
    }
    this.#append(page, at, passage, count);
  }

  #append({ tails, room }: TermPage, at: number, passage: number, count: number): void {
    const place = tails[at] as number;
    (this.#passages[place >>> pageBits] as Int32Array)[place & (pageSize - 1)] = passage;
    (this.#counts[place >>> pageBits] as Uint8Array)[place & (pageSize - 1)] = count;
    tails[at] = place + 1;
    room[at] = (room[at] as number) - 1;
  }

  /** What a term of weight 1 adds to any passage at most. Removed passages may keep it higher than it would need to be. */
  mostOf(term: number, norm: LengthNorm): number {
    const page = this.#pages[Math.floor(term / termsOfPage)];
    const times = page?.mostTimes[term % termsOfPage] ?? 0;
    if (page === undefined || times === 0) return 0;
    return times / (times + lengthNorm(norm, page.leastLengths[term % termsOfPage] as number));
  }

  /** Adds a term's part of BM25 to the score of each passage that has it. */
  score(term: number, weight: number, into: ScoredSoFar): void {
    const page = this.#pages[Math.floor(term / termsOfPage)];
    const at = term % termsOfPage;
    if (page === undefined || page.heads[at] === 0) return;
    const last = page.tails[at] as number;
    let place = page.heads[at] as number;
    if (page.levels[at] === 0) {
      addOne(into, weight, place - 1, last);
      return;
    }
    for (let level = 1; ; level++) {
      const size = sizeOfBlock(level) - 1;
      const passages = this.#passages[place >>> pageBits] as Int32Array;
      const start = place & (pageSize - 1);
      const isLast = last >= place && last <= place + size;
      const end = isLast ? last - place + start : start + size;
      addRun(into, weight, passages, this.#counts[place >>> pageBits] as Uint8Array, start, end);
      if (isLast) break;
      place = passages[start + size] as number;
    }
  }

  #allocate(page: TermPage, at: number): number {
    const level = Math.min(255, (page.levels[at] as number) + 1);
    page.levels[at] = level;
    const size = sizeOfBlock(level);
    // A block lies within one page.
    if ((this.#free & (pageSize - 1)) + size > pageSize) this.#free = ((this.#free >>> pageBits) + 1) << pageBits;
    if (this.#free >>> pageBits >= this.#passages.length) {
      this.#passages.push(new Int32Array(pageSize));
      this.#counts.push(new Uint8Array(pageSize));
    }
    const start = this.#free;
    this.#free += size;
    page.room[at] = size - 1;
    return start;
  }

  #pageFor(term: number): TermPage {
    const place = Math.floor(term / termsOfPage);
    while (this.#pages.length <= place) this.#pages.push(new TermPage());
    return this.#pages[place] as TermPage;
  }
}

class TermPage {
  /** Blocks that a term has. */
  readonly levels = new Uint8Array(termsOfPage);
  /** Where its first block begins; without a block its one passage plus one, or 0. */
  readonly heads = new Int32Array(termsOfPage);
  /** Where the next entry goes; without a block how often the one passage has the term. */
  readonly tails = new Int32Array(termsOfPage);
  /** Entries that its last block still takes. */
  readonly room = new Uint16Array(termsOfPage);
  /** Of the passages that have the term: the largest count and the smallest length. */
  readonly mostTimes = new Uint8Array(termsOfPage);
  readonly leastLengths = new Float32Array(termsOfPage);

  bound(at: number, count: number, length: number): void {
    const isFirst = this.heads[at] === 0;
    if (count > (this.mostTimes[at] as number)) this.mostTimes[at] = count;
    if (isFirst || length < (this.leastLengths[at] as number)) this.leastLengths[at] = length;
  }
}

/** Scores of a search under way. */
export interface ScoredSoFar {
  /** By passage two numbers, side by side as they are needed together: its score, 0 for none yet, and its `lengthNorm`. */
  cells: Float32Array;
  /** Those that have a score, the first `count` of them, in no order. */
  touched: Int32Array;
  count: number;
}

function addRun(
  into: ScoredSoFar,
  weight: number,
  passages: Int32Array,
  counts: Uint8Array,
  start: number,
  end: number,
): void {
  const { cells, touched } = into;
  let { count } = into;
  for (let at = start; at < end; at++) {
    const passage = passages[at] as number;
    const times = counts[at] as number;
    const before = cells[2 * passage] as number;
    if (before === 0) touched[count++] = passage;
    cells[2 * passage] = before + (weight * times) / (times + (cells[2 * passage + 1] as number));
  }
  into.count = count;
}

function addOne(into: ScoredSoFar, weight: number, passage: number, times: number): void {
  const { cells, touched } = into;
  const before = cells[2 * passage] as number;
  if (before === 0) touched[into.count++] = passage;
  cells[2 * passage] = before + (weight * times) / (times + (cells[2 * passage + 1] as number));
}
