import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InboundEntry } from '../gateway/channel-adapter.ts';
import { type MessageQueue, type QueuedEntry, TryLater, Unprocessable } from '../gateway/message-queue.ts';
import { within } from './redis.ts';

/** A message of a contact, known by contact and text. */
export const queueMessage = (contact: string, text: string): InboundEntry => ({
  kind: 'message',
  externalId: `${contact} ${text}`,
  contact: { externalId: contact },
  content: { type: 'text', text },
});
const nameOf = ({ entry }: QueuedEntry) => entry.externalId;

/** How a queue of the suite is set up: three tries, with hardly any pause between them. */
export const suiteRetries = { maxAttempts: 3, retryMs: () => 5 } as const;
export const suiteChannelId = 'channel';

/** One process on a queue: as many as are opened in a test work on the same one. */
export interface QueueProcess {
  readonly queue: MessageQueue;
  /** Where the processor takes an entry out of a log in the store, beside what it commits. */
  finished(id: string): Promise<void>;
  /** A dead letter that a person sends back into the queue. */
  giveBack(entry: InboundEntry): Promise<void>;
  buried(): Promise<readonly { id: string; reason: string; attempts: number }[]>;
}

/**
 * What every queue does, whatever lies behind it. `open` starts a process, on an empty queue where `fresh` says so; the
 * one before it in the same test has ended by then.
 */
