import type { Admission } from './admission.ts';
import type { AssignOutcome } from './assigner.ts';
import type { AssignmentStore, DecisionRow } from './assignment-store.ts';
import type { Assign, Decision } from './decision-record.ts';
import type { DispatchWork } from './dispatch-work.ts';
import type { BotDoor, RuleEffects } from './intake.ts';
import { languageTag } from './language-tags.ts';
import type { Offers } from './offers.ts';
import type { WaitAnswers } from './wait-answers.ts';

/**
 * Carries out what was decided: assignments, offers and their ends, and what is kept with those that wait.
 * @param deps.begin has it stored that somebody has it
 * @param deps.breaks somebody is away until they say otherwise
 */
export function createFollowing(deps: {
  store: Pick<AssignmentStore, 'route'>;
  admission: Pick<Admission, 'waiters' | 'change' | 'forget' | 'ask'>;
  offers: Offers;
  work: DispatchWork;
  begin: (assign: Assign) => Promise<AssignOutcome>;
  breaks: (agentId: string) => void;
  /** Tells the customer, where there is somebody to tell it. */
  answerWait: WaitAnswers;
  answer: RuleEffects['answer'];
  /** Absent: there is none, and nothing is decided to go to it. */
  bot?: BotDoor;
  waitAfter: (error: unknown) => Promise<void>;
}): (decision: Decision) => void {
  const { store, admission, offers, work } = deps;

  /** The core has it in its new group already; the store has to know for those who decide after us. */
  async function sendOn({ conversationId, epoch, at, from, to, because, hops }: Decision & { kind: 'overflow' }) {
    const waiter = admission.waiters.get(conversationId);
    if (waiter === undefined || waiter.row.epoch !== epoch) return;
    const { row, said } = waiter;
    const isGroup = to.kind === 'group';
    const isOffer = to.kind === 'message-form' || to.kind === 'call-back';
    // Whoever decided before us has offered it already.
    if (isOffer && said.offers[to.kind] !== undefined) return;
    const offered = isOffer ? { ...said.offers, [to.kind]: 'open' as const } : said.offers;
    const visited = [...new Set([...said.visited, from])];
    const next = isGroup
      ? { ...said, queuedAt: row.queuedAt, groupSince: at, overflows: hops, visited }
      : { ...said, queuedAt: row.queuedAt, offers: offered };
    const routing = JSON.stringify(next);
    const moved = { ...row, routing, ...(isGroup ? { groupId: to.groupId } : {}) };
    admission.change({ ...waiter, row: moved, said: next }, isGroup ? { toLane: to.groupId } : undefined);
    const note: Omit<DecisionRow, 'epoch' | 'n'> = {
      at,
      kind: 'overflow',
      agentId: to.kind === 'agent' ? to.agentId : null,
      groupId: isGroup ? to.groupId : from,
      why: to.kind,
      record: JSON.stringify({ from, to, because }),
    };
    try {
      await store.route(row, { routing, ...(isGroup ? { groupId: to.groupId } : {}) }, note);
    } catch (error) {
      await deps.waitAfter(error);
    }
  }

  /**
   * It waits no longer, for the core; the store has the last word. The customer, who has waited, is told before: what is said
   * twice has the effect of once.
   */
  async function giveToBot(decision: Decision & { kind: 'overflow' }): Promise<void> {
    const { conversationId, epoch, at, from, to, because } = decision;
    const waiter = admission.waiters.get(conversationId);
    const { bot } = deps;
    if (bot === undefined || waiter === undefined || waiter.row.epoch !== epoch) return;
    admission.forget(conversationId);
    const { row, said } = waiter;
    const routing = JSON.stringify({ ...said, queuedAt: row.queuedAt, hops: said.hops + 1 });
    const record = JSON.stringify({ from, to, because });
    const note = { at, kind: 'overflow' as const, agentId: null, groupId: from, why: to.kind, record };
    try {
      if (!(await store.route(row, { routing }, note))) return;
      const words = bot.meanwhile(languageTag(row.language));
      if (words !== '') await deps.answer(conversationId, `to-bot-${epoch}`, words);
      if (!(await bot.take({ conversationId, epoch, routing }))) admission.ask([conversationId]);
    } catch (error) {
      await deps.waitAfter(error);
      admission.ask([conversationId]);
    }
  }

  /** Kept where it can be, as all that is not asked for again. */
  async function noteMissed({ conversationId, agentId, at, epoch }: Decision & { kind: 'offer-missed' }) {
    const waiter = admission.waiters.get(conversationId);
    if (waiter === undefined || waiter.row.epoch !== epoch) return;
    const { groupId } = waiter.entry;
    const note = { at, kind: 'offer-missed', agentId, groupId, why: 'missed', record: '{}' };
    await store.route(waiter.row, undefined, note).catch(deps.waitAfter);
  }

  return (decision) => {
    switch (decision.kind) {
      case 'assign':
        void deps.begin(decision);
        return;
      case 'offer': {
        const { conversationId, agentId, groupId, at, expiresAt } = decision;
        offers.begin({ conversationId, agentId, groupId, expiresAt, timeoutMs: expiresAt - at });
        return;
      }
      case 'overflow':
        void work.workOn(decision.to.kind === 'bot' ? giveToBot(decision) : sendOn(decision));
        return;
      case 'offer-missed':
        offers.end(decision.conversationId, 'missed');
        void work.workOn(noteMissed(decision));
        return;
      case 'offer-withdrawn':
        offers.end(decision.conversationId, 'withdrawn');
        return;
      case 'agent-break':
        deps.breaks(decision.agentId);
        return;
      case 'wait': {
        const waiter = admission.waiters.get(decision.conversationId);
        if (waiter !== undefined) void work.workOn(deps.answerWait(decision, waiter));
        return;
      }
      case 'relax':
        return;
      default:
        decision satisfies never;
    }
  };
}
