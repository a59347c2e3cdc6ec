import type { LengthNorm, Postings, ScoredSoFar } from './postings.ts';
import type { AnalysedQuery, QueryScorer } from './scorer.ts';

export interface BestByTermsOptions {
  readonly query: AnalysedQuery;
  /** Passages wanted. */
  readonly count: number;
  readonly postings: Postings;
  /** How many passages have a term. */
  readonly passagesWith: (term: number) => number;
  /** Empty: `count` 0, every score 0. It is empty again afterwards. */
  readonly into: ScoredSoFar;
  readonly norm: LengthNorm;
  /** Scores passages for the same query. */
  readonly by: QueryScorer;
  readonly isWanted: (passage: number) => boolean;
  /** Terms that a passage has on average. */
  readonly averageTerms: number;
}

/**
 * Entries of posting lists that are read at most: what a letter of a thousand characters asks of a very large corpus. Beyond it the
 * passages that lead by then are scored in full, and what only common features speak for is not found.
 */
const entriesRead = 1_500_000;
/** How many lead by then. */
const leading = 400;
/** The best of so many that have the rarest terms are the least that the best of all will have. */
const sampled = 3_000;
/** To read an entry of a posting list takes so many times as long as to read one of a passage's terms, as measured. */
const listCost = 1;
/** Sums in the posting lists are of 32 bits: bounds are taken so much higher, as a share of what is possible. */
const rounding = 1e-5;

/**
 * The passages of the highest BM25, best first, the same as if every posting list had been read to its end. Lists are read from the
 * rarest term on. As soon as what all others could add would lift too few passages over the last of the best, those few are scored
 * by their own terms, and the long lists of common terms are not read (MaxScore with random access, after a term at a time).
 *
 * @see Turtle and Flood, Query evaluation: strategies and optimizations, Information Processing & Management 31 (1995)
 * @see Fagin, Lotem and Naor, Optimal aggregation algorithms for middleware, PODS 2001
 */
export function bestByTerms(options: BestByTermsOptions): number[] {
  const { query, count, postings, passagesWith, into, isWanted } = options;
  const { terms, weights } = query;
  if (count < 1) return [];
  const rest = restsOf(options);
  let [read, unread] = [0, terms.reduce((sum, term) => sum + passagesWith(term), 0)];
  /** What the last of the best has by now, at most. */
  let hoped = 0;
  /** What it had when the passages were last looked at. */
  let least = 0;
  try {
    for (let at = 0; at < terms.length; at++) {
      const left = rest[at] as number;
      if (read > entriesRead) return complete(options, bestSoFar(into, leading, isWanted), left);
      if (hoped >= left && unread > 2 * into.count) {
        const best = bestSoFar(into, count, isWanted, { looked: sampled, least });
        hoped = least = best.last;
        // A passage that has none of the terms that were read does not come in any more.
        const most = (unread * listCost) / options.averageTerms;
        const promising = best.last >= left ? atLeast(into, best.last - left, most) : undefined;
        if (promising !== undefined) return complete(options, best, left, promising);
      }
      const term = terms[at] as number;
      postings.score(term, weights[at] as number, into);
      read += passagesWith(term);
      unread -= passagesWith(term);
      hoped += left - (rest[at + 1] as number);
    }
    return bestSoFar(into, count, isWanted, { least }).passages;
  } finally {
    for (let at = 0; at < into.count; at++) into.cells[2 * (into.touched[at] as number)] = 0;
    into.count = 0;
  }
}

/** By place of a term what it and all after it can add to a passage at most. */
function restsOf({ query: { terms, weights, most }, postings, norm }: BestByTermsOptions): Float64Array {
  const rest = new Float64Array(terms.length + 1);
  rest[terms.length] = most * rounding;
  for (let at = terms.length - 1; at >= 0; at--)
    rest[at] = (rest[at + 1] as number) + (weights[at] as number) * postings.mostOf(terms[at] as number, norm);
  return rest;
}

/**
 * @param looked of the passages that have a score the first so many are looked at
 * @param least as many as are wanted are known to have so much
 */
function bestSoFar(
  into: ScoredSoFar,
  count: number,
  isWanted: (passage: number) => boolean,
  { looked = into.count, least = 0 } = {},
): Best {
  const best = new Best(count);
  const end = Math.min(looked, into.count);
  const { cells, touched } = into;
  let last = least;
  for (let at = 0; at < end; at++) {
    const score = cells[2 * (touched[at] as number)] as number;
    if (score < last || !isWanted(touched[at] as number)) continue;
    best.add(touched[at] as number, score);
    last = Math.max(least, best.last);
  }
  return best;
}

/** @returns undefined where there are more than `most` */
function atLeast({ cells, touched, count }: ScoredSoFar, least: number, most: number): number[] | undefined {
  const passages: number[] = [];
  for (let at = 0; at < count; at++) {
    const passage = touched[at] as number;
    if ((cells[2 * passage] as number) < least) continue;
    if (passages.length >= most) return undefined;
    passages.push(passage);
  }
  return passages;
}

/** Scores the leading passages in full, and then of the promising ones those that `left` could still lift among the best. */
function complete(
  { count, into, by, isWanted }: BestByTermsOptions,
  leading: Best,
  left: number,
  promising: readonly number[] = [],
): number[] {
  const best = new Best(count);
  const done = new Set(leading.passages);
  for (const passage of leading.passages) best.add(passage, by.bm25(passage));
  for (const passage of promising)
    if ((into.cells[2 * passage] as number) + left >= best.last && !done.has(passage) && isWanted(passage))
      best.add(passage, by.bm25(passage));
  return best.passages;
}

/** The passages of the highest scores, best first; of the same score the one that came in first. */
class Best {
  readonly #count: number;
  readonly passages: number[] = [];
  readonly #scores: number[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  /** The score that another must exceed, or have with a lower number; 0 while there is room. */
  get last(): number {
    return this.passages.length < this.#count ? 0 : (this.#scores.at(-1) as number);
  }

  add(passage: number, score: number): void {
    const { passages } = this;
    let place = passages.length;
    while (place > 0 && this.#isBefore(passage, score, place - 1)) place--;
    if (place === this.#count) return;
    passages.splice(place, 0, passage);
    this.#scores.splice(place, 0, score);
    if (passages.length <= this.#count) return;
    passages.pop();
    this.#scores.pop();
  }

  #isBefore(passage: number, score: number, place: number): boolean {
    const other = this.#scores[place] as number;
    return score > other || (score === other && passage < (this.passages[place] as number));
  }
}
