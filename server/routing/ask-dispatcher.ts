import type { Offer, WaitOffer } from '@parley/sdk/protocol.ts';
import type { AgentVerdict } from './decision-record.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { GroupStats } from './group-stats.ts';
import type { WaitSeen } from './wait-notices.ts';

/** What any process may ask of the one that decides. */
export type RoutingQuestion =
  | { readonly kind: 'queues' }
  | { readonly kind: 'verdicts'; readonly conversationId: string; readonly agentId: string | 'all' }
  | { readonly kind: 'by-hand'; readonly conversationId: string; readonly agentId: string }
  | { readonly kind: 'offers'; readonly agentId: string }
  | { readonly kind: 'waits'; readonly ids: readonly string[] }
  | {
      readonly kind: 'close-offer';
      readonly conversationId: string;
      readonly offer: WaitOffer;
      readonly how: 'declined' | 'chosen';
    }
  | { readonly kind: 'accept'; readonly conversationId: string; readonly agentId: string }
  | { readonly kind: 'decline'; readonly conversationId: string; readonly agentId: string }
  | { readonly kind: 'take'; readonly agentId: string; readonly conversationId?: string; readonly override?: boolean };

export type RoutingAnswer =
  | { readonly kind: 'queues'; readonly queues: readonly GroupStats[] }
  /** null: it does not wait, or too many stand before it to say anything. */
  | { readonly kind: 'verdicts'; readonly verdicts: readonly AgentVerdict[] | null }
  /** null: it is closed. */
  | { readonly kind: 'by-hand'; readonly verdict: AgentVerdict | null }
  | { readonly kind: 'offers'; readonly offers: readonly Offer[] }
  /** Of those that wait and are known: whoever stands far back may be missing. */
  | { readonly kind: 'waits'; readonly waits: readonly WaitSeen[] }
  /** Whether it was offered until then. */
  | { readonly kind: 'close-offer'; readonly closed: boolean }
  | { readonly kind: 'accept' }
  | { readonly kind: 'decline' }
  /** Without a conversation: the rule that forbids it; without either there is none to take. */
  | { readonly kind: 'take'; readonly conversationId?: string; readonly refused?: AgentVerdict };

/** Of large groups so many agents are told of. */
const verdictsTold = 200;

export async function answerRouting(
  dispatcher: Pick<
    Dispatcher,
    'queues' | 'verdicts' | 'verdictByHand' | 'offersTo' | 'accept' | 'decline' | 'take' | 'notices'
  >,
  question: RoutingQuestion,
): Promise<RoutingAnswer> {
  switch (question.kind) {
    case 'queues':
      return { kind: 'queues', queues: await dispatcher.queues() };
    case 'verdicts': {
      const verdicts = dispatcher.verdicts(question.conversationId, question.agentId);
      return { kind: 'verdicts', verdicts: verdicts?.slice(0, verdictsTold) ?? null };
    }
    case 'by-hand': {
      const { kind, conversationId, agentId } = question;
      return { kind, verdict: (await dispatcher.verdictByHand(conversationId, agentId)) ?? null };
    }
    case 'offers':
      return { kind: 'offers', offers: dispatcher.offersTo(question.agentId) };
    case 'waits':
      return { kind: 'waits', waits: dispatcher.notices.of(question.ids) };
    case 'close-offer': {
      const { conversationId, offer, how } = question;
      return { kind: 'close-offer', closed: await dispatcher.notices.closeOffer(conversationId, offer, how) };
    }
    case 'accept':
      await dispatcher.accept(question.conversationId, question.agentId);
      return { kind: 'accept' };
    case 'decline':
      dispatcher.decline(question.conversationId, question.agentId);
      return { kind: 'decline' };
    case 'take': {
      const { kind, agentId, ...options } = question;
      const taken = await dispatcher.take(agentId, options);
      if ('conversationId' in taken) return { kind, conversationId: taken.conversationId };
      return taken.refused === undefined ? { kind } : { kind, refused: taken.refused };
    }
    default:
      return question satisfies never;
  }
}
