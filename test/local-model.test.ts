import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeTinyModel } from '../server/bot/embeddings/tiny-model-fixture.ts';
import { until } from '../server/testing/running-program.ts';
import type { SignedInAgent } from './support/clients.ts';
import { DescribedApi } from './support/described-api.ts';
import { admin, launch, makeDataDir, startServer } from './support/server-process.ts';

interface Shown {
  readonly embeddings: {
    readonly local: { readonly state: string; readonly name?: string; readonly dimensions?: number } | null;
    readonly intents: { readonly model: string | null; readonly answered: number };
    readonly search: { readonly serving: string | null; readonly answered: number };
  };
}
interface Found {
  readonly items: readonly { readonly source: { readonly title: string } }[];
}

const groups = [
  ['refund', 'money', 'reimburse'],
  ['parcel', 'package', 'delivery'],
];
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('with a model in a folder the knowledge base and the intents go by its vectors, without any server', async (t) => {
  const dataDir = await makeDataDir(t);
  const model = join(dataDir, 'tiny');
  await writeTinyModel(model, { groups });
  const server = await startServer({ dataDir, env: { PARLEY_EMBEDDING_MODEL_DIR: model } });
  t.after(() => server.stop());
  const api = await DescribedApi.of(server);
  const { token } = await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } });
  const get = <T>(path: string) => api.must<T>(`GET /api/v1/${path}` as 'GET /', { token });
  const send = <T>(method: string, path: string, body: object = {}) =>
    api.must<T>(`${method} /api/v1/${path}` as 'GET /', { token, body });
  const shown = () => get<Shown>('language-model').then(({ embeddings }) => embeddings);

  for (const [title, body] of [
    ['Your money', 'We send it within five days.'],
    ['Your parcel', 'It takes two days.'],
  ])
    await send('POST', 'articles', {
      status: 'published',
      audience: 'public',
      versions: [{ language: 'en', title, body }],
    });
  await until(async () => (await shown()).local?.state === 'ready');
  assert.equal((await shown()).local?.dimensions, 4);
  await send('PATCH', 'language-model', { embeddings: { intents: 'local', search: 'local', waitMs: 5_000 } });
  await until(async () => (await shown()).search.serving !== null);
  const found = await get<Found>('knowledge/search?q=reimburse&audience=customer&limit=1');
  assert.equal(found.items[0]?.source.title, 'Your money');

  const text = [
    'i want my money back\trefund',
    'a refund please\trefund',
    'where is my parcel\tparcel',
    'my package\tparcel',
  ];
  await send('POST', 'intents/import', { format: 'tsv', text: `${text.join('\n')}\n` });
  const { id } = await send<{ id: string }>('POST', 'bot/trainings');
  const trained = await until(async () => {
    const training = await get<{ state: string; version: number }>(`bot/trainings/${id}`);
    return training.state !== 'running' && training;
  });
  assert.equal(trained.state, 'done');
  await send('POST', `bot/models/${trained.version}/publish`);
  const { recognition } = await send<{ recognition: { embedding: string; candidates: { intent: string }[] } }>(
    'POST',
    'bot/recognize',
    { text: 'reimburse my' },
  );
  assert.deepEqual([recognition.embedding, recognition.candidates[0]?.intent], ['used', 'refund']);
  const { intents, search } = await shown();
  assert.deepEqual([intents.answered > 0, search.answered > 0], [true, true]);

  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  const pids = children.trim().split(' ').map(Number);
  assert.ok(pids.length > 0 && pids.every(isAlive), children);
  await server.kill();
  await until(() => pids.every((pid) => !isAlive(pid)));
});

test('a start with a folder that is no model stops with the setting and the file; a damaged model is told of, and all else works', async (t) => {
  const dataDir = await makeDataDir(t);
  const model = join(dataDir, 'tiny');
  const launched = launch({ dataDir, env: { PARLEY_EMBEDDING_MODEL_DIR: model } });
  assert.equal((await launched.exited).code, 1);
  assert.match(launched.output(), /PARLEY_EMBEDDING_MODEL_DIR: .*tiny is no folder/);
  await writeTinyModel(model, { groups });
  await writeFile(join(model, 'onnx', 'model.onnx'), 'no model');
  const server = await startServer({ dataDir, env: { PARLEY_EMBEDDING_MODEL_DIR: model } });
  t.after(() => server.stop());
  const api = await DescribedApi.of(server);
  const { token } = await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } });
  const get = <T>(path: string) => api.must<T>(`GET /api/v1/${path}` as 'GET /', { token });
  const told = await until(async () => {
    const { local } = (await get<{ embeddings: { local: { state: string; detail?: string } } }>('language-model'))
      .embeddings;
    return local.state === 'unusable' && local.detail;
  });
  assert.match(told, /model\.onnx \(8 bytes\) cannot be run/);
  await get('knowledge/search?q=money&audience=customer');
});
