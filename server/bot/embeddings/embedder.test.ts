import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ModelFailure } from '../language-model/model-failure.ts';
import { openModel } from '../language-model/model-fixture.ts';
import { createEmbedder } from './embedder.ts';
import { onServer } from './embeddings.ts';

async function setUp(t: TestContext) {
  const parts = await openModel(t);
  const open = () => createEmbedder({ model: onServer(parts.model), store: parts.store.vectors, now: () => 1_000 });
  parts.server.embedWith((text) => [text.length, 1]);
  const sent = () => parts.server.received.map(({ body }) => body.input?.length);
  return { ...parts, open, sent };
}

const { signal } = new AbortController();

test('texts are asked for in batches, each once, and come back in their order with length 1', async (t) => {
  const { open, sent } = await setUp(t);
  const texts = Array.from({ length: 100 }, (_, n) => 'x'.repeat((n % 90) + 1));
  const vectors = await open().embed(texts, { keep: true, signal });
  assert.deepEqual(sent(), [64, 26]);
  for (const [at, vector] of vectors.entries()) {
    const [a = 0, b = 0] = vector;
    assert.ok(Math.abs(a / b - (texts[at]?.length ?? 0)) < 0.01);
    assert.ok(Math.abs(Math.hypot(a, b) - 1) < 1e-6);
  }
});

test('our own texts are not asked for again, not even after a restart; what customers wrote is kept in memory alone', async (t) => {
  const { open, sent, store } = await setUp(t);
  const embedder = open();
  const [first] = await embedder.embed(['hello'], { keep: true, signal });
  await embedder.embed(['hello'], { keep: true, signal });
  const [again] = await open().embed(['hello'], { keep: true, signal });
  assert.deepEqual(again, first);
  assert.deepEqual(sent(), [1]);
  await embedder.embed(['from a customer'], { keep: false, signal });
  await embedder.embed(['from a customer'], { keep: false, signal });
  assert.deepEqual(sent(), [1, 1]);
  assert.equal((await store.rows('select hash from text_vectors')).length, 1);
});

test('personal data of customers is hidden before it leaves', async (t) => {
  const { open, server } = await setUp(t);
  await open().embed(['call 13812345678'], { keep: false, signal });
  assert.deepEqual(server.received[0]?.body.input, ['call [PHONE_1]']);
});

test('a model that changes the length of its vectors is found out', async (t) => {
  const { open, server } = await setUp(t);
  const embedder = open();
  await embedder.embed(['a'], { keep: true, signal });
  server.embedWith(() => [1, 2, 3]);
  await assert.rejects(
    embedder.embed(['b'], { keep: true, signal }),
    (error: unknown) => error instanceof ModelFailure && /vectors of 3 numbers/.test(error.message),
  );
});

test('without a model there is none, and nothing is sent', async (t) => {
  const { open, configs, server } = await setUp(t);
  await configs.change({ uses: { embeddings: false } });
  assert.equal(await open().model(), undefined);
  await assert.rejects(open().embed(['a'], { keep: true, signal }), ModelFailure);
  assert.equal(server.received.length, 0);
});
