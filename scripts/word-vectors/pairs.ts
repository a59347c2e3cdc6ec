import type { FoldedText } from '../../server/bot/intent/fold-text.ts';
import { piecesOf } from '../../server/bot/word-vectors/pieces.ts';
import type { Pair } from './contrastive.ts';
import type { Synset } from './lexicon.ts';

type Fold = (text: string) => FoldedText;

/** A word of a language with blanks that stands in fewer texts than this gets no vector. */
const fewestTexts = 5;
/** A word of a language without: that stands in fewer words than this, itself among them. */
const fewestWords = 2;
const longestWord = 4;

/** The words that get a vector: the frequent ones of all texts of the lexicon. */
export function wordsOf(synsets: readonly Synset[], fold: Fold): { words: string[]; counts: number[] } {
  const texts = synsets.flatMap(({ words, definition, examples }) => [...words, definition, ...examples]).map(fold);
  const spaced = new Map<string, number>();
  const lemmas = new Set<string>();
  const count = (counts: Map<string, number>, word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const { words, runs } of texts) {
    for (const word of new Set(words)) if (!/\p{N}/u.test(word)) count(spaced, word);
    for (const run of runs) if (words.length === 0) lemmas.add(run);
  }
  const unspaced = new Map<string, number>();
  for (const { runs } of texts) {
    for (const run of runs) {
      const characters = [...run];
      for (let start = 0; start < characters.length; start++)
        for (let length = 1; length <= longestWord && start + length <= characters.length; length++) {
          const part = characters.slice(start, start + length).join('');
          if (length === 1 || lemmas.has(part)) count(unspaced, part);
        }
    }
  }
  const kept = [
    ...[...spaced].filter(([, texts]) => texts >= fewestTexts),
    ...[...unspaced].filter(([, found]) => found >= fewestWords),
  ];
  return { words: kept.map(([word]) => word), counts: kept.map(([, found]) => found) };
}

const han = /\p{Script=Han}/u;

/**
 * What a round learns from, drawn anew for each: two words of one meaning, a word and its definition, a word and one of a wider meaning, a
 * definition and an example, a word and its translation.
 */
export function createPairs(synsets: readonly Synset[], words: readonly string[], fold: Fold) {
  const places = new Map(words.map((word, place) => [word, place]));
  const read = (text: string) => Int32Array.from(piecesOf(fold(text), (word) => places.get(word)));
  const readable = (texts: readonly string[]) => texts.map(read).filter(({ length }) => length > 0);
  const meanings = synsets.map((synset) => ({
    english: readable(synset.words.filter((word) => !han.test(word))),
    chinese: readable(synset.words.filter((word) => han.test(word))),
    definition: read(synset.definition),
    examples: readable(synset.examples),
    hypernyms: synset.hypernyms,
  }));
  const byId = new Map(synsets.map(({ id }, at) => [id, meanings[at]]));
  return (random: () => number): Pair[] => {
    const pairs: Pair[] = [];
    const one = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
    const add = (a: Int32Array | undefined, b: Int32Array | undefined) => {
      if (a !== undefined && b !== undefined && a !== b && a.length > 0 && b.length > 0) pairs.push([a, b]);
    };
    for (const { english, chinese, definition, examples, hypernyms } of meanings) {
      add(one(english), one(english));
      add(one(english), definition);
      add(definition, one(examples));
      add(one(chinese), one(chinese));
      add(one(chinese), one(english));
      add(one(chinese), definition);
      const wider = byId.get(one(hypernyms) ?? '');
      if (wider === undefined) continue;
      add(one(english), one(wider.english));
      add(one(chinese), one(wider.chinese));
    }
    for (let at = pairs.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      [pairs[at], pairs[other]] = [pairs[other] as Pair, pairs[at] as Pair];
    }
    return pairs;
  };
}
