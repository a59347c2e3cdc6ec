import type { Clock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import type { AgentAnswers } from '../../bot/learning/agent-answers.ts';
import type { KnowledgeSearch } from '../../bot/ports.ts';
import type { Contexts } from '../../conversation/contexts.ts';
import type { ConversationStore } from '../../conversation/conversation-store.ts';
import type { EventBus } from '../../conversation/event-bus.ts';
import { createAnswerMiner, maxPairs } from './answer-miner.ts';
import { createAnswersToGaps } from './answers-to-gaps.ts';
import { createPastAnswers } from './past-answers.ts';
import { type CannedReplies, createProposals, type Proposals } from './proposals.ts';
import type { SuggestionStore } from './suggestion-store.ts';
import { createSuggestions, type Suggestions } from './suggestions.ts';

/** Recommended replies with all that they live on. */
export interface RecommendedReplies {
  readonly suggestions: Suggestions;
  readonly proposals: Proposals;
  /** What agents answered where the bot could not. */
  readonly answers: AgentAnswers;
  /** The contact was erased, here or by another process. */
  forget(contactId: string): void;
  /** Follows the store; with `works`, also keeps what agents answer, in turn with the other processes. */
  run(signal: AbortSignal, options: { works: boolean }): Promise<void>;
  stop(): void;
}

export function createRecommendedReplies(deps: {
  store: SuggestionStore;
  conversations: Pick<ConversationStore, 'getAll' | 'messagesUpTo'>;
  meta: { get(name: string): Promise<string | undefined>; set(name: string, value: string): Promise<void> };
  contexts: Pick<Contexts, 'contextOf'>;
  knowledge?: KnowledgeSearch | undefined;
  canned?: CannedReplies | undefined;
  channelName?: ((channelId: string) => string) | undefined;
  bus: EventBus;
  leases: Leases;
  clock: Clock;
  onError: (error: unknown) => void;
}): RecommendedReplies {
  const { store, clock, onError } = deps;
  const past = createPastAnswers({ store, clock, maxPairs, onError });
  const miner = createAnswerMiner({
    ...deps,
    onKept: () => void past.refresh().catch(onError),
    onRemoved: () => void past.reload().catch(onError),
  });
  const suggestions = createSuggestions({ ...deps, past });
  return {
    suggestions,
    answers: createAnswersToGaps(past),
    proposals: createProposals({ past, store, canned: deps.canned, now: clock.now }),
    forget: past.forget,
    run: async (signal, { works }) => {
      await Promise.all([past.run(signal), works ? miner.run(signal) : undefined]);
    },
    stop: () => {
      miner.stop();
      suggestions.stop();
    },
  };
}
