import type { AgentVerdict } from './decision-record.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { GroupStats } from './group-stats.ts';

/** What any process may ask of the one that decides. */
export type RoutingQuestion =
  | { readonly kind: 'queues' }
  | { readonly kind: 'verdicts'; readonly conversationId: string; readonly agentId: string | 'all' };

export type RoutingAnswer =
  | { readonly kind: 'queues'; readonly queues: readonly GroupStats[] }
  /** null: it does not wait, or too many stand before it to say anything. */
  | { readonly kind: 'verdicts'; readonly verdicts: readonly AgentVerdict[] | null };

/** Of large groups so many agents are told of. */
const verdictsTold = 200;

export async function answerRouting(
  dispatcher: Pick<Dispatcher, 'queues' | 'verdicts'>,
  question: RoutingQuestion,
): Promise<RoutingAnswer> {
  switch (question.kind) {
    case 'queues':
      return { kind: 'queues', queues: await dispatcher.queues() };
    case 'verdicts': {
      const verdicts = dispatcher.verdicts(question.conversationId, question.agentId);
      return { kind: 'verdicts', verdicts: verdicts?.slice(0, verdictsTold) ?? null };
    }
    default:
      return question satisfies never;
  }
}
