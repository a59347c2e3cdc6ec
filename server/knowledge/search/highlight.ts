import { stemWord } from './stem-word.ts';
import { tokensOf } from './tokens-of-text.ts';

/** A part of a text that a question has as well, in UTF-16 code units: from `start` up to, not including, `end`. */
export interface Highlight {
  readonly start: number;
  readonly end: number;
}

/** What is read of the text and of the question, in characters. */
const [maxTextCharacters, maxQueryCharacters] = [20_000, 1_000];
/** So common that to mark them would mark every line. */
const commonWords = new Set(
  'a an the of to in on at is are was be do does did i you it my your me we can how what when where who why and or for with from this that not have has will would 的 了 吗 呢 啊 是 我 你 在 有 和 怎 么 什'.split(
    ' ',
  ),
);

/**
 * The words of a text that a question has too, whatever their form (*refunded* for *refund*), and of Chinese what they have in
 * common of two signs and more, or a single sign where the question is one. In order, apart from each other; what touches is one.
 */
export function highlightsOf(text: string, query: string): Highlight[] {
  const [stems, signs] = wantedOf(query.slice(0, maxQueryCharacters));
  const found: { start: number; end: number }[] = [];
  const mark = (start: number, end: number) => {
    const last = found.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  };
  for (const token of tokensOf(text.slice(0, maxTextCharacters))) {
    if (!token.isRun) {
      if (stems.has(stemWord(token.folded))) mark(token.start, token.end);
    } else
      for (const [start, end] of piecesIn(text.slice(token.start, token.end), signs))
        mark(token.start + start, token.start + end);
  }
  return found;
}

function wantedOf(query: string): [stems: Set<string>, signs: Set<string>] {
  const [stems, signs] = [new Set<string>(), new Set<string>()];
  for (const { isRun, folded } of tokensOf(query)) {
    const characters = [...folded];
    if (!isRun) {
      if (!commonWords.has(folded)) stems.add(stemWord(folded));
    } else if (characters.length === 1) signs.add(folded);
    else
      for (let at = 0; at + 1 < characters.length; at++)
        // Two signs that both say nothing (是我, 在你) are no match.
        if (![characters[at], characters[at + 1]].every((sign) => commonWords.has(sign as string)))
          signs.add(`${characters[at]}${characters[at + 1]}`);
  }
  return [stems, signs];
}

function* piecesIn(run: string, signs: ReadonlySet<string>): Generator<[start: number, end: number]> {
  let previous = 0;
  let at = 0;
  let before = '';
  for (const sign of run) {
    const end = at + sign.length;
    if (signs.has(sign)) yield [at, end];
    else if (before !== '' && signs.has(before + sign)) yield [previous, end];
    [previous, at, before] = [at, end, sign];
  }
}
