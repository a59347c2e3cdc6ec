import { seeded } from '../../base/seeded.ts';
import { countTo, shuffle, toProbabilities } from './labelled-vectors.ts';
import type { LinearModel } from './linear-model.ts';
import { type TrainingMemory, withoutGaps } from './training-memory.ts';

export interface SoftmaxOptions {
  readonly epochs: number;
  /** The first step; it falls to nothing in a straight line, which comes to the same as averaging. */
  readonly rate: number;
  readonly seed: number;
}

/** Multinomial logistic regression by stochastic gradient descent. */
export function trainSoftmax(memory: TrainingMemory, options: SoftmaxOptions): LinearModel {
  const { kernels, data } = memory;
  const { labels, classes } = data;
  const weights = memory.rows(data.features, classes);
  const logits = memory.block(classes);
  const errors = logits.floats.subarray(0, classes);
  const bias = new Float32Array(classes);
  const random = seeded(options.seed);
  const order = countTo(data.vectors.length);
  const steps = options.epochs * order.length;
  for (let step = 0; step < steps; step++) {
    const at = step % order.length;
    if (at === 0) shuffle(order, random);
    const i = order[at] as number;
    const { indices, values, end } = memory.vector(i);
    errors.set(bias);
    kernels.addRows(indices, values, end, weights.address, weights.rowBytes, logits.address);
    toProbabilities(errors);
    const label = labels[i] as number;
    errors[label] = (errors[label] as number) - 1;
    const rate = options.rate * (1 - step / steps);
    for (let c = 0; c < classes; c++) bias[c] = (bias[c] as number) - 0.1 * rate * (errors[c] as number);
    logits.floats.fill(0, classes);
    kernels.descendRows(indices, values, end, weights.address, weights.rowBytes, logits.address, rate);
  }
  const model = { weights: withoutGaps(weights, classes), bias };
  memory.clear();
  return model;
}
