/** What is read of a message, in characters: a longer one is a letter, and its end would drown what it is about. */
export const maxCharacters = 1_000;

/** A text as the recogniser reads it: one form for each character, words and runs of Chinese apart from each other. */
export interface FoldedText {
  /** Words of scripts that put blanks between them; a number or an id is a word, see `classOfWord`. */
  readonly words: readonly string[];
  /** Runs of characters of scripts without blanks (Chinese, Japanese kana, Thai). */
  readonly runs: readonly string[];
  /** The text was longer than what is read. */
  readonly cut: boolean;
}

const withoutBlanks = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]`;
const letter = String.raw`[[\p{L}\p{N}]--${withoutBlanks}]`;
const letterOrMark = String.raw`[[\p{L}\p{M}\p{N}]--${withoutBlanks}]`;
const wordOrRun = new RegExp(`(${withoutBlanks}+)|(${letter}${letterOrMark}*(?:['’_]${letter}+)*)`, 'gv');
/** A character four times and more says no more than three times: "sooooooo", "哈哈哈哈哈". */
const longRepeat = /(\p{L})\1{3,}/gu;

/**
 * Folds compatibility forms (full-width, ligatures) and case, and parts the text. Never fails: a lone surrogate, an
 * emoji or a control character is neither word nor run.
 */
export function foldText(text: string): FoldedText {
  const head = text.slice(0, maxCharacters);
  const folded = head.normalize('NFKC').toLowerCase().slice(0, maxCharacters).replace(longRepeat, '$1$1$1');
  const words: string[] = [];
  const runs: string[] = [];
  for (const [, run, word] of folded.matchAll(wordOrRun)) {
    if (run !== undefined) runs.push(run);
    else if (word !== undefined) words.push(word.replaceAll('’', "'"));
  }
  return { words, runs, cut: text.length > maxCharacters };
}

/**
 * Numbers and ids as classes: which number it is says little about what somebody wants, that there is one says much.
 * @returns `#id` for five digits and more or digits among letters, `#number` for a shorter number; else undefined
 */
export function classOfWord(word: string): '#number' | '#id' | undefined {
  if (!/\p{N}/u.test(word)) return undefined;
  if (/^\p{N}{1,4}$/u.test(word)) return '#number';
  return /^\p{N}+$/u.test(word) || word.length >= 6 ? '#id' : undefined;
}
