import type { QuestionVector } from './search/embedder.ts';
import type { Focused } from './search/rank-in-focus.ts';
import type { SearchFocus } from './search/search-focus.ts';

/** A text that is to be found by its passages. */
export interface IndexDocument {
  readonly id: string;
  readonly title: string;
  /** What people ask who mean it. */
  readonly questions?: readonly string[];
  readonly text?: string;
  readonly language?: string;
}

export interface FoundPassage {
  readonly docId: string;
  readonly passageId: string;
  readonly text: string;
  /** Calibrated: from 0.5 on it is likely an answer. */
  readonly score: number;
  /** With a focus alone. */
  readonly focused?: Focused;
}

/** Finds the passages that may answer a question; what `server/knowledge/search` offers. */
export interface PassageIndex {
  /** Takes the place of documents with the same ids. */
  put(documents: readonly IndexDocument[]): void | Promise<void>;
  remove(ids: readonly string[]): void | Promise<void>;
  /** Best first. `accepts`: documents that count at all. */
  search(
    text: string,
    options: {
      limit: number;
      accepts?: (docId: string) => boolean;
      language?: string;
      vector?: QuestionVector | undefined;
      /** What the question is about. */
      focus?: SearchFocus | undefined;
    },
  ): readonly FoundPassage[] | Promise<readonly FoundPassage[]>;
  readonly size: number;
  readonly bytes: number;
}
