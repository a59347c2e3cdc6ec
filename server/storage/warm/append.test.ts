import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AppendItem, AppendResult } from '../../conversation/conversation-store.ts';
import { messageJson } from '../../conversation/message-json.ts';
import {
  append,
  channelId,
  inbound,
  moved,
  openTestStore,
  otherChannelId,
  type Placed,
  placed,
  reply,
  type TestStore,
} from '../../testing/test-store.ts';

const agentA = '000000000agent-a';
const agentB = '000000000agent-b';

const seqsOf = async (store: TestStore, id: string) =>
  (await store.conversations.messages(id, { limit: 10_000 })).map(({ seq }) => seq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const codeOf = (result: unknown) => (result as { code?: string }).code;

test('a conversation is numbered 1, 2, 3 … and a repeat gets its first number, however it is batched and interleaved', async () => {
  const store = await openTestStore();
  let run = 0;
  const item = fc.record({
    contact: fc.constantFrom('ann', 'ben', 'cy'),
    channel: fc.constantFrom(channelId, otherChannelId),
    by: fc.constantFrom('client' as const, 'platform' as const, 'nothing' as const),
    id: fc.constantFrom('1', '2', '3', '4'),
  });
  const batches = fc.array(fc.array(item, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(batches, fc.boolean(), async (script, together) => {
      run += 1;
      const toItem = ({ contact, channel, by, id }: (typeof script)[number][number]): AppendItem =>
        inbound(`${contact} ${run}`, {
          channel,
          ...(by === 'client' ? { clientId: id } : {}),
          // A platform's id is unique in its channel, so it names its contact too.
          ...(by === 'platform' ? { externalId: { channelId: channel, id: `${contact} ${id} ${run}` } } : {}),
        });
      const given = script.map((batch) => batch.map(toItem));
      const answers: (Placed & { key: string | undefined })[] = [];
      const results: Placed[][] = [];
      const appendOne = async (batch: AppendItem[], at: number) => {
        results[at] = await append(store, ...batch);
      };
      if (together) await Promise.all(given.map(appendOne));
      else for (const [at, batch] of given.entries()) await appendOne(batch, at);
      script.forEach((batch, b) => {
        batch.forEach(({ contact, channel, by, id }, i) => {
          const key = by === 'nothing' ? undefined : [contact, channel, by, id].join();
          answers.push({ ...(results[b]?.[i] as Placed), key });
        });
      });
      const first = new Map<string, Placed>();
      for (const answer of answers) {
        if (answer.key === undefined) {
          assert.equal(answer.kind, 'stored');
          continue;
        }
        const known = first.get(answer.key);
        assert.equal(answer.kind, known === undefined ? 'stored' : 'duplicate');
        if (known !== undefined)
          assert.deepEqual([answer.conversationId, answer.seq], [known.conversationId, known.seq]);
        else first.set(answer.key, answer);
      }
      for (const id of new Set(answers.map(({ conversationId }) => conversationId))) {
        const stored = answers.filter((answer) => answer.kind === 'stored' && answer.conversationId === id);
        assert.deepEqual(
          stored.map(({ seq }) => seq),
          upTo(stored.length),
        );
        assert.deepEqual(await seqsOf(store, id), upTo(stored.length));
      }
      const places = new Set(script.flat().map(({ contact, channel }) => `${contact} ${channel}`));
      assert.equal(new Set(answers.map(({ conversationId }) => conversationId)).size, places.size);
    }),
    { numRuns: 60 },
  );
});

test('first messages that arrive at the same moment make one contact and one conversation', async () => {
  const store = await openTestStore();
  const results = await Promise.all(upTo(20).map(() => append(store, inbound('ann'))));
  assert.equal(new Set(results.flat().map(({ conversationId }) => conversationId)).size, 1);
  assert.equal(results.flat().filter(({ opened }) => opened === 'created').length, 1);
  assert.equal((await store.rows('select * from contacts')).length, 1);
  assert.equal((await store.rows('select * from identities')).length, 1);
});

test('a contact has one open conversation for each channel and thread', async () => {
  const store = await openTestStore();
  const thread = (threadId: string) => ({ target: { contact: { externalId: 'ann' }, channelId, threadId } });
  const results = await append(
    store,
    inbound('ann'),
    inbound('ann', thread('order 1')),
    inbound('ann', { channel: otherChannelId }),
    inbound('ann', thread('order 1')),
    inbound('ann'),
  );
  const [plain, order, other, orderAgain, plainAgain] = results.map(({ conversationId }) => conversationId);
  assert.equal(new Set([plain, order, other]).size, 3);
  assert.deepEqual([orderAgain, plainAgain], [order, plain]);
  assert.equal((await store.rows('select * from contacts')).length, 2, 'an identity belongs to its channel');
});

test('a platform id is one thing in its channel and another in the next', async () => {
  const store = await openTestStore();
  const withId = (channel: string) => inbound('ann', { channel, externalId: { channelId: channel, id: 'wamid-1' } });
  const kinds = (await append(store, withId(channelId), withId(otherChannelId), withId(channelId))).map(
    ({ kind }) => kind,
  );
  assert.deepEqual(kinds, ['stored', 'stored', 'duplicate']);
});

test('a repeat is known after a restart, and after its conversation was closed', async () => {
  const store = await openTestStore();
  const message = inbound('ann', { externalId: { channelId, id: 'e1' } });
  const [first] = await append(store, message, inbound('ann', { clientId: 'c1' }));
  const id = first?.conversationId ?? '';
  await append(store, moved({ conversationId: id }, { to: 'closed' }));
  const again = await store.reopen();
  const [byPlatform, byClient] = await append(
    again,
    { ...message, at: 9e9 },
    inbound('ann', { clientId: 'c1', at: 9e9 }),
  );
  assert.deepEqual([byPlatform?.kind, byPlatform?.conversationId, byPlatform?.seq], ['duplicate', id, 1]);
  assert.deepEqual([byClient?.kind, byClient?.conversationId, byClient?.seq], ['duplicate', id, 2]);
});

test('ids of any text are told apart and known again', async () => {
  const store = await openTestStore();
  let run = 0;
  const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(id, { minLength: 1, maxLength: 5 }), async (ids) => {
      run += 1;
      const items = ids.flatMap((text) => [
        inbound(`ann ${run}`, { clientId: text }),
        inbound(`ann ${run}`, { externalId: { channelId, id: `${run} ${text}` } }),
      ]);
      const first = await append(store, ...items);
      assert.deepEqual(
        first.map(({ kind }) => kind),
        items.map(() => 'stored'),
      );
      const again = await append(store, ...items);
      assert.deepEqual(
        again.map(({ kind, seq }) => [kind, seq]),
        first.map(({ seq }) => ['duplicate', seq]),
      );
    }),
    { numRuns: 25 },
  );
});

