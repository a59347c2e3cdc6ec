import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation } from '@parley/sdk/protocol.ts';
import fc from 'fast-check';
import type { ConversationFilter } from '../../conversation/conversation-store.ts';
import { Refusal } from '../../gateway/refusal.ts';
import {
  append,
  channelId,
  inbound,
  moved,
  openTestStore,
  otherChannelId,
  reply,
  type TestStore,
} from '../../testing/test-store.ts';

const agent = '000000000agent-a';
const idsOf = (items: readonly Conversation[]) => items.map(({ id }) => id);

async function allPages(
  store: TestStore,
  filter: ConversationFilter,
  limit: number,
  between: () => Promise<unknown> = async () => undefined,
): Promise<Conversation[]> {
  const items: Conversation[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.conversations.list(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor !== null) await between();
  }
  return items;
}

test('pages show every conversation once, newest first, while new ones arrive', async () => {
  const minutes = fc.array(fc.nat(4), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(minutes, fc.integer({ min: 1, max: 5 }), async (script, limit) => {
      const store = await openTestStore();
      const made = await append(store, ...script.map((minute, i) => inbound(`${i}`, { at: minute * 60_000 })));
      let arrivals = 0;
      const seen = await allPages(store, {}, limit, async () => {
        // As fast as the reader: one that follows them would never end.
        if (arrivals < 5) await append(store, inbound(`new ${arrivals++}`, { at: 3_600_000 }));
      });
      const place = (id: string) => script[made.findIndex(({ conversationId }) => conversationId === id)] ?? 0;
      const expected = made
        .map(({ conversationId }) => conversationId)
        .sort((a, b) => place(b) - place(a) || Number(b) - Number(a));
      assert.deepEqual(idsOf(seen), expected);
    }),
    { numRuns: 25 },
  );
});

test('a new message brings its conversation to the top', async () => {
  const store = await openTestStore();
  const [a, b] = await append(store, inbound('ann', { at: 1_000 }), inbound('ben', { at: 2_000 }));
  const top = async () => (await store.conversations.list({}, { limit: 1 })).items[0]?.id;
  assert.equal(await top(), b?.conversationId);
  await append(store, inbound('ann', { at: 60_000 }));
  assert.equal(await top(), a?.conversationId);
});

test('filters show what they name and nothing else', async () => {
  const store = await openTestStore();
  const results = await append(
    store,
    inbound('queued'),
    inbound('mine'),
    inbound('bot'),
    inbound('closed'),
    inbound('other', { channel: otherChannelId }),
  );
  const [queued, mine, bot, closed, other] = results.map(({ conversationId }) => conversationId);
  await append(
    store,
    moved({ conversationId: mine ?? '' }, { to: 'agent', assigneeId: agent }),
    moved({ conversationId: bot ?? '' }, { to: 'bot' }),
    moved({ conversationId: closed ?? '' }, { to: 'closed' }),
  );
  const shown = async (filter: ConversationFilter) =>
    idsOf((await store.conversations.list(filter, { limit: 50 })).items);
  const newestFirst = (...ids: (string | undefined)[]) => ids.toSorted((a, b) => Number(b) - Number(a));
  assert.deepEqual(await shown({ status: 'open' }), newestFirst(queued, mine, bot, other));
  assert.deepEqual(await shown({ status: 'queued' }), newestFirst(queued, other));
  assert.deepEqual(await shown({ status: 'closed' }), [closed]);
  assert.deepEqual(await shown({ assigneeId: agent }), [mine]);
  assert.deepEqual(await shown({ assigneeId: 'none', status: 'open' }), newestFirst(queued, bot, other));
  assert.deepEqual(await shown({ channelId: otherChannelId }), [other]);
  assert.deepEqual(await shown({ contactId: results[0]?.head.contactId ?? '' }), [queued]);
  assert.deepEqual(await store.conversations.counts(agent), { mine: 1, snoozed: 0, queue: 2, all: 4, unreadMine: 1 });
});

