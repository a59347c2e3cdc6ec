import { type ReadUtterance, type SparseVector, toUnitLength, type Vocabulary } from './vocabulary.ts';

/** An utterance with the vector that an embedding has for it. */
export interface EmbeddedUtterance {
  /** How it differs from the mean of all, at length 1; all 0 where it does not. */
  readonly vector: Float32Array;
  /** What the classifier is given: features, meaning, and after them the vector. */
  readonly input: SparseVector;
}

/** How much the vector counts beside the features, which have length 1: as much as they. */
const vectorScale = 1;

/**
 * How a vector differs from the mean of all. Embeddings put all that anybody says into one corner of their space; what tells
 * one intent from another is what is left.
 */
export function centred(vector: Float32Array, centre: Float32Array): Float32Array {
  return toUnitLength(vector.map((value, d) => value - (centre[d] as number)));
}

/** The mean of vectors, all of `width`. */
export function centreOf(vectors: readonly Float32Array[], width: number): Float32Array {
  const centre = new Float32Array(width);
  for (const vector of vectors)
    for (let d = 0; d < width; d++) centre[d] = (centre[d] as number) + (vector[d] as number) / vectors.length;
  return centre;
}

/** @param vector as `centred` makes it */
export function embeddedInput(read: ReadUtterance, vector: Float32Array, vocabulary: Vocabulary): EmbeddedUtterance {
  const { indices, values } = read.input;
  const count = indices.length;
  const input = {
    indices: new Int32Array(count + vector.length),
    values: new Float32Array(count + vector.length),
  };
  input.indices.set(indices);
  input.values.set(values);
  for (let d = 0; d < vector.length; d++) {
    input.indices[count + d] = vocabulary.inputs + d;
    input.values[count + d] = vectorScale * (vector[d] as number);
  }
  return { vector, input };
}
