import type { TrainedEmbedding } from '../embeddings/embedding-id.ts';
import type { UtteranceVectors } from '../intent/train-intents.ts';
import type { TrainingProblem } from '../intent/training-set.ts';
import type { Evaluation } from './evaluation.ts';
import type { TrainingData } from './intents.ts';

/** What a training thread is given, … */
export interface TrainingTask {
  readonly data: TrainingData;
  readonly seed: number;
  /** Of all texts in `data`; undefined: it is trained without an embedding. */
  readonly embedding: UtteranceVectors | undefined;
}

/** What was made, and of what. */
export interface ModelFacts {
  readonly intents: readonly string[];
  readonly utterances: number;
  /** Seconds that training took, without measuring. */
  readonly seconds: number;
  /** What could not be learnt. */
  readonly problems: readonly TrainingProblem[];
  readonly problemCount: number;
  /** null, or absent in what was trained by an older program: without one. */
  readonly embedding?: TrainedEmbedding | null;
}

/** … and what it says: the model first, what it is worth afterwards. */
export type TrainingReply =
  | { readonly kind: 'progress'; readonly stage: 'learning' | 'checking'; readonly share: number }
  | {
      readonly kind: 'model';
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly sha256: string;
      readonly facts: ModelFacts;
    }
  | { readonly kind: 'evaluated'; readonly evaluation: Evaluation }
  | { readonly kind: 'refused'; readonly detail: string };