test('a search finds words as they are written: its own wildcards mean nothing', async () => {
  const store = await openTestStore();
  const texts = ['100% sure', '100 sure', 'snake_case', 'snakeXcase', 'back\\slash', '退款 please', "it's"];
  const results = await append(store, ...texts.map((text) => inbound(text, { text })));
  const idOf = (text: string) => results[texts.indexOf(text)]?.conversationId;
  for (const [q, expected] of [
    ['100%', '100% sure'],
    ['e_c', 'snake_case'],
    ['k\\s', 'back\\slash'],
    ['退款', '退款 please'],
    ["it's", "it's"],
    ['PLEASE', '退款 please'],
  ] as const) {
    const { items } = await store.conversations.list({ q }, { limit: 10 });
    assert.deepEqual(idsOf(items), [idOf(expected)], q);
  }
  assert.equal((await store.conversations.list({ q: '' }, { limit: 10 })).items.length, texts.length);
  const contact = (await store.conversations.get(idOf("it's") ?? ''))?.contact.id ?? '';
  await store.conversations.patchContact(contact, { name: 'Zoë Quill', phone: '+49 170', email: 'zoe@example.org' }, 5);
  for (const q of ['Quill', '170', 'zoe@']) {
    assert.deepEqual(idsOf((await store.conversations.list({ q }, { limit: 10 })).items), [idOf("it's")], q);
  }
});

test('whatever is asked for together, the pages of a list are all that fits, once and newest first', async () => {
  const one = fc.record({
    status: fc.constantFrom('queued' as const, 'agent' as const, 'bot' as const, 'closed' as const),
    channel: fc.constantFrom(channelId, otherChannelId),
    minute: fc.nat(5),
  });
  const asked = fc.record(
    {
      status: fc.constantFrom('open' as const, 'queued' as const, 'agent' as const, 'closed' as const),
      channelId: fc.constantFrom(channelId, otherChannelId),
      assigneeId: fc.constantFrom(agent, 'none'),
      q: fc.constantFrom('fox 1', 'hello'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { maxLength: 14 }),
      asked,
      fc.integer({ min: 1, max: 4 }),
      async (made, filter, limit) => {
        const store = await openTestStore();
        for (const [index, { status, channel, minute }] of made.entries()) {
          const target = {
            contact: { externalId: `${index}`, name: `Fox ${index}` },
            channelId: channel,
            threadId: '',
          };
          const at = minute * 60_000;
          const [first] = await append(store, { ...inbound('', { at }), target });
          if (status === 'queued') continue;
          const to = { to: status, ...(status === 'agent' ? { assigneeId: agent } : {}) };
          await append(store, moved({ conversationId: first?.conversationId ?? '' }, to, { at }));
        }
        const all = (await store.conversations.list({}, { limit: 50 })).items;
        const fits = all.filter(
          ({ status, channelId: channel, assigneeId, contact }) =>
            (filter.status === undefined ||
              (filter.status === 'open' ? status !== 'closed' : status === filter.status)) &&
            (filter.channelId === undefined || channel === filter.channelId) &&
            (filter.assigneeId === undefined ||
              (filter.assigneeId === 'none' ? null : filter.assigneeId) === assigneeId) &&
            (filter.q !== 'fox 1' || contact.name.startsWith('Fox 1')),
        );
        assert.deepEqual(idsOf(await allPages(store, filter, limit)), idsOf(fits));
      },
    ),
    { numRuns: 30 },
  );
});

