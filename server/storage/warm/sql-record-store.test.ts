import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PresenceRow, QueueRow } from '../../routing/record-store.ts';
import { inbound, moved, openTestStore, reply, type TestStore } from '../../testing/test-store.ts';

const always = { from: 0, to: 2 ** 45 };
const wanted = { from: 0, attributes: true, words: true };

async function begun(store: TestStore, name: string, at: number): Promise<string> {
  const [result] = await store.conversations.append([inbound(name, { at })]);
  assert.ok(result !== undefined && result.kind !== 'refused');
  return result.conversationId;
}

/** All of the queue's record, read in pages of one. */
async function queueRecord(store: TestStore): Promise<QueueRow[]> {
  const all: QueueRow[] = [];
  for (;;) {
    const after = all.at(-1);
    const rows = await store.record.queueRecord(always, { limit: 1, ...(after === undefined ? {} : { after }) });
    if (rows.length === 0) return all;
    all.push(...rows);
  }
}

test('it is kept when conversations come and come again, and when they leave with nobody; what agents do stands in the decisions', async () => {
  const store = await openTestStore();
  const id = await begun(store, 'ann', 1_000);
  const other = await begun(store, 'ben', 1_000);
  const of = { conversationId: id };
  await store.conversations.append([
    moved(of, { to: 'agent', assigneeId: 'a' }, { at: 2_000 }),
    reply(id, { at: 3_000 }),
    moved(of, { to: 'queued' }, { at: 4_000 }),
    moved(of, { to: 'agent', assigneeId: 'b' }, { at: 5_000 }),
    moved(of, { to: 'closed' }, { at: 6_000 }),
    moved(
      { conversationId: other },
      { to: 'closed', note: { groupId: null, why: 'abandoned', record: '{}' } },
      { at: 6_000 },
    ),
  ]);
  await store.conversations.append([inbound('ann', { at: 7_000, reopenWithinMs: 10_000 })]);
  await store.conversations.append([
    moved(of, { to: 'closed' }, { at: 8_000 }),
    moved(of, { to: 'queued' }, { at: 9_000 }),
  ]);
  const rows = await queueRecord(store);
  assert.deepEqual(
    rows.map(({ at, conversationId, epoch, kind, why }) => [at, String(conversationId), epoch, kind, why]),
    [
      [1_000, id, 1, 'came', 'created'],
      [1_000, other, 1, 'came', 'created'],
      [6_000, other, 2, 'left', 'abandoned'],
      [7_000, id, 6, 'came', 'reopened'],
      [8_000, id, 7, 'left', 'by-hand'],
      [9_000, id, 8, 'came', 'by-hand'],
    ],
  );
  assert.equal(await store.record.countQueueRecord({ from: 1_001, to: 8_000 }, 10), 2);
  assert.equal(await store.record.countQueueRecord(always, 3), 3);
  const came = rows.filter(({ kind }) => kind === 'came');
  const visits = await store.record.visitRows(came, { ...wanted, from: 3_000 });
  assert.deepEqual(
    visits.decisions.map(({ conversationId, epoch, n, at, kind, agentId }) => [
      ...[String(conversationId), epoch, n, Number(at), kind, agentId],
    ]),
    [
      [id, 2, 0, 4_000, 'requeue', 'a'],
      [id, 3, 0, 5_000, 'assign', 'b'],
      [id, 4, 0, 6_000, 'end', 'b'],
    ],
  );
  assert.deepEqual(
    visits.answers.map((one) => [String(one.conversationId), one.seq, Number(one.at)]),
    [[id, 1, 3_000]],
  );
  assert.deepEqual(
    visits.words.map((one) => [String(one.conversationId), one.seq]).toSorted(),
    [
      [id, 1],
      [id, came[2]?.seq],
      [other, 1],
    ].toSorted(),
  );
});

test('what is read of conversations is what they are now; of those that were removed nothing is', async () => {
  const store = await openTestStore();
  const id = await begun(store, 'ann', 1_000);
  const contactId = (await store.conversations.get(id))?.contact.id ?? '';
  await store.conversations.patchContact(contactId, { attributes: { vip: 'yes', page: '/a' } }, 2_000);
  await store.conversations.patch(id, { tags: ['x'], priority: 'high', skillGroupId: 'sales' }, 2_000);
  const came = [
    { conversationId: Number(id), seq: 1 },
    { conversationId: 99, seq: 1 },
  ];
  const { conversations } = await store.record.visitRows(came, wanted);
  const [row, ...more] = conversations;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [row?.groupId, row?.priority, row?.tags, row?.attributes, row?.isReturning, row?.archivedSeq],
    ['sales', 'high', '["x"]', '{"vip":"yes","page":"/a"}', false, 0],
  );
  assert.deepEqual(await store.record.visitRows([], wanted), {
    conversations: [],
    decisions: [],
    words: [],
    answers: [],
  });
});

test('presences are read in order, each once, and what is old goes a bounded part at a time', async () => {
  const store = await openTestStore();
  const presence = { presence: 'finishing', reason: 'wrapping up', capacity: 2 };
  const all = [1, 2, 2, 2, 3, 4].map((at, i) => ({ at, agentId: `a${i}`, ...presence }));
  await store.record.addPresences(all);
  await store.record.addPresences([{ at: 1, agentId: 'a0', ...presence, presence: 'online' }]);
  const read: PresenceRow[] = [];
  for (let after: PresenceRow | undefined; ; ) {
    const rows = await store.record.presences(always, { limit: 2, ...(after === undefined ? {} : { after }) });
    read.push(...rows);
    after = rows.at(-1);
    if (rows.length < 2) break;
  }
  assert.deepEqual(read, all);
  await begun(store, 'ann', 2);
  // What has the time of the last one goes with it.
  assert.equal(await store.record.forget(4, 2), true);
  const left = async () => (await store.record.presences(always, { limit: 9 })).map(({ at }) => at);
  assert.deepEqual(await left(), [3, 4]);
  assert.equal(await store.record.forget(4, 2), false);
  assert.deepEqual(await left(), [4]);
  assert.deepEqual(await queueRecord(store), []);
});
