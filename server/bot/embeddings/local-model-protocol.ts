/** What the process of a local model is told, … */
export interface LocalModelRequest {
  readonly id: number;
  readonly texts: readonly string[];
}

/** … and what it says: first whether it can be used. */
export type LocalModelReply =
  | { readonly kind: 'ready'; readonly name: string; readonly dimensions: number }
  /** `detail` names the file and says what to do. */
  | { readonly kind: 'unusable'; readonly detail: string }
  /** All vectors in a row. */
  | { readonly kind: 'vectors'; readonly id: number; readonly vectors: Float32Array }
  | { readonly kind: 'failed'; readonly id: number; readonly detail: string };
