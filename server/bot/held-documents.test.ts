import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { noBroadcast } from '../conversation/broadcast.ts';
import { openInlineStore } from '../testing/inline-store.ts';
import type { DocumentStore } from './document-store.ts';
import { createStoredEntities } from './entities/stored-entities.ts';
import { shopGraph } from './graph/shop-graph-fixture.ts';
import { createStoredGraph } from './graph/stored-graph.ts';

async function openStore(t: TestContext) {
  const store = await openInlineStore();
  t.after(() => store.close());
  return store;
}

const parts = (store: DocumentStore) => ({
  store,
  broadcast: noBroadcast,
  clock: createTestClock(),
  onError: (error: unknown) => {
    throw error;
  },
});
const asked = { now: 0, timeZone: 'UTC' };

test('what one process is taught another finds after it has looked, and one that starts later at once', async (t) => {
  const store = await openStore(t);
  const [one, other] = [
    await createStoredEntities(parts(store.documents)),
    await createStoredEntities(parts(store.documents)),
  ];
  await one.create({ name: 'colour', kind: 'dictionary', values: [{ value: 'red' }] });
  assert.equal(one.find('red', asked).length, 1);
  assert.equal(other.find('red', asked).length, 0);
  await other.reload();
  assert.equal(other.find('red', asked).length, 1);
  assert.equal((await createStoredEntities(parts(store.documents))).find('red', asked).length, 1);
});

test('changes of two processes at once are all kept, and a name is given once', async (t) => {
  const store = await openStore(t);
  const [one, other] = [
    await createStoredEntities(parts(store.documents)),
    await createStoredEntities(parts(store.documents)),
  ];
  const both = await Promise.allSettled(
    [one, other].flatMap((process, at) =>
      [`n${at}a`, `n${at}b`, 'same'].map((name) => process.create({ name, kind: 'pattern', pattern: 'AB\\d{4}' })),
    ),
  );
  assert.deepEqual(both.filter(({ status }) => status === 'rejected').length, 1);
  await Promise.all([one.reload(), other.reload()]);
  assert.deepEqual(
    one
      .all()
      .map(({ name }) => name)
      .toSorted(),
    ['n0a', 'n0b', 'n1a', 'n1b', 'same'],
  );
  assert.deepEqual(other.all(), one.all());
});

test('two processes cannot close a circle together', async (t) => {
  const store = await openStore(t);
  const [one, other] = [
    await createStoredGraph(parts(store.documents)),
    await createStoredGraph(parts(store.documents)),
  ];
  for (const id of ['a', 'b']) await one.addNode({ id, type: 'thing', names: { en: id.repeat(3) }, synonyms: [] });
  const both = await Promise.allSettled([
    one.addRelation({ from: 'a', type: 'is-a', to: 'b' }),
    other.addRelation({ from: 'b', type: 'is-a', to: 'a' }),
  ]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
});

test('a graph that was imported is the same after a restart', async (t) => {
  const store = await openStore(t);
  const graph = await createStoredGraph(parts(store.documents));
  const placed = <T>(rows: readonly T[]) => rows.map((row) => ({ place: '', row }));
  await graph.importRows(
    { nodes: placed(shopGraph.nodes), relations: placed(shopGraph.relations), answers: placed(shopGraph.answers) },
    'replace',
  );
  const again = await createStoredGraph(parts(store.documents));
  const byId = <T extends { id: string }>(rows: readonly T[]) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const part of ['nodes', 'relations', 'answers'] as const) {
    assert.deepEqual(byId<{ id: string }>(again.content()[part]), byId<{ id: string }>(shopGraph[part]));
  }
});
