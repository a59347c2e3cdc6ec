import type { GapReason } from '@parley/sdk/bot-learning.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { languageFrom, languageMarks } from '../../conversation/language-of.ts';
import { lastWords } from '../../knowledge/suggestions/answer-pairs.ts';
import type { Decision } from '../dialogue/decision.ts';
import type { BotDecisionRow } from '../dialogue/dialogue-store.ts';
import type { Findings, Gap, PassedDecision } from './gap-store.ts';
import { questionWithoutPerson } from './question-text.ts';

/** A decision that tells of a question without a good answer, and which of the customer's words it was. */
export interface Suspect {
  readonly row: BotDecisionRow;
  readonly why: GapReason;
  /** `now`: what the decision was about; `before`: what the customer had said before the bot's last words. */
  readonly asked: 'now' | 'before';
}

/** What a decision says by itself; undefined: nothing of that kind. */
export function suspectIn(row: PassedDecision): Suspect | undefined {
  const { stages } = JSON.parse(row.record) as Pick<Decision, 'stages'>;
  const has = (stage: string, outcome: string) => stages.some((one) => one.stage === stage && one.outcome === outcome);
  // Whatever was said beside: the answer before was none.
  if (row.helped === false) return { row, why: 'no-help', asked: 'before' };
  // "None of these" to what the bot thought was meant.
  if (has('pending', 'none')) return { row, why: 'not-sure', asked: 'before' };
  if (!stages.some(({ stage }) => stage === 'miss')) {
    // Asked which is meant they said it in other words, and those were understood: the first ones were not.
    const reworded = stages.some(({ outcome, data }) => outcome === 'other' && data.asked === 'did-you-mean');
    return reworded ? { row, why: 'not-sure', asked: 'before' } : undefined;
  }
  if (has('language-model', 'abstains')) return { row, why: 'abstained', asked: 'now' };
  return { row, why: row.reason === 'not-sure' ? 'not-sure' : 'not-understood', asked: 'now' };
}

/**
 * The question of a suspect.
 *
 * @param messages what was said up to the decision's entry, in order
 * @returns undefined where there is none: no words, or nothing but what tells of the person
 */
export function gapOf(
  { row, why, asked }: Suspect,
  messages: readonly Message[],
  contact: { readonly id: string; readonly name: string },
): Gap | undefined {
  const said = lastWords(asked === 'now' ? messages : messagesBefore(messages), ['agent', 'bot']);
  const question = questionWithoutPerson(said, contact.name);
  if (!/\p{L}/u.test(question)) return undefined;
  const { conversationId, seq, at: askedAt } = row;
  const language = languageFrom(languageMarks(question)) ?? null;
  return { conversationId, seq, contactId: contact.id, askedAt, why, language, question };
}

/** Without the customer's last words, and those of the bot that they answer. */
function messagesBefore(messages: readonly Message[]): readonly Message[] {
  const spoke = messages.findLastIndex(({ sender }) => sender.type === 'bot');
  const asked = messages.slice(0, Math.max(0, spoke)).findLastIndex(({ sender }) => sender.type === 'contact');
  return messages.slice(0, asked + 1);
}

/** How often each approved answer was given in some decisions. */
export function hitsIn(rows: readonly PassedDecision[]): Findings['hits'] {
  const hits = new Map<string, { answerId: string; hits: number; lastAt: number }>();
  for (const { band, record, at } of rows) {
    if (band !== 'approved') continue;
    const { stages } = JSON.parse(record) as Pick<Decision, 'stages'>;
    const answerId = stages.find(({ stage }) => stage === 'approved')?.data.answer;
    if (typeof answerId !== 'string') continue;
    const before = hits.get(answerId);
    hits.set(answerId, { answerId, hits: (before?.hits ?? 0) + 1, lastAt: Math.max(before?.lastAt ?? 0, at) });
  }
  return [...hits.values()];
}
