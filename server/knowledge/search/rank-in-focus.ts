import type { Candidate, Query } from './passage-store.ts';
import { type Judged, type Ranked, summing } from './rank-passages.ts';
import type { AnalysedQuery, LexicalParts } from './scorer.ts';
import type { RelationKind, SearchFocus } from './search-focus.ts';

/** How a passage stands to what the question names, and the place it would have had but for that, from 0. */
export interface Focused {
  readonly relation: RelationKind;
  /** Of `other`: the names of what it is about. */
  readonly about: readonly string[];
  readonly place: number;
}

/** A candidate with what speaks for it where the question is read without the names of its things. */
export type CandidateWithRest = Candidate & { readonly rest: LexicalParts };

export type RankedInFocus = Ranked & { readonly focused: Focused; readonly judged: Judged };

/** How much of the rank is told by the rest of the question; chosen, as the lifts are, on a made-up shop. */
const shareOfRest = 0.7;
/** What is about the thing that is named, or what that belongs to, goes before its equals. A rank is 3.9 at most. */
const lifts: Readonly<Record<RelationKind, number>> = { named: 0.3, above: 0.3, open: 0, other: 0 };

/**
 * Ranks by what a question asks about the thing that it names: all passages about that thing have its name, and how often they say it
 * tells nothing of what is asked. So the rest of the question counts for more than the whole, and alone tells how sure it is where a
 * passage is about the thing. What is about another one comes last, and is no rival to what comes first.
 *
 * @param ranked by the words of the whole question, best first
 */
export function rankInFocus(
  ranked: readonly Ranked<CandidateWithRest>[],
  { focus, query, rest }: { focus: SearchFocus; query: Query; rest: AnalysedQuery },
): RankedInFocus[] {
  const ofRest = summing(ranked.map((one) => one.rest));
  const ofWhole = summing(ranked.map((one) => one.parts));
  const sorted = ranked
    .map((one, place) => {
      const { kind: relation, about } = focus.relationOf(one.passage);
      const judged =
        isAbout(relation) && rest.size > 0 ? { query: rest, parts: { ...one.parts, ...one.rest } } : undefined;
      return {
        ...one,
        rank: one.rank + shareOfRest * (ofRest(one.rest) - ofWhole(one.parts)) + lifts[relation],
        focused: { relation, about, place },
        judged: judged ?? { query, parts: one.parts },
      };
    })
    .sort((one, other) => Number(isOther(one)) - Number(isOther(other)) || other.rank - one.rank);
  const first = sorted[0];
  const second = sorted.find((one) => one.passage.doc !== first?.passage.doc && !isOther(one));
  return sorted.map((one) => {
    const rival = one.passage.doc === first?.passage.doc ? second : first;
    return { ...one, otherRank: rival?.rank ?? 0, otherUnit: rival?.judged.parts.unit ?? 0 };
  });
}

const isAbout = (relation: RelationKind): boolean => relation === 'named' || relation === 'above';
const isOther = ({ focused }: { focused: Focused }): boolean => focused.relation === 'other';
