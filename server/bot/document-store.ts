/** Sets of documents that are held in memory as a whole. */
export const botAreas = ['entities', 'graph', 'approved'] as const;
export type BotArea = (typeof botAreas)[number];

/** A document as it is stored; `body` is JSON. */
export interface StoredDocument {
  readonly kind: string;
  readonly id: string;
  readonly body: string;
}

export interface DocumentChange {
  /** Added, or in the place of what has this kind and id. */
  readonly put: readonly StoredDocument[];
  readonly remove: readonly Pick<StoredDocument, 'kind' | 'id'>[];
}

/** The documents of the bot. Versions count 1, 2, 3 …; 0 is an area in which nothing was ever stored. */
export interface DocumentStore {
  version(area: BotArea): Promise<number>;
  /** Some documents of an area after a place, in the order of kind and id. */
  page(area: BotArea, after: Pick<StoredDocument, 'kind' | 'id'> | null, limit: number): Promise<StoredDocument[]>;
  /**
   * Stores a change whole, or nothing of it.
   *
   * @param base the version that the change was made to
   * @returns false when the area has another version by now
   */
  apply(area: BotArea, base: number, change: DocumentChange): Promise<boolean>;
}