test('a contact is found by its words however many conversations are newer, and only by those it has now', async () => {
  const store = await openTestStore();
  const named = (externalId: string, name: string, email?: string) => ({
    ...inbound(externalId, { text: 'unlike', at: 1 }),
    target: {
      contact: { externalId, name, ...(email === undefined ? {} : { email }) },
      channelId,
      threadId: '',
    },
  });
  const [old] = await append(store, named('ann', 'Ann Müller', 'ann@example.org'), named('ben', 'Ben Müller'));
  const newer = Array.from({ length: 1_100 }, (_, n) => inbound(`newer ${n}`, { at: 1_000 + n }));
  for (let i = 0; i < newer.length; i += 100) await append(store, ...newer.slice(i, i + 100));
  const found = async (q: string) =>
    (await store.conversations.list({ q }, { limit: 10 })).items.map(({ contact }) => contact.name);
  assert.deepEqual(await found('müller ann'), ['Ann Müller']);
  assert.deepEqual(await found('ANN@EXAMPLE.ORG'), ['Ann Müller']);
  assert.deepEqual((await found('müll')).toSorted(), ['Ann Müller', 'Ben Müller']);
  assert.deepEqual(await found('unlike'), [], 'words of messages are found in the newest conversations');
  const contactId = old?.head.contactId ?? '';
  await store.conversations.patchContact(contactId, { name: 'Ann Weber', email: null, phone: '+43 660 1234567' }, 5);
  assert.deepEqual(await found('müller'), ['Ben Müller']);
  assert.deepEqual(await found('ann@example.org'), []);
  assert.deepEqual([await found('weber'), await found('0660 1234567')], [['Ann Weber'], ['Ann Weber']]);
  await store.archive.erase(contactId, { agentId: agent, at: 6 });
  const left = await store.rows('select word from contact_words where contact_id = ?', contactId);
  assert.deepEqual(left, [], 'an erased contact leaves no words behind');
});

test('of two names that many have, who has both is found among many that have one of them', async () => {
  const store = await openTestStore();
  const named = (name: string, n: number) => ({
    ...inbound(`contact ${n}`, { at: n }),
    target: { contact: { externalId: `contact ${n}`, name }, channelId, threadId: '' },
  });
  const names = ['Anna Huber', ...Array.from({ length: 1_400 }, (_, n) => (n % 2 === 0 ? `Anna ${n}` : `${n} Huber`))];
  for (let from = 0; from < names.length; from += 200) {
    await append(store, ...names.slice(from, from + 200).map((name, n) => named(name, from + n)));
  }
  const { items } = await store.conversations.list({ q: 'anna huber' }, { limit: 10 });
  assert.deepEqual(
    items.map(({ contact }) => contact.name),
    ['Anna Huber'],
  );
});

test('a cursor that no list gave is refused', async () => {
  const store = await openTestStore();
  const forged = ['', 'x', '1', 'abc:def', '1:x', '-1:2', '1:2:3', "1:1' or 1=1"].map((text) =>
    Buffer.from(text).toString('base64url'),
  );
  for (const cursor of [...forged, '!!', '\u0000']) {
    await assert.rejects(
      store.conversations.list({}, { cursor, limit: 10 }),
      (error) => error instanceof Refusal && error.code === 'cursor-invalid',
      cursor,
    );
  }
});

test('a range of messages is what lies between, in order, from either end, with or without notes', async () => {
  const store = await openTestStore();
  const [first] = await append(store, ...Array.from({ length: 10 }, () => inbound('ann')));
  const id = first?.conversationId ?? '';
  await append(store, reply(id, { private: true }), reply(id));
  const seqs = async (range: object) =>
    (await store.conversations.messages(id, { limit: 100, ...range })).map(({ seq }) => seq);
  assert.deepEqual(await seqs({ after: 3, before: 7 }), [4, 5, 6]);
  assert.deepEqual(await seqs({ after: 3, limit: 2 }), [4, 5]);
  assert.deepEqual(await seqs({ before: 7, limit: 2, fromEnd: true }), [5, 6]);
  assert.deepEqual(await seqs({ limit: 3, fromEnd: true }), [10, 11, 12]);
  assert.deepEqual(await seqs({ after: 9, publicOnly: true }), [10, 12]);
  assert.deepEqual(await seqs({ limit: 2, fromEnd: true, publicOnly: true }), [10, 12]);
  assert.deepEqual(await seqs({ after: 12 }), []);
  for (const unknown of ['99', '0', '-1', '1.5', 'x', '']) {
    assert.deepEqual(await store.conversations.messages(unknown, { limit: 10 }), []);
    assert.equal(await store.conversations.get(unknown), undefined);
  }
});

