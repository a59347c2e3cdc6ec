import type { QuestionGroup } from '@parley/sdk/bot-learning.ts';

/** What can be made of questions. */
export type Deed = 'intent' | 'add' | 'approve';

/** What somebody is about to make of questions, with the wordings that were chosen. */
export interface Deciding {
  readonly deed: Deed;
  readonly group: QuestionGroup;
  readonly utterances: readonly string[];
}
