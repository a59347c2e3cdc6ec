import { describeEmbedding, type EmbeddingId, isSameEmbedding } from '../embeddings/embedding-id.ts';
import type { Classifier } from './classifier.ts';
import { addRow } from './compact-layer.ts';
import { centred, embeddedInput } from './embedded-input.ts';
import { familiarityOf } from './evidence.ts';
import type { FoldedText } from './fold-text.ts';
import { createAnswerer, type IntentModel } from './intent-model.ts';
import { confidenceOf } from './judge.ts';
import { toProbabilities } from './labelled-vectors.ts';
import { refusesWhatTheyAsk } from './refused-words.ts';
import type { ReadUtterance, SparseVector } from './vocabulary.ts';

/**
 * Why a text cannot be recognised with confidence, whatever the models say of it: nothing to read in it, longer than what
 * is read, mostly a repetition of itself, hardly a feature that was seen in training, or it refuses what the intent's
 * utterances ask for.
 */
export type Doubt = 'nothing-to-read' | 'too-long' | 'repeated' | 'unknown-words' | 'refused';

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
  /**
   * Which weights answered, of a model that was trained with an embedding: those that know the text's vector (`used`), or, as
   * there was none, the others (`absent`). null: the model has one set of weights.
   */
  readonly embedding: 'used' | 'absent' | null;
}

/** The vector of a text, and what made it. */
export interface VectorOfText {
  readonly of: EmbeddingId;
  readonly vector: Float32Array;
}

export interface Explanation {
  readonly recognition: Recognition;
  /** The intent that came second, against which the features decided. */
  readonly against: string | null;
  /** What spoke for `intent` (above 0) or for `against` (below 0), in logits; the weightiest first. */
  readonly features: readonly {
    /** `meaning`: what the word means in general, whether or not it was ever in an utterance; `vector`: the text's, as a whole. */
    readonly kind: 'word' | 'words' | 'characters' | 'meaning' | 'vector';
    readonly text: string;
    readonly weight: number;
  }[];
  /** Training utterances that are most like the text; `likeness` is a cosine, 0 … 1. */
  readonly nearest: readonly { readonly utterance: string; readonly intent: string; readonly likeness: number }[];
}

/** Tells intents by a trained model. It keeps no state between texts, and answers any string. */
export interface IntentRecognizer {
  /**
   * @param vector where the model was trained with an embedding and the text's vector is there
   * @throws Error for a vector of another embedding: it would answer nonsense, and be sure of it
   */
  recognize(text: string, vector?: VectorOfText): Recognition;
  /** @param options.features how many are shown (8) */
  explain(
    text: string,
    options?: { readonly features?: number; readonly vector?: VectorOfText | undefined },
  ): Explanation;
}

/** With a doubt, no answer is surer than this. */
const mostWithDoubt = 0.5;
const candidatesShown = 5;
const featuresShown = 8;
const neighboursShown = 5;

