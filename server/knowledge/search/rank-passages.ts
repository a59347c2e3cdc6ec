import type { Candidate, Parts } from './passage-store.ts';
import type { AnalysedQuery, LexicalParts } from './scorer.ts';

/** Of the signals, each divided by its largest among the candidates. The same for every corpus, chosen on five public sets. */
const rankWeights = { bm25: 2, tfidf: 1, unit: 0.5, vector: 0.4 };

export interface Place {
  readonly rank: number;
  /** Of the best passage of another document. */
  readonly otherRank: number;
  readonly otherUnit: number;
}

export type Ranked<C extends Candidate = Candidate> = C & Place;

/** What speaks for a passage, by which question. */
export interface Judged {
  readonly query: Pick<AnalysedQuery, 'known' | 'size'>;
  readonly parts: Parts;
}

/** How one set of signals becomes a sum, where each is divided by its largest among all. */
export function summing(all: readonly LexicalParts[]): (parts: LexicalParts) => number {
  const most = (of: (parts: LexicalParts) => number) => Math.max(1e-9, ...all.map(of));
  const weights = {
    bm25: rankWeights.bm25 / most((parts) => parts.bm25),
    tfidf: rankWeights.tfidf / most((parts) => parts.tfidf),
    unit: rankWeights.unit / most((parts) => parts.unit),
  };
  return (parts) => weights.bm25 * parts.bm25 + weights.tfidf * parts.tfidf + weights.unit * parts.unit;
}

/** A sum of signals, each divided by its largest: in trials better than the sum of reciprocal places. */
export function rank<C extends Candidate>(found: readonly C[]): Ranked<C>[] {
  const sum = summing(found.map(({ parts }) => parts));
  const vector = rankWeights.vector / Math.max(1e-9, ...found.map(({ parts }) => parts.vector));
  const ranked = found
    .map((one) => ({ ...one, rank: sum(one.parts) + vector * one.parts.vector }))
    .sort((one, other) => other.rank - one.rank || one.passage.number - other.passage.number);
  const first = ranked[0];
  const second = ranked.find(({ passage }) => passage.doc !== first?.passage.doc);
  return ranked.map((one) => {
    const other = one.passage.doc === first?.passage.doc ? second : first;
    return { ...one, otherRank: other?.rank ?? 0, otherUnit: other?.parts.unit ?? 0 };
  });
}

/** What the confidence is told from; the order is that of `firstConfidence`. */
export function evidenceOf({ query, parts }: Judged, { rank, otherRank, otherUnit }: Place): number[] {
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
