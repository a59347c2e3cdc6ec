import type { SparseVector } from './vocabulary.ts';

/** What a model learns from: vectors, and the class of each. */
export interface LabelledVectors {
  readonly vectors: readonly SparseVector[];
  /** By vector, from 0 to `classes` - 1. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** How many features there are. */
  readonly features: number;
}

/** Puts the numbers of `order` in another order (Fisher-Yates). */
export function shuffle(order: Int32Array, random: () => number): void {
  for (let at = order.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const held = order[at] as number;
    order[at] = order[other] as number;
    order[other] = held;
  }
}

/** 0, 1, 2 … in a row. */
export function countTo(length: number): Int32Array {
  return Int32Array.from({ length }, (_, at) => at);
}

/** Turns logits into probabilities, in place (softmax). */
export function toProbabilities(logits: Float32Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < logits.length; at++) most = Math.max(most, logits[at] as number);
  let sum = 0;
  for (let at = 0; at < logits.length; at++) {
    const value = Math.exp((logits[at] as number) - most);
    logits[at] = value;
    sum += value;
  }
  for (let at = 0; at < logits.length; at++) logits[at] = (logits[at] as number) / sum;
}
