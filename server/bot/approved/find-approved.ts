import type { ApprovedAnswer } from '@parley/sdk/bot-learning.ts';
import type { ApprovedMatch } from '../ports.ts';
import { isValidAt, mainOf } from './approved-answer.ts';
import { comparedQuestions, type QuestionForm, readQuestion } from './question-form.ts';

interface Wording {
  readonly of: ApprovedAnswer;
  readonly question: string;
  readonly form: QuestionForm;
}

/**
 * Finds the approved answer to a text: in the language that is spoken first, word for word before nearly. Where two that differ are
 * nearly asked, none is sure.
 */
export function createApprovedFinder(answers: readonly ApprovedAnswer[], read: typeof readQuestion) {
  const whole = new Map<string, Wording[]>();
  /** By how many words they have: a slip of the pen makes no word more. */
  const bySize = new Map<number, Wording[]>();
  for (const of of answers) {
    if (!of.enabled) continue;
    for (const question of of.questions) {
      const wording = { of, question, form: read(question) };
      add(whole, wording.form.whole, wording);
      add(bySize, wording.form.content.length, wording);
    }
  }

  return (text: string, { language, now }: { language: string | null; now: number }): ApprovedMatch | null => {
    const form = readQuestion(text);
    const holds = ({ of }: Wording) => isValidAt(of, now);
    const spoken = ({ of }: Wording) => language !== null && mainOf(of.language) === mainOf(language);
    const same = (whole.get(form.whole) ?? []).filter(holds);
    const exact = same.find(spoken) ?? same[0];
    if (exact !== undefined) return matchOf(exact, 'same', 1);
    const near = (bySize.get(form.content.length) ?? []).flatMap((wording) => {
      const compared = holds(wording) ? comparedQuestions(wording.form, form) : undefined;
      return compared === undefined ? [] : [{ wording, likeness: compared.likeness }];
    });
    const own = near.filter(({ wording }) => spoken(wording));
    const among = (own.length > 0 ? own : near).toSorted((a, b) => b.likeness - a.likeness);
    const [best] = among;
    if (best === undefined) return null;
    const isOne = among.every(({ wording }) => wording.of.answer === best.wording.of.answer);
    return isOne ? matchOf(best.wording, 'nearly', best.likeness) : null;
  };
}

function matchOf({ of, question }: Wording, kind: ApprovedMatch['kind'], likeness: number): ApprovedMatch {
  return { id: of.id, question, answer: of.answer, kind, likeness };
}

function add<K>(lists: Map<K, Wording[]>, key: K, wording: Wording): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [wording]);
  else list.push(wording);
}
