/** One weight for each feature and class; the weights of a feature lie side by side. */
export interface LinearModel {
  readonly weights: Float32Array;
  /** By class. */
  readonly bias: Float32Array;
}
