import type { LabelledVectors } from './labelled-vectors.ts';
import { createRowKernels, type RowKernels } from './row-kernels.ts';

/** Numbers that lie in the memory of the kernels, and where. */
export interface Block {
  readonly address: number;
  readonly floats: Float32Array;
}

/** A matrix in rows, each as wide as the kernels need it. */
export interface Rows extends Block {
  readonly rowBytes: number;
  readonly count: number;
}

/** What a model learns from, laid where the kernels can work on it, and room for the model. */
export interface TrainingMemory {
  readonly kernels: RowKernels;
  readonly data: LabelledVectors;
  /** Where indices and values of a vector begin and end. */
  vector(at: number): { readonly indices: number; readonly values: number; readonly end: number };
  block(floats: number): Block;
  rows(count: number, width: number): Rows;
  /** Gives back all blocks and rows, for the next model. */
  clear(): void;
}

const align = 32;
const padded = (bytes: number) => Math.ceil(bytes / align) * align;
/** Beside matrices a model needs some vectors as wide as it has classes or units, and a list of units. */
const roomForVectors = 1_048_576;

/** @param largest of the models to be trained here, in matrices of so many rows and columns */
export function createTrainingMemory(
  data: LabelledVectors,
  largest: readonly { rows: number; width: number }[],
): TrainingMemory {
  const entries = data.vectors.reduce((sum, { indices }) => sum + indices.length, 0);
  const models = largest.reduce((sum, { rows, width }) => sum + rows * padded(width * 4) + align, 0);
  const start = 2 * padded(entries * 4);
  const kernels = createRowKernels(start + models + roomForVectors + 4 * padded(4 * Math.max(data.classes, 1)));
  const { buffer } = kernels.memory;
  const allValues = padded(entries * 4);
  const starts = new Int32Array(data.vectors.length + 1);
  const [indices, values] = [new Int32Array(buffer, 0, entries), new Float32Array(buffer, allValues, entries)];
  for (const [at, vector] of data.vectors.entries()) {
    indices.set(vector.indices, starts[at]);
    values.set(vector.values, starts[at]);
    starts[at + 1] = (starts[at] as number) + vector.indices.length;
  }
  let next = start;
  const take = (bytes: number): Block => {
    const address = next;
    next += padded(bytes);
    const floats = new Float32Array(buffer, address, bytes / 4);
    floats.fill(0);
    return { address, floats };
  };
  return {
    kernels,
    data,
    vector(at) {
      const [first, last] = [starts[at] as number, starts[at + 1] as number];
      return { indices: first * 4, values: allValues + first * 4, end: last * 4 };
    },
    block: (floats) => take(padded(floats * 4)),
    rows: (count, width) => ({ ...take(count * padded(width * 4)), rowBytes: padded(width * 4), count }),
    clear: () => {
      next = start;
    },
  };
}

/** The numbers of a matrix without the room between its rows. */
export function withoutGaps({ floats, rowBytes, count }: Rows, width: number): Float32Array {
  const stride = rowBytes / 4;
  const tight = new Float32Array(count * width);
  for (let row = 0; row < count; row++) tight.set(floats.subarray(row * stride, row * stride + width), row * width);
  return tight;
}
