import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSlaCase } from '../../routing/sla/sla-case.ts';
import type { SlaResult, SlaSave } from '../../routing/sla/sla-store.ts';
import { append, inbound, moved, openTestStore, reply, type TestStore } from '../../testing/test-store.ts';

const slaCase = newSlaCase({ at: 1_000, status: 'queued', isAsked: true, isAnswered: false, isSnoozed: false });

function save(id: string, of: Partial<SlaSave> = {}): SlaSave {
  return { id, rev: 0, state: slaCase, groupId: 'g', assigneeId: null, dueAt: null, nextAt: null, results: [], ...of };
}
async function openWatched(): Promise<TestStore> {
  const store = await openTestStore();
  await store.sla.watch(true);
  return store;
}
const idOf = async (store: TestStore, contact: string) =>
  (await append(store, inbound(contact)))[0]?.conversationId ?? '';
const kindsOf = async (store: TestStore) => (await store.sla.events(100)).map(({ kinds }) => kinds);
const breached = (at: number, n = 1) =>
  ({ outcome: 'breached', target: 'first-answer', n, at, policyId: 'p', priority: 'normal' }) as const;

test('what the clocks go by is noted with it, once, and of most messages nothing', async () => {
  const store = await openWatched();
  const id = await idOf(store, 'ann');
  await append(store, inbound('ann'), inbound('ann'));
  await append(store, reply(id, { private: true }));
  await append(store, moved({ conversationId: id }, { to: 'agent', assigneeId: 'a' }));
  await append(store, reply(id), reply(id));
  await append(store, inbound('ann'));
  await append(store, reply(id, { senderType: 'bot' }));
  await append(store, reply(id));
  await store.conversations.patch(id, { tags: ['x'] }, 1);
  await store.conversations.patch(id, { priority: 'high' }, 7_000);
  await append(store, moved({ conversationId: id }, { to: 'closed' }));
  await append(store, { ...inbound('ann', { at: 5_000 }), reopenWithinMs: 10_000 });
  assert.deepEqual(await kindsOf(store), [
    'created,queued,asked',
    'agent',
    'answered',
    'asked',
    'answered',
    'changed',
    'closed',
    'queued,asked',
  ]);
  const row = { id, epoch: 4, routing: null };
  assert.equal(await store.assignments.route(row, { routing: '{}', groupId: 'g' }), true);
  assert.equal(await store.assignments.route({ ...row, routing: '{}' }, { routing: '{"a":1}' }), true);
  assert.deepEqual((await kindsOf(store)).slice(8), ['changed']);
  await store.sla.watch(false);
  await append(store, inbound('ben'));
  assert.equal((await kindsOf(store)).length, 9);
});

test('a repeat of a message is not noted again', async () => {
  const store = await openWatched();
  await append(store, inbound('ann', { clientId: 'c1' }));
  await append(store, inbound('ann', { clientId: 'c1' }));
  assert.deepEqual(await kindsOf(store), ['created,queued,asked']);
});

test('clocks are stored with the events that they were made from, all or nothing, and once', async () => {
  const store = await openWatched();
  const [ann, ben] = [await idOf(store, 'ann'), await idOf(store, 'ben')];
  const events = await store.sla.events(10);
  const ids = events.map((event) => event.id);
  const both = [save(ann, { nextAt: 5_000, dueAt: 9_000 }), save(ben, { nextAt: 4_000 })];
  assert.equal(await store.sla.save(both, ids), true);
  assert.deepEqual(await store.sla.events(10), []);
  assert.equal(await store.sla.save(both, ids), false, 'the events are gone');
  assert.equal(await store.sla.save([save(ann)], []), false, 'somebody keeps them already');
  assert.equal(await store.sla.save([save(ann, { rev: 1, nextAt: null }), save(ben, { rev: 7 })], []), false);
  assert.deepEqual(await store.sla.due(4_999, 10), [ben]);
  assert.deepEqual(await store.sla.due(5_000, 10), [ben, ann]);
  assert.equal(await store.sla.nextAt(), 4_000);
  const [subject] = await store.sla.subjects([ann]);
  assert.deepEqual(subject?.kept, { rev: 1, state: slaCase });
});

test('of two that store the same at the same moment one does', async () => {
  const store = await openWatched();
  const id = await idOf(store, 'ann');
  const ids = (await store.sla.events(10)).map((event) => event.id);
  const results = [breached(60_000)];
  const stored = await Promise.all([1, 2, 3].map(() => store.sla.save([save(id, { results })], ids)));
  assert.deepEqual(stored.filter(Boolean), [true]);
  assert.equal((await store.sla.results({ outcome: 'breached', limit: 10 })).length, 1);
  const [totals] = await store.sla.summary({ now: 0, soonMs: 1, since: [0] });
  assert.deepEqual(totals?.since, [{ met: 0, breached: 1 }]);
});