test('an id that no text encoding can carry is refused, each time and without stopping the batch', async () => {
  const store = await openTestStore();
  const broken = [
    inbound('ann', { clientId: 'a\ud800b' }),
    inbound('ann', { externalId: { channelId, id: 'x\udfff' } }),
    inbound('c\udc00y'),
  ];
  for (const round of [1, 2]) {
    const results = await store.conversations.append([...broken, inbound('ben')]);
    assert.deepEqual(results.slice(0, 3).map(codeOf), ['bad-request', 'bad-request', 'bad-request']);
    assert.equal(placed(results[3]).seq, round);
  }
});

test('a customer who writes soon after the end continues the conversation, and later begins a new one', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann', { at: 1_000 }));
  const id = first?.conversationId ?? '';
  await append(store, moved({ conversationId: id }, { to: 'agent', assigneeId: agentA }));
  const close = (at: number) => moved({ conversationId: id }, { to: 'closed' }, { at });
  await append(store, close(10_000));
  const [soon] = await append(store, inbound('ann', { at: 15_000, reopenWithinMs: 5_000 }));
  assert.deepEqual([soon?.conversationId, soon?.opened, soon?.ownerChanged], [id, 'reopened', true]);
  assert.deepEqual([soon?.head.status, soon?.head.assigneeId], ['queued', null]);
  await append(store, close(20_000));
  const [late] = await append(store, inbound('ann', { at: 25_001, reopenWithinMs: 5_000 }));
  assert.notEqual(late?.conversationId, id);
  assert.deepEqual([late?.opened, late?.seq], ['created', 1]);
  const [next] = await append(store, inbound('ann', { at: 25_002 }));
  assert.equal(next?.conversationId, late?.conversationId);
});

