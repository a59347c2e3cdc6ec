import { seeded } from '../../base/seeded.ts';
import { countTo, type LabelledVectors, shuffle, toProbabilities } from './labelled-vectors.ts';
import { addLogits, descend, type LinearModel } from './linear-model.ts';
import type { SparseVector } from './vocabulary.ts';

/** A network with one hidden layer of rectified units. */
export interface SmallNetwork {
  /** From the features to the hidden units. */
  readonly hidden: LinearModel;
  /** From the hidden units to the classes: the weights of a unit lie side by side. */
  readonly output: LinearModel;
}

export interface NetworkOptions {
  readonly units: number;
  readonly epochs: number;
  /** The first step; it falls to nothing in a straight line. */
  readonly rate: number;
  /** Share of the certainty that is spread over all classes, so that no weight runs away (label smoothing). */
  readonly smoothing: number;
  readonly seed: number;
}

/** What the network says of `vector` is added to `logits`; `units` is room for the hidden layer. */
export function addNetworkLogits(
  network: SmallNetwork,
  vector: SparseVector,
  units: Float32Array,
  logits: Float32Array,
): void {
  units.fill(0);
  addLogits(network.hidden, vector, units);
  const { weights, bias } = network.output;
  const classes = bias.length;
  for (let c = 0; c < classes; c++) logits[c] = (logits[c] as number) + (bias[c] as number);
  for (let u = 0; u < units.length; u++) {
    const value = units[u] as number;
    if (value <= 0) {
      units[u] = 0;
      continue;
    }
    const row = u * classes;
    for (let c = 0; c < classes; c++) logits[c] = (logits[c] as number) + value * (weights[row + c] as number);
  }
}

export function trainNetwork(data: LabelledVectors, options: NetworkOptions): SmallNetwork {
  const { vectors, labels, classes, features } = data;
  const random = seeded(options.seed);
  const network = startNetwork(features, classes, options.units, random);
  const order = countTo(vectors.length);
  const units = new Float32Array(options.units);
  const unitErrors = new Float32Array(options.units);
  const errors = new Float32Array(classes);
  const steps = options.epochs * order.length;
  for (let step = 0; step < steps; step++) {
    const at = step % order.length;
    if (at === 0) shuffle(order, random);
    const i = order[at] as number;
    const vector = vectors[i];
    if (vector === undefined) continue;
    errors.fill(0);
    addNetworkLogits(network, vector, units, errors);
    toProbabilities(errors);
    const spread = options.smoothing / classes;
    for (let c = 0; c < classes; c++) errors[c] = (errors[c] as number) - spread;
    const label = labels[i] as number;
    errors[label] = (errors[label] as number) - (1 - options.smoothing);
    const rate = options.rate * (1 - step / steps);
    descendOutput(network.output, units, errors, unitErrors, rate);
    descend(network.hidden, vector, unitErrors, rate);
  }
  return network;
}

function startNetwork(features: number, classes: number, units: number, random: () => number): SmallNetwork {
  const spread = (length: number, width: number) => Float32Array.from({ length }, () => (random() - 0.5) * 2 * width);
  return {
    hidden: { weights: spread(features * units, 0.15), bias: new Float32Array(units).fill(0.1) },
    output: { weights: spread(units * classes, Math.sqrt(1 / units)), bias: new Float32Array(classes) },
  };
}

/** A step of the upper layer; what the hidden units did wrong is left in `unitErrors`. */
function descendOutput(
  { weights, bias }: LinearModel,
  units: Float32Array,
  errors: Float32Array,
  unitErrors: Float32Array,
  rate: number,
): void {
  const classes = bias.length;
  for (let c = 0; c < classes; c++) bias[c] = (bias[c] as number) - 0.1 * rate * (errors[c] as number);
  for (let u = 0; u < units.length; u++) {
    const value = units[u] as number;
    unitErrors[u] = 0;
    if (value <= 0) continue;
    const row = u * classes;
    const change = rate * 0.1 * value;
    let back = 0;
    for (let c = 0; c < classes; c++) {
      const weight = weights[row + c] as number;
      const error = errors[c] as number;
      back += weight * error;
      weights[row + c] = weight - change * error;
    }
    unitErrors[u] = back;
  }
}