export function queueSuite(
  open: (t: TestContext, options: { readonly fresh: boolean; readonly maxDepth: number }) => Promise<QueueProcess>,
): void {
  /** A process with a handler; what the handler finished is noted in order. */
  async function start(t: TestContext, { fresh = true, maxDepth = 10_000 } = {}) {
    const { queue, ...process } = await open(t, { fresh, maxDepth });
    const done: string[] = [];
    const consume = (handle: (entry: QueuedEntry) => Promise<void> = async () => undefined) => {
      const abort = new AbortController();
      const ended = queue.consume(async (entry) => {
        await handle(entry);
        done.push(nameOf(entry));
        await process.finished(entry.id);
      }, abort.signal);
      const stop = () => {
        abort.abort();
        return ended;
      };
      t.after(stop);
      return stop;
    };
    const push = (...entries: InboundEntry[]) => queue.push(suiteChannelId, entries);
    return { ...process, queue, done, consume, push };
  }

  test('each contact is served in order, one entry at a time and once, and waits for nobody else', async (t) => {
    const { consume, push, done, queue } = await start(t);
    const gate = Promise.withResolvers<void>();
    const busy = new Set<string>();
    let overlaps = 0;
    consume(async (entry) => {
      const [contact = ''] = nameOf(entry).split(' ');
      if (busy.has(contact)) overlaps += 1;
      busy.add(contact);
      if (nameOf(entry) === 'c0 0') await gate.promise;
      busy.delete(contact);
    });
    const contacts = Array.from({ length: 12 }, (_, i) => `c${i}`);
    for (let n = 0; n < 5; n++) await push(...contacts.map((contact) => queueMessage(contact, String(n))));
    await within('everybody but the one that waits', () => done.length === 55);
    assert.ok(!done.some((name) => name.startsWith('c0 ')));
    gate.resolve();
    await within('all', () => done.length === 60);
    for (const contact of contacts) {
      const own = done.filter((name) => name.startsWith(`${contact} `));
      assert.deepEqual(
        own,
        Array.from({ length: 5 }, (_, n) => `${contact} ${n}`),
      );
    }
    assert.equal(overlaps, 0);
    await within('an empty queue', () => queue.stats().depth === 0);
  });

  test('it tells how many wait, and for how long the first of them has', async (t) => {
    const { consume, push, queue } = await start(t);
    const gate = Promise.withResolvers<void>();
    consume(() => gate.promise);
    await push(queueMessage('ann', '1'), queueMessage('ann', '2'), queueMessage('ben', '1'));
    await within('three', () => queue.stats().depth === 3);
    await within('an age', () => queue.stats().oldestAgeMs > 50);
    gate.resolve();
    await within('an empty queue', () => queue.stats().depth === 0 && queue.stats().oldestAgeMs === 0);
  });

  test('at its bound it refuses with a time to come back, takes nothing of the push, and more when there is room', async (t) => {
    // One partition's share where there are several: entries of one contact.
    const { consume, push, done } = await start(t, { maxDepth: 32 });
    let taken = 0;
    const refused = async (...texts: string[]) => {
      try {
        await push(...texts.map((text) => queueMessage('ann', text)));
        taken += texts.length;
        return undefined;
      } catch (error) {
        return error as { code?: string; retryAfterMs?: number };
      }
    };
    let refusal: Awaited<ReturnType<typeof refused>>;
    await within('a refusal', async () => {
      refusal ??= await refused(`${taken}`);
      return refusal !== undefined;
    });
    assert.deepEqual([refusal?.code, refusal?.retryAfterMs], ['unavailable', 5_000]);
    assert.ok(taken <= 32);
    assert.notEqual(await refused('a', 'b'), undefined);
    const before = taken;
    consume();
    await within('what was taken', () => done.length === before);
    await within('room', async () => (await refused('later')) === undefined);
    await within('the next', () => done.length === taken);
    assert.ok(done.includes('ann later'));
    assert.equal(new Set(done).size, done.length);
  });

  test('what a process did not finish is given to the next one, in order, and what it finished is not', async (t) => {
    const { consume, push, done } = await start(t);
    const gate = Promise.withResolvers<void>();
    const stop = consume(async (entry) => {
      if (nameOf(entry) === 'ann 2') await gate.promise;
      if (nameOf(entry) === 'ann 2') throw new TryLater('the process ends');
    });
    await push(...['1', '2', '3'].map((text) => queueMessage('ann', text)));
    await within('the first', () => done.length === 1);
    const stopped = stop();
    gate.resolve();
    await stopped;
    const next = await start(t, { fresh: false });
    next.consume();
    await within('the rest', () => next.done.length === 2);
    assert.deepEqual([done, next.done], [['ann 1'], ['ann 2', 'ann 3']]);
    await within('an empty queue', () => next.queue.stats().depth === 0);
  });

  test('what fails is tried as often as stated and then buried, its contact goes on, and an absence costs no try', async (t) => {
    const { consume, push, done, buried, queue } = await start(t);
    let tries = 0;
    let away = 10;
    consume(async (entry) => {
      if (nameOf(entry) === 'ann bad') {
        tries += 1;
        throw new Error('no such thing');
      }
      if (nameOf(entry) === 'ann early' && away-- > 0) throw new TryLater('the store is away');
    });
    await push(...['bad', 'early', 'good'].map((text) => queueMessage('ann', text)));
    await within('the rest', () => done.length === 2);
    assert.deepEqual([done, tries], [['ann early', 'ann good'], 3]);
    assert.deepEqual(
      (await buried()).map(({ reason, attempts }) => [reason, attempts]),
      [['no such thing', 3]],
    );
    await within('an empty queue', () => queue.stats().depth === 0);
  });

  test('what is wrong in itself is buried with its reason at once, and its contact goes on', async (t) => {
    const { consume, push, done, buried } = await start(t);
    let tries = 0;
    consume(async (entry) => {
      if (nameOf(entry) !== 'ann bad') return;
      tries += 1;
      throw new Unprocessable('it is of another contact');
    });
    await push(...['bad', 'good'].map((text) => queueMessage('ann', text)));
    await within('the rest', () => done.length === 1);
    assert.deepEqual([done, tries], [['ann good'], 1]);
    assert.deepEqual(
      (await buried()).map(({ reason }) => reason),
      ['it is of another contact'],
    );
  });

  test('tries are counted over a restart', async (t) => {
    const { consume, push } = await start(t);
    let tries = 0;
    const failed = Promise.withResolvers<void>();
    const stop = consume(async () => {
      tries += 1;
      if (tries < 3) throw new Error('bad');
      // The process ends in its third try: of this one nobody knows.
      failed.resolve();
      throw new TryLater('the process ends');
    });
    await push(queueMessage('ann', '1'));
    await failed.promise;
    await stop();
    const next = await start(t, { fresh: false });
    let triesThen = 0;
    next.consume(async () => {
      triesThen += 1;
      throw new Error('bad');
    });
    await within('the end', async () => (await next.buried()).length === 1);
    assert.equal(triesThen, 1);
  });

  test('what a person gives back is processed once, behind what waits', async (t) => {
    const { consume, push, done, queue, giveBack } = await start(t);
    await push(...['1', '2', '3'].map((text) => queueMessage('ann', text)));
    await giveBack(queueMessage('ann', 'again'));
    consume();
    await within('all', () => done.length === 4);
    await push(queueMessage('ann', '4'));
    await within('the next', () => done.length === 5);
    assert.deepEqual(done, ['ann 1', 'ann 2', 'ann 3', 'ann again', 'ann 4']);
    await within('an empty queue', () => queue.stats().depth === 0);
  });
}
