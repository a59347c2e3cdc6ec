import type { TrainingProblem } from '../intent/training-set.ts';
import type { Evaluation } from './evaluation.ts';
import type { TrainingData } from './intents.ts';

/** What a training thread is given, … */
export interface TrainingTask {
  readonly data: TrainingData;
  readonly seed: number;
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
