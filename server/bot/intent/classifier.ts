import { applyRectified, applySparse, type CompactLayer, compact } from './compact-layer.ts';
import type { LabelledVectors } from './labelled-vectors.ts';
import type { LinearModel } from './linear-model.ts';
import { type SmallNetwork, trainNetwork } from './small-network.ts';
import { trainSoftmax } from './softmax-regression.ts';
import { createTrainingMemory } from './training-memory.ts';
import type { SparseVector } from './vocabulary.ts';

/**
 * The ensemble: a softmax regression and five small networks that started differently, their logits added (the geometric
 * mean of their probabilities). The five lie side by side as one network of five times the width.
 */
export interface Classifier {
  readonly linear: CompactLayer;
  readonly hidden: CompactLayer;
  readonly output: CompactLayer;
}

/** What the parts say of an utterance: logits by class. */
export interface Scores {
  readonly linear: Float32Array;
  /** Of each network, and of all together. */
  readonly networks: readonly Float32Array[];
  readonly network: Float32Array;
  /** Their sum. */
  readonly total: Float32Array;
}

const networks = 5;
/** Hidden units of each network. */
const units = 64;
/** Hidden units of all of them. */
export const unitsOfAll = networks * units;
/** What the parts count; with label smoothing a network's logits are smaller than they should be. */
const linearFactor = 0.2;
const networkFactor = 1.5 / networks;

export interface ClassifierOptions {
  readonly seed: number;
  /** So many utterances decide how long it is trained: one that stands for another is trained as long as that. */
  readonly sizedFor: number;
  readonly onProgress?: (share: number) => void;
}

export function trainClassifier(
  data: LabelledVectors,
  { seed, sizedFor, onProgress = () => undefined }: ClassifierOptions,
): Classifier {
  const size = sizeFor(sizedFor);
  const memory = createTrainingMemory(data, [
    { rows: data.features, width: Math.max(data.classes, units) },
    { rows: units, width: data.classes },
  ]);
  const linear = trainSoftmax(memory, { epochs: size.epochs, rate: 4, seed });
  onProgress(1 / (networks + 1));
  const parts = Array.from({ length: networks }, (_, part) => {
    const options = { units, epochs: size.epochs, rate: size.rate, smoothing: 0.1 };
    const network = trainNetwork(memory, { ...options, seed: seed + 1 + part });
    onProgress((part + 2) / (networks + 1));
    return network;
  });
  const { hidden, output } = sideBySide(parts);
  return {
    linear: compact(linear, linearFactor),
    hidden: compact(hidden, 1),
    output: compact(output, networkFactor),
  };
}

/** Many utterances need fewer rounds over all of them; chosen on the dev sets. */
function sizeFor(utterances: number): { epochs: number; rate: number } {
  const epochs = Math.min(10, Math.max(3, Math.round(75_000 / utterances)));
  return { epochs, rate: utterances > 8_000 ? 1.5 : 1 };
}

/** Several networks as one: their units lie side by side, their biases of the output add up. */
function sideBySide(parts: readonly SmallNetwork[]): { hidden: LinearModel; output: LinearModel } {
  const [first] = parts;
  if (first === undefined) throw new Error('a network of no parts');
  const classes = first.output.bias.length;
  const features = first.hidden.weights.length / units;
  const width = units * parts.length;
  const hidden = { weights: new Float32Array(features * width), bias: new Float32Array(width) };
  const output = { weights: new Float32Array(width * classes), bias: new Float32Array(classes) };
  for (const [place, part] of parts.entries()) {
    const start = place * units;
    hidden.bias.set(part.hidden.bias, start);
    output.weights.set(part.output.weights, start * classes);
    for (let c = 0; c < classes; c++) output.bias[c] = (output.bias[c] as number) + (part.output.bias[c] as number);
    for (let row = 0; row < features; row++)
      hidden.weights.set(part.hidden.weights.subarray(row * units, (row + 1) * units), row * width + start);
  }
  return { hidden, output };
}

export function classify(classifier: Classifier, vector: SparseVector): Scores {
  const linear = applySparse(classifier.linear, vector);
  const hidden = applySparse(classifier.hidden, vector);
  const parts = Array.from({ length: networks }, (_, part) =>
    applyRectified(classifier.output, hidden, { first: part * units, last: (part + 1) * units }),
  );
  const network = classifier.output.bias.slice();
  for (const part of parts)
    for (let c = 0; c < part.length; c++) network[c] = (network[c] as number) + (part[c] as number);
  return { linear, networks: parts, network, total: linear.map((value, at) => value + (network[at] as number)) };
}
