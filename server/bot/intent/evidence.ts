import type { Scores } from './classifier.ts';
import type { ReadUtterance } from './vocabulary.ts';

/** What the judge looks at. Each is a number of which more or less may speak for the answer. */
export const evidenceNames = [
  'certainty',
  'margin',
  'logit',
  'energy',
  'linear',
  'network',
  'agreement',
  'weakest',
  'agreeing',
  'linearEnergy',
  'known',
  'length',
  'likeness',
  'likenessOfOthers',
  'nearness',
  'nearnessOfOthers',
] as const;

/** Where texts have vectors of an embedding, these as well. */
export const embeddedEvidenceNames = [...evidenceNames, 'vectorNearness', 'vectorNearnessOfOthers'] as const;

export interface EvidenceInput {
  readonly read: ReadUtterance;
  readonly scores: Scores;
  /** The class that is to be judged: that with the highest total. */
  readonly chosen: number;
  /** Of the training utterance of that class, and of any other, that is most like the text: 0 … 1. */
  readonly likeness: number;
  readonly likenessOfOthers: number;
  /** Of the meaning of that intent's utterances, and of any other's, that is nearest to the text's: a cosine. */
  readonly nearness: number;
  readonly nearnessOfOthers: number;
  /** The same of an embedding's vectors, where there is one. */
  readonly byVector?: { readonly nearness: number; readonly nearnessOfOthers: number } | undefined;
}

export function evidenceOf(input: EvidenceInput): Float64Array {
  const { read, scores, chosen } = input;
  const total = top(scores.total);
  // A network alone has a part of the logits of all: made as sharp as these, they can be compared.
  const parts = scores.networks.map((part) => part.map((value) => value * scores.networks.length));
  return Float64Array.of(
    logOdds(shareOf(scores.total, chosen)),
    total.first - total.second,
    total.first,
    logSum(scores.total),
    logOdds(shareOf(scores.linear, chosen)),
    logOdds(shareOf(scores.network, chosen)),
    Number(top(scores.linear).place === top(scores.network).place),
    Math.min(...parts.map((part) => logOdds(shareOf(part, chosen)))),
    parts.filter((part) => top(part).place === chosen).length,
    logSum(scores.linear),
    read.known,
    Math.log(1 + read.vector.indices.length),
    input.likeness,
    input.likenessOfOthers,
    input.nearness,
    input.nearnessOfOthers,
    ...(input.byVector === undefined ? [] : [input.byVector.nearness, input.byVector.nearnessOfOthers]),
  );
}

/**
 * How like a text is to what was trained on, whichever intent it is: 0 … 1. For telling what is out of scope it is better than
 * the judge, which knows only questions of the same business (weights chosen on dev sets).
 */
export function familiarityOf(evidence: Float64Array): number {
  const energy = evidence[evidenceNames.indexOf('energy')] as number;
  const known = evidence[evidenceNames.indexOf('known')] as number;
  return 1 / (1 + Math.exp(-energy / 4 - known));
}

/** The highest and the second of the logits, and where the highest is. */
export function top(logits: Float32Array): { place: number; first: number; second: number } {
  let [place, first, second] = [0, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < logits.length; at++) {
    const value = logits[at] as number;
    if (value > first) [place, second, first] = [at, first, value];
    else if (value > second) second = value;
  }
  return { place, first, second: Number.isFinite(second) ? second : first };
}

function logSum(logits: Float32Array): number {
  const { first } = top(logits);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - first);
  return first + Math.log(sum);
}

function shareOf(logits: Float32Array, chosen: number): number {
  return Math.exp((logits[chosen] as number) - logSum(logits));
}

/** Bounded, so that one utterance cannot speak for hundreds. */
function logOdds(share: number): number {
  const bounded = Math.min(0.9999, Math.max(0.0001, share));
  return Math.log(bounded / (1 - bounded));
}
