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
  model: Pick<IntentModel, 'classifier' | 'vectors' | 'labels'> & { features: number },
): Answerer {
  const nearest = new NearestUtterances(model.vectors, model.features);
  return {
    nearest,
    answer(read) {
      const scores = classify(model.classifier, read.vector);
      const chosen = top(scores.total).place;
      let [likeness, likenessOfOthers] = [0, 0];
      const likenesses = nearest.likenesses(read.vector);
      for (let place = 0; place < likenesses.length; place++) {
        const found = likenesses[place] as number;
        if (model.labels[place] === chosen) likeness = Math.max(likeness, found);
        else likenessOfOthers = Math.max(likenessOfOthers, found);
      }
      return { chosen, scores, evidence: evidenceOf({ read, scores, chosen, likeness, likenessOfOthers }) };
    },
  };
}
