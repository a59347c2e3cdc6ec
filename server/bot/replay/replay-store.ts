/** What a candidate is: a model, or a draft of one of the bot's documents. */
export const candidateKinds = ['model', 'settings', 'flows'] as const;
export type CandidateKind = (typeof candidateKinds)[number];

/** A replay that is under way, or was: any process tells of it. */
export interface StoredReplay {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Percent. */
  readonly progress: number;
  readonly kind: CandidateKind;
  /** The model's version, or the SHA-256 of the document (hex). */
  readonly candidate: string;
  /** The versions that were live: model, settings and flows, such as `3/7/2`. */
  readonly live: string;
  readonly days: number;
  /** JSON: `ReplayResult`, or the problem that ended it; null while it runs. */
  readonly result: string | null;
  readonly requestedBy: string;
  readonly createdAt: number;
  /** When whoever runs it was heard of last. */
  readonly seenAt: number;
}

export interface ReplayStore {
  /**
   * Takes the one slot there is. One that was not heard of since `silentBefore` loses it, and has failed with `problem`.
   * @returns whoever has the slot: the given one, or the one that is under way
   */
  begin(replay: StoredReplay, silentBefore: number, problem: string): Promise<StoredReplay>;
  get(id: string): Promise<StoredReplay | undefined>;
  /** Newest first, without their results. */
  list(limit: number): Promise<Omit<StoredReplay, 'result'>[]>;
  /** The newest one that is done of this candidate against what is live. */
  newest(of: Pick<StoredReplay, 'kind' | 'candidate' | 'live'>): Promise<StoredReplay | undefined>;
  /** @returns false: it is not wanted any more */
  note(id: string, progress: number, at: number): Promise<boolean>;
  /** Frees the slot. @returns false: it was not running */
  end(id: string, state: 'done' | 'failed' | 'cancelled', result: string | null, at: number): Promise<boolean>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
  /** Removes all that are over but so many of the newest. */
  keepNewest(count: number): Promise<void>;
}
