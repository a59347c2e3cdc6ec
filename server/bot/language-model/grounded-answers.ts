import { Refusal } from '../../gateway/refusal.ts';
import type { GroundedAnswers } from '../ports.ts';
import { checkGrounding, countGrounding, type GroundingCounts, mostAnswerCharacters } from './grounding.ts';
import type { LanguageModel } from './language-model.ts';
import { givesOrders } from './plain-text.ts';
import { answerPrompt, mostPassages, noAnswer, numbered } from './prompts.ts';

/** What came of asking for answers to customers, and what of them their passages hold. */
export interface GroundedMetrics {
  /** `answered`, `cannot-tell`, `refused:` with what the check found, or `fell-back:` with `failed`, `budget` or `late`. */
  answered(outcome: string): void;
  checked(counts: GroundingCounts): void;
}

/** Less likely than this to hold an answer, and nothing is asked. */
export const passageFloor = 0.5;

/**
 * Answers from passages alone, and abstains wherever an answer is not held by them: one in another language than its
 * passages cannot be checked. `why` is one word for the record: `off`, `no-passage`, `orders`, `cannot-tell`, `failed`,
 * `budget`, or what the check found (`number`, `link`, `negation` …). It throws the signal's reason, and nothing else that is
 * to be expected: whoever asks goes on without an answer.
 */
export function createGroundedAnswers(deps: {
  model: Pick<LanguageModel, 'isFor' | 'ask'>;
  /** The channel of a conversation, and whose name is not to leave. */
  aboutConversation: (id: string) => Promise<{ readonly channelId?: string; readonly names: readonly string[] }>;
  metrics?: GroundedMetrics | undefined;
}): GroundedAnswers {
  const { model, metrics } = deps;
  const abstained = (why: string) => ({ kind: 'abstained' as const, why });

  return {
    answer: async ({ question, passages, language, conversationId, signal }) => {
      const likely = passages.filter(({ score }) => score >= passageFloor).slice(0, mostPassages);
      if (likely.length === 0) return abstained('no-passage');
      // It wants something else than an answer, and a model that obeys would only cost.
      if (givesOrders(question)) return abstained('orders');
      // A try has no conversation; where it is off for all, none is needed to say so.
      if (!(await model.isFor('answers'))) return abstained('off');
      const { channelId, names } = await deps.aboutConversation(conversationId);
      if (!(await model.isFor('answers', channelId))) return abstained('off');
      const given = numbered(likely);
      const answer = model.ask({
        task: 'answer',
        use: 'answers',
        conversationId,
        channelId,
        names,
        messages: (mask) =>
          answerPrompt({
            question: mask(question),
            passages: given.map(({ id, text }) => ({ id, text: mask(text) })),
            language,
          }),
        signal,
      });
      let text = '';
      try {
        for await (const piece of answer) {
          text += piece;
          if (text.length > 3 * mostAnswerCharacters) {
            metrics?.answered('refused:too-long');
            return abstained('too-long');
          }
        }
      } catch (error) {
        // Whoever stopped waiting for it gives a passage as the answer.
        if (signal.aborted) metrics?.answered('fell-back:late');
        if (signal.aborted || !(error instanceof Refusal)) throw error;
        const why = error.code === 'too-many-requests' ? 'budget' : 'failed';
        metrics?.answered(`fell-back:${why}`);
        return abstained(why);
      }
      if (text.includes(noAnswer)) {
        metrics?.answered('cannot-tell');
        return abstained('cannot-tell');
      }
      const checked = checkGrounding(text, given);
      metrics?.checked(countGrounding(text, given));
      metrics?.answered(checked.kind === 'unsupported' ? `refused:${checked.why}` : 'answered');
      if (checked.kind === 'unsupported') return abstained(checked.why);
      return { kind: 'answered', text: checked.text, citations: checked.citations };
    },
  };
}
