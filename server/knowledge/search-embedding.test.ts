import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { createEmbeddings } from '../bot/embeddings/embeddings.ts';
import { meaningOf } from '../bot/embeddings/meanings-fixture.ts';
import { openModel } from '../bot/language-model/model-fixture.ts';
import { until } from '../testing/running-program.ts';
import { createPassageIndex } from './search/passage-index.ts';
import { createSearchEmbedding } from './search-embedding.ts';

const articles = [
  { id: 'refund', title: 'Refunds', text: 'We send your money back within five days.' },
  { id: 'delivery', title: 'Parcels', text: 'A package takes two days.' },
  { id: 'hours', title: 'Opening hours', text: 'We are open from nine to six.' },
];

async function setUp(t: TestContext, embeddings: Record<string, unknown> = {}) {
  const clock = createTestClock();
  const { configs, model, store, server } = await openModel(t, { clock });
  // A machine on which much else runs is late where nobody means it.
  await configs.change({ embeddings: { search: 'server', waitMs: 5_000, ...embeddings } });
  server.embedWith((text) => [...meaningOf(text)]);
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const index = createPassageIndex();
  const { search: vectors } = createEmbeddings({
    ...{ configs, model, store: store.vectors, folder: undefined, clock, onError },
  });
  const open = () => createSearchEmbedding({ vectors, index, clock, onError });
  const search = open();
  const stop = new AbortController();
  const running = search.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await running;
  });
  index.put(articles);
  /** Lets it look at the settings, and waits for what comes of it. */
  const until_ = async (isSo: () => boolean) => {
    await until(async () => {
      await clock.advance(2_000);
      return isSo();
    });
  };
  const find = async (text: string) => {
    const vector = await search.question(text, undefined);
    return index.search(text, { limit: 1, vector })[0]?.docId;
  };
  const passagesSent = () =>
    server.received.flatMap(({ body }) => body.input ?? []).filter((text) => text.startsWith('Refunds')).length;
  return { configs, store, server, index, search, find, defects, becomes: until_, passagesSent };
}

test('search goes by the vectors of the server that the settings name, and by what was learnt again when they name none', async (t) => {
  const { find, search, becomes, configs, index, defects, store } = await setUp(t);
  await becomes(() => search.state.serving !== null);
  assert.deepEqual(search.state, {
    serving: { kind: 'server', model: 'vectors', prefix: '' },
    building: null,
    problem: null,
  });
  assert.equal(await find('reimburse 回款'), 'refund');
  assert.ok((await store.rows('select hash from text_vectors')).length >= articles.length);
  await configs.change({ embeddings: { search: 'none' } });
  await becomes(() => index.servingEmbedder === undefined);
  assert.deepEqual(
    [search.state.serving, await find('reimburse 回款'), await find('refunds')],
    [null, undefined, 'refund'],
  );
  assert.deepEqual(defects, []);
});

test('what is chosen before there is any passage, or while the index refreshes, serves as soon as it can', async (t) => {
  const { find, search, becomes, index } = await setUp(t);
  index.remove(articles.map(({ id }) => id));
  await becomes(() => search.state.problem === null && index.size === 0);
  index.put(articles);
  const refreshing = index.refresh();
  await becomes(() => search.state.serving !== null);
  await refreshing;
  assert.equal(await find('reimburse 回款'), 'refund');
});

test('while a server fails the learnt vectors serve, it is asked again later, and it is told why', async (t) => {
  const { find, server, search, becomes, defects } = await setUp(t);
  server.answer({ kind: 'status', status: 401 });
  await becomes(() => search.state.problem !== null);
  assert.deepEqual([search.state.serving, await find('refunds')], [null, 'refund']);
  assert.match(search.state.problem ?? '', /401/);
  server.answer({ kind: 'text', text: '' });
  await becomes(() => search.state.serving !== null);
  assert.deepEqual([search.state.problem, await find('reimburse 回款')], [null, 'refund']);
  assert.deepEqual(defects, []);
});

test('a question whose vector is late is searched by its words', async (t) => {
  const { find, server, search, becomes, configs } = await setUp(t, { waitMs: 50 });
  await becomes(() => search.state.serving !== null);
  server.answer({ kind: 'silent' });
  const began = performance.now();
  assert.deepEqual([await find('money back'), await find('reimburse 回款')], ['refund', undefined]);
  assert.ok(performance.now() - began < 5_000);
  await configs.change({ enabled: false });
  assert.deepEqual([await find('money back'), search.state.serving?.model], ['refund', 'vectors']);
});

test('another model is built beside what serves, and vectors that are stored are not asked for again', async (t) => {
  const { find, search, becomes, configs, passagesSent } = await setUp(t);
  await becomes(() => search.state.serving !== null);
  const first = passagesSent();
  await configs.change({ embeddingModel: 'more-vectors' });
  await becomes(() => search.state.serving?.model === 'more-vectors');
  assert.equal(await find('reimburse 回款'), 'refund');
  const second = passagesSent();
  assert.ok(second > first);
  await configs.change({ embeddingModel: 'vectors' });
  await becomes(() => search.state.serving?.model === 'vectors');
  assert.deepEqual([passagesSent(), await find('reimburse 回款')], [second, 'refund']);
});
