import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createParquetStore } from '../storage/cold/parquet-store.ts';
import { archiveUntilIdle, dayMs } from '../testing/archive.ts';
import { append, channelId, inbound, moved, openTestStore, reply, type TestStore } from '../testing/test-store.ts';
import type { ArchiveStore } from './archive-store.ts';
import type { ColdStore } from './cold-store.ts';
import type { ConversationStore } from './conversation-store.ts';
import { createHistory } from './history.ts';
import { tieredConversations } from './tiered-conversations.ts';

const start = Date.UTC(2026, 0, 20);
const closed = { to: 'closed' } as const;

interface Tiers {
  readonly store: TestStore;
  readonly cold: ColdStore;
  readonly conversations: ConversationStore;
  /** Archives what is due `days` after the start. */
  archive(days: number, over?: Partial<Parameters<typeof archiveUntilIdle>[0]>): ReturnType<typeof archiveUntilIdle>;
}

async function openTiers(t: TestContext): Promise<Tiers> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-archive-'));
  const store = await openTestStore();
  const cold = createParquetStore({ dir, files: store.archiveFiles, memory: '256MB', now: Date.now });
  t.after(async () => {
    await cold.close();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    store,
    cold,
    conversations: tieredConversations(store.conversations, store.archive, cold),
    archive: (days, over) => archiveUntilIdle({ store: store.archive, cold, ...over }, start + days * dayMs),
  };
}

/** A closed conversation with this many messages of its contact. */
async function closedConversation(store: TestStore, contact: string, messages: number, at = start): Promise<string> {
  const said = await append(
    store,
    ...Array.from({ length: messages }, (_, i) => inbound(contact, { text: `${contact} says ${i + 1}`, at: at + i })),
  );
  const { conversationId } = said[0] as { conversationId: string };
  await append(store, moved({ conversationId }, closed, { at: at + messages }));
  return conversationId;
}

/** Everything that a reader can ask of a conversation. */
async function readings(conversations: ConversationStore, id: string) {
  const pages = [];
  for (const publicOnly of [false, true]) {
    for (let after = 0; ; ) {
      const page = await conversations.messages(id, { limit: 3, publicOnly, after });
      pages.push(page);
      const last = page.at(-1)?.seq;
      if (last === undefined) break;
      after = last;
    }
    for (let before = 1_000; before > 1; ) {
      const page = await conversations.messages(id, { limit: 4, publicOnly, fromEnd: true, before });
      pages.push(page);
      before = page[0]?.seq ?? 0;
    }
  }
  const places = [1, 2, 4, 7].map((seq) => ({ conversationId: id, seq }));
  pages.push(...(await conversations.messagesUpTo(places, 3)));
  // As a client catches up: page by page, the later word on a message holds.
  const changed = new Map<number, unknown>();
  let since = 0;
  for (let more = true; more; ) {
    const page = await conversations.changedSince(id, since, 2);
    for (const message of page.messages) changed.set(message.seq, message);
    since = page.changes;
    more = page.more;
  }
  return { pages, changed, since, whole: await conversations.changedSince(id, 0, 1_000) };
}

/** A store of which one step is the test's. */
function withSettle(store: ArchiveStore, settle: ArchiveStore['settle']): ArchiveStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = name === 'settle' ? settle : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const rowsOf = async (store: TestStore, id: string) =>
  Number((await store.rows('select count(*) as n from messages where conversation_id = ?', id))[0]?.n);

const step = fc.oneof(
  fc.record({ do: fc.constant('in' as const), text: fc.string({ maxLength: 20 }), months: fc.nat(2) }),
  fc.record({
    do: fc.constant('out' as const),
    text: fc.string({ maxLength: 20 }),
    for: fc.constantFrom({ private: false }, { private: true }, { private: true, whisper: true } as const),
  }),
  fc.record({ do: fc.constant('recall' as const), of: fc.nat(8) }),
  fc.record({ do: fc.constant('edit' as const), of: fc.nat(8), text: fc.string({ maxLength: 20 }) }),
  fc.record({ do: fc.constant('read' as const), of: fc.nat(8) }),
);

