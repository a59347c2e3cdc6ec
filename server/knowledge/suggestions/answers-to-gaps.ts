import type { AgentAnswer } from '@parley/sdk/bot-learning.ts';
import type { AgentAnswers } from '../../bot/learning/agent-answers.ts';
import { filled } from './mask.ts';
import type { PastAnswers } from './past-answers.ts';
import type { StoredPair } from './suggestion-store.ts';

/** Less like it is another question. */
const leastLikeness = 0.35;

/** Answers of agents to what the bot could not answer, out of those that are kept for recommended replies. */
export function createAnswersToGaps(past: Pick<PastAnswers, 'given' | 'search'>): AgentAnswers {
  return {
    answersTo: ({ places, questions }, limit) => {
      const firstSeq = new Map<string, number>();
      for (const { conversationId, seq } of places)
        firstSeq.set(conversationId, Math.min(seq, firstSeq.get(conversationId) ?? seq));
      const given = past.given(new Set(firstSeq.keys()));
      const direct = directOf(given.filter(({ pair }) => pair.seq > (firstSeq.get(pair.conversationId) ?? 0)));
      const alike = past
        .search(questions, limit)
        .filter(({ key, likeness }) => likeness >= leastLikeness && !direct.has(key))
        .flatMap(({ text, times, pair }) => answerOf(text, { times, isDirect: false, language: pair.language }));
      const first = [...direct.values()]
        .toSorted((a, b) => b.length - a.length)
        .flatMap((pairs) => {
          const last = pairs.at(-1);
          const of = { times: pairs.length, isDirect: true, language: last?.language ?? null };
          return last === undefined ? [] : answerOf(last.answer, of);
        });
      return [...first, ...alike].slice(0, limit);
    },
  };
}

/** Of each conversation what an agent said first, by what it says. */
function directOf(given: readonly { key: string; pair: StoredPair }[]): Map<string, StoredPair[]> {
  const seen = new Set<string>();
  const answers = new Map<string, StoredPair[]>();
  for (const { key, pair } of given) {
    if (seen.has(pair.conversationId)) continue;
    seen.add(pair.conversationId);
    answers.set(key, [...(answers.get(key) ?? []), pair]);
  }
  return answers;
}

/** Sentences in which something of one customer stood are left out: the bot fills nothing in. */
function answerOf(kept: string, of: Omit<AgentAnswer, 'text'>): AgentAnswer[] {
  const text = filled(kept, {});
  return text === undefined ? [] : [{ text, ...of }];
}