test('a conversation that ends in the very batch in which the customer writes again makes way for the next', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  const close = (conversationId: string) => moved({ conversationId }, { to: 'closed' });
  const results = await append(store, close(id), inbound('ann', { at: 4_000 }), inbound('ben'), inbound('ann'));
  const [, next, ben, nextAgain] = results.map(({ conversationId }) => conversationId);
  assert.deepEqual(
    results.map(({ opened }) => opened),
    [undefined, 'created', 'created', undefined],
  );
  assert.equal(new Set([id, next, ben]).size, 3);
  assert.equal(nextAgain, next);
});

test('who answers has it: a queued conversation is claimed, one that somebody holds is not', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  const [claimed, other] = await append(store, reply(id, { claimFor: agentA }), reply(id, { claimFor: agentB }));
  assert.deepEqual([claimed?.head.status, claimed?.head.assigneeId, claimed?.ownerChanged], ['agent', agentA, true]);
  assert.deepEqual([other?.head.assigneeId, other?.ownerChanged], [agentA, false]);
  const [note] = await append(store, inbound('ben'));
  const [afterNote] = await append(store, reply(note?.conversationId ?? '', { private: true }));
  assert.equal(afterNote?.head.status, 'queued', 'a note takes nothing');
});

test('an owner changes by compare-and-set: of two who saw the same, one is refused', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const { conversationId, head } = placed(first);
  const take = (assigneeId: string) =>
    moved({ conversationId }, { to: 'agent', assigneeId, expectEpoch: head.ownerEpoch });
  const [a, b] = await store.conversations.append([take(agentA), take(agentB)]);
  assert.equal(placed(a).head.assigneeId, agentA);
  assert.equal(codeOf(b), 'conflict');
  const [notQueued] = await store.conversations.append([
    moved({ conversationId }, { to: 'agent', assigneeId: agentB, from: ['queued', 'bot'] }),
  ]);
  assert.equal(codeOf(notQueued), 'conflict');
  assert.deepEqual(await seqsOf(store, conversationId), [1, 2], 'what was refused left no entry');
});

test('a closed conversation takes notes and system entries, and no word to the customer', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  await append(store, moved({ conversationId: id }, { to: 'closed' }));
  const [word, note] = await store.conversations.append([reply(id, { deliver: true }), reply(id, { private: true })]);
  assert.equal(codeOf(word), 'conversation-closed');
  assert.equal(placed(note).seq, 3);
  assert.equal((await store.rows('select * from outbox')).length, 0);
  const [unknown] = await store.conversations.append([reply('999')]);
  assert.equal(codeOf(unknown), 'not-found');
});