test('whatever was said and changed reads the same from the archive, and goes on from there', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  let run = 0;
  const history = fc.array(step, { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(history, history, async (before, later) => {
      run += 1;
      const [first] = await append(store, inbound(`c${run}`, { at: start }));
      const id = first?.conversationId as string;
      const play = async (steps: readonly (typeof before)[number][], at: number) => {
        for (const [index, one] of steps.entries()) {
          const lastSeq = (await conversations.get(id))?.lastSeq ?? 1;
          const seq = 'of' in one ? (one.of % lastSeq) + 1 : 0;
          if (one.do === 'in') {
            // Messages of one conversation lie in several months.
            const month = one.months * 31 * dayMs;
            await append(store, {
              ...inbound('', { text: one.text, at: at + index + month }),
              target: { conversationId: id },
            });
          } else if (one.do === 'out') {
            await append(store, reply(id, { text: one.text, ...one.for, at: at + index }));
          } else if (one.do === 'recall') {
            await conversations.changeMessage({ conversationId: id, seq, recalledAt: at });
          } else if (one.do === 'edit') {
            const content = JSON.stringify({ type: 'text', text: one.text });
            await conversations.changeMessage({ conversationId: id, seq, edited: { content, at } });
          } else await conversations.markRead(id, 'contact', seq, at);
        }
        await append(store, moved({ conversationId: id }, closed, { at: at + 100 }));
      };
      await play(before, start);
      const one = await readings(conversations, id);
      await archive(31);
      assert.equal(await rowsOf(store, id), 0, 'the messages have left the warm store');
      assert.deepEqual(await readings(conversations, id), one);

      await append(store, moved({ conversationId: id }, { to: 'queued' }, { at: start + 40 * dayMs }));
      await play(later, start + 40 * dayMs);
      const two = await readings(conversations, id);
      await archive(80);
      assert.equal(await rowsOf(store, id), 0);
      assert.deepEqual(await readings(conversations, id), two);
      assert.equal(
        (await cold.messages(Number(id), { before: 1_000, limit: 1_000 })).length,
        (await conversations.get(id))?.lastSeq,
      );
    }),
    { numRuns: Number(process.env.PARLEY_TEST_STORE === 'mariadb' ? 4 : 12) },
  );
});

test('only what has been closed for long enough is archived', async (t) => {
  const { store, archive } = await openTiers(t);
  const old = await closedConversation(store, 'ann', 2);
  const young = await closedConversation(store, 'ben', 2, start + 5 * dayMs);
  const [open] = await append(store, inbound('cem', { at: start }));
  await archive(31);
  assert.equal(await rowsOf(store, old), 0);
  assert.equal(await rowsOf(store, young), 3);
  assert.equal(await rowsOf(store, open?.conversationId as string), 1);
});

test('a conversation that changes while it is archived stays, and comes as it is by then', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const quiet = await closedConversation(store, 'ann', 3);
  const busy = await closedConversation(store, 'ben', 3);
  let isFirst = true;
  const verify: ColdStore['verify'] = async (batch) => {
    const tally = await cold.verify(batch);
    if (isFirst) await conversations.changeMessage({ conversationId: busy, seq: 2, recalledAt: start + 31 * dayMs });
    isFirst = false;
    return tally;
  };
  const { left } = await archive(31, { cold: { ...cold, verify } });
  assert.equal(left, 1);
  assert.equal(await rowsOf(store, quiet), 0);
  assert.equal((await conversations.messages(busy, { limit: 9 }))[1]?.recalledAt, start + 31 * dayMs);
  await archive(90);
  assert.equal(0, await rowsOf(store, busy));
  assert.equal((await conversations.messages(busy, { limit: 9 }))[1]?.recalledAt, start + 31 * dayMs);
});

test('what is not read back as it was written stays where it is, and the operator is told', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const id = await closedConversation(store, 'ann', 3);
  const before = await readings(conversations, id);
  const verify: ColdStore['verify'] = async (batch) => {
    const { count, checksum } = await cold.verify(batch);
    return { count, checksum: String(BigInt(checksum) + 1n) };
  };
  await assert.rejects(archive(31, { cold: { ...cold, verify } }), /nothing was deleted/);
  assert.equal(await rowsOf(store, id), 4);
  assert.deepEqual(await readings(conversations, id), before);
  assert.equal((await cold.size()).messages, 0);
  await archive(31);
  assert.deepEqual(await readings(conversations, id), before);
});

