import { classOfWord, type FoldedText, foldText } from './fold-text.ts';

/**
 * What the models see of an utterance. A feature is a letter for its kind and the text itself, so that it can be shown:
 * `w` a word, `b` two words in a row, `s` two with a word between them, `c` characters inside a word (`<` and `>` are its ends;
 * they bear with typos), `h` one to three characters of a run without blanks.
 */
export function featuresOf(text: FoldedText): ReadonlyMap<string, number> {
  return kept.get(text) ?? countFeatures(text);
}

/** Of texts that are read again and again while a model is trained. */
const kept = new WeakMap<FoldedText, ReadonlyMap<string, number>>();

/** Folds texts whose features are counted once, for as long as somebody holds the texts. */
export function foldForTraining(utterances: readonly string[]): FoldedText[] {
  const texts = utterances.map(foldText);
  if (texts.length <= mostKept) for (const text of texts) kept.set(text, countFeatures(text));
  return texts;
}

/** Their features take some kilobytes each. */
const mostKept = 30_000;

function countFeatures(text: FoldedText): Map<string, number> {
  const counts = new Map<string, number>();
  const add = (feature: string) => counts.set(feature, (counts.get(feature) ?? 0) + 1);
  let previous = '<';
  let before: string | undefined;
  for (const word of text.words) {
    const shown = classOfWord(word) ?? word;
    add(`w${shown}`);
    if (shown !== word) add(`w${word}`);
    else addCharacters(`<${word}>`, add);
    add(`b${previous} ${shown}`);
    if (before !== undefined) add(`s${before} … ${shown}`);
    before = previous;
    previous = shown;
  }
  if (previous !== '<') add(`b${previous} >`);
  for (const run of text.runs) addRun(run, add);
  return counts;
}

/** Words longer than this are cut: nobody's language has them, and a message may be one of 1,000 letters. */
const maxWordCharacters = 24;

function addCharacters(bounded: string, add: (feature: string) => void): void {
  const word = bounded.slice(0, maxWordCharacters);
  for (let size = 3; size <= 5; size++)
    for (let at = 0; at + size <= word.length; at++) add(`c${word.slice(at, at + size)}`);
}

function addRun(run: string, add: (feature: string) => void): void {
  const characters = [...run];
  for (let at = 0; at < characters.length; at++) {
    let gram = 'h';
    for (let size = 1; size <= 3 && at + size <= characters.length; size++) {
      gram += characters[at + size - 1];
      add(gram);
    }
  }
}
