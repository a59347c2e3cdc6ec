import type { GroundedAnswers } from '../ports.ts';

/** Why a model has said nothing at all, in place of holding back for good reason. */
const faults: readonly string[] = ['failed', 'budget'];

/**
 * A language model as the bot asks it. That none is switched on for a conversation, or that it fails, must cost no customer
 * the answer that the bot has without it.
 *
 * @throws Error when the model failed or its budget is spent: the bot answers from the passage itself
 */
export function answersForBot(answers: GroundedAnswers): GroundedAnswers {
  return {
    answer: async (request) => {
      const answer = await answers.answer(request);
      if (answer?.kind !== 'abstained') return answer;
      if (answer.why === 'off') return undefined;
      if (faults.includes(answer.why)) throw new Error(answer.why);
      return answer;
    },
  };
}
