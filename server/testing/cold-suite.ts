import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ArchivedMessage, type ColdStore, encodeChunk, type Tally } from '../conversation/cold-store.ts';

/** A cold store of a test, and what damages it behind its back. */
export interface TestColdStore extends AsyncDisposable {
  readonly cold: ColdStore;
  /** Changes one letter of a message where it lies; the next verification reads that. */
  damage(conversationId: number, seq: number): Promise<void>;
}

const october = Date.UTC(2026, 9, 5);
const november = Date.UTC(2026, 10, 5);

/** One entry, as the archive has it. */
export function archived(conversation: number, seq: number, over: Partial<ArchivedMessage> = {}): ArchivedMessage {
  return {
    conversation_id: conversation,
    seq,
    channel_id: '00000000channel1',
    contact_id: `contact-${conversation}`,
    client_id: null,
    direction: 'in',
    sender_type: 'contact',
    sender_id: null,
    sender_name: null,
    content: JSON.stringify({ type: 'text', text: `message ${seq} of ${conversation}` }),
    private: 0,
    state: 'received',
    state_reason: null,
    delivered_as: null,
    recalled_at: null,
    edited_at: null,
    sent_at: null,
    created_at: october + conversation * 1_000 + seq,
    change_no: 0,
    ...over,
  };
}

export async function* inChunks(...parts: readonly ArchivedMessage[][]) {
  for (const rows of parts) yield encodeChunk(rows);
}

function tallyOf(rows: readonly ArchivedMessage[]): Tally {
  const { count, checksum } = encodeChunk(rows);
  return { count, checksum };
}
const seqs = (rows: readonly ArchivedMessage[]) => rows.map(({ seq }) => seq);
const places = (rows: readonly ArchivedMessage[]) => rows.map((row) => `${row.conversation_id}.${row.seq}`);
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const batches = ['b0001', 'b0002', 'b0003', 'b0004', 'b0005', 'b0006', 'b0007', 'b0008', 'b0009', 'b0010'] as const;

