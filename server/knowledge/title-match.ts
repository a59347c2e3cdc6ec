const withoutBlanks = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const ofWord = /[\p{L}\p{M}\p{N}]/u;

/**
 * How well a title completes what somebody types: each word of it must be the beginning of a word in the title; in a script
 * without blanks it may begin at any character. Less is better: 0 the title begins so, 1 it stands in the title as it is,
 * 2 its words stand there apart. undefined: it does not.
 *
 * @param title and what is typed folded, see `foldForSearch`
 */
export function titleMatch(title: string, typed: string): 0 | 1 | 2 | undefined {
  if (typed === '') return undefined;
  if (title.startsWith(typed)) return 0;
  if (beginsWordIn(title, typed)) return 1;
  return typed.split(' ').every((word) => beginsWordIn(title, word)) ? 2 : undefined;
}

function beginsWordIn(title: string, typed: string): boolean {
  for (let at = title.indexOf(typed); at >= 0; at = title.indexOf(typed, at + 1))
    if (isBeginning(title, at)) return true;
  return false;
}

function isBeginning(title: string, at: number): boolean {
  const before = [...title.slice(Math.max(0, at - 2), at)].at(-1);
  if (before === undefined || !ofWord.test(before)) return true;
  return withoutBlanks.test(before) || withoutBlanks.test(String.fromCodePoint(title.codePointAt(at) ?? 0));
}
