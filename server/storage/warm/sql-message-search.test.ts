import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WarmSearch } from '../../conversation/archive-store.ts';
import { append, channelId, inbound, openTestStore, type TestStore } from '../../testing/test-store.ts';

type Entry = { readonly thread: string; readonly at: number; readonly text: string };

/** A contact with what it said in each of its conversations, in the order of time. */
async function write(store: TestStore, contact: string, entries: readonly Entry[]): Promise<string> {
  let contactId = '';
  // As they arrive: what was said hours apart is not stored at once.
  for (let from = 0; from < entries.length; from += 50) {
    const some = entries.slice(from, from + 50).map(({ thread, at, text }) => ({
      ...inbound(contact, { at, text }),
      target: { contact: { externalId: contact }, channelId, threadId: thread },
    }));
    contactId = (await append(store, ...some))[0]?.head.contactId ?? '';
  }
  return contactId;
}

/** All pages of a search; each must bring the reader on. */
async function searchAll(store: TestStore, query: WarmSearch) {
  const texts: string[] = [];
  let before: WarmSearch['before'];
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 500, 'the search comes to an end');
    const { found, edge } = await store.archive.search({ ...query, ...(before === undefined ? {} : { before }) });
    for (const { message } of found) texts.push('text' in message.content ? message.content.text : '');
    assert.ok(found.length <= query.limit);
    if (edge === undefined) return texts;
    before = edge;
  }
}

const entry = fc.record({
  thread: fc.constantFrom('a', 'b', 'c', 'd'),
  minute: fc.nat(30),
  word: fc.constantFrom('Tea', 'coffee'),
});

test('a search brings every message of a contact that fits, once and newest first, over all its conversations', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.option(fc.constantFrom('tea', 'OFF'), { nil: undefined }),
      fc.option(fc.tuple(fc.nat(30), fc.nat(30)), { nil: undefined }),
      async (script, limit, text, range) => {
        run += 1;
        const store = await openTestStore();
        const entries = script
          .map(({ thread, minute, word }, n) => ({ thread, at: minute * 60_000, text: `${word} ${n}` }))
          .sort((a, b) => a.at - b.at);
        await write(store, 'somebody else', [{ thread: '', at: 5, text: 'tea for others' }]);
        const contactId = await write(store, `contact ${run}`, entries);
        const [from, to] = range === undefined ? [0, Number.MAX_SAFE_INTEGER] : range.map((minute) => minute * 60_000);
        const found = await searchAll(store, {
          contactId,
          limit,
          ...(text === undefined ? {} : { text }),
          ...(range === undefined ? {} : { from: from as number, to: to as number }),
        });
        const fits = entries.filter(
          ({ at, text: said }) =>
            at >= (from as number) && at < (to as number) && said.toLowerCase().includes((text ?? '').toLowerCase()),
        );
        assert.deepEqual(found.toSorted(), fits.map(({ text: said }) => said).sort());
        const timeOf = new Map(entries.map(({ text: said, at }) => [said, at]));
        const times = found.map((said) => timeOf.get(said) ?? 0);
        assert.deepEqual(
          times,
          times.toSorted((a, b) => b - a),
        );
      },
    ),
    { numRuns: 30 },
  );
});

test('a contact who has written for years is searched page by page, and each page reads a bounded part', async () => {
  const store = await openTestStore();
  const years = Array.from({ length: 2_600 }, (_, n) => ({
    // One conversation goes on all the time, others come and go beside it.
    thread: n % 5 === 0 ? `of ${Math.floor(n / 100)}` : 'always',
    at: n * 60_000,
    text: n % 1_300 === 7 ? `needle ${n}` : `straw ${n}`,
  }));
  const contactId = await write(store, 'ann', years);
  assert.deepEqual(await searchAll(store, { contactId, text: 'needle', limit: 50 }), ['needle 1307', 'needle 7']);
  const first = await store.archive.search({ contactId, text: 'needle', limit: 50 });
  assert.deepEqual([first.found.length, (first.edge?.at ?? 0) > 1_307 * 60_000], [0, true], 'it ends before the first');
  const range = { from: 1_000 * 60_000, to: 1_003 * 60_000 };
  const { found } = await store.archive.search({ contactId, limit: 50, ...range });
  assert.deepEqual(
    found.map(({ place }) => place.at / 60_000),
    [1_002, 1_001, 1_000],
  );
});
