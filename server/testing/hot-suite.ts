import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@parley/sdk/protocol.ts';
import type { HotBounds, HotMessages } from '../conversation/hot-messages.ts';
import { within } from './redis.ts';

/** Messages of a conversation, told apart by their text. */
export const saying = (...texts: string[]): Message[] =>
  texts.map((text, index) => ({
    id: `1.${index + 1}`,
    conversationId: '1',
    seq: index + 1,
    direction: 'in',
    sender: { type: 'contact' },
    content: { type: 'text', text },
    private: false,
    state: 'received',
    createdAt: 1_000,
  }));

/** What a hot tier does, in memory and in Redis. `open` answers as many processes as are asked for, on one tier. */
export function hotSuite(
  open: (processes: number, bounds?: Partial<HotBounds>) => Promise<readonly HotMessages[]>,
): void {
  /** Reads of the warm store, by what they answered. */
  function warmStore() {
    const reads: string[] = [];
    const read = (text: string) => async () => {
      reads.push(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return saying(text);
    };
    return { reads, read };
  }

  test('what lies there is answered under its version, and read again under another', async () => {
    const [hot] = (await open(1)) as [HotMessages];
    const { reads, read } = warmStore();
    assert.deepEqual(await hot.obtain('1', 'v1', read('a')), saying('a'));
    assert.deepEqual(await hot.obtain('1', 'v1', read('never')), saying('a'));
    assert.deepEqual(await hot.obtain('1', 'v11', read('b')), saying('b'));
    assert.deepEqual(await hot.obtain('1', 'v1', read('c')), saying('c'));
    assert.deepEqual(reads, ['a', 'b', 'c']);
    assert.deepEqual({ ...hot.stats }, { hits: 1, rebuilds: 3 });
  });

  test('however many ask at once, one reads the store', async () => {
    const processes = await open(2);
    const { reads, read } = warmStore();
    const asking = Array.from({ length: 100 }, (_, i) => processes[i % processes.length]?.obtain('1', 'v', read('a')));
    for (const answer of await Promise.all(asking)) assert.deepEqual(answer, saying('a'));
    assert.deepEqual(reads, ['a']);
  });

  test('a read that fails is told to who asked, and the next one reads anew', async () => {
    const [hot] = (await open(1)) as [HotMessages];
    const fails = () => Promise.reject(new Error('the store is away'));
    await assert.rejects(hot.obtain('1', 'v', fails), /the store is away/);
    assert.deepEqual(await hot.obtain('1', 'v', async () => saying('a')), saying('a'));
  });

  test('what was erased is gone', async () => {
    const [hot] = (await open(1)) as [HotMessages];
    const { reads, read } = warmStore();
    await hot.obtain('1', 'v', read('a'));
    await hot.forget(['1', '2']);
    assert.deepEqual(await hot.obtain('1', 'v', read('b')), saying('b'));
    assert.deepEqual(reads, ['a', 'b']);
  });

  test('no more lies there than may, and nothing for longer', async () => {
    const [hot] = (await open(1, { maxConversations: 32, maxAgeMs: 400 })) as [HotMessages];
    for (let i = 0; i < 400; i++) await hot.obtain(String(i), 'v', async () => saying(`${i}`));
    let found = 0;
    for (let i = 0; i < 400; i++) {
      const before = hot.stats.rebuilds;
      await hot.obtain(String(i), 'v', async () => saying(`${i}`));
      if (hot.stats.rebuilds === before) found += 1;
    }
    assert.ok(found <= 32, `${found} of 400 were still there`);
    await hot.obtain('x', 'v', async () => saying('old'));
    await within('its time to be over', async () => {
      const messages = await hot.obtain('x', 'v', async () => saying('new'));
      return messages[0]?.content.type === 'text' && messages[0].content.text === 'new';
    });
  });
}
