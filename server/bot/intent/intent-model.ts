import type { EmbeddingId } from '../embeddings/embedding-id.ts';
import { type Classifier, classify, type Scores } from './classifier.ts';
import { type EmbeddedUtterance, embeddedInput } from './embedded-input.ts';
import { evidenceOf, top } from './evidence.ts';
import type { Judge } from './judge.ts';
import { NearestUtterances } from './nearest-utterances.ts';
import type { ReadUtterance, SparseVector, Vocabulary } from './vocabulary.ts';

/** What answers, and how far it can be trusted. */
export interface Weights {
  readonly classifier: Classifier;
  /** The totals are multiplied by it before they become probabilities. */
  readonly sharpness: number;
  readonly judge: Judge;
}

/** What answers where the text has a vector of this embedding; without one the other weights do. */
export interface EmbeddedWeights extends Weights {
  readonly of: EmbeddingId;
  /** The mean of the vectors of what it was trained on: every vector is read by how it differs from that. */
  readonly centre: Float32Array;
  /** By intent, the mean of its utterances' vectors so read, at length 1. */
  readonly meanings: Float32Array;
}

/** All that was learnt: what a model file holds, and what recognises. */
export interface IntentModel extends Weights {
  readonly intents: readonly string[];
  /** What it was trained on, to show the nearest of them. */
  readonly utterances: readonly string[];
  /** By utterance, the place of its intent. */
  readonly labels: Int32Array;
  /** By utterance. */
  readonly vectors: readonly SparseVector[];
  /** By intent, what its utterances mean: as many numbers as a general word vector has. */
  readonly meanings: Float32Array;
  readonly vocabulary: Vocabulary;
  readonly embedded?: EmbeddedWeights | undefined;
}

/** What a trained classifier makes of texts: the scores, and the evidence for its answer. */
export interface Answerer {
  answer(read: ReadUtterance): Answered;
  /** By the weights that know vectors. @param vector as `centred` makes it */
  answerEmbedded(embedded: Learnt, read: ReadUtterance, vector: Float32Array): Answered;
  readonly nearest: NearestUtterances;
}

export interface Answered {
  readonly chosen: number;
  readonly scores: Scores;
  readonly evidence: Float64Array;
}

type Learnt = Pick<EmbeddedWeights, 'classifier' | 'meanings'>;

export function createAnswerer(
  model: Pick<IntentModel, 'classifier' | 'vectors' | 'labels' | 'meanings' | 'vocabulary'>,
): Answerer {
  const nearest = new NearestUtterances(model.vectors, model.vocabulary.features.length);

  function answered(classifier: Classifier, read: ReadUtterance, by?: EmbeddedUtterance & Learnt): Answered {
    const scores = classify(classifier, by?.input ?? read.input);
    const chosen = top(scores.total).place;
    let [likeness, likenessOfOthers] = [0, 0];
    const likenesses = nearest.likenesses(read.vector);
    for (let place = 0; place < likenesses.length; place++) {
      const found = likenesses[place] as number;
      if (model.labels[place] === chosen) likeness = Math.max(likeness, found);
      else likenessOfOthers = Math.max(likenessOfOthers, found);
    }
    const { nearness, nearnessOfOthers } = nearnessOf(model.meanings, read.meaning, chosen);
    const byVector = by === undefined ? undefined : nearnessOf(by.meanings, by.vector, chosen);
    const input = { read, scores, chosen, likeness, likenessOfOthers, nearness, nearnessOfOthers, byVector };
    return { chosen, scores, evidence: evidenceOf(input) };
  }

  return {
    nearest,
    answer: (read) => answered(model.classifier, read),
    answerEmbedded: ({ classifier, meanings }, read, vector) =>
      answered(classifier, read, { ...embeddedInput(read, vector, model.vocabulary), classifier, meanings }),
  };
}

/** How near in meaning a text is to the chosen intent, and to the nearest of the others. */
function nearnessOf(meanings: Float32Array, meaning: Float32Array, chosen: number) {
  const width = meaning.length;
  let [nearness, nearnessOfOthers] = [0, 0];
  for (let intent = 0; intent * width < meanings.length; intent++) {
    let cosine = 0;
    for (let d = 0; d < width; d++) cosine += (meanings[intent * width + d] as number) * (meaning[d] as number);
    if (intent === chosen) nearness = cosine;
    else nearnessOfOthers = Math.max(nearnessOfOthers, cosine);
  }
  return { nearness, nearnessOfOthers };
}
