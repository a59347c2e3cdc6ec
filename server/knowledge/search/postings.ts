const pageBits = 18;
const pageSize = 2 ** pageBits;
/** Places of a term's first, second … block; the last of a block leads to the next. Rare terms are many: they get little. */
const blockSizes = [3, 6, 12, 32, 128, 512, 2_048];

/**
 * For each term the passages that have it and how often. Appending never moves what is there: lists are chains of ever
 * larger blocks in pages of typed arrays, so that no addition takes longer than another.
 *
 * @see Asadi, Lin and Busch, Dynamic Memory Allocation Policies for Postings in Real-Time Twitter Search, KDD 2013
 */
export class Postings {
  readonly #passages: Int32Array[] = [];
  readonly #counts: Uint8Array[] = [];
  /** The next free place. */
  #free = 0;
  #heads = new Int32Array(1_024);
  /** Where the next entry goes, and where its block ends. */
  #tails = new Int32Array(1_024);
  #ends = new Int32Array(1_024);
  #levels = new Uint8Array(1_024);

  get bytes(): number {
    return this.#passages.length * pageSize * 5 + this.#heads.length * 13;
  }

  /** @param passage not below the last that was added to this term */
  add(term: number, passage: number, count: number): void {
    if (term >= this.#heads.length) this.#grow(term);
    if (this.#ends[term] === 0) {
      const start = this.#allocate(term);
      this.#heads[term] = start;
      this.#tails[term] = start;
    } else if (this.#tails[term] === this.#ends[term]) {
      const link = this.#ends[term] as number;
      const start = this.#allocate(term);
      (this.#passages[link >>> pageBits] as Int32Array)[link & (pageSize - 1)] = start;
      this.#tails[term] = start;
    }
    const place = this.#tails[term] as number;
    (this.#passages[place >>> pageBits] as Int32Array)[place & (pageSize - 1)] = passage;
    (this.#counts[place >>> pageBits] as Uint8Array)[place & (pageSize - 1)] = count;
    this.#tails[term] = place + 1;
  }

  /**
   * Adds a term's part of BM25 to the score of each passage that has it.
   *
   * @param into `scores` by passage, and in `touched` those that had none before, `count` of them
   */
  score(term: number, weight: number, norms: Float32Array, into: ScoredSoFar): void {
    if (term >= this.#heads.length || this.#ends[term] === 0) return;
    const { scores, touched } = into;
    const last = this.#tails[term] as number;
    let place = this.#heads[term] as number;
    let { count } = into;
    for (let level = 0; ; level++) {
      const size = (blockSizes[Math.min(level, blockSizes.length - 1)] as number) - 1;
      const passages = this.#passages[place >>> pageBits] as Int32Array;
      const counts = this.#counts[place >>> pageBits] as Uint8Array;
      const start = place & (pageSize - 1);
      const isLast = last >= place && last <= place + size;
      const end = isLast ? last & (pageSize - 1) : start + size;
      for (let at = start; at < end; at++) {
        const passage = passages[at] as number;
        const times = counts[at] as number;
        const before = scores[passage] as number;
        if (before === 0) touched[count++] = passage;
        scores[passage] = before + (weight * times) / (times + (norms[passage] as number));
      }
      if (isLast) break;
      place = passages[start + size] as number;
    }
    into.count = count;
  }

  #allocate(term: number): number {
    const level = this.#levels[term] as number;
    const size = blockSizes[Math.min(level, blockSizes.length - 1)] as number;
    if (level < 255) this.#levels[term] = level + 1;
    // A block lies within one page.
    if ((this.#free & (pageSize - 1)) + size > pageSize) this.#free = ((this.#free >>> pageBits) + 1) << pageBits;
    if (this.#free >>> pageBits >= this.#passages.length) {
      this.#passages.push(new Int32Array(pageSize));
      this.#counts.push(new Uint8Array(pageSize));
    }
    const start = this.#free;
    this.#free += size;
    this.#ends[term] = start + size - 1;
    return start;
  }

  #grow(term: number): void {
    const size = Math.max(term + 1, this.#heads.length * 2);
    this.#heads = larger(this.#heads, size);
    this.#tails = larger(this.#tails, size);
    this.#ends = larger(this.#ends, size);
    const levels = new Uint8Array(size);
    levels.set(this.#levels);
    this.#levels = levels;
  }
}

/** Scores of a search under way, by passage; 0 is none yet. */
export interface ScoredSoFar {
  readonly scores: Float32Array;
  readonly touched: Int32Array;
  count: number;
}

function larger(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(size);
  copy.set(array);
  return copy;
}
