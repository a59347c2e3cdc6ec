import { seeded } from '../../base/seeded.ts';
import { countTo, shuffle } from './labelled-vectors.ts';
import type { TrainingSet } from './training-set.ts';

/** Some of the utterances to learn from, some to be asked; by their places in the set. */
export interface Fold {
  readonly learn: Int32Array;
  /** Of intents that are learnt. */
  readonly held: Int32Array;
  /** Of intents that are not. */
  readonly withheld: Int32Array;
}

/** So many held-out answers are enough to judge by; more folds than this give nothing but waiting. */
const answersWanted = 3_600;
const mostFolds = 8;
/** One utterance in so many is held out: the fewer, the more a fold's classifier is like the one that will answer. */
const parts = 8;
/** Share of the intents that a fold does not know. */
const withheldShare = 0.2;

/** Every fold holds out other utterances and withholds other intents. An intent's only utterance is never held out. */
export function foldsOf(set: TrainingSet, seed: number): Fold[] {
  const random = seeded(seed);
  const count = Math.min(mostFolds, Math.ceil((answersWanted * parts) / set.utterances.length));
  const order = shuffled(set.utterances.length, random);
  const ranks = shuffled(set.intents.length, random);
  const sizes = new Int32Array(set.intents.length);
  for (const intent of set.labels) sizes[intent] = (sizes[intent] as number) + 1;
  const withheldCount = set.intents.length < 3 ? 0 : Math.ceil(set.intents.length * withheldShare);
  return Array.from({ length: count }, (_, fold) => {
    const first = Math.floor((fold * set.intents.length) / count);
    const isWithheld = (intent: number) =>
      ((ranks[intent] as number) - first + set.intents.length) % set.intents.length < withheldCount;
    const seen = new Int32Array(set.intents.length);
    const placesOf: Record<keyof Fold, number[]> = { learn: [], held: [], withheld: [] };
    for (const utterance of order) {
      const intent = set.labels[utterance] as number;
      const turn = seen[intent] as number;
      seen[intent] = turn + 1;
      if (isWithheld(intent)) placesOf.withheld.push(utterance);
      else if (turn % parts === fold && (sizes[intent] as number) > 1) placesOf.held.push(utterance);
      else placesOf.learn.push(utterance);
    }
    const { learn, held, withheld } = placesOf;
    return { learn: Int32Array.from(learn), held: Int32Array.from(held), withheld: Int32Array.from(withheld) };
  });
}

function shuffled(length: number, random: () => number): Int32Array {
  const order = countTo(length);
  shuffle(order, random);
  return order;
}
