import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { Lru } from '../base/lru.ts';
import type { Decision } from './decision-record.ts';
import { type RuleEffects, textFor, type Waiter } from './intake.ts';
import { tellable, type WaitRange } from './wait-estimate.ts';

export type WaitAnswers = (
  decision: Extract<Decision, { kind: 'wait' }>,
  waiter: Pick<Waiter, 'row' | 'entry'>,
) => Promise<void>;

/** Waits that are known to be answered: what is said again has no effect, but costs a look into the store. */
const remembered = 10_000;

/**
 * Tells a customer who has to wait on a channel without a window of ours where they stand, once for each wait, where their
 * group says so: a window is told by itself, again and again.
 */
export function createWaitAnswers(deps: {
  answer: RuleEffects['answer'];
  config: () => RoutingConfig;
  /** Whether the channel can be sent to. */
  canAnswer: (channelId: string) => boolean;
}): WaitAnswers {
  const answered = new Lru<string, true>(remembered);
  return async ({ groupId, position, estimate }, { row, entry }) => {
    const texts = deps.config().groups.find(({ id }) => id === groupId)?.waitAnswer ?? null;
    const clientId = `wait-${row.queuedAt}`;
    const key = `${row.id} ${clientId}`;
    if (texts === null || answered.get(key) !== undefined || !deps.canAnswer(row.channelId)) return;
    answered.set(key, true);
    const text = textFor(texts, entry.language)
      .replaceAll('{position}', String(position))
      .replace(/\{estimate\}/g, (_mark, _at, whole: string) => estimateWords(tellable(estimate), whole));
    await deps.answer(row.id, clientId, text);
  };
}

/** In a form that fits into sentences of any language; Chinese is known by its signs. */
function estimateWords(estimate: WaitRange | 'unknown', text: string): string {
  const isChinese = /\p{Script=Han}/u.test(text);
  if (estimate === 'unknown') return isChinese ? '暂时无法估计' : 'not known yet';
  const [low, high] = [estimate.lowMs, estimate.highMs].map((ms) => Math.round(ms / 60_000));
  const range = low === high ? `${high}` : `${low}–${high}`;
  return isChinese ? `${range} 分钟` : `${range} min`;
}
