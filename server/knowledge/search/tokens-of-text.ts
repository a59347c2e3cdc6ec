/** A word, or a run of characters of a script without blanks (Chinese, Japanese kana, Thai), and where it stands. */
export interface Token {
  readonly isRun: boolean;
  /** Compatibility forms and case folded: full-width letters, ligatures. */
  readonly folded: string;
  /** In UTF-16 code units of the text: from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
}

const withoutBlanks = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]`;
const letter = String.raw`[[\p{L}\p{N}]--${withoutBlanks}]`;
const letterOrMark = String.raw`[[\p{L}\p{M}\p{N}]--${withoutBlanks}]`;
const wordOrRun = new RegExp(`(${withoutBlanks}+)|${letter}${letterOrMark}*(?:['’]${letter}+)*`, 'gv');

/** The words and runs of a text, in order. Never fails: a lone surrogate, an emoji or a control character is neither. */
export function* tokensOf(text: string): Generator<Token> {
  for (const match of text.matchAll(wordOrRun)) {
    const [token, run] = match;
    const folded = isPlain(token) ? token.toLowerCase() : token.normalize('NFKC').toLowerCase().replaceAll('’', "'");
    yield { isRun: run !== undefined, folded, start: match.index, end: match.index + token.length };
  }
}

function isPlain(token: string): boolean {
  for (let at = 0; at < token.length; at++) if (token.charCodeAt(at) > 127) return false;
  return true;
}
