/** A dry run as it is kept: any process can tell of it, also when the one that computes it has died. */
export interface StoredDryRun {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Percent. */
  readonly progress: number;
  readonly days: number;
  /** The version of the routing configuration that held. */
  readonly baseVersion: number;
  /** JSON: what came of it, or the problem that ended it. */
  readonly result: string | null;
  readonly requestedBy: string;
  readonly createdAt: number;
  /** When whoever computes it was heard of last. */
  readonly seenAt: number;
}

export interface DryRunStore {
  add(run: StoredDryRun): Promise<void>;
  get(id: string): Promise<StoredDryRun | undefined>;
  /** Whoever computes it is alive, and this far. @returns false: it was removed, and nobody wants to know */
  note(id: string, progress: number, at: number): Promise<boolean>;
  end(id: string, state: 'done' | 'failed', result: string, at: number): Promise<void>;
  /** @returns whether it was there */
  remove(id: string): Promise<boolean>;
  /** Removes those that were begun before. */
  removeBefore(createdAt: number): Promise<void>;
}
