/** A trained model as it is stored beside its bytes. */
export interface StoredModel {
  /** 1, 2, … */
  readonly version: number;
  readonly sizeBytes: number;
  /** Of the bytes, in hex: checked when they are read. */
  readonly sha256: string;
  /** JSON: `ModelFacts`. */
  readonly facts: string;
  /** JSON: `EvaluationSummary`; null while it has not been measured. */
  readonly summary: string | null;
  readonly trainedBy: string;
  readonly trainedAt: number;
}

/** That a version was chosen to serve. The newest one holds. */
export interface Publication {
  /** 1, 2, … */
  readonly n: number;
  readonly version: number;
  readonly author: { readonly id: string; readonly name: string };
  readonly at: number;
  /** What spoke against it when somebody published it all the same (`Despite` in JSON); null: nothing did. */
  readonly despite: string | null;
}

/** The thresholds that were chosen for a version. The newest set holds, the one before it is one click back. */
export interface ThresholdSet {
  readonly version: number;
  /** 1, 2, … of this version. */
  readonly n: number;
  /** JSON: `ChosenThreshold[]`. */
  readonly chosen: string;
  readonly author: { readonly id: string; readonly name: string };
  readonly at: number;
}

export interface ModelStore {
  /** Newest first. There are a handful. */
  list(): Promise<StoredModel[]>;
  get(version: number): Promise<StoredModel | undefined>;
  /** JSON: `Evaluation`. */
  evaluation(version: number): Promise<string | null>;
  /** Pieces of a model that is not there yet: nobody sees them until `add`. */
  addPieces(version: number, from: number, pieces: readonly Uint8Array[]): Promise<void>;
  pieces(version: number, page: { from: number; limit: number }): Promise<Uint8Array[]>;
  add(model: StoredModel): Promise<void>;
  setEvaluation(version: number, evaluation: { summary: string; whole: string }): Promise<void>;
  /** Removes all but these. */
  keepOnly(versions: readonly number[]): Promise<void>;
  /** Newest first. */
  publications(limit: number): Promise<Publication[]>;
  /** @returns false: somebody else's has this number */
  publish(publication: Publication): Promise<boolean>;
  /** Of a version, newest first. */
  thresholds(version: number, limit: number): Promise<ThresholdSet[]>;
  /** Keeps the newest few of the version. @returns false: somebody else's has this number */
  choose(set: ThresholdSet): Promise<boolean>;
}

export const trainingStates = ['running', 'done', 'failed', 'cancelled'] as const;
export const trainingStages = ['waiting', 'reading', 'embedding', 'learning', 'storing', 'checking', 'done'] as const;
export type TrainingStage = (typeof trainingStages)[number];

/** A training that is under way, or was: any process tells of it. */
export interface StoredTraining {
  readonly id: string;
  readonly state: (typeof trainingStates)[number];
  readonly stage: TrainingStage;
  /** Percent. */
  readonly progress: number;
  /** The model that it has made. */
  readonly version: number | null;
  /** JSON: why it failed. */
  readonly problem: string | null;
  readonly requestedBy: string;
  readonly createdAt: number;
  /** When whoever trains was heard of last. */
  readonly seenAt: number;
}

export interface TrainingStore {
  /**
   * Takes the one slot there is. One that was not heard of since `silentBefore` loses it, and has failed with `problem`.
   * @returns whoever has the slot: the given one, or the one that is under way
   */
  begin(training: StoredTraining, silentBefore: number, problem: string): Promise<StoredTraining>;
  get(id: string): Promise<StoredTraining | undefined>;
  /** Newest first. */
  list(limit: number): Promise<StoredTraining[]>;
  /** @returns false: it is not wanted any more */
  note(id: string, now: Pick<StoredTraining, 'stage' | 'progress' | 'version'>, at: number): Promise<boolean>;
  /** Frees the slot. @returns false: it was not running */
  end(id: string, state: 'done' | 'failed' | 'cancelled', problem: string | null, at: number): Promise<boolean>;
  removeBefore(createdAt: number): Promise<void>;
}
