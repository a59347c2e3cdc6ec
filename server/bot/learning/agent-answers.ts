import type { AgentAnswer } from '@parley/sdk/bot-learning.ts';
import type { GapPlace } from './gap-store.ts';

export interface AgentAnswers {
  /**
   * What agents answered to some questions, the best first: what was answered where the bot could not, then what was answered
   * elsewhere to something like it. Without what tells of a person.
   *
   * @param asked.places where they were asked; `questions`: a few of their wordings
   */
  answersTo(
    asked: { readonly places: readonly GapPlace[]; readonly questions: readonly string[] },
    limit: number,
  ): readonly AgentAnswer[];
}
