import type { LinearModel } from './linear-model.ts';
import type { SparseVector } from './vocabulary.ts';

/** Weights in one byte each, with a scale for each row: a quarter of the size, and no measurable loss. */
export interface CompactLayer {
  /** Rows (inputs) lie one after the other, each as long as there are outputs. */
  readonly weights: Int8Array;
  /** By row: what a weight of 1 is worth. */
  readonly scales: Float32Array;
  /** By output. */
  readonly bias: Float32Array;
}

/** @param factor all weights and the bias are multiplied by it */
export function compact(model: LinearModel, factor: number): CompactLayer {
  const width = model.bias.length;
  const rows = width === 0 ? 0 : model.weights.length / width;
  const weights = new Int8Array(model.weights.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let most = 0;
    for (let at = row * width; at < (row + 1) * width; at++)
      most = Math.max(most, Math.abs(model.weights[at] as number));
    if (most === 0) continue;
    scales[row] = (most / 127) * factor;
    for (let at = row * width; at < (row + 1) * width; at++)
      weights[at] = Math.round(((model.weights[at] as number) / most) * 127);
  }
  return { weights, scales, bias: model.bias.map((value) => value * factor) };
}

/** What a layer makes of a sparse input: one number for each output. */
export function applySparse(layer: CompactLayer, vector: SparseVector): Float32Array {
  const outputs = Float32Array.from(layer.bias);
  for (let at = 0; at < vector.indices.length; at++)
    addRow(layer, vector.indices[at] as number, vector.values[at] as number, outputs);
  return outputs;
}

/** What a layer makes of the positive ones among some of its inputs (rectified units); the bias is not added. */
export function applyRectified(
  layer: CompactLayer,
  units: Float32Array,
  { first, last }: { first: number; last: number },
): Float32Array {
  const outputs = new Float32Array(layer.bias.length);
  for (let unit = first; unit < last; unit++) {
    const value = units[unit] as number;
    if (value > 0) addRow(layer, unit, value, outputs);
  }
  return outputs;
}

/** Adds `value` × a row of the layer to `outputs`. */
export function addRow(layer: CompactLayer, row: number, value: number, outputs: Float32Array): void {
  const { weights, scales } = layer;
  const worth = value * (scales[row] as number);
  const start = row * outputs.length;
  for (let at = 0; at < outputs.length; at++)
    outputs[at] = (outputs[at] as number) + worth * (weights[start + at] as number);
}
