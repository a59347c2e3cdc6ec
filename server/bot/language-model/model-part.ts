import type { Clock } from '../../base/clock.ts';
import type { ChannelFetchInit } from '../../gateway/channel-adapter.ts';
import type { GroundedAnswers, KnowledgeSearch } from '../ports.ts';
import { type Assist, type AssistedConversation, createAssist } from './assist.ts';
import { type Budget, createBudget } from './budget.ts';
import { createEmbedder, type Embedder, type VectorStore } from './embedder.ts';
import { createGroundedAnswers } from './grounded-answers.ts';
import { createLanguageModel, type LanguageModel, type ModelMetrics } from './language-model.ts';
import { createModelConfigs, type ModelConfigs, type Notes } from './model-config.ts';
import { createSealing } from './sealed-secret.ts';
import type { UsageStore } from './usage-store.ts';

/** Everything that a language model does here, on what an administrator has configured; without that, nothing. */
export interface ModelPart {
  readonly configs: ModelConfigs;
  readonly budget: Budget;
  readonly model: LanguageModel;
  readonly answers: GroundedAnswers;
  readonly assist: Assist;
  readonly embedder: Embedder;
}

export function createModelPart(deps: {
  notes: Notes;
  usage: UsageStore;
  vectors: VectorStore;
  /** The installation's: the API key is sealed with it. */
  secret: string;
  fetch: (url: string, init?: ChannelFetchInit) => Promise<Response>;
  search: KnowledgeSearch;
  conversation: (id: string) => Promise<AssistedConversation>;
  aboutConversation: (id: string) => Promise<{ readonly channelId?: string; readonly names: readonly string[] }>;
  clock: Clock;
  random: () => number;
  metrics: ModelMetrics;
}): ModelPart {
  const { clock, metrics } = deps;
  const configs = createModelConfigs({
    notes: deps.notes,
    sealing: createSealing(deps.secret, 'language-model'),
    clock,
  });
  const budget = createBudget({ store: deps.usage, clock });
  const model = createLanguageModel({ configs, budget, fetch: deps.fetch, clock, random: deps.random, metrics });
  return {
    configs,
    budget,
    model,
    answers: createGroundedAnswers({ model, aboutConversation: deps.aboutConversation }),
    assist: createAssist({ model, search: deps.search, conversation: deps.conversation }),
    embedder: createEmbedder({ model, store: deps.vectors, now: clock.now }),
  };
}
