import { type Classifier, classify, type Scores } from './classifier.ts';
import { evidenceOf, top } from './evidence.ts';
import type { Judge } from './judge.ts';
import { NearestUtterances } from './nearest-utterances.ts';
import type { ReadUtterance, SparseVector, Vocabulary } from './vocabulary.ts';

/** All that was learnt: what a model file holds, and what recognises. */
export interface IntentModel {
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
  readonly classifier: Classifier;
  /** The totals are multiplied by it before they become probabilities. */
  readonly sharpness: number;
  readonly judge: Judge;
}

/** What a trained classifier makes of texts: the scores, and the evidence for its answer. */
export interface Answerer {
  answer(read: ReadUtterance): { chosen: number; scores: Scores; evidence: Float64Array };
  readonly nearest: NearestUtterances;
}

export function createAnswerer(
  model: Pick<IntentModel, 'classifier' | 'vectors' | 'labels' | 'meanings' | 'vocabulary'>,
): Answerer {
  const nearest = new NearestUtterances(model.vectors, model.vocabulary.features.length);
  return {
    nearest,
    answer(read) {
      const scores = classify(model.classifier, read.input);
      const chosen = top(scores.total).place;
      let [likeness, likenessOfOthers] = [0, 0];
      const likenesses = nearest.likenesses(read.vector);
      for (let place = 0; place < likenesses.length; place++) {
        const found = likenesses[place] as number;
        if (model.labels[place] === chosen) likeness = Math.max(likeness, found);
        else likenessOfOthers = Math.max(likenessOfOthers, found);
      }
      const { nearness, nearnessOfOthers } = nearnessOf(model.meanings, read.meaning, chosen);
      const input = { read, scores, chosen, likeness, likenessOfOthers, nearness, nearnessOfOthers };
      return { chosen, scores, evidence: evidenceOf(input) };
    },
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
