import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createModelConfigs } from './model-config.ts';
import { changeSettings, defaultModelSettings, readStoredSettings } from './model-settings.ts';
import { createSealing } from './sealed-secret.ts';

const refusedField = (patch: unknown): string | undefined => {
  try {
    changeSettings(defaultModelSettings, patch);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    assert.equal(error.code, 'settings-invalid');
    return error.field;
  }
};

test('settings that make no sense are refused with their field', () => {
  const cases: [unknown, string][] = [
    [{ baseUrl: 'ftp://x' }, 'baseUrl'],
    [{ baseUrl: 'http://user:pw@x/v1' }, 'baseUrl'],
    [{ baseUrl: 'http://x/v1?key=1' }, 'baseUrl'],
    [{ temperature: 3 }, 'temperature'],
    [{ temperature: Number.NaN }, 'temperature'],
    [{ timeoutMs: 1.5e3 + 0.5 }, 'timeoutMs'],
    [{ uses: { world: true } }, 'uses.world'],
    [{ uses: { answers: 'yes' } }, 'uses.answers'],
    [{ budget: { costPerDay: -1 } }, 'budget.costPerDay'],
    [{ budget: { costPerDay: 5 } }, 'prices.input'],
    [{ prices: { currency: 'dollars' } }, 'prices.currency'],
    [{ channelsOff: 'web' }, 'channelsOff'],
    [{ enabled: true }, 'baseUrl'],
    [{ enabled: true, baseUrl: 'https://x/v1' }, 'model'],
    [{ enabled: true, baseUrl: 'https://x/v1', model: 'm', uses: { embeddings: true } }, 'embeddingModel'],
    [{ embeddings: { intents: 'elsewhere' } }, 'embeddings.intents'],
    [{ embeddings: { waitMs: 1 } }, 'embeddings.waitMs'],
    [{ embeddings: { queryPrefix: 'x'.repeat(501) } }, 'embeddings.queryPrefix'],
    [{ enabled: true, baseUrl: 'https://x/v1', model: 'm', embeddings: { search: 'server' } }, 'uses.embeddings'],
    [{ color: 'red' }, 'color'],
    [[], ''],
  ];
  for (const [patch, field] of cases) assert.equal(refusedField(patch), field, JSON.stringify(patch));
});

test('a patch changes what it names, and an address is kept as far as /v1', () => {
  const next = changeSettings(defaultModelSettings, {
    baseUrl: ' https://x.example/v1/chat/completions ',
    budget: { tokensPerDay: 5 },
  });
  assert.equal(next.baseUrl, 'https://x.example/v1');
  assert.deepEqual(next.budget, { ...defaultModelSettings.budget, tokensPerDay: 5 });
  assert.equal(changeSettings(next, { budget: { tokensPerDay: null } }).budget.tokensPerDay, null);
});

test('what cannot be read any more is off', () => {
  for (const stored of [{ enabled: true, baseUrl: 'gopher://x' }, 7, null, { timeoutMs: 'soon' }])
    assert.equal(readStoredSettings(stored).enabled, false);
});

test('the key is sealed in the store, kept when it is not named, and gone when it is taken away', async () => {
  const store = await openTestStore();
  const clock = createTestClock();
  const open = (secret: string) =>
    createModelConfigs({ notes: store.meta, sealing: createSealing(secret, 'language-model'), clock });
  const configs = open('one secret');
  await configs.change({ apiKey: 'sk-12345678', model: 'a' });
  assert.ok(!(await store.meta.get('language-model'))?.includes('sk-12345678'));
  for (const apiKey of [undefined, '', { set: true }]) await configs.change({ apiKey, model: 'b' });
  assert.deepEqual(
    [(await open('one secret').current()).apiKey, (await configs.current()).keyState],
    ['sk-12345678', 'set'],
  );
  const other = await open('another secret').current();
  assert.deepEqual([other.apiKey, other.keyState], [undefined, 'unreadable']);
  assert.equal((await configs.change({ apiKey: null })).keyState, 'none');
  await assert.rejects(configs.change({ apiKey: 'with blank' }), (error: Refusal) => error.field === 'apiKey');
  await assert.rejects(configs.change({ apiKey: 'with\nline' }), (error: Refusal) => error.field === 'apiKey');
});