test('a receipt that comes after years brings its message back, and both tiers agree', async (t) => {
  const { store, conversations, archive } = await openTiers(t);
  const [first] = await append(store, inbound('ann', { at: start }));
  const id = first?.conversationId as string;
  await append(
    store,
    reply(id, { state: 'sent', at: start + 1 }),
    moved({ conversationId: id }, closed, { at: start + 2 }),
  );
  await archive(31);
  const before = await conversations.changedSince(id, 0, 10);
  const changed = await conversations.changeMessage({ conversationId: id, seq: 2, state: 'read', onlyFrom: ['sent'] });
  assert.equal(changed?.message.state, 'read');
  assert.deepEqual(
    (await conversations.messages(id, { limit: 9 })).map(({ seq, state }) => `${seq} ${state}`),
    ['1 received', '2 read', '3 sent'],
  );
  const since = await conversations.changedSince(id, before.changes, 10);
  assert.deepEqual(
    since.messages.map(({ seq }) => seq),
    [2],
  );
  await archive(400);
  assert.equal(await rowsOf(store, id), 0);
  assert.equal((await conversations.messages(id, { limit: 9 }))[1]?.state, 'read');
  // What comes twice changes nothing, and brings nothing back.
  assert.equal(await conversations.changeMessage({ conversationId: id, seq: 9, state: 'read' }), undefined);
});

test('what a person may still send again stays in the warm store', async (t) => {
  const { store, conversations, archive } = await openTiers(t);
  const [first] = await append(store, inbound('ann', { at: start }));
  const id = first?.conversationId as string;
  await append(
    store,
    reply(id, { deliver: true, at: start + 1 }),
    moved({ conversationId: id }, closed, { at: start + 2 }),
  );
  const [delivery] = (await store.outbox.due(channelId, start + dayMs, 10)).deliveries;
  assert.ok(delivery);
  await store.outbox.begin(delivery.id, delivery.attempts);
  await store.outbox.finish(delivery, { kind: 'failed', reason: 'no such user' }, start);
  const before = await readings(conversations, id);
  await archive(31);
  assert.equal(await rowsOf(store, id), 1);
  assert.deepEqual(await readings(conversations, id), before);
  assert.equal((await store.outbox.resend(id, 2, start + 32 * dayMs))?.message.state, 'queued');
});

test('a long conversation goes piece by piece, and a reader in between misses nothing', async (t) => {
  const { store, conversations, archive } = await openTiers(t);
  const id = await closedConversation(store, 'ann', 99);
  const before = await conversations.messages(id, { limit: 500 });
  const seen: Promise<unknown>[] = [];
  let settled = 0;
  const settle: typeof store.archive.settle = async (slices) => {
    const answer = await store.archive.settle(slices);
    settled += 1;
    seen.push(conversations.messages(id, { limit: 500 }).then((now) => assert.deepEqual(now, before)));
    if (settled === 3) throw new Error('killed');
    return answer;
  };
  await assert.rejects(archive(31, { store: withSettle(store.archive, settle), sliceMessages: 10 }), /killed/);
  // Whoever goes on begins with the first piece again: what is in the archive by now stays readable.
  let isOnce = false;
  const again: typeof store.archive.settle = async (slices) => {
    const answer = await store.archive.settle(slices);
    if (!isOnce) assert.deepEqual(await conversations.messages(id, { limit: 500 }), before);
    isOnce = true;
    return answer;
  };
  await archive(31, { store: withSettle(store.archive, again), sliceMessages: 10 });
  await Promise.all(seen);
  assert.equal(settled, 3);
  assert.equal(await rowsOf(store, id), 0);
  assert.deepEqual(await conversations.messages(id, { limit: 500 }), before);
});

