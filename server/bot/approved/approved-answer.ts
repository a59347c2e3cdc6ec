import type { ApprovedAnswer, ApprovedFields } from '@parley/sdk/bot-learning.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { limits } from '../intents/limits.ts';
import type { readQuestion } from './question-form.ts';

/** Each process holds all of them in memory. */
export const approvedLimits = {
  answers: 2_000,
  wordings: 50,
  allWordings: 10_000,
  question: limits.utteranceLength,
  answer: limits.answerLength,
  languageLength: 35,
} as const;

/**
 * What is given, tidied.
 *
 * @param others all others that there are
 * @param read reads questions (`createQuestionReader`)
 * @throws Refusal `settings-invalid` with the field; `conflict` where another one answers the same words at the same time
 */
export function checkedApproved(
  given: ApprovedFields,
  others: readonly ApprovedAnswer[],
  read: typeof readQuestion,
): ApprovedFields {
  const { enabled, validFrom, validUntil } = given;
  const answer = given.answer.trim();
  const language = given.language.trim();
  if (answer === '') throw invalid('answer', 'an approved answer needs a text.');
  if (answer.length > approvedLimits.answer)
    throw invalid('answer', `the answer has ${answer.length} characters, at most ${approvedLimits.answer} are kept.`);
  if (!/^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$/.test(language) || language.length > approvedLimits.languageLength)
    throw invalid('language', 'say a language as in “en” or “zh-CN”.');
  if (validFrom !== null && validUntil !== null && validFrom >= validUntil)
    throw invalid('validUntil', 'it ends before it begins.');
  const questions = questionsOf(given.questions, read);
  const all = others.reduce((sum, other) => sum + other.questions.length, questions.length);
  if (all > approvedLimits.allWordings)
    throw invalid('questions', `${all} wordings of all answers, at most ${approvedLimits.allWordings} are kept.`);
  const checked = { questions, answer, language, enabled, validFrom, validUntil };
  if (enabled) refuseSame(checked, others, read);
  return checked;
}

function questionsOf(given: readonly string[], read: typeof readQuestion): string[] {
  const byForm = new Map<string, string>();
  for (const [at, text] of given.entries()) {
    const question = text.replace(/\s+/g, ' ').trim();
    const field = `questions[${at}]`;
    if (question.length > approvedLimits.question)
      throw invalid(field, `it has ${question.length} characters, at most ${approvedLimits.question} are kept.`);
    const { whole } = read(question);
    if (!/[\p{L}\p{N}]/u.test(whole)) throw invalid(field, 'there is no letter and no digit in the question.');
    if (!byForm.has(whole)) byForm.set(whole, question);
  }
  if (byForm.size === 0) throw invalid('questions', 'an approved answer needs a question.');
  if (byForm.size > approvedLimits.wordings)
    throw invalid('questions', `${byForm.size} wordings, at most ${approvedLimits.wordings} are kept.`);
  return [...byForm.values()];
}

/** Of two that answer the same words nobody could tell which one is given. */
function refuseSame(
  given: Pick<ApprovedFields, 'questions' | 'language' | 'validFrom' | 'validUntil'>,
  others: readonly ApprovedAnswer[],
  read: typeof readQuestion,
): void {
  const forms = given.questions.map((question) => read(question).whole);
  for (const other of others) {
    if (!other.enabled || mainOf(other.language) !== mainOf(given.language) || !overlap(other, given)) continue;
    const taken = new Set(other.questions.map((question) => read(question).whole));
    const at = forms.findIndex((form) => taken.has(form));
    if (at >= 0) {
      const field = `questions[${at}]`;
      const detail = `“${given.questions[at]}” has an approved answer already: change that one.`;
      throw new Refusal('conflict', `${field}: ${detail}`, { field });
    }
  }
}

type Time = Pick<ApprovedFields, 'validFrom' | 'validUntil'>;
const overlap = (a: Time, b: Time) =>
  (a.validFrom ?? Number.NEGATIVE_INFINITY) < (b.validUntil ?? Number.POSITIVE_INFINITY) &&
  (b.validFrom ?? Number.NEGATIVE_INFINITY) < (a.validUntil ?? Number.POSITIVE_INFINITY);

/** `zh` of `zh-CN`. */
export const mainOf = (language: string): string => language.toLowerCase().split('-')[0] ?? '';

export const isValidAt = ({ validFrom, validUntil }: Time, now: number): boolean =>
  (validFrom ?? Number.NEGATIVE_INFINITY) <= now && now < (validUntil ?? Number.POSITIVE_INFINITY);

const invalid = (field: string, detail: string) => new Refusal('settings-invalid', `${field}: ${detail}`, { field });
