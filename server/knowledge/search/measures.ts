/** What a search gave: ids of documents, best first, and the first one's score. */
export interface MeasuredSearch {
  /** The one right document; null where none answers. */
  readonly expected: string | null;
  readonly found: readonly string[];
  readonly score: number;
}

/** Shares are 0 … 1, and null where nothing was there to be measured. */
type Share = number | null;

const share = (part: number, whole: number): Share => (whole === 0 ? null : part / whole);

/**
 * How often the right document came first, among the first three, five and ten; the mean of one over its place (0 from the 11th on), and of
 * one over the binary logarithm of its place plus one, which is nDCG@10 where one document is right.
 */
export function measureRanking(searches: readonly MeasuredSearch[]) {
  const places = searches.flatMap(({ expected, found }) => (expected === null ? [] : [found.indexOf(expected)]));
  const upTo = (last: number) => places.filter((place) => place >= 0 && place < last).length;
  const inverse = places.reduce((sum, place) => sum + (place >= 0 && place < 10 ? 1 / (place + 1) : 0), 0);
  const discounted = places.reduce((sum, place) => sum + (place >= 0 && place < 10 ? 1 / Math.log2(place + 2) : 0), 0);
  return {
    recallAt1: share(upTo(1), places.length),
    recallAt3: share(upTo(3), places.length),
    recallAt5: share(upTo(5), places.length),
    recallAt10: share(upTo(10), places.length),
    mrr: share(inverse, places.length),
    ndcg: share(discounted, places.length),
  };
}

const isRight = ({ expected, found }: MeasuredSearch): boolean => expected !== null && found[0] === expected;

/**
 * The largest share of the questions with an answer that a threshold of score lets through while so many of all that it lets
 * through are answered rightly. A question without an answer that is let through counts as answered wrongly.
 */
export function shareAtPrecision(searches: readonly MeasuredSearch[], precision: number): Share {
  let [given, right, withAnswer, most] = [0, 0, 0, 0];
  const sorted = searches.filter(({ found }) => found.length > 0).sort((a, b) => b.score - a.score);
  for (const [at, search] of sorted.entries()) {
    given += 1;
    right += Number(isRight(search));
    withAnswer += Number(search.expected !== null);
    // A threshold cannot part two of the same score.
    if (sorted[at + 1]?.score !== search.score && right >= precision * given) most = withAnswer;
  }
  return share(most, searches.filter(({ expected }) => expected !== null).length);
}

/** What happens when everything from this score on is answered and the rest is not. */
export function measureFloor(searches: readonly MeasuredSearch[], floor: number) {
  const isGiven = ({ found, score }: MeasuredSearch) => found.length > 0 && score >= floor;
  const given = searches.filter(isGiven);
  const withAnswer = searches.filter(({ expected }) => expected !== null);
  const without = searches.filter(({ expected }) => expected === null);
  return {
    /** Of the questions that have an answer. */
    answered: share(withAnswer.filter(isGiven).length, withAnswer.length),
    /** Of all that were given. */
    right: share(given.filter(isRight).length, given.length),
    /** Of the questions that have none. */
    rejected: share(without.filter((search) => !isGiven(search)).length, without.length),
  };
}
