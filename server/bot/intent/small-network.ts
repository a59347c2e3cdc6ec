import { seeded } from '../../base/seeded.ts';
import { countTo, shuffle, toProbabilities } from './labelled-vectors.ts';
import type { LinearModel } from './linear-model.ts';
import { type Block, type TrainingMemory, withoutGaps } from './training-memory.ts';

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

/** The output layer moves a tenth as fast as the hidden one, and so do all biases. */
const slower = 0.1;

export function trainNetwork(memory: TrainingMemory, options: NetworkOptions): SmallNetwork {
  const { kernels, data } = memory;
  const { labels, classes, features } = data;
  const { units, smoothing } = options;
  const random = seeded(options.seed);
  const hidden = memory.rows(features, units);
  const output = memory.rows(units, classes);
  const [sums, blame, active, activeValues] = [units, units, units, units].map((size) => memory.block(size)) as [
    Block,
    Block,
    Block,
    Block,
  ];
  const logits = memory.block(classes);
  const activeUnits = new Int32Array(active.floats.buffer, active.address, units);
  const errors = logits.floats.subarray(0, classes);
  const [hiddenBias, outputBias] = [new Float32Array(units).fill(0.1), new Float32Array(classes)];
  start(hidden.floats, 0.15, random);
  start(output.floats, Math.sqrt(1 / units), random);
  const order = countTo(data.vectors.length);
  const steps = options.epochs * order.length;
  for (let step = 0; step < steps; step++) {
    const at = step % order.length;
    if (at === 0) shuffle(order, random);
    const i = order[at] as number;
    const { indices, values, end } = memory.vector(i);
    const rate = options.rate * (1 - step / steps);
    sums.floats.set(hiddenBias);
    kernels.addRows(indices, values, end, hidden.address, hidden.rowBytes, sums.address);
    let count = 0;
    for (let u = 0; u < units; u++) {
      const value = sums.floats[u] as number;
      blame.floats[u] = 0;
      if (value <= 0) continue;
      activeUnits[count] = u;
      activeValues.floats[count++] = value;
    }
    const activeEnd = active.address + count * 4;
    errors.set(outputBias);
    kernels.addRows(active.address, activeValues.address, activeEnd, output.address, output.rowBytes, logits.address);
    toProbabilities(errors);
    const spread = smoothing / classes;
    for (let c = 0; c < classes; c++) {
      const error = (errors[c] as number) - spread;
      errors[c] = error;
      outputBias[c] = (outputBias[c] as number) - slower * rate * error;
    }
    const label = labels[i] as number;
    errors[label] = (errors[label] as number) - (1 - smoothing);
    outputBias[label] = (outputBias[label] as number) + slower * rate * (1 - smoothing);
    logits.floats.fill(0, classes);
    kernels.blameRows(
      ...([active.address, activeValues.address, activeEnd, output.address, output.rowBytes] as const),
      ...([logits.address, slower * rate, blame.address] as const),
    );
    for (let u = 0; u < units; u++)
      hiddenBias[u] = (hiddenBias[u] as number) - slower * rate * (blame.floats[u] as number);
    kernels.descendRows(indices, values, end, hidden.address, hidden.rowBytes, blame.address, rate);
  }
  const network = {
    hidden: { weights: withoutGaps(hidden, units), bias: hiddenBias },
    output: { weights: withoutGaps(output, classes), bias: outputBias },
  };
  memory.clear();
  return network;
}

function start(weights: Float32Array, width: number, random: () => number): void {
  for (let at = 0; at < weights.length; at++) weights[at] = (random() - 0.5) * 2 * width;
}
