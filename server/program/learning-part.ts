import type { Clock } from '../base/clock.ts';
import { createIntentLabels } from '../bot/labels/intent-labels.ts';
import { createGapFinder } from '../bot/learning/gap-finder.ts';
import { createLearning } from '../bot/learning/learning.ts';
import type { EventBus } from '../conversation/event-bus.ts';
import type { Engines } from '../engines.ts';
import type { App } from '../http/app.ts';
import { approvedAnswerRoutes } from '../http/approved-answer-routes.ts';
import type { RequestAuth } from '../http/auth.ts';
import { intentLabelRoutes } from '../http/intent-label-routes.ts';
import { learningRoutes } from '../http/learning-routes.ts';
import { suggestionRoutes } from '../http/suggestion-routes.ts';
import type { Knowledge } from '../knowledge/knowledge.ts';
import { cannedRepliesOf } from '../knowledge/suggestions/proposals.ts';
import { createRecommendedReplies } from '../knowledge/suggestions/recommended-replies.ts';
import type { BotPart } from './bot-part.ts';

/** What is learnt from people: replies that are recommended, and answers to what the bot could not answer. */
export interface LearningPart {
  routes(app: App, auth: RequestAuth): void;
  /** What this process does of it until the signal aborts. */
  run(signal: AbortSignal): Promise<void>[];
  /** The contact was erased: nothing gathered from them stays. */
  forget(contactId: string): void;
  /** Ends what is gathered, and who waits for it is told. */
  stopComputing(): void;
  stop(): void;
}

export function createLearningPart(deps: {
  engines: Pick<Engines, 'store' | 'conversations' | 'leases'>;
  clock: Clock;
  bus: EventBus;
  knowledge: Knowledge;
  bot: Pick<BotPart, 'intents' | 'approved' | 'contexts'>;
  channelName: (channelId: string) => string;
  /** This process gathers, beside answering. */
  works: boolean;
  onError: (error: unknown) => void;
}): LearningPart {
  const { engines, clock, knowledge, bot, onError } = deps;
  const { store, leases } = engines;
  const replies = createRecommendedReplies({
    store: store.suggestions,
    conversations: engines.conversations,
    meta: store.meta,
    contexts: bot.contexts,
    knowledge: knowledge.search,
    canned: cannedRepliesOf(knowledge),
    channelName: deps.channelName,
    bus: deps.bus,
    leases,
    clock,
    onError,
  });
  const learning = createLearning({
    store: store.gaps,
    library: bot.intents.library,
    intents: store.intents,
    approved: bot.approved,
    answers: replies.answers,
    clock,
  });
  const labels = createIntentLabels({
    store: store.labels,
    messages: engines.conversations,
    intents: store.intents,
    model: { recognize: (text) => bot.intents.model.recognize(text) },
    bus: deps.bus,
    clock,
  });
  const gapFinder = createGapFinder({
    store: store.gaps,
    conversations: engines.conversations,
    dialogues: store.dialogues,
    lowScores: store.surveys,
    meta: store.meta,
    leases,
    clock,
    onError,
  });

  return {
    routes: (app, auth) => {
      suggestionRoutes(app, { auth, ...replies });
      learningRoutes(app, { auth, learning });
      intentLabelRoutes(app, { auth, labels, library: bot.intents.library });
      approvedAnswerRoutes(app, { auth, approved: bot.approved, store: store.gaps });
    },
    run: (signal) => [replies.run(signal, { works: deps.works }), ...(deps.works ? [gapFinder.run(signal)] : [])],
    forget: (contactId) => {
      replies.forget(contactId);
      learning.forget();
    },
    stopComputing: learning.stop,
    stop: replies.stop,
  };
}
