import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { ModelFailure } from '../language-model/model-failure.ts';
import { openModel } from '../language-model/model-fixture.ts';
import { createEmbeddings } from './embeddings.ts';
import { meaningOf } from './meanings-fixture.ts';

// A machine on which much else runs is late where nobody means it: `waitMs` is long but where that is what is tested.
async function setUp(t: TestContext, embeddings: Record<string, unknown> = {}) {
  const clock = createTestClock();
  const parts = await openModel(t, { clock });
  await parts.configs.change({ embeddings: { intents: 'server', search: 'server', waitMs: 5_000, ...embeddings } });
  parts.server.embedWith((text) => [...meaningOf(text)]);
  const defects: unknown[] = [];
  const made = createEmbeddings({
    ...{ configs: parts.configs, model: parts.model, store: parts.store.vectors, folder: undefined, clock },
    onError: (error) => defects.push(error),
  });
  t.after(() => made.stop());
  return { ...parts, clock, defects, vectors: made.intents, made };
}

const { signal } = new AbortController();

test('a question has its vector at once the second time, is masked, and is kept in memory alone', async (t) => {
  const { vectors, server, store } = await setUp(t, { queryPrefix: 'query: ' });
  assert.equal(vectors.inMemory('refund'), undefined);
  const first = await vectors.ofQuestion(' call 13812345678 ');
  assert.deepEqual(first?.of, { kind: 'server', model: 'vectors', prefix: 'query: ' });
  assert.deepEqual(server.received[0]?.body.input, ['query: call [PHONE_1]']);
  assert.deepEqual(await vectors.ofQuestion('call 13812345678'), first);
  assert.deepEqual(vectors.inMemory('call 13812345678'), first);
  assert.equal(server.received.length, 1);
  assert.deepEqual(await store.rows('select hash from text_vectors'), []);
});

test('what is asked and what may answer have prefixes of their own, and our own texts are asked for once', async (t) => {
  const { vectors, server } = await setUp(t, { queryPrefix: 'query: ', passagePrefix: 'passage: ' });
  const shares: number[] = [];
  const texts = Array.from({ length: 70 }, (_, at) => `utterance ${at}`);
  const options = { as: 'query', keep: true, signal, onProgress: (share: number) => shares.push(share) } as const;
  const { of, vectors: made } = await vectors.ofMany(texts, options);
  assert.deepEqual([of.prefix, made.length, shares], ['query: ', 70, [64 / 70, 1]]);
  await vectors.ofMany(texts, options);
  const passages = await vectors.ofMany(['an article'], { as: 'passage', keep: true, signal });
  assert.equal(passages.of.prefix, 'passage: ');
  const inputs = server.received.map(({ body }) => body.input?.length);
  assert.deepEqual([inputs, server.received.at(-1)?.body.input], [[64, 6, 1], ['passage: an article']]);
});

test('a server that is silent, busy or broken is missed in a bounded time, and left alone after a few times', async (t) => {
  const { vectors, server, clock, configs, defects } = await setUp(t, { waitMs: 60 });
  const behaviours = [
    { kind: 'silent' },
    { kind: 'status', status: 429, retryAfterS: 30 },
    { kind: 'raw', body: '{}', contentType: 'application/json' },
    { kind: 'status', status: 500 },
    { kind: 'silent' },
  ] as const;
  for (const [at, behaviour] of behaviours.entries()) {
    server.answer(behaviour);
    const began = performance.now();
    assert.equal(await vectors.ofQuestion(`question ${at}`), undefined);
    assert.ok(performance.now() - began < 5_000);
  }
  server.answer({ kind: 'text', text: 'well again' });
  const asked = server.received.length;
  assert.equal(await vectors.ofQuestion('question'), undefined);
  assert.deepEqual([server.received.length, vectors.counts.missed], [asked, 6], 'it is left alone');
  assert.ok(vectors.counts.problem !== undefined);
  await configs.change({ embeddings: { waitMs: 5_000 } });
  await clock.advance(40_000);
  assert.ok((await vectors.ofQuestion('question')) !== undefined);
  assert.deepEqual([vectors.counts.answered, vectors.counts.problem, defects], [1, undefined, []]);
});

test('vectors that are none, or of another length than before, are missed and never used', async (t) => {
  const { vectors, server } = await setUp(t);
  assert.equal((await vectors.ofQuestion('refund'))?.vector.length, 16);
  for (const vector of [[1, 2, 3], [0, 0, 0], ['x', 'y'], [null], []]) {
    server.embedWith(() => vector);
    assert.equal(await vectors.ofQuestion(`asked of ${JSON.stringify(vector)}`), undefined);
  }
  await assert.rejects(
    vectors.ofMany(['our own'], { as: 'query', keep: true, signal }),
    (error: unknown) => error instanceof ModelFailure,
  );
});

test('where nothing is set, is switched off or another embedding is wanted, nothing is asked', async (t) => {
  const { vectors, configs, server } = await setUp(t);
  const other = { kind: 'server', model: 'another', prefix: '' } as const;
  assert.equal(await vectors.ofQuestion('refund', { of: other }), undefined);
  await configs.change({ embeddings: { intents: 'none' } });
  assert.deepEqual([await vectors.isWanted(), await vectors.ofQuestion('refund')], [false, undefined]);
  await configs.change({ embeddings: { intents: 'local' } });
  assert.deepEqual([await vectors.isWanted(), await vectors.current()], [true, undefined]);
  await configs.change({ enabled: false, embeddings: { intents: 'server' } });
  assert.equal(await vectors.ofQuestion('refund'), undefined);
  await assert.rejects(vectors.ofMany(['x'], { as: 'query', keep: true, signal }), /is not there, or is switched off/);
  assert.equal(server.received.length, 0);
});

test('a budget that is spent is told to whoever embeds our own texts, and missed by whoever asks', async (t) => {
  const { vectors, configs, server } = await setUp(t);
  await configs.change({ budget: { tokensPerDay: 0 } });
  assert.equal(await vectors.ofQuestion('refund'), undefined);
  await assert.rejects(vectors.ofMany(['x'], { as: 'query', keep: true, signal }), /budget/);
  assert.equal(server.received.length, 0);
  assert.match(vectors.counts.problem ?? '', /budget/);
});