test('nobody gets more than their capacity by weight, nobody shares a conversation, and each change is recorded once', async () => {
  const store = await openTestStore();
  let run = 0;
  const step = fc.record({
    conversation: fc.nat(5),
    agent: fc.constantFrom('a', 'b'),
    what: fc.constantFrom(
      'assign' as const,
      'assign' as const,
      'assign' as const,
      'queue' as const,
      'close' as const,
      'claim' as const,
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 3 }),
      async (script, capacity) => {
        run += 1;
        const weights = [100, 30, 30, 500, 60, 100];
        const opened = await append(
          store,
          ...weights.map((loadWeight, n) => inbound(`${n} of ${run}`, { loadWeight })),
        );
        const weightOf = new Map(opened.map(({ conversationId }, n) => [conversationId, weights[n] ?? 0]));
        const held = new Map<string, string>();
        const closed = new Set<string>();
        const recorded: [string, string, string][] = [];
        const of = (agent: string) => [...held.values()].filter((holder) => holder === agent).length;
        const weightsOf = (agent: string) =>
          [...held].reduce((sum, [id, holder]) => sum + (holder === agent ? (weightOf.get(id) ?? 0) : 0), 0);
        const batches = script.map((batch) =>
          batch.map(({ conversation, agent, what }) => {
            const target = { conversationId: opened[conversation]?.conversationId ?? '' };
            const assigneeId = `${agent} ${run}`;
            const item = {
              assign: moved(target, { to: 'agent', assigneeId, capacity }),
              queue: moved(target, { to: 'queued', assigneeId: null }),
              close: moved(target, { to: 'closed' }),
              claim: reply(target.conversationId, { claimFor: assigneeId, private: true }),
            }[what];
            return { item, id: target.conversationId, assigneeId, what };
          }),
        );
        const results: Promise<AppendResult[]>[] = [];
        for (const batch of batches) {
          const appended = store.conversations.append(batch.map(({ item }) => item));
          if (store.writesAtOnce) await appended;
          results.push(appended);
        }
        const outcomes = await Promise.all(results);
        batches.forEach((batch, b) => {
          batch.forEach(({ id, assigneeId, what }, i) => {
            const result = outcomes[b]?.[i];
            if (what === 'assign') {
              // What weighs more than everything needs everything.
              const needed = Math.min(weightOf.get(id) ?? 0, capacity * 100);
              const isFree = held.get(id) === assigneeId || weightsOf(assigneeId) + needed <= capacity * 100;
              assert.equal(codeOf(result), isFree ? undefined : 'capacity-reached');
              if (!isFree) return;
              recorded.push([id, 'assign', assigneeId]);
              held.set(id, assigneeId);
              closed.delete(id);
            } else if (what === 'claim') {
              if (!held.has(id) && !closed.has(id)) {
                held.set(id, assigneeId);
                recorded.push([id, 'assign', assigneeId]);
              }
            } else {
              const holder = held.get(id);
              if (holder !== undefined) recorded.push([id, what === 'close' ? 'end' : 'requeue', holder]);
              held.delete(id);
              if (what === 'close') closed.add(id);
              else closed.delete(id);
            }
            assert.equal(
              placed(result).head.assigneeId === assigneeId && placed(result).head.status === 'agent',
              held.get(id) === assigneeId,
            );
          });
        });
        for (const agent of [`a ${run}`, `b ${run}`]) {
          const { mine } = await store.conversations.counts(agent);
          assert.equal(mine, of(agent));
        }
        for (const { conversationId: id } of opened) {
          const rows = (await store.assignments.decisions(id, { limit: 100 })).toReversed();
          const expected = recorded.filter(([of]) => of === id).map(([, kind, agentId]) => [kind, agentId]);
          assert.deepEqual(
            rows.map(({ kind, agentId }) => [kind, agentId]),
            expected,
          );
          assert.ok(rows.every(({ n }) => n === 0));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a queue entry leaves with its fact, also when the fact was known', async () => {
  const store = await openTestStore();
  const enqueue = (id: string) => store.queue.push([[id, channelId, 'lane', '{}', 0, 1]]);
  await Promise.all(['q1', 'q2', 'q3'].map(enqueue));
  const message = (queueEntryId: string) => inbound('ann', { externalId: { channelId, id: 'e1' }, queueEntryId });
  await append(store, message('q1'));
  assert.deepEqual(
    (await store.queue.after('', 9)).map(({ id }) => id),
    ['q2', 'q3'],
  );
  await append(store, message('q2'));
  const [refused] = await store.conversations.append([{ ...reply('999'), queueEntryId: 'q3' }]);
  assert.equal(codeOf(refused), 'not-found');
  assert.deepEqual(
    (await store.queue.after('', 9)).map(({ id }) => id),
    ['q3'],
    'what was refused stays for a person',
  );
});

test('a message that leaves has its outbox row from the same transaction, once', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const message = reply(first?.conversationId ?? '', { clientId: 'c1', deliver: true });
  await append(store, message);
  await append(store, message);
  const rows = await store.rows('select channel_id, conversation_id, seq, state, attempts, next_at from outbox');
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      {
        channel_id: channelId,
        conversation_id: Number(first?.conversationId),
        seq: 2,
        state: 'queued',
        attempts: 0,
        next_at: 2_000,
      },
    ],
  );
});

