/** Who did something, by the name that they had then. */
export interface Author {
  readonly id: string;
  readonly name: string;
}

/** A published routing configuration as it is stored. */
export interface StoredRoutingVersion {
  /** 1, 2, … */
  readonly version: number;
  /** The document as it was given, in JSON: an older version's may hold other fields than today's. */
  readonly config: string;
  readonly author: Author;
  readonly note: string | null;
  readonly publishedAt: number;
}

export interface RoutingVersionStore {
  /** The newest version, if there is one beyond `after`. */
  newest(after: number): Promise<StoredRoutingVersion | undefined>;
  get(version: number): Promise<StoredRoutingVersion | undefined>;
  /** Newest first, without their documents. */
  list(page: { before: number; limit: number }): Promise<Omit<StoredRoutingVersion, 'config'>[]>;
  /** False when somebody else's has this number: nothing was stored. */
  add(version: StoredRoutingVersion): Promise<boolean>;
}
