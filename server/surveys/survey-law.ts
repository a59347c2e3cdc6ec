import type { Message, SurveyHad, SurveySettings, SurveySkip } from '@parley/sdk/protocol.ts';
import { requestIn } from '../bot/dialogue/requests.ts';
import type { Survey, SurveyWay } from './survey-store.ts';

const hourMs = 60 * 60_000;
export const dayMs = 24 * hourMs;
/** For so long a question may be answered, and an answer be changed. */
export const openMs = 7 * dayMs;
export const changeMs = 24 * hourMs;
/** So soon after the question a bare number is meant for it. */
export const numberMs = hourMs;
/** Whoever was not asked by then, since the server stood still, is asked no more. */
const lateMs = dayMs;
export const scale = 5;
export const longestComment = 2_000;

/** What a conversation's messages tell of who had it. */
export interface Spoken {
  /** null: nobody answered. */
  readonly had: SurveyHad | null;
  /** Who spoke to the customer last, of people. */
  readonly agentId: string | null;
  /** When the customer wrote last; null: never. */
  readonly lastInAt: number | null;
  /** What was sent to them since. */
  readonly sentSince: number;
  readonly customerText: string;
}

/** @param messages in order; private ones are passed over */
export function spokenIn(messages: readonly Message[]): Spoken {
  const said = messages.filter(({ private: isPrivate, content }) => !isPrivate && content.type !== 'system');
  const from = (type: Message['sender']['type']) =>
    said.filter(({ direction, sender }) => direction === 'out' && sender.type === type);
  const people = from('agent');
  const hasBot = from('bot').length > 0;
  const lastIn = said.findLastIndex(({ direction }) => direction === 'in');
  return {
    had: people.length > 0 ? (hasBot ? 'mixed' : 'person') : hasBot ? 'bot' : null,
    agentId: people.at(-1)?.sender.id ?? null,
    lastInAt: said[lastIn]?.createdAt ?? null,
    sentSince: said.length - 1 - lastIn,
    customerText: said
      .flatMap(({ direction, content }) => (direction === 'in' && content.type === 'text' ? [content.text] : []))
      .slice(-10)
      .join('\n'),
  };
}

/** Why a customer is not asked; null: they are. */
export function reasonToSkip(
  of: {
    readonly spoken: Spoken;
    readonly tags: readonly string[];
    readonly closedAt: number;
    /** When the contact was last asked, about whichever conversation. */
    readonly lastAskedAt: number | null;
    /** Of the platform: how long after the customer's words something may be sent, and how much. */
    readonly window: { readonly durationMs: number; readonly messages?: number } | undefined;
  },
  settings: SurveySettings,
  now: number,
): SurveySkip | null {
  const { spoken, tags, closedAt, lastAskedAt, window } = of;
  if (tags.some((tag) => settings.excludedTags.includes(tag))) return 'excluded';
  if (spoken.lastInAt === null) return 'no-customer';
  if (spoken.had === null) return 'no-answer';
  if (now - closedAt > settings.delayMinutes * 60_000 + lateMs) return 'late';
  if (lastAskedAt !== null && now - lastAskedAt < settings.everyDays * dayMs) return 'recent';
  if (window === undefined) return null;
  const isOver = now - spoken.lastInAt >= window.durationMs || spoken.sentSince >= (window.messages ?? Infinity);
  return isOver ? 'window' : null;
}

/** The score in a text that is nothing but a score: "5", "５", "4 stars", "5分", "★★★★". */
export function scoreIn(text: string): number | undefined {
  const plain = text.normalize('NFKC').trim().toLowerCase();
  const signs = /^(?:⭐️?|★|☆)+$/u.test(plain) ? [...plain].filter((sign) => sign === '⭐' || sign === '★').length : 0;
  if (signs >= 1 && signs <= scale) return signs;
  const [, digit] = /^([1-5])(?:\ufe0f?\u20e3)?\s*(?:\/\s*5|分|星|颗星|stars?|points?)?\s*[.!。]*$/u.exec(plain) ?? [];
  return digit === undefined ? undefined : Number(digit);
}

/** Whether an answer that comes now is kept: the first one, or a change soon after it. A link answers once. */
export function takesAnswer(survey: Survey, via: SurveyWay, now: number): boolean {
  if (survey.state === 'skipped') return false;
  if (survey.answeredAt === null) return now - survey.askedAt < openMs;
  if (via === 'link' && (survey.via === 'link' || survey.comment !== null)) return false;
  return now - survey.answeredAt < changeMs;
}

/** Whether words that came with a score want an answer. */
export function asksSomething(comment: string | null): boolean {
  if (comment === null) return false;
  return /[?？]|[吗呢么]\s*[。!！~～]*$/mu.test(comment) || requestIn(comment) === 'human';
}

/** A comment as it is kept; null: nothing was said. */
export function tidyComment(comment: string | undefined): string | null {
  const plain = (comment ?? '').toWellFormed().replace(/\r\n?/g, '\n').trim().slice(0, longestComment).toWellFormed();
  return plain === '' ? null : plain;
}