test('a search finds the words of a contact in both tiers, newest first, page by page', async (t) => {
  const { store, cold, archive } = await openTiers(t);
  const history = createHistory({ archive: store.archive, cold });
  const old = await closedConversation(store, 'ann', 5);
  await closedConversation(store, 'ben', 5);
  await archive(31);
  const at = start + 40 * dayMs;
  const fresh = (await append(store, inbound('ann', { text: 'Ann SAYS it again', at })))[0]?.conversationId;
  await append(store, inbound('ben', { text: 'ann says nothing here', at }));
  const contactId = String((await store.conversations.get(old))?.contact.id);
  const found: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await history.search({
      contactId,
      text: 'ann says',
      limit: 2,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  assert.deepEqual(found, [`${fresh}.1`, `${old}.5`, `${old}.4`, `${old}.3`, `${old}.2`, `${old}.1`]);
  const within = await history.search({ contactId, from: start + 1, to: start + 3, limit: 10 });
  assert.deepEqual(
    within.items.map(({ id }) => id),
    [`${old}.3`, `${old}.2`],
  );
  await assert.rejects(history.search({ contactId: 'nobody', limit: 10 }), { code: 'not-found' });
  await assert.rejects(history.search({ contactId, cursor: 'x', limit: 10 }), { code: 'cursor-invalid' });
});

test('an export has every message of both tiers once, also of many conversations', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const history = createHistory({ archive: store.archive, cold });
  const ids: string[] = [];
  for (let i = 0; i < 120; i++) ids.push(await closedConversation(store, `c${i}`, 2));
  await archive(31, { batchMessages: 100 });
  await conversations.changeMessage({ conversationId: ids[7] as string, seq: 1, recalledAt: start });
  ids.push((await append(store, inbound('late', { at: start })))[0]?.conversationId as string);
  const exported = [];
  for await (const messages of history.export({})) exported.push(...messages);
  const expected = ids
    .toSorted((a, b) => Number(a) - Number(b))
    .flatMap((id) => (id === ids.at(-1) ? [`${id}.1`] : [1, 2, 3].map((seq) => `${id}.${seq}`)));
  assert.deepEqual(
    exported.map(({ id }) => id),
    expected,
  );
  assert.equal(exported.find(({ id }) => id === `${ids[7]}.1`)?.recalledAt, start);
  assert.equal(exported[0]?.channelId, channelId);
});

test('an export holds few messages at once, however long a conversation is', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const history = createHistory({ archive: store.archive, cold, messagesAtOnce: 10 });
  for (const [contact, messages] of [
    ['ann', 3],
    ['talker', 35],
    ['ben', 4],
    ['cid', 4],
    ['dan', 4],
  ] as const) {
    await closedConversation(store, contact, messages);
  }
  await archive(31);
  const [, talker] = (await conversations.list({}, { limit: 10 })).items.toReversed();
  await conversations.changeMessage({ conversationId: talker?.id as string, seq: 17, recalledAt: start });
  await append(store, inbound('talker', { text: 'and more', at: start + 40 * dayMs, reopenWithinMs: 2 ** 40 }));
  const expected = [4, 37, 5, 5, 5].flatMap((count, at) =>
    Array.from({ length: count }, (_, seq) => `${Number(talker?.id) - 1 + at}.${seq + 1}`),
  );
  const read = async (range: { from?: number; to?: number }) => {
    const exported = [];
    for await (const messages of history.export(range)) {
      assert.ok(messages.length <= 10, `${messages.length} at once`);
      exported.push(...messages);
    }
    return exported;
  };
  const all = await read({});
  assert.deepEqual(
    all.map(({ id }) => id),
    expected,
  );
  assert.equal(all.find(({ id }) => id === `${talker?.id}.17`)?.recalledAt, start);
  const range = { from: start + 5, to: start + 30 };
  assert.deepEqual(
    await read(range),
    all.filter(({ createdAt }) => createdAt >= range.from && createdAt < range.to),
  );
});