test('what is to be known of a conversation says whether a person has answered, and what waits', async () => {
  const store = await openWatched();
  const [ann, ben] = [await idOf(store, 'ann'), await idOf(store, 'ben')];
  await append(store, reply(ann, { at: 4_000 }), inbound('ben'), reply(ben, { private: true }));
  const subjects = new Map((await store.sla.subjects([ann, ben, '999'])).map((one) => [one.id, one]));
  assert.equal(subjects.size, 2);
  const [a, b] = [subjects.get(ann), subjects.get(ben)];
  assert.deepEqual([a?.isAsked, a?.isAnswered, a?.lastSender, a?.lastMessageAt], [false, true, 'agent', 4_000]);
  assert.deepEqual([b?.isAsked, b?.isAnswered, b?.lastSender], [true, false, 'contact']);
});

test('results are counted by group and time, how late comes with the end, and pages of them follow each other', async () => {
  const store = await openWatched();
  const hour = 3_600_000;
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) ids.push(await idOf(store, name));
  const [a = '', b = '', c = ''] = ids;
  const met = { outcome: 'met', target: 'resolution', n: 1, policyId: 'p', priority: 'high', tookMs: 5 } as const;
  const saves = [
    save(a, { results: [breached(hour), { ...met, at: 3 * hour }], dueAt: 9 * hour }),
    save(b, { results: [breached(2 * hour)], dueAt: 10 * hour }),
    save(c, { groupId: 'h', results: [breached(2 * hour), breached(2 * hour, 2)], dueAt: 11 * hour }),
  ];
  assert.equal(await store.sla.save(saves, []), true);
  const late = { ...breached(4 * hour), outcome: 'late', tookMs: 70, lateMs: 10 } as const;
  assert.equal(await store.sla.save([save(a, { rev: 1, results: [late] })], []), true);
  const pages: SlaResult[] = [];
  for (let before: SlaResult | undefined; ; before = pages.at(-1)) {
    const found = await store.sla.results({ outcome: 'breached', limit: 1, ...(before && { before }) });
    if (found[0] === undefined) break;
    pages.push(found[0]);
  }
  assert.deepEqual(
    pages.map(({ conversationId, n, at, lateMs }) => [conversationId, n, at / hour, lateMs]),
    [
      [c, 2, 2, null],
      [c, 1, 2, null],
      [b, 1, 2, null],
      [a, 1, 1, 10],
    ],
  );
  const totals = await store.sla.summary({ now: 9.5 * hour, soonMs: hour, since: [1.6 * hour, 0] });
  const g = totals.find(({ groupId }) => groupId === 'g');
  assert.deepEqual(g, {
    groupId: 'g',
    running: 1,
    dueSoon: 1,
    overdue: 0,
    since: [
      { met: 1, breached: 1 },
      { met: 1, breached: 2 },
    ],
  });
  const [row] = await store.rows("select sum(late_ms) as late from sla_counts where group_id = 'g'");
  assert.equal(Number(row?.late), 10);
  const slots = async () =>
    (await store.rows("select distinct slot from sla_counts where group_id = 'g' order by slot")).map(
      ({ slot }) => Number(slot) / hour,
    );
  assert.deepEqual(await slots(), [1, 2, 3, 4]);
  await store.sla.removeCountsBefore(1.6 * hour);
  assert.deepEqual(await slots(), [2, 3, 4]);
});

test('open conversations are listed by what is due first, of one agent, of nobody, and what is over alone', async () => {
  const store = await openWatched();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await idOf(store, name));
  const [a = '', b = '', c = '', d = ''] = ids;
  await store.sla.save(
    [
      save(a, { dueAt: 3_000 }),
      save(b, { dueAt: 1_000, assigneeId: 'ada' }),
      save(c, { dueAt: 2_000, assigneeId: 'ada' }),
      save(d),
    ],
    [],
  );
  const list = async (filter: Parameters<typeof store.conversations.list>[0]) => {
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await store.conversations.list(filter, { limit: 1, ...(cursor && { cursor }) });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    return found;
  };
  assert.deepEqual(await list({ sla: {} }), [b, c, a]);
  assert.deepEqual(await list({ sla: {}, assigneeId: 'ada' }), [b, c]);
  assert.deepEqual(await list({ sla: {}, assigneeId: 'none' }), [a]);
  assert.deepEqual(await list({ sla: { overdueAt: 2_000 } }), [b, c]);
});

test('clocks and results go with their conversation', async () => {
  const store = await openWatched();
  const id = await idOf(store, 'ann');
  await store.sla.save([save(id, { results: [breached(1)], nextAt: 1 })], []);
  const contactId = (await store.conversations.get(id))?.contact.id ?? '';
  await store.archive.erase(contactId, { agentId: 'a', at: 1 });
  assert.deepEqual(await store.sla.due(10, 10), []);
  assert.deepEqual(await store.sla.results({ outcome: 'breached', limit: 10 }), []);
  assert.equal(
    await store.sla.save(
      [],
      (await store.sla.events(10)).map((event) => event.id),
    ),
    true,
  );
});
