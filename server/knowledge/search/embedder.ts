/**
 * Gives texts places in a space in which what means the same lies near: a remote or local model. Without one the index
 * learns an embedding from its own texts.
 */
export interface Embedder {
  /**
   * @param options.as models want a question and what may answer it marked as what they are
   * @returns a vector for each text, in order, all as long, of any length above 0
   */
  embed(
    texts: readonly string[],
    options: { readonly as: 'question' | 'passage'; readonly signal?: AbortSignal | undefined },
  ): Promise<Float32Array[]>;
}

/** A question as an embedder sees it. */
export interface QuestionVector {
  readonly of: Embedder;
  readonly vector: Float32Array;
}

/** Makes a vector's length 1, in place; one of zeros, or with something that is no number, is none. */
export function unitVector(vector: Float32Array): Float32Array | undefined {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!(squares > 0 && Number.isFinite(squares))) return undefined;
  const length = Math.sqrt(squares);
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] as number) / length;
  return vector;
}