test('an erased contact leaves nothing in any tier, and its token begins nothing', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const picture = { type: 'image', url: `/files/${'a'.repeat(16)}/signature/cat.png` };
  const [first] = await append(store, inbound('erika', { at: start }));
  const old = first?.conversationId as string;
  for (const [at, name] of ['aaa', 'ddd', 'eee'].entries()) {
    const content = JSON.stringify({ ...picture, url: picture.url.replace('aaa', name) });
    await append(store, { ...reply(old, { at: start + 3 + at }), content });
  }
  await append(store, moved({ conversationId: old }, closed, { at: start + 6 }));
  const other = await closedConversation(store, 'ben', 3);
  await archive(31);
  const fresh = (
    await append(store, {
      ...inbound('erika', { at: start + 40 * dayMs }),
      content: JSON.stringify({ ...picture, url: picture.url.replace('aaa', 'bbb') }),
    })
  )[0];
  const contactId = String((await conversations.get(old))?.contact.id);
  await store.files.insert({
    id: 'c'.repeat(16),
    name: 'x',
    mimeType: 'text/plain',
    sizeBytes: 1,
    owner: `contact:${contactId}`,
    createdAt: 1,
  });
  const lane = {
    id: 'q1',
    channel_id: channelId,
    lane: `${channelId}/erika`,
    payload: '{}',
    attempts: 8,
    enqueued_at: 1,
  };
  await store.queue.push([['q1', channelId, lane.lane, '{}', 8, 1]]);
  await store.queue.bury({ ...lane, reason: 'poisoned' });
  for (const id of [old, other]) {
    await store.run(`insert into routing_decisions values (${id}, 1, 0, 1, 'assign', 'a', null, 'load', '{}')`);
  }

  assert.ok(await store.archive.erase(contactId, { agentId: 'admin', at: start + 41 * dayMs }));
  assert.equal(await conversations.contact(contactId), undefined);
  assert.equal(await conversations.get(old), undefined);
  const gone: string[] = [];
  await archive(41, { deleteFile: async (id) => void gone.push(id), sliceMessages: 2 });
  const named = ['aaa', 'bbb', 'ddd', 'eee'].map((name) => `${name}${'a'.repeat(13)}`);
  assert.deepEqual(gone.toSorted(), [...named, 'c'.repeat(16)].toSorted());
  assert.deepEqual(await cold.ofConversations([Number(old), Number(fresh?.conversationId)], {}), []);
  for (const table of [
    'messages',
    'conversations',
    'message_changes',
    'outbox',
    'inbound_dead',
    'current_conversations',
  ]) {
    const left = await store.rows(`select * from ${table}`);
    assert.ok(!JSON.stringify(left).includes('erika'), `${table}: ${JSON.stringify(left)}`);
  }
  const decided = await store.rows('select conversation_id from routing_decisions');
  assert.deepEqual(
    decided.map((row) => String(row.conversation_id)),
    [other],
  );
  assert.equal((await conversations.messages(other, { limit: 9 })).length, 4);
  assert.equal(await store.archive.erase(contactId, { agentId: 'admin', at: 1 }), undefined);
  const [late] = await store.conversations.append([
    { ...inbound('', { at: start }), target: { contactId, channelId, threadId: '' } },
  ]);
  assert.equal(late?.kind, 'refused');
  // Whoever writes from the outside again is somebody new.
  const [anew] = await append(store, inbound('erika', { at: start + 50 * dayMs }));
  assert.notEqual(String((await conversations.get(anew?.conversationId as string))?.contact.id), contactId);
});

test('after its time everything goes: conversations, months of the archive, files', async (t) => {
  const { store, cold, conversations, archive } = await openTiers(t);
  const old = await closedConversation(store, 'ann', 3);
  const young = await closedConversation(store, 'ben', 3, start + 100 * dayMs);
  await archive(140);
  const files: string[] = [];
  const { newId } = await import('../base/ids.ts');
  const kept = newId(Date.now());
  await store.files.insert({
    id: '0000000000000001',
    name: 'x',
    mimeType: 'text/plain',
    sizeBytes: 1,
    owner: 'agent:a',
    createdAt: 1,
  });
  await store.files.insert({
    id: kept,
    name: 'x',
    mimeType: 'text/plain',
    sizeBytes: 1,
    owner: 'agent:a',
    createdAt: 1,
  });
  await archive(200, { keepMs: 120 * dayMs, deleteFile: async (id) => void files.push(id) });
  assert.equal(await conversations.get(old), undefined);
  assert.deepEqual(await cold.ofConversations([Number(old)], {}), []);
  assert.equal((await conversations.messages(young, { limit: 9 })).length, 4);
  assert.deepEqual(files, ['0000000000000001']);
  assert.ok(await store.files.get(kept));
});

test('ids by which repeats are known are kept for 30 days at least, and for as long as their conversation', async (t) => {
  const { store, archive } = await openTiers(t);
  const idsOf = async (table: string) =>
    (await store.rows(`select external_id from ${table} order by external_id`)).map((row) => row.external_id);
  const say = async (contact: string, at: number) => {
    const [said] = await append(store, inbound(contact, { at, externalId: { channelId, id: `in ${contact}` } }));
    await store.run(`insert into sent_ids values ('${channelId}', 'out ${contact}', ${said?.conversationId}, 2)`);
    return said?.head.contactId as string;
  };
  await say('living', start);
  const early = await say('early', start);
  const late = await say('late', start + 20 * dayMs);
  for (const contactId of [early, late]) {
    await store.archive.erase(contactId, { agentId: 'admin', at: start + 25 * dayMs });
  }
  await archive(31);
  assert.deepEqual(await idsOf('received_ids'), ['in late', 'in living']);
  assert.deepEqual(await idsOf('sent_ids'), ['out living']);
  await archive(51);
  assert.deepEqual(await idsOf('received_ids'), ['in living']);
});
