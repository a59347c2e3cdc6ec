import type { SparseVector } from './vocabulary.ts';

/** One weight for each feature and class; the weights of a feature lie side by side. */
export interface LinearModel {
  readonly weights: Float32Array;
  /** By class. */
  readonly bias: Float32Array;
}

/** Adds what a linear model says of `vector` to `logits` (one for each class). */
export function addLogits(model: LinearModel, vector: SparseVector, logits: Float32Array): void {
  const { weights, bias } = model;
  const classes = bias.length;
  for (let c = 0; c < classes; c++) logits[c] = (logits[c] as number) + (bias[c] as number);
  for (let at = 0; at < vector.indices.length; at++) {
    const value = vector.values[at] as number;
    const row = (vector.indices[at] as number) * classes;
    for (let c = 0; c < classes; c++) logits[c] = (logits[c] as number) + value * (weights[row + c] as number);
  }
}

/** Takes `step` × `errors` × the vector from the weights: one step of gradient descent. */
export function descend(model: LinearModel, vector: SparseVector, errors: Float32Array, step: number): void {
  const { weights, bias } = model;
  const classes = bias.length;
  // Most errors are next to nothing once a model has learnt; whoever skips them has half the work.
  const { places, count } = worthwhile(errors);
  for (let i = 0; i < count; i++) {
    const c = places[i] as number;
    bias[c] = (bias[c] as number) - 0.1 * step * (errors[c] as number);
  }
  for (let at = 0; at < vector.indices.length; at++) {
    const change = step * (vector.values[at] as number);
    const row = (vector.indices[at] as number) * classes;
    for (let i = 0; i < count; i++) {
      const c = places[i] as number;
      weights[row + c] = (weights[row + c] as number) - change * (errors[c] as number);
    }
  }
}

let scratch = new Int32Array(0);

function worthwhile(errors: Float32Array): { places: Int32Array; count: number } {
  if (scratch.length < errors.length) scratch = new Int32Array(errors.length);
  let count = 0;
  for (let c = 0; c < errors.length; c++) if (Math.abs(errors[c] as number) > 1e-4) scratch[count++] = c;
  return { places: scratch, count };
}
