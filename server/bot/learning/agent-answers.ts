import type { GapPlace } from './gap-store.ts';

/** What agents answered to a question. */
export interface AgentAnswer {
  readonly text: string;
  /** So often. */
  readonly times: number;
  /** Given in the very conversations in which the bot could not answer; else to something like it, elsewhere. */
  readonly isDirect: boolean;
  readonly language: string | null;
}

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
