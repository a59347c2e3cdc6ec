import { addRow } from './compact-layer.ts';
import { familiarityOf } from './evidence.ts';
import type { FoldedText } from './fold-text.ts';
import { createAnswerer, type IntentModel } from './intent-model.ts';
import { confidenceOf } from './judge.ts';
import { toProbabilities } from './labelled-vectors.ts';
import type { ReadUtterance, SparseVector } from './vocabulary.ts';

/**
 * Why a text cannot be recognised with confidence, whatever the models say of it: nothing to read in it, longer than what
 * is read, mostly a repetition of itself, hardly a feature that was seen in training.
 */
export type Doubt = 'nothing-to-read' | 'too-long' | 'repeated' | 'unknown-words';

export interface Recognition {
  /** What the customer most likely wants; null where there is nothing to tell it by. */
  readonly intent: string | null;
  /** How sure one can be that `intent` is right, what is out of scope included: from 0.8 on the bot acts. */
  readonly confidence: number;
  /** How like the text is to what was trained on, whichever intent it is: 0 … 1. Low is out of scope; it is no probability. */
  readonly familiarity: number;
  /** The likeliest intents and how likely each is if it is one of them at all; the best first. */
  readonly candidates: readonly { readonly intent: string; readonly probability: number }[];
  readonly doubt: Doubt | null;
}

export interface Explanation {
  readonly recognition: Recognition;
  /** The intent that came second, against which the features decided. */
  readonly against: string | null;
  /** What spoke for `intent` (above 0) or for `against` (below 0), in logits; the weightiest first. */
  readonly features: readonly {
    /** `meaning`: what the word means in general, whether or not it was ever in an utterance. */
    readonly kind: 'word' | 'words' | 'characters' | 'meaning';
    readonly text: string;
    readonly weight: number;
  }[];
  /** Training utterances that are most like the text; `likeness` is a cosine, 0 … 1. */
  readonly nearest: readonly { readonly utterance: string; readonly intent: string; readonly likeness: number }[];
}

/** Tells intents by a trained model. It keeps no state between texts, and answers any string. */
export interface IntentRecognizer {
  recognize(text: string): Recognition;
  /** @param most how many features are shown (8) */
  explain(text: string, most?: { readonly features?: number }): Explanation;
}

/** With a doubt, no answer is surer than this. */
const mostWithDoubt = 0.5;
const candidatesShown = 5;
const featuresShown = 8;
const neighboursShown = 5;

export function createIntentRecognizer(model: IntentModel): IntentRecognizer {
  const { vocabulary } = model;
  const answerer = createAnswerer(model);

  const recognizeRead = (read: ReadUtterance): Recognition => {
    const doubt = doubtOf(read);
    if (read.input.indices.length === 0)
      return { intent: null, confidence: 0, familiarity: 0, candidates: [], doubt: doubt ?? 'unknown-words' };
    const { chosen, scores, evidence } = answerer.answer(read);
    const confidence = confidenceOf(model.judge, evidence);
    return {
      intent: model.intents[chosen] ?? null,
      confidence: doubt === null ? confidence : Math.min(confidence, mostWithDoubt),
      familiarity: familiarityOf(evidence),
      candidates: candidatesOf(model, scores.total),
      doubt,
    };
  };

  return {
    recognize: (text) => recognizeRead(vocabulary.read(text)),
    explain(text, { features: most = featuresShown } = {}) {
      const read = vocabulary.read(text);
      const recognition = recognizeRead(read);
      const against = recognition.candidates[1]?.intent ?? null;
      const nearest = answerer.nearest.nearest(read.vector, neighboursShown).map(({ place, likeness }) => ({
        utterance: model.utterances[place] ?? '',
        intent: model.intents[model.labels[place] ?? -1] ?? '',
        likeness: Math.min(1, likeness),
      }));
      const features = decidingFeatures(model, read, recognition.intent, against).slice(0, most);
      return { recognition, against, features, nearest };
    },
  };
}

function doubtOf({ text, known }: ReadUtterance): Doubt | null {
  if (text.words.length === 0 && text.runs.length === 0) return 'nothing-to-read';
  if (text.cut) return 'too-long';
  if (repeatsItself(text)) return 'repeated';
  return known < leastKnown ? 'unknown-words' : null;
}

/** Less of the text than this known, and an answer would rest on chance. */
const leastKnown = 0.1;

/** Who repeats one thing a dozen times says something else than who says it once. */
function repeatsItself({ words, runs }: FoldedText): boolean {
  const characters = [...runs.join('')];
  const fewDiffer = (parts: readonly string[], least: number) =>
    parts.length >= least && new Set(parts).size * 3 <= parts.length;
  return fewDiffer(words, 9) || fewDiffer(characters, 18);
}

function candidatesOf(model: IntentModel, logits: Float32Array): Recognition['candidates'] {
  const probabilities = logits.map((logit) => logit * model.sharpness);
  toProbabilities(probabilities);
  const order = Array.from(probabilities.keys()).sort(
    (a, b) => (probabilities[b] as number) - (probabilities[a] as number),
  );
  return order.slice(0, candidatesShown).map((place) => ({
    intent: model.intents[place] as string,
    probability: probabilities[place] as number,
  }));
}

const kinds = { w: 'word', b: 'words', c: 'characters', h: 'characters' } as const;

/**
 * What each feature, and the meaning of each word, adds to the logit of one intent over another's. It is exact: the units that
 * are above zero for this text make of the network a linear model.
 */
function decidingFeatures(
  model: IntentModel,
  read: ReadUtterance,
  intent: string | null,
  against: string | null,
): Explanation['features'] {
  const [wanted, other] = [model.intents.indexOf(intent ?? ''), model.intents.indexOf(against ?? '')];
  if (wanted < 0 || other < 0) return [];
  const worthOf = worthOfInputs(model, read.input, wanted, other);
  const { vocabulary } = model;
  const ofFeatures = Array.from(read.vector.indices, (place, at) => {
    const feature = vocabulary.features[place] as string;
    return {
      kind: kinds[feature.charAt(0) as keyof typeof kinds],
      text: feature.slice(1),
      weight: (read.vector.values[at] as number) * worthOf(place),
    };
  });
  const dimensions = Array.from(read.meaning, (_, d) => worthOf(vocabulary.features.length + d));
  const ofMeaning = vocabulary.meaningParts(read.text).map(({ word, vector }) => ({
    kind: 'meaning' as const,
    text: word,
    weight: vector.reduce((sum, value, d) => sum + value * (dimensions[d] as number), 0),
  }));
  return [...ofFeatures, ...ofMeaning].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}

/** @returns by place of an input, what one of it adds to the logit of `wanted` over that of `other`, beside this very text */
function worthOfInputs(
  { classifier, intents }: IntentModel,
  { indices, values }: SparseVector,
  wanted: number,
  other: number,
): (place: number) => number {
  const { linear, hidden, output } = classifier;
  const units = Float32Array.from(hidden.bias);
  for (const [at, place] of indices.entries()) addRow(hidden, place, values[at] as number, units);
  const difference = (layer: typeof linear, row: number) => {
    const start = row * intents.length;
    const weights = (layer.weights[start + wanted] as number) - (layer.weights[start + other] as number);
    return weights * (layer.scales[row] as number);
  };
  const worth = units.map((unit, row) => (unit > 0 ? difference(output, row) : 0));
  return (place) => {
    const ofUnits = new Float32Array(units.length);
    addRow(hidden, place, 1, ofUnits);
    const throughUnits = ofUnits.reduce((sum, value, unit) => sum + value * (worth[unit] as number), 0);
    return difference(linear, place) + throughUnits;
  };
}
