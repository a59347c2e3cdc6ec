import { languageFrom, languageMarks } from '../../conversation/language-of.ts';

/**
 * In which languages the graph answers a question, the most wanted first: the customer's, where it is known, the question's,
 * as far as its words tell it, and that of the settings.
 */
export function answerLanguages(question: string, customer: string | null, settings: string): string[] {
  const told = languageFrom(languageMarks(question));
  return [customer, told, settings].filter((language) => language != null);
}
