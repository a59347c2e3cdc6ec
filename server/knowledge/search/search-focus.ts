/**
 * What a question is about, as a graph of things knows it. The search then finds by other names, too, and tells what is about
 * the thing that is named from what is about another of its kind.
 */
export interface SearchFocus {
  /** By what the question says: how else it is called. */
  readonly names: readonly OtherNames[];
  /** How that which a passage is about stands to what the question names. */
  relationOf(passage: FocusedPassage): Relation;
}

export interface OtherNames {
  /** As it stands in the question. */
  readonly said: string;
  /** A thing that the question is about, and not what is asked about it: the passages that are about it need not name it. */
  readonly isThing: boolean;
  readonly others: readonly string[];
}

/** The same object each time that the same passage is asked about: what was read of it is remembered by it. */
export interface FocusedPassage {
  readonly doc: { readonly title: string; readonly questions?: readonly string[] };
  readonly text: string;
}

/**
 * `named`: what the question names; `above`: what that belongs to; `other`: another thing of the same kind, and nothing of
 * these; `open`: anything else.
 */
export type RelationKind = 'named' | 'above' | 'other' | 'open';

export interface Relation {
  readonly kind: RelationKind;
  /** Of `other`: the names of what it is about. */
  readonly about: readonly string[];
}

/** What the search goes by, and how it came to that. */
export interface ToldFocus extends SearchFocus {
  readonly told: FocusTold;
}

export interface FocusTold {
  /** The words that name something, and what. In the language of the text where there is a name in it. */
  readonly linked: readonly {
    /** null: it was talked of before. */
    readonly said: string | null;
    readonly names: readonly string[];
    /** What that belongs to, the nearest first. */
    readonly above: readonly string[];
  }[];
  /** Other names that were looked for as well. */
  readonly widened: readonly string[];
}