test('who was away learns of every later change, each message once and as it is now', async () => {
  const store = await openTestStore();
  let run = 0;
  const changes = fc.array(fc.record({ seq: fc.integer({ min: 1, max: 5 }), at: fc.integer({ min: 1, max: 99 }) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(12), fc.integer({ min: 1, max: 4 }), async (script, seenFirst, limit) => {
      run += 1;
      const [first] = await append(store, ...Array.from({ length: 5 }, () => inbound(`ann ${run}`)));
      const id = first?.conversationId ?? '';
      for (const { seq, at } of script)
        await store.conversations.changeMessage({ conversationId: id, seq, recalledAt: at });
      const from = Math.min(seenFirst, script.length);
      const learned = new Map<number, number | undefined>();
      let position = from;
      for (let more = true; more; ) {
        const page = await store.conversations.changedSince(id, position, limit);
        assert.equal(new Set(page.messages.map(({ seq }) => seq)).size, page.messages.length);
        for (const message of page.messages) learned.set(message.seq, message.recalledAt);
        assert.ok(!page.more || page.changes > position, 'every page leads on');
        ({ changes: position, more } = page);
      }
      assert.equal(position, script.length);
      const expected = new Map(
        script.slice(from).map(({ seq }) => [seq, script.findLast((change) => change.seq === seq)?.at]),
      );
      assert.deepEqual(new Map([...learned].sort()), new Map([...expected].sort()));
    }),
    { numRuns: 25 },
  );
});

test('a change that comes too late changes nothing: delivered does not undo read', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  await append(store, reply(id, { state: 'sent' }));
  const change = (state: 'read' | 'delivered') =>
    store.conversations.changeMessage({ conversationId: id, seq: 2, state, onlyFrom: ['queued', 'sent'] });
  assert.equal((await change('read'))?.message.state, 'read');
  assert.equal(await change('delivered'), undefined);
  assert.equal((await store.conversations.get(id))?.changes, 1);
  assert.equal(await store.conversations.changeMessage({ conversationId: id, seq: 9, state: 'read' }), undefined);
  assert.equal(await store.conversations.changeMessage({ conversationId: '99', seq: 1, state: 'read' }), undefined);
});

test('a read mark goes forward, never back and never past the end', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'), inbound('ann'), inbound('ann'));
  const id = first?.conversationId ?? '';
  await append(store, reply(id, { private: true, senderType: 'bot' }));
  const mark = (seq: number) => store.conversations.markRead(id, 'agent', seq, 9);
  const now = async () => {
    const { agentReadSeq, unread } = (await store.conversations.get(id)) ?? {};
    return { agentReadSeq, unread };
  };
  assert.equal(await mark(2), true);
  assert.deepEqual(await now(), { agentReadSeq: 2, unread: 1 });
  assert.equal(await mark(1), false);
  assert.equal(await mark(2), false);
  assert.deepEqual(await now(), { agentReadSeq: 2, unread: 1 });
  assert.equal(await mark(1_000), true);
  assert.deepEqual(await now(), { agentReadSeq: 4, unread: 0 });
  assert.equal(await store.conversations.markRead('99', 'agent', 1, 9), false);
});

test('what the contact has read shows on what reached them, and not on what failed', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  await append(store, reply(id, { state: 'sent' }), reply(id, { state: 'failed' }), reply(id, { state: 'sent' }));
  await store.conversations.markRead(id, 'contact', 3, 9);
  const states = (await store.conversations.messages(id, { limit: 10 })).map(({ state }) => state);
  assert.deepEqual(states, ['received', 'read', 'failed', 'sent']);
});

test('a contact keeps as many attributes, as long, as a channel may give it', async () => {
  const store = await openTestStore();
  const attributes = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field ${i}`, '字'.repeat(1_000)]));
  const target = { contact: { externalId: 'ann', attributes }, channelId, threadId: '' };
  const [first] = await append(store, inbound('ann', { target }));
  const conversation = await store.conversations.get(first?.conversationId ?? '');
  const contactId = conversation?.contact.id ?? '';
  assert.deepEqual((await store.conversations.contact(contactId))?.attributes, attributes);
});
