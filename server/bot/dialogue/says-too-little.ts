import { contentWords } from '../language-model/grounding.ts';
import type { FoundEntity } from '../ports.ts';

const amounts: ReadonlySet<string> = new Set(['number', 'quantity', 'money', 'date', 'time']);

/**
 * Whether a text has nothing that a passage could answer: words that stand in every sentence ("how are you"), one sign, an
 * amount. In a small knowledge base such a word is rare, so that the passage that has it looks like the answer.
 */
export function saysTooLittle(text: string, entities: readonly FoundEntity[]): boolean {
  const rest = entities
    .filter(({ type }) => amounts.has(type))
    .reduce((left, entity) => left.replace(entity.text, ' '), text);
  // A Chinese sign is a word in a question (能退吗), and could be anything by itself.
  const isSign = [...text.trim()].length === 1;
  return !contentWords(rest).some((word) => word.length > 1 || (!isSign && /\p{Script=Han}/u.test(word)));
}
