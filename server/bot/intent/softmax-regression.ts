import { seeded } from '../../base/seeded.ts';
import { countTo, type LabelledVectors, shuffle, toProbabilities } from './labelled-vectors.ts';
import { addLogits, descend, type LinearModel } from './linear-model.ts';

export interface SoftmaxOptions {
  readonly epochs: number;
  /** The first step; it falls to nothing in a straight line, which comes to the same as averaging. */
  readonly rate: number;
  readonly seed: number;
}

/** Multinomial logistic regression by stochastic gradient descent. */
export function trainSoftmax(data: LabelledVectors, options: SoftmaxOptions): LinearModel {
  const { vectors, labels, classes, features } = data;
  const model = { weights: new Float32Array(features * classes), bias: new Float32Array(classes) };
  const random = seeded(options.seed);
  const order = countTo(vectors.length);
  const errors = new Float32Array(classes);
  const steps = options.epochs * order.length;
  for (let step = 0; step < steps; step++) {
    const at = step % order.length;
    if (at === 0) shuffle(order, random);
    const i = order[at] as number;
    const vector = vectors[i];
    if (vector === undefined) continue;
    errors.fill(0);
    addLogits(model, vector, errors);
    toProbabilities(errors);
    const label = labels[i] as number;
    errors[label] = (errors[label] as number) - 1;
    descend(model, vector, errors, options.rate * (1 - step / steps));
  }
  return model;
}
