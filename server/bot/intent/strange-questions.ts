import { seeded } from '../../base/seeded.ts';
import type { WordVectors } from '../word-vectors/word-vectors.ts';
import { type FoldedText, foldText } from './fold-text.ts';

/**
 * Makes a question out of an utterance that nobody has an answer to: its rarest words give way to general words that no utterance has, so
 * that it sounds like one (how do i … my …) and asks for something else.
 * @returns undefined where no word could be exchanged
 */
export type MakeStrange = (text: FoldedText) => FoldedText | undefined;

/** How many of an utterance's words are exchanged, in turn: some leave its frame, some leave nothing. */
const exchanged = [1, 0.6, 0.4];

/** @param utterances all that are trained on: what one of them has is not strange */
export function createMakeStrange(
  utterances: readonly FoldedText[],
  { words, seed }: { readonly words: WordVectors; readonly seed: number },
): MakeStrange {
  const random = seeded(seed);
  const seenIn = countUtterances(utterances);
  const pools = poolsOf(words, (part) => seenIn.has(part));
  let turn = 0;
  return ({ words: own, runs, cut }) => {
    const parts = [...own, ...runs.flatMap(partsOfRun)];
    const rarestFirst = parts.toSorted((a, b) => (seenIn.get(a) ?? 0) - (seenIn.get(b) ?? 0));
    const count = Math.ceil((exchanged[turn++ % exchanged.length] as number) * parts.length);
    const leaving = new Set(rarestFirst.slice(0, count));
    let changed = false;
    const change = (part: string, pool: readonly string[]) => {
      const other = leaving.has(part) ? pool[Math.floor(random() * pool.length)] : undefined;
      changed ||= other !== undefined;
      return other ?? part;
    };
    const strange = {
      words: own.map((word) => change(word, pools.words)),
      runs: runs.map((run) =>
        partsOfRun(run)
          .map((part) => change(part, pools.runs))
          .join(''),
      ),
      cut,
    };
    return changed ? strange : undefined;
  };
}

/** Where no blanks tell words apart: two characters each, as most words of Chinese have. */
function partsOfRun(run: string): string[] {
  const characters = [...run];
  const parts: string[] = [];
  for (let at = 0; at < characters.length; at += 2) parts.push(characters.slice(at, at + 2).join(''));
  return parts;
}

/** By word, and by one or two characters of a run wherever they stand, how many utterances have it. */
function countUtterances(utterances: readonly FoldedText[]): Map<string, number> {
  const seenIn = new Map<string, number>();
  for (const { words, runs } of utterances)
    for (const part of new Set([...words, ...runs.flatMap(pairsAndSingles)]))
      seenIn.set(part, (seenIn.get(part) ?? 0) + 1);
  return seenIn;
}

function pairsAndSingles(run: string): string[] {
  const characters = [...run];
  return characters.flatMap((one, at) => [one, one + (characters[at + 1] ?? '')]);
}

/** General words of more than a character that no utterance has, nor a part of them. */
function poolsOf(general: WordVectors, isSeen: (part: string) => boolean) {
  const pools: Record<'words' | 'runs', string[]> = { words: [], runs: [] };
  for (const one of general.words) {
    const { words, runs } = foldText(one);
    const [word, run] = [words[0], runs[0]];
    if (words.length + runs.length !== 1 || one.length < 2) continue;
    if (word !== undefined && !isSeen(word)) pools.words.push(word);
    if (run !== undefined && !partsOfRun(run).some(isSeen)) pools.runs.push(run);
  }
  return pools;
}
