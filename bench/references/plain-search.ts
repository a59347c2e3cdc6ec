/** What everybody has: a text's words in lower case, and of Chinese one and two characters. */
export function plainTerms(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (term: string) => counts.set(term, (counts.get(term) ?? 0) + 1);
  for (const [, run, word] of text.toLowerCase().matchAll(/(\p{Script=Han}+)|([[\p{L}\p{N}]--\p{Script=Han}]+)/gv)) {
    if (word !== undefined) add(word);
    if (run === undefined) continue;
    const signs = [...run];
    for (const [at, sign] of signs.entries()) {
      add(sign);
      if (at > 0) add(`${signs[at - 1]}${sign}`);
    }
  }
  return counts;
}

interface Posting {
  readonly doc: number;
  readonly count: number;
}

/** BM25 (k1 1.2, b 0.75) and TF-IDF cosine over whole texts, by reading every list to its end: references to stand beside. */
export class PlainSearch {
  readonly #lists = new Map<string, Posting[]>();
  readonly #lengths: number[] = [];
  readonly #norms: number[] = [];
  readonly #averageLength: number;

  constructor(texts: readonly string[]) {
    const all = texts.map(plainTerms);
    for (const [doc, terms] of all.entries()) {
      this.#lengths.push(terms.values().reduce((sum, count) => sum + count, 0));
      for (const [term, count] of terms) {
        const list = this.#lists.get(term);
        if (list === undefined) this.#lists.set(term, [{ doc, count }]);
        else list.push({ doc, count });
      }
    }
    this.#averageLength = this.#lengths.reduce((sum, length) => sum + length, 0) / texts.length || 1;
    for (const terms of all) {
      let squares = 0;
      for (const [term, count] of terms) squares += ((1 + Math.log(count)) * this.#idf(term)) ** 2;
      this.#norms.push(Math.sqrt(squares) || 1);
    }
  }

  #idf = (term: string) => Math.log((1 + this.#lengths.length) / (1 + (this.#lists.get(term)?.length ?? 0))) + 1;

  /** @returns a score for each text */
  bm25(query: string): Float64Array {
    const scores = new Float64Array(this.#lengths.length);
    const texts = this.#lengths.length;
    for (const [term, times] of plainTerms(query)) {
      const list = this.#lists.get(term) ?? [];
      const weight = times * 2.2 * Math.log(1 + (texts - list.length + 0.5) / (list.length + 0.5));
      for (const { doc, count } of list) {
        const norm = 1.2 * (0.25 + (0.75 * (this.#lengths[doc] as number)) / this.#averageLength);
        scores[doc] = (scores[doc] as number) + (weight * count) / (count + norm);
      }
    }
    return scores;
  }

  /** @returns a cosine for each text, 0 … 1 */
  tfidf(query: string): Float64Array {
    const scores = new Float64Array(this.#lengths.length);
    let squares = 0;
    for (const [term, times] of plainTerms(query)) {
      const idf = this.#idf(term);
      const weight = (1 + Math.log(times)) * idf;
      squares += weight ** 2;
      for (const { doc, count } of this.#lists.get(term) ?? [])
        scores[doc] = (scores[doc] as number) + (weight * (1 + Math.log(count)) * idf) / (this.#norms[doc] as number);
    }
    return scores.map((score) => score / (Math.sqrt(squares) || 1));
  }
}
