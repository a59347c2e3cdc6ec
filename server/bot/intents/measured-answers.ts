import { languageOf } from '../dialogue/language-of.ts';
import type { MeasuredAnswer } from '../intent/measures.ts';

/** What an utterance was answered with that the model had not learnt. */
type AskedUtterance = MeasuredAnswer & { readonly utterance: string };

/** Answers of one confidence (in hundredths) that fell into one half of all: how many there are of each kind. */
export type AnswerBin = readonly [hundredths: number, half: 0 | 1, right: number, wrong: number, outside: number];

/** Answers that name one intent, to utterances in one language. */
export interface AnswerCell {
  readonly intent: string;
  /** By its script, as the bot tells it; null: the utterance tells none. */
  readonly language: string | null;
  /** Utterances in that language that belong to the intent and were asked, in each half. */
  readonly belong: readonly [number, number];
  readonly bins: readonly AnswerBin[];
}

/** The answers of a cross-validation, as thresholds are chosen from them. */
export interface MeasuredAnswers {
  /** What one question about something else counts, so that they are the assumed share of all. */
  readonly outsideWeight: number;
  /** Intents that were withheld while those were asked: what was taken for one of them is not known. */
  readonly withheld: readonly string[];
  readonly cells: readonly AnswerCell[];
}

/** Steps of confidence. */
export const steps = 100;
/** What is a hair below a step because of the way in which numbers are kept stands on it. */
const hundredthsOf = (confidence: number) => Math.min(steps - 1, Math.floor(confidence * steps + 1e-9));

/**
 * Gathers answers by the intent that they name and the language of what was asked. Each falls into one of two halves in turn, so
 * that what was chosen on one can be looked at on the other.
 *
 * @param outside to utterances of withheld intents, which are about something else
 */
export function gatherAnswers(
  asked: readonly AskedUtterance[],
  outside: readonly AskedUtterance[],
  of: { readonly outsideWeight: number; readonly withheld: readonly string[] },
): MeasuredAnswers {
  const cells = new Map<string, OpenCell>();
  const cellOf = (intent: string, language: string | null) => {
    const key = JSON.stringify([intent, language]);
    const there = cells.get(key) ?? { intent, language, belong: [0, 0], bins: new Map() };
    cells.set(key, there);
    return there;
  };
  const turns = new Map<string, number>();
  const halfOf = (name: string): 0 | 1 => {
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return (turn % 2) as 0 | 1;
  };
  const note = ({ utterance, expected, answered, confidence }: AskedUtterance, isOutside: boolean) => {
    const language = languageOf(utterance);
    const half = halfOf(`${isOutside ? '-' : '+'} ${language} ${expected}`);
    if (!isOutside && expected !== null) cellOf(expected, language).belong[half] += 1;
    if (answered === null) return;
    const { bins } = cellOf(answered, language);
    const hundredths = hundredthsOf(confidence);
    const bin = bins.get(2 * hundredths + half) ?? { right: 0, wrong: 0, outside: 0 };
    bin[isOutside ? 'outside' : answered === expected ? 'right' : 'wrong'] += 1;
    bins.set(2 * hundredths + half, bin);
  };
  for (const one of asked) note(one, false);
  for (const one of outside) note(one, true);
  return {
    ...of,
    cells: [...cells.values()].map(({ bins, ...cell }) => ({
      ...cell,
      bins: [...bins]
        .sort(([a], [b]) => a - b)
        .map(
          ([key, { right, wrong, outside: others }]): AnswerBin => [
            Math.floor(key / 2),
            (key % 2) as 0 | 1,
            right,
            wrong,
            others,
          ],
        ),
    })),
  };
}

interface OpenCell {
  readonly intent: string;
  readonly language: string | null;
  readonly belong: [number, number];
  readonly bins: Map<number, { right: number; wrong: number; outside: number }>;
}
