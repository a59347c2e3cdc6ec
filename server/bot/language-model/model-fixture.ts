import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../base/clock.ts';
import { createOutboundFetch } from '../../gateway/channel-fetch.ts';
import { startModelServer } from '../../testing/model-server.ts';
import { openTestStore, type TestStore } from '../../testing/test-store.ts';
import { createBudget } from './budget.ts';
import { createLanguageModel, type ModelMetrics } from './language-model.ts';
import { createModelConfigs } from './model-config.ts';
import { createSealing } from './sealed-secret.ts';

/** A language model on a stand-in server and a real store, switched on for everything. */
export async function openModel(
  t: TestContext,
  { clock = systemClock, keeps }: { clock?: Clock; keeps?: (store: TestStore) => ModelMetrics } = {},
) {
  const store = await openTestStore();
  const server = await startModelServer({ apiKey: 'sk-right' });
  const fetch = createOutboundFetch({ allow: [server.host] });
  const counted: string[] = [];
  const metrics: ModelMetrics = keeps?.(store) ?? {
    tokens: (task, direction, count) => counted.push(`${task} ${direction} ${count}`),
    cost: (task, amount) => counted.push(`${task} cost ${amount}`),
    failed: (task, reason) => counted.push(`${task} failed ${reason}`),
    asked: () => undefined,
    first: () => undefined,
    whole: () => undefined,
    took: () => undefined,
  };
  const sealing = createSealing('a secret of this test', 'language-model');
  const configs = createModelConfigs({ notes: store.meta, sealing, clock });
  const budget = createBudget({ store: store.modelUsage, clock });
  const model = createLanguageModel({ configs, budget, fetch, clock, random: () => 0, metrics });
  await configs.change({
    enabled: true,
    baseUrl: server.baseUrl,
    model: 'small',
    embeddingModel: 'vectors',
    apiKey: 'sk-right',
    uses: { answers: true, assist: true, embeddings: true },
  });
  t.after(async () => {
    model.stop();
    await fetch.close();
    await server[Symbol.asyncDispose]();
  });
  return { store, server, fetch, configs, budget, model, counted, metrics, sealing };
}
