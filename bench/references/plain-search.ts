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

/** BM25 (k1 1.2, b 0.75) and TF-IDF cosine over whole texts, by reading every list to its end: references to stand beside. */
export class PlainSearch {
  /** By term: a document, how often it has the term, the next document … */
  readonly #lists = new Map<string, number[]>();
  readonly #lengths: number[] = [];
  readonly #norms: Float64Array;
  readonly #averageLength: number;

  constructor(texts: readonly string[]) {
    for (const [doc, text] of texts.entries()) {
      const terms = plainTerms(text);
      this.#lengths.push(terms.values().reduce((sum, count) => sum + count, 0));
      for (const [term, count] of terms) {
        const list = this.#lists.get(term);
        if (list === undefined) this.#lists.set(term, [doc, count]);
        else list.push(doc, count);
      }
    }
    this.#averageLength = this.#lengths.reduce((sum, length) => sum + length, 0) / texts.length || 1;
    const squares = new Float64Array(texts.length);
    for (const [term, list] of this.#lists)
      for (let at = 0; at < list.length; at += 2)
        squares[list[at] as number] =
          (squares[list[at] as number] as number) + ((1 + Math.log(list[at + 1] as number)) * this.#idf(term)) ** 2;
    this.#norms = squares.map((sum) => Math.sqrt(sum) || 1);
  }

  #with = (term: string) => (this.#lists.get(term)?.length ?? 0) / 2;

  #idf = (term: string) => Math.log((1 + this.#lengths.length) / (1 + this.#with(term))) + 1;

  /** @returns a score for each text */
  bm25(query: string): Float64Array {
    const scores = new Float64Array(this.#lengths.length);
    const texts = this.#lengths.length;
    for (const [term, times] of plainTerms(query)) {
      const list = this.#lists.get(term) ?? [];
      const weight = times * 2.2 * Math.log(1 + (texts - this.#with(term) + 0.5) / (this.#with(term) + 0.5));
      for (let at = 0; at < list.length; at += 2) {
        const [doc, count] = [list[at] as number, list[at + 1] as number];
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
      const list = this.#lists.get(term) ?? [];
      for (let at = 0; at < list.length; at += 2) {
        const [doc, count] = [list[at] as number, list[at + 1] as number];
        scores[doc] = (scores[doc] as number) + (weight * (1 + Math.log(count)) * idf) / (this.#norms[doc] as number);
      }
    }
    return scores.map((score) => score / (Math.sqrt(squares) || 1));
  }
}
