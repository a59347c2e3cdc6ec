import type { TrainedEmbedding } from '../embeddings/embedding-id.ts';
import type { Explanation, Recognition, VectorOfText } from '../intent/recognizer.ts';

/** What the thread of a model is given. */
export interface RecognizerTask {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Holds the number of the last question that was answered; whoever asked waits for it. */
  readonly done: Int32Array<SharedArrayBuffer>;
}

export type RecognizerReady =
  /** `embedding`: what it wants vectors of; null: none. */
  | { readonly kind: 'ready'; readonly embedding: TrainedEmbedding | null }
  | { readonly kind: 'unusable'; readonly detail: string };

export interface RecognizerQuestion {
  readonly id: number;
  readonly kind: 'recognize' | 'explain';
  readonly text: string;
  readonly vector: VectorOfText | undefined;
}

export type RecognizerAnswer =
  | { readonly id: number; readonly value: Recognition | Explanation }
  | { readonly id: number; readonly error: string };
