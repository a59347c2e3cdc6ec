import type { Clock } from '../../base/clock.ts';
import type { ChannelFetchInit } from '../../gateway/channel-adapter.ts';
import { bothOf, modelTallies } from '../measures/model-tallies.ts';
import { createTallies, type Tallies, type TallyStore } from '../measures/tallies.ts';
import type { GroundedAnswers, KnowledgeSearch } from '../ports.ts';
import { type Assist, type AssistedConversation, createAssist } from './assist.ts';
import { type Budget, createBudget } from './budget.ts';
import { createGroundedAnswers, type GroundedMetrics } from './grounded-answers.ts';
import { createLanguageModel, type LanguageModel, type ModelMetrics } from './language-model.ts';
import { createModelConfigs, type ModelConfigs, type Notes } from './model-config.ts';
import { createSealing } from './sealed-secret.ts';
import type { UsageStore } from './usage-store.ts';

/** A language model as an administrator has configured it; without that, one that is off. */
export interface ConfiguredModel {
  readonly configs: ModelConfigs;
  readonly budget: Budget;
  readonly model: LanguageModel;
  /** What is kept of it by day. */
  readonly tallies: Tallies;
  readonly metrics: GroundedMetrics;
}

/** Everything that people see of it. */
export interface ModelPart extends ConfiguredModel {
  readonly answers: GroundedAnswers;
  readonly assist: Assist;
}

export function createConfiguredModel(deps: {
  notes: Notes;
  usage: UsageStore;
  tallies: TallyStore;
  /** The installation's: the API key is sealed with it. */
  secret: string;
  fetch: (url: string, init?: ChannelFetchInit) => Promise<Response>;
  clock: Clock;
  random: () => number;
  metrics: ModelMetrics & GroundedMetrics;
  onError: (error: unknown) => void;
}): ConfiguredModel {
  const { clock } = deps;
  const tallies = createTallies({ store: deps.tallies, clock, onError: deps.onError });
  const metrics = bothOf(deps.metrics, modelTallies(tallies));
  const configs = createModelConfigs({
    notes: deps.notes,
    sealing: createSealing(deps.secret, 'language-model'),
    clock,
  });
  const budget = createBudget({ store: deps.usage, clock });
  const model = createLanguageModel({ configs, budget, fetch: deps.fetch, clock, random: deps.random, metrics });
  return { configs, budget, model, tallies, metrics };
}

export function createModelPart(
  configured: ConfiguredModel,
  deps: {
    search: KnowledgeSearch;
    conversation: (id: string) => Promise<AssistedConversation>;
    aboutConversation: (id: string) => Promise<{ readonly channelId?: string; readonly names: readonly string[] }>;
  },
): ModelPart {
  const { model, metrics } = configured;
  return {
    ...configured,
    answers: createGroundedAnswers({ model, aboutConversation: deps.aboutConversation, metrics }),
    assist: createAssist({ model, search: deps.search, conversation: deps.conversation }),
  };
}