export function createIntentRecognizer(model: IntentModel): IntentRecognizer {
  const { vocabulary, embedded } = model;
  const answerer = createAnswerer(model);
  const utterancesOf = (intent: number) => model.utterances.filter((_, place) => model.labels[place] === intent);

  /** @returns the vector as the weights read it; undefined: there is none, or there are no weights for one */
  function vectorFor(given: VectorOfText | undefined): Float32Array | undefined {
    if (embedded === undefined || given === undefined) return undefined;
    const { of, vector } = given;
    if (!isSameEmbedding(of, embedded.of) || vector.length !== embedded.centre.length)
      throw new Error(
        `The model was trained with vectors of ${describeEmbedding(embedded.of)} (${embedded.centre.length} numbers) and is asked with one of ${describeEmbedding(of)} (${vector.length} numbers).`,
      );
    return centred(vector, embedded.centre);
  }

  const recognizeRead = (text: string, read: ReadUtterance, vector: Float32Array | undefined): Recognition => {
    const unread = doubtOf(read);
    const weights = embedded === undefined || vector === undefined ? model : embedded;
    const embedding = embedded === undefined ? null : weights === embedded ? 'used' : 'absent';
    // A vector alone is no text that anybody could read: nothing is told by it.
    if (read.input.indices.length === 0)
      return {
        ...{ intent: null, confidence: 0, familiarity: 0, candidates: [] },
        ...{ doubt: unread ?? 'unknown-words', embedding },
      };
    const { chosen, scores, evidence } =
      embedded === undefined || vector === undefined
        ? answerer.answer(read)
        : answerer.answerEmbedded(embedded, read, vector);
    const confidence = confidenceOf(weights.judge, evidence);
    const doubt = unread ?? (refusesWhatTheyAsk(text, () => utterancesOf(chosen)) ? 'refused' : null);
    return {
      intent: model.intents[chosen] ?? null,
      confidence: doubt === null ? confidence : Math.min(confidence, mostWithDoubt),
      familiarity: familiarityOf(evidence),
      candidates: candidatesOf(model.intents, scores.total, weights.sharpness),
      doubt,
      embedding,
    };
  };

  return {
    recognize: (text, vector) => recognizeRead(text, vocabulary.read(text), vectorFor(vector)),
    explain(text, { features: most = featuresShown, vector: given } = {}) {
      const read = vocabulary.read(text);
      const vector = vectorFor(given);
      const recognition = recognizeRead(text, read, vector);
      const against = recognition.candidates[1]?.intent ?? null;
      const nearest = answerer.nearest.nearest(read.vector, neighboursShown).map(({ place, likeness }) => ({
        utterance: model.utterances[place] ?? '',
        intent: model.intents[model.labels[place] ?? -1] ?? '',
        likeness: Math.min(1, likeness),
      }));
      const features = decidingFeatures(model, read, vector, [recognition.intent, against]).slice(0, most);
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

function candidatesOf(intents: readonly string[], logits: Float32Array, sharpness: number): Recognition['candidates'] {
  const probabilities = logits.map((logit) => logit * sharpness);
  toProbabilities(probabilities);
  const order = Array.from(probabilities.keys()).sort(
    (a, b) => (probabilities[b] as number) - (probabilities[a] as number),
  );
  return order.slice(0, candidatesShown).map((place) => ({
    intent: intents[place] as string,
    probability: probabilities[place] as number,
  }));
}

const kinds = { w: 'word', b: 'words', s: 'words', c: 'characters', h: 'characters' } as const;

/**
 * What each feature, and the meaning of each word, adds to the logit of one intent over another's. It is exact: the units that
 * are above zero for this text make of the network a linear model.
 */
function decidingFeatures(
  model: IntentModel,
  read: ReadUtterance,
  vector: Float32Array | undefined,
  [intent, against]: readonly [string | null, string | null],
): Explanation['features'] {
  const [wanted, other] = [model.intents.indexOf(intent ?? ''), model.intents.indexOf(against ?? '')];
  if (wanted < 0 || other < 0) return [];
  const { vocabulary, embedded, intents } = model;
  const isByVector = embedded !== undefined && vector !== undefined;
  const { input } = isByVector ? embeddedInput(read, vector, vocabulary) : read;
  const { classifier } = isByVector ? embedded : model;
  const worthOf = worthOfInputs(classifier, intents.length, input, [wanted, other]);
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
  const fromPlace = (first: number) =>
    input.indices.reduce(
      (sum, place, at) => (place < first ? sum : sum + (input.values[at] as number) * worthOf(place)),
      0,
    );
  const ofVector = isByVector
    ? [{ kind: 'vector' as const, text: embedded.of.model, weight: fromPlace(vocabulary.inputs) }]
    : [];
  return [...ofFeatures, ...ofMeaning, ...ofVector].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
}

/** @returns by place of an input, what one of it adds to the logit of `wanted` over that of `other`, beside this very text */
function worthOfInputs(
  { linear, hidden, output }: Classifier,
  intents: number,
  { indices, values }: SparseVector,
  [wanted, other]: readonly [number, number],
): (place: number) => number {
  const units = Float32Array.from(hidden.bias);
  for (const [at, place] of indices.entries()) addRow(hidden, place, values[at] as number, units);
  const difference = (layer: typeof linear, row: number) => {
    const start = row * intents;
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
