/** A passage of an article or a canned reply that may answer. `score` is calibrated: from 0.5 on it is likely an answer. */
export interface Passage {
  readonly id: string;
  readonly source: { readonly kind: 'article' | 'canned-reply'; readonly id: string; readonly title: string };
  readonly text: string;
  readonly score: number;
}

/** Less likely than this to hold an answer, and nothing is asked. */
export const passageFloor = 0.5;
