import { foldTerm } from './read-text.ts';
import { createSpelling } from './spelling.ts';

/** A term to look for, and what it stands for. */
export interface Term<T> {
  readonly text: string;
  readonly of: T;
}

export interface TermHit<T> {
  readonly start: number;
  readonly end: number;
  readonly of: T;
  /** It was found as it is written, and not by correcting a word. */
  readonly isExact: boolean;
}

export interface TermMatcher<T> {
  /**
   * Everywhere in a folded text that a term stands: Chinese terms anywhere, Latin ones between the edges of words. Overlaps
   * are told too: the caller chooses.
   */
  find(folded: string): TermHit<T>[];
  /** The same, but for words with a slip of the pen: for longer texts that somebody looked over. */
  findExact(folded: string): TermHit<T>[];
}

/** Longer terms are refused where they are stored. */
export const longestTerm = 100;

/**
 * Looks for all terms at once, in time linear in the text (Aho and Corasick, "Efficient string matching", 1975). Longer
 * Latin words are found with one slip of the pen as well.
 */
export function createTermMatcher<T>(terms: readonly Term<T>[]): TermMatcher<T> {
  const folded = terms
    .map(({ text, of }) => ({ text: foldTerm(text), of }))
    .filter(({ text }) => text !== '' && text.length <= longestTerm);
  const automaton = createAutomaton(folded);
  const spelling = createSpelling(folded.flatMap(({ text }) => text.match(latinWord) ?? []));

  function* hits(text: string): Generator<Omit<TermHit<T>, 'isExact'>> {
    for (const { end, places } of automaton.run(text)) {
      for (const place of places) {
        const { text: term, of } = folded[place] as Term<T>;
        const start = end - term.length;
        if (isWordEdge(text, start) && isWordEdge(text, end)) yield { start, end, of };
      }
    }
  }

  function findExact(text: string): TermHit<T>[] {
    const found: TermHit<T>[] = [];
    for (const hit of hits(text)) found.push({ ...hit, isExact: true });
    return found;
  }

  return {
    findExact,
    find: (text) => {
      const found = findExact(text);
      const { corrected, places } = correct(text, spelling.correct);
      if (places.length === 0) return found;
      for (const hit of hits(corrected)) {
        const inside = places.filter((place) => place.start < hit.end && hit.start < place.end);
        if (inside.length === 0) continue;
        const [start, end] = [before(places, hit.start), before(places, hit.end)];
        found.push({ start, end, of: hit.of, isExact: false });
      }
      return found;
    },
  };
}

const latinWord = /[a-z\u00e0-\u024f]{4,40}/gu;
const wordSign = /[a-z0-9\u00df-\u024f\u0400-\u04ff]/u;

/** Between a Latin word's letters, or digits of a number, is no edge; every other place is one. */
function isWordEdge(text: string, at: number): boolean {
  return at === 0 || at === text.length || !wordSign.test(text.charAt(at - 1)) || !wordSign.test(text.charAt(at));
}

interface Corrected {
  readonly start: number;
  readonly end: number;
  /** How much longer the text before `end` has become. */
  readonly longer: number;
}

function correct(
  text: string,
  correction: (word: string) => string | undefined,
): { corrected: string; places: Corrected[] } {
  const places: Corrected[] = [];
  let [corrected, copied] = ['', 0];
  for (const match of text.matchAll(latinWord)) {
    const better =
      isWordEdge(text, match.index) && isWordEdge(text, match.index + match[0].length)
        ? correction(match[0])
        : undefined;
    if (better === undefined) continue;
    corrected += text.slice(copied, match.index);
    const start = corrected.length;
    corrected += better;
    copied = match.index + match[0].length;
    places.push({ start, end: corrected.length, longer: corrected.length - copied });
  }
  return { corrected: corrected + text.slice(copied), places };
}

/** Where a place of the corrected text lies in the original. Hits begin and end at words, so never within a corrected one. */
function before(places: readonly Corrected[], at: number): number {
  const last = places.findLast(({ end }) => end <= at);
  return at - (last?.longer ?? 0);
}

/** States are numbers, and edges one map: a hundred thousand of them are some megabytes. */
function createAutomaton(terms: readonly { text: string }[]) {
  const edges = new Map<number, number>();
  const key = (state: number, sign: number) => state * 65_536 + sign;
  const ends: (number[] | undefined)[] = [undefined];
  const children: number[][] = [[]];
  for (const [place, { text }] of terms.entries()) {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      const edge = key(state, text.charCodeAt(at));
      let next = edges.get(edge);
      if (next === undefined) {
        next = children.push([]) - 1;
        edges.set(edge, next);
        children[state]?.push(text.charCodeAt(at));
      }
      state = next;
    }
    const here = ends[state] ?? [];
    here.push(place);
    ends[state] = here;
  }
  const fallback = new Int32Array(children.length);
  /** The nearest state on the way of fallbacks at which a term ends. */
  const shorter = new Int32Array(children.length);
  const queue = [0];
  for (let at = 0; at < queue.length; at += 1) {
    const state = queue[at] as number;
    for (const sign of children[state] ?? []) {
      const next = edges.get(key(state, sign)) as number;
      const to = state === 0 ? 0 : step(fallback[state] as number, sign);
      fallback[next] = to;
      shorter[next] = ends[to] === undefined ? (shorter[to] as number) : to;
      queue.push(next);
    }
  }

  function step(from: number, sign: number): number {
    for (let state = from; ; state = fallback[state] as number) {
      const next = edges.get(key(state, sign));
      if (next !== undefined) return next;
      if (state === 0) return 0;
    }
  }

  return {
    *run(text: string): Generator<{ end: number; places: readonly number[] }> {
      let state = 0;
      for (let at = 0; at < text.length; at += 1) {
        state = step(state, text.charCodeAt(at));
        for (let found = state; found !== 0; found = shorter[found] as number) {
          const places = ends[found];
          if (places !== undefined) yield { end: at + 1, places };
        }
      }
    },
  };
}
