import { featuresOf } from '../intent/features.ts';
import { foldText } from '../intent/fold-text.ts';

/** A text by what it is made of, weighted by how rare that is; of length 1. */
export type SparseVector = ReadonlyMap<string, number>;

/** Words count for more than the pieces of characters in them, of which there are many more. Other kinds of features do not count. */
const weights: Readonly<Record<string, number>> = { w: 1, b: 0.7, c: 0.35, h: 0.8 };
const weightOf = (name: string) => weights[name.charAt(0)] ?? 0;

/** Counted beside those there are, so that what three of four texts are about is not taken for what every text has. */
const priorTexts = 20;
/** Of few texts their numbers do not tell which words are in all texts; the shortest mostly are. */
const smallWord = 0.5;
const isSmall = (name: string) => /^w[a-z']{1,4}$|^c<[a-z]{1,3}>$/.test(name);

/** TF-IDF over the features of the recogniser, from these texts alone: the same texts give the same vectors. */
export function vectorsOf(texts: readonly string[]): SparseVector[] {
  const counted = texts.map((text) => featuresOf(foldText(text)));
  const documents = new Map<string, number>();
  for (const features of counted)
    for (const name of features.keys()) documents.set(name, (documents.get(name) ?? 0) + 1);
  return counted.map((features) => {
    const vector = new Map<string, number>();
    for (const [name, count] of features) {
      if (weightOf(name) === 0) continue;
      const idf = Math.log((1 + priorTexts + texts.length) / (1 + (documents.get(name) ?? 0))) + 0.3;
      vector.set(name, (1 + Math.log(count)) * idf * weightOf(name) * (isSmall(name) ? smallWord : 1));
    }
    return normalised(vector);
  });
}

export function likenessOf(a: SparseVector, b: SparseVector): number {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [name, value] of few) sum += value * (many.get(name) ?? 0);
  return sum;
}

/** The middle of some vectors, of length 1. */
export function centreOf(vectors: readonly SparseVector[]): SparseVector {
  const sum = new Map<string, number>();
  for (const vector of vectors) for (const [name, value] of vector) sum.set(name, (sum.get(name) ?? 0) + value);
  return normalised(sum);
}

function normalised(vector: ReadonlyMap<string, number>): SparseVector {
  const length = Math.sqrt([...vector.values()].reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : new Map([...vector].map(([name, value]) => [name, value / length]));
}