test('unread, waiting since and preview follow what was said, and not notes or system entries', async () => {
  const store = await openTestStore();
  const [first] = await append(
    store,
    inbound('ann', { at: 100, text: 'one' }),
    inbound('ann', { at: 200, text: 'two' }),
  );
  const id = first?.conversationId ?? '';
  const now = async () => {
    const { unread, waitingSince, agentReadSeq, lastMessage } = (await store.conversations.get(id)) ?? {};
    return { unread, waitingSince, agentReadSeq, preview: lastMessage?.preview, seq: lastMessage?.seq };
  };
  const before = { unread: 2, waitingSince: 100, agentReadSeq: 0, preview: 'two', seq: 2 };
  assert.deepEqual(await now(), before);
  await append(store, reply(id, { private: true, text: 'a note' }), moved({ conversationId: id }, { to: 'bot' }));
  assert.deepEqual(await now(), before);
  await append(store, reply(id, { senderType: 'bot', text: 'I am looking' }));
  assert.deepEqual(await now(), {
    unread: 2,
    waitingSince: undefined,
    agentReadSeq: 0,
    preview: 'I am looking',
    seq: 5,
  });
  await append(store, inbound('ann', { at: 300, text: 'three' }), reply(id, { text: 'done' }));
  assert.deepEqual(await now(), { unread: 0, waitingSince: undefined, agentReadSeq: 7, preview: 'done', seq: 7 });
});

test('a batch that fails in the middle leaves nothing, and the next one is numbered as if it had not been', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  await store.breakInserts('messages', "new.client_id = 'bad'");
  const tables = [
    'contacts',
    'identities',
    'conversations',
    'current_conversations',
    'messages',
    'received_ids',
    'outbox',
    'counters',
  ];
  const image = () => Promise.all(tables.map((table) => store.rows(`select * from ${table}`)));
  const before = await image();
  const batch = [
    inbound('ben', { externalId: { channelId, id: 'e9' } }),
    reply(first?.conversationId ?? '', { deliver: true }),
    inbound('ann', { clientId: 'bad' }),
  ];
  // Beside it in the same group commit: nobody else pays for it.
  const [failed, beside] = await Promise.allSettled([store.conversations.append(batch), store.meta.getOrSet('k', 'v')]);
  assert.equal(failed.status, 'rejected');
  assert.equal(beside.status, 'fulfilled');
  assert.deepEqual(await image(), before);
  const [next] = await append(store, inbound('ann', { clientId: 'good' }));
  assert.equal(next?.seq, 2);
});

test('the JSON that screens get is that of the stored message, whatever the message', async () => {
  const store = await openTestStore();
  const anyText = fc.string({ unit: 'binary', maxLength: 40 });
  const content = fc.record({
    type: fc.constant('text'),
    text: fc.oneof(anyText, fc.constantFrom('\ud83d', 'a\u0000b', '\u202eabc')),
  });
  const message = fc.record(
    {
      text: content,
      clientId: anyText.filter((text) => text !== ''),
      senderName: anyText,
      senderId: fc.constantFrom(agentA, agentB),
      sentAt: fc.nat(),
      private: fc.boolean(),
      state: fc.constantFrom('queued' as const, 'sent' as const),
      isContact: fc.boolean(),
    },
    { requiredKeys: ['text', 'private', 'state', 'isContact'] },
  );
  await fc.assert(
    fc.asyncProperty(message, async ({ text, isContact, ...rest }) => {
      const base = isContact ? inbound('ann') : { ...reply('1'), target: inbound('ann').target };
      const item: AppendItem = { ...base, ...rest, content: JSON.stringify(text) };
      const [result] = await append(store, item);
      const { conversationId, seq, kind } = placed(result);
      if (kind === 'duplicate') return;
      const [stored] = await store.conversations.messages(conversationId, { after: seq - 1, limit: 1 });
      assert.equal(messageJson(item, placed(result)), JSON.stringify(stored));
    }),
    { numRuns: 150 },
  );
});

test('texts of every kind are stored exactly', async () => {
  const store = await openTestStore();
  const texts = [
    'a\u0000b\u0000',
    '🧑‍🚀 𠮷',
    '\ud800 alone, and \udc00',
    '\u202eright\u202c \u200f',
    '界'.repeat(21_845),
    'x'.repeat(65_536),
    '',
    "'; drop table messages; --",
  ];
  const [first] = await append(store, ...texts.map((text) => inbound('ann', { text })));
  const stored = await store.conversations.messages(first?.conversationId ?? '', { limit: 100 });
  assert.deepEqual(
    stored.map(({ content }) => content.type === 'text' && content.text),
    texts,
  );
});