/** Text of every shape that people and platforms send. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('\u0000', '\u001e', '\u001f', '"', "'", '\\', '\n\r\t', '😀', '订单 #42', '\u202e', ''),
);
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const time = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2026, 11, 31) });
const anyMessage = fc.record({
  client_id: maybe(text),
  sender_id: maybe(text),
  sender_name: maybe(text),
  content: text.map((said) => JSON.stringify({ type: 'text', text: said })),
  private: fc.constantFrom(0, 1, 2),
  state_reason: maybe(text),
  delivered_as: maybe(text.map((said) => JSON.stringify({ type: 'text', text: said }))),
  recalled_at: maybe(time),
  edited_at: maybe(time),
  sent_at: maybe(time),
  created_at: time,
  change_no: fc.nat(100),
});

/** What every cold store does: the same on files and on a server. `open` makes an empty one. */
export function coldSuite(name: string, open: () => Promise<TestColdStore>, options: { skip: string | false }): void {
  const given = (title: string, run: (store: TestColdStore) => Promise<void>) =>
    test(`${name}: ${title}`, { skip: options.skip, timeout: 60_000 }, async () => {
      const store = await open();
      try {
        await run(store);
      } finally {
        await store[Symbol.asyncDispose]();
      }
    });

  given('what was written is read back as it was, whatever it holds', async ({ cold }) => {
    let batch = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { minLength: 1, maxLength: 30 }), async (given) => {
        batch += 1;
        const rows = given.map((row, index) => archived(batch, index + 1, row));
        await cold.write(`p${String(batch).padStart(6, '0')}`, inChunks(rows));
        assert.deepEqual(await cold.verify(`p${String(batch).padStart(6, '0')}`), tallyOf(rows));
        const back = await cold.messages(batch, { before: 1_000, limit: 1_000 });
        assert.deepEqual(back, rows);
      }),
      { numRuns: 15 },
    );
  });

  given('a batch that is written twice counts once', async ({ cold }) => {
    const rows = range(1, 3).map((seq) => archived(1, seq));
    await cold.write('b0001', inChunks(rows));
    await cold.write('b0001', inChunks(rows));
    assert.deepEqual(await cold.verify('b0001'), tallyOf(rows));
    assert.deepEqual(seqs(await cold.messages(1, { before: 100, limit: 100 })), [1, 2, 3]);
  });

  given('verifying notices a single changed letter', async ({ cold, damage }) => {
    const rows = range(1, 3).map((seq) => archived(1, seq));
    await cold.write('b0001', inChunks(rows));
    await damage(1, 2);
    const found = await cold.verify('b0001');
    assert.equal(found.count, 3);
    assert.notEqual(found.checksum, tallyOf(rows).checksum);
  });

  given('pages of a conversation are read from either end, of all its months', async ({ cold }) => {
    const rows = range(1, 40).map((seq) =>
      archived(7, seq, { created_at: seq <= 20 ? october + seq : november + seq, private: seq % 2 }),
    );
    await cold.write('b0001', inChunks(rows.slice(0, 25), rows.slice(25), [archived(6, 1), archived(8, 1)]));
    const page = async (over: object) => seqs(await cold.messages(7, { before: 41, limit: 5, ...over }));
    assert.deepEqual(await page({}), [1, 2, 3, 4, 5]);
    assert.deepEqual(await page({ after: 18 }), [19, 20, 21, 22, 23]);
    assert.deepEqual(await page({ fromEnd: true }), [36, 37, 38, 39, 40]);
    assert.deepEqual(await page({ fromEnd: true, before: 22 }), [17, 18, 19, 20, 21]);
    assert.deepEqual(await page({ after: 30, publicOnly: true }), [32, 34, 36, 38, 40]);
    assert.deepEqual(await page({ after: 40 }), []);
    assert.deepEqual(await cold.messages(9, { before: 10, limit: 5 }), []);
  });

  given('what a later batch says of an entry holds', async ({ cold }) => {
    await cold.write('b0001', inChunks([archived(1, 1), archived(1, 2, { state: 'sent', change_no: 1 })]));
    await cold.write('b0002', inChunks([archived(1, 2, { state: 'read', change_no: 5 })]));
    const rows = await cold.messages(1, { before: 9, limit: 9 });
    assert.deepEqual(
      rows.map(({ seq, state }) => [seq, state]),
      [
        [1, 'received'],
        [2, 'read'],
      ],
    );
    assert.deepEqual(seqs(await cold.changedAfter(1, 1, 10)), [2]);
    assert.deepEqual(await cold.changedAfter(1, 5, 10), []);
    await cold.compact();
    assert.equal((await cold.messages(1, { before: 9, limit: 9 }))[1]?.state, 'read');
  });

  given('changes come in their order', async ({ cold }) => {
    const rows = [archived(1, 1, { change_no: 9 }), archived(1, 2), archived(1, 3, { change_no: 4 })];
    await cold.write('b0001', inChunks(rows));
    assert.deepEqual(seqs(await cold.changedAfter(1, 0, 10)), [3, 1]);
    assert.deepEqual(seqs(await cold.changedAfter(1, 0, 1)), [3]);
    assert.deepEqual(seqs(await cold.changedAfter(1, 4, 10)), [1]);
  });

  given('a search goes through the conversations from the newest on, page by page', async ({ cold }) => {
    const said = (conversation: number, seq: number, words: string, at: number) =>
      archived(conversation, seq, { content: JSON.stringify({ type: 'text', text: words }), created_at: at });
    await cold.write(
      'b0001',
      inChunks([
        said(1, 1, 'Where is my PARCEL?', october),
        said(1, 2, 'A "parcel"\nis coming', november),
        said(2, 1, 'parcel of another conversation', november + 5),
        said(3, 1, 'a parcel of somebody else', november + 6),
        said(2, 2, 'something else', november + 7),
      ]),
    );
    const conversationIds = [1, 2];
    const search = async (over: object) => places(await cold.search({ conversationIds, limit: 10, ...over }));
    assert.deepEqual(await search({ text: 'parcel' }), ['2.1', '1.2', '1.1']);
    assert.deepEqual(await search({ text: '"parcel"\nis' }), ['1.2']);
    assert.deepEqual(await search({ text: 'parcel', from: november }), ['2.1', '1.2']);
    assert.deepEqual(await search({ text: 'parcel', to: november }), ['1.1']);
    assert.deepEqual(await search({ limit: 2 }), ['2.2', '2.1']);
    assert.deepEqual(await search({ limit: 2, before: { at: november + 5, conversationId: 2, seq: 1 } }), [
      '1.2',
      '1.1',
    ]);
    assert.deepEqual(places(await cold.ofConversations([1, 3], { from: november })), ['1.2', '3.1']);
    assert.deepEqual(await search({ text: '%_' }), []);
  });

  given('a batch that is given up leaves nothing', async ({ cold }) => {
    await cold.write('b0001', inChunks([archived(1, 1)]));
    await cold.write('b0002', inChunks([archived(1, 2), archived(2, 1)]));
    await cold.discard('b0002');
    await cold.discard('b0002');
    assert.deepEqual(await cold.verify('b0002'), { count: 0, checksum: '0' });
    assert.deepEqual(seqs(await cold.messages(1, { before: 9, limit: 9 })), [1]);
    assert.deepEqual(await cold.messages(2, { before: 9, limit: 9 }), []);
  });

  given('an erased conversation is in no batch and no month any more, and the others are', async ({ cold }) => {
    await cold.write('b0001', inChunks([archived(1, 1), archived(2, 1), archived(3, 1)]));
    await cold.write('b0002', inChunks([archived(2, 2, { created_at: november }), archived(2, 3)]));
    await cold.erase([2, 99]);
    await cold.erase([2]);
    assert.deepEqual(places(await cold.ofConversations([1, 2, 3], {})), ['1.1', '3.1']);
    assert.equal((await cold.size()).messages, 2);
  });

  given('months that ended before a time go, and younger ones stay', async ({ cold }) => {
    await cold.write('b0001', inChunks([archived(1, 1), archived(1, 2, { created_at: november })]));
    assert.equal(await cold.dropBefore(Date.UTC(2026, 9, 31)), 0);
    assert.equal(await cold.dropBefore(Date.UTC(2026, 10, 1)), 1);
    assert.deepEqual(seqs(await cold.messages(1, { before: 9, limit: 9 })), [2]);
  });

  given('many small batches become fewer pieces with the same content', async ({ cold }) => {
    const rows = batches.map((_, index) => archived(index + 1, 1));
    for (const [index, batch] of batches.entries()) await cold.write(batch, inChunks([rows[index] as ArchivedMessage]));
    const reading = Promise.all(range(1, 30).map((i) => cold.messages((i % 10) + 1, { before: 9, limit: 9 })));
    await cold.compact();
    for (const found of await reading) assert.equal(found.length, 1);
    assert.deepEqual(await cold.ofConversations(range(1, 10), {}), rows);
    assert.equal((await cold.size()).messages, 10);
    await cold.sweep();
    assert.deepEqual(await cold.ofConversations(range(1, 10), {}), rows);
  });
}
