import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createTestClock, systemClock, type TestClock } from '../base/clock.ts';
import { firstIdAt, newId } from '../base/ids.ts';
import { queueMessage as message, queueSuite, suiteChannelId, suiteRetries } from '../testing/queue-suite.ts';
import { channelId, openTestStore, type TestStore } from '../testing/test-store.ts';
import type { InboundEntry } from './channel-adapter.ts';
import { createEmbeddedQueue, type EmbeddedQueueOptions, type QueueStore } from './embedded-queue.ts';
import { laneOf, type QueuedEntry, TryLater } from './message-queue.ts';
import { Refusal } from './refusal.ts';

const nameOf = ({ entry }: QueuedEntry) => entry.externalId;

/** A queue on the real store whose handler the test gives; finished entries leave the log as the processor sees to. */
async function openQueue(
  t: TestContext,
  options: Partial<EmbeddedQueueOptions> & { on?: TestStore; clock?: TestClock } = {},
) {
  const store = options.on ?? (await openTestStore());
  const clock = options.clock ?? createTestClock();
  const errors: unknown[] = [];
  const queue = await createEmbeddedQueue({
    store: store.queue,
    maxDepth: 10_000,
    maxHeld: 1_000,
    concurrency: 8,
    maxAttempts: 3,
    retryMs: (attempt) => attempt * 1_000,
    onError: (error) => errors.push(error),
    ...options,
    clock,
  });
  const done: string[] = [];
  const consume = (handle: (entry: QueuedEntry) => Promise<void> = async () => undefined) => {
    const abort = new AbortController();
    const ended = queue.consume(async (entry) => {
      await handle(entry);
      done.push(nameOf(entry));
      await store.queue.remove([entry.id]);
    }, abort.signal);
    const stop = () => {
      abort.abort();
      return ended;
    };
    t.after(stop);
    return stop;
  };
  const push = (...entries: InboundEntry[]) => queue.push(channelId, entries);
  return { store, clock, queue, errors, done, consume, push };
}

/** As if it had been made an hour later. */
function laterId(id: string): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  const digits = [...id.slice(0, 9)].map((letter) => alphabet.indexOf(letter));
  const ms = digits.reduce((sum, digit) => sum * 32 + digit, 0);
  return firstIdAt(ms + 3_600_000).slice(0, 9) + id.slice(9);
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await holds()); ) {
    if (Date.now() > deadline) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

let suiteStore: TestStore | undefined;
queueSuite(async (_, { fresh, maxDepth }) => {
  if (fresh || suiteStore === undefined) suiteStore = await openTestStore();
  const store = suiteStore;
  const queue = await createEmbeddedQueue({
    store: store.queue,
    clock: systemClock,
    maxDepth,
    maxHeld: 1_000,
    concurrency: 64,
    ...suiteRetries,
    onError: () => undefined,
  });
  return {
    queue,
    finished: (id) => store.queue.remove([id]),
    giveBack: async (entry) => {
      const dead = { id: newId(), channel_id: channelId, attempts: 3, reason: 'r', enqueued_at: 1 };
      const lane = laneOf(suiteChannelId, entry.contact.externalId);
      await store.queue.bury({ ...dead, lane, payload: JSON.stringify(entry) });
      const row = await store.queue.revive(dead.id, newId());
      assert.ok(row);
      queue.revive(row);
    },
    buried: () => store.queue.dead({ limit: 10 }),
  };
});

test('at its bound the queue refuses with a time to come back, takes nothing of the push, and recovers', async (t) => {
  const { consume, push, store, queue } = await openQueue(t, { maxDepth: 3 });
  await push(message('ann', '1'), message('ann', '2'));
  await assert.rejects(push(message('ben', '1'), message('ben', '2')), (error) => {
    assert.ok(error instanceof Refusal);
    assert.deepEqual([error.code, error.retryAfterMs], ['unavailable', 5_000]);
    return true;
  });
  assert.equal((await store.queue.count()).depth, 2);
  await push(message('ben', '1'));
  consume();
  await until(() => queue.stats().depth === 0, 'worked off');
  await push(message('ben', '2'));
});

test('a push that the disk refuses is refused, and the queue counts it no longer', async (t) => {
  const { push, store, queue, consume, done } = await openQueue(t);
  await store.breakInserts('inbound_queue');
  await assert.rejects(push(message('ann', '1')), /broken/);
  assert.equal(queue.stats().depth, 0);
  await store.mend();
  await push(message('ann', '2'));
  consume();
  await until(() => done.length === 1, 'the next');
  assert.deepEqual(done, ['ann 2']);
});

test('an entry that fails goes to the dead letters after the stated tries, and its contact goes on behind it', async (t) => {
  const { push, consume, done, store, clock, errors } = await openQueue(t);
  let tries = 0;
  consume(async (entry) => {
    if (nameOf(entry) !== 'ann bad') return;
    tries += 1;
    throw new Error('no such thing');
  });
  await push(message('ann', 'bad'), message('ann', 'good'), message('ben', '1'));
  await until(() => done.length === 1 && tries === 1, 'ben passes');
  for (const waitMs of [1_000, 2_000]) {
    await clock.sleeping();
    await clock.advance(waitMs - 1);
    const before = tries;
    await clock.advance(1);
    await until(() => tries === before + 1, 'tried again');
  }
  await until(() => done.length === 2, 'ann goes on');
  assert.deepEqual([done, tries, errors.length], [['ben 1', 'ann good'], 3, 3]);
  const [dead] = await store.queue.dead({ limit: 10 });
  assert.deepEqual([dead?.reason, dead?.attempts, dead?.channel_id], ['no such thing', 3, channelId]);
  await until(async () => (await store.queue.count()).depth === 0, 'the log is empty');
});

test('a processor that cannot work now costs no try', async (t) => {
  const { push, consume, done, store, clock, errors } = await openQueue(t, { maxAttempts: 1 });
  const away = [new TryLater('the store is away'), new Refusal('unavailable', 'full'), new TryLater('still')];
  consume(async () => {
    const error = away.shift();
    if (error !== undefined) throw error;
  });
  await push(message('ann', '1'));
  for (let left = 2; left >= 0; left--) {
    await until(() => away.length === left, 'tried');
    await clock.sleeping();
    await clock.advance(1_000);
  }
  await until(() => done.length === 1, 'done');
  assert.deepEqual([errors, await store.queue.countDead()], [[], 0]);
});

for (const maxHeld of [1_000, 4]) {
  test(`a dead letter that is given back is processed once where ${maxHeld} are held in memory`, async (t) => {
    const { push, consume, done, store, queue } = await openQueue(t, { maxHeld });
    const dead = { id: 'dead-1', channel_id: channelId, lane: 'l', attempts: 3, reason: 'r', enqueued_at: 1 };
    await store.queue.bury({ ...dead, payload: JSON.stringify(message('zoe', 'again')) });
    await push(...Array.from({ length: 4 }, (_, i) => message('ann', `${i}`)));
    await push(...Array.from({ length: 4 }, (_, i) => message('ben', `${i}`)));
    const row = await store.queue.revive('dead-1', newId());
    assert.ok(row);
    queue.revive(row);
    await push(...Array.from({ length: 4 }, (_, i) => message('cy', `${i}`)));
    // It is still under way when the log is read.
    consume(async (entry) => {
      if (nameOf(entry) === 'zoe again') await until(() => done.length >= 12, 'the others');
    });
    await until(() => queue.stats().depth <= 0, 'empty');
    assert.equal(done.filter((name) => name === 'zoe again').length, 1);
    assert.deepEqual([done.length, queue.stats().depth, await store.queue.countDead()], [13, 0, 0]);
  });
}

test('what comes after a restart with the clock set back stands behind what waits, and none of it is left lying', async (t) => {
  const { push, store } = await openQueue(t);
  await push(message('ann', '1'), message('ann', '2'));
  const hourEarlier = createTestClock(1_700_000_000_000 - 3_600_000);
  // What this process has made so far would keep its ids in order: another one begins with these rows alone.
  const rows = (await store.queue.after('', 10)).map((row) => ({ ...row, id: laterId(row.id) }));
  await store.queue.remove((await store.queue.after('', 10)).map(({ id }) => id));
  await store.queue.push(rows.map((row) => Object.values(row)));
  const after = await openQueue(t, { on: store, clock: hourEarlier, maxHeld: 2 });
  await after.push(message('ann', '3'));
  after.consume();
  // The third may follow before anybody looks.
  await until(() => after.done.length >= 2, 'what waited');
  await after.push(message('ann', '4'), message('ann', '5'));
  await until(() => after.done.length === 5, 'all');
  assert.deepEqual(after.done, ['ann 1', 'ann 2', 'ann 3', 'ann 4', 'ann 5']);
});

test('an entry that nobody can read goes to the dead letters at once, and what stands behind it goes on', async (t) => {
  const { store } = await openQueue(t);
  const rowOf = (id: string, contact: string, payload: string) =>
    Object.values({ id, channel_id: channelId, lane: contact, payload, attempts: 0, enqueued_at: 1 });
  const good = JSON.stringify(message('ann', '1'));
  const spoilt = newId();
  await store.queue.push([
    rowOf(newId(), 'ann', good),
    rowOf(spoilt, 'ann', '{"kind":"mess'),
    rowOf(newId(), 'ben', good),
  ]);
  const { consume, done, queue, errors } = await openQueue(t, { on: store });
  consume();
  await until(() => done.length === 2 && queue.stats().depth === 0, 'the others');
  assert.deepEqual(errors, []);
  const [dead] = await store.queue.dead({ limit: 10 });
  assert.deepEqual([dead?.id, dead?.payload], [spoilt, '{"kind":"mess']);
  assert.match(dead?.reason ?? '', /cannot be read/);
  // Whoever gives it back sees it again, and nothing else is disturbed.
  const row = await store.queue.revive(spoilt, newId());
  assert.ok(row);
  queue.revive(row);
  await until(async () => (await store.queue.countDead()) === 1, 'dead again');
  await until(() => queue.stats().depth === 0, 'empty');
});

test('a log that cannot be read at the start is read when it can be', async (t) => {
  const store = await openTestStore();
  const before = await openQueue(t, { on: store });
  await before.push(message('ann', '1'));
  let isBroken = true;
  const broken: QueueStore = new Proxy(store.queue, {
    get: (target, name) =>
      name === 'after' && isBroken ? () => Promise.reject(new Error('broken')) : Reflect.get(target, name),
  });
  const { consume, done, clock, errors } = await openQueue(t, { on: store, store: broken });
  consume();
  await until(() => errors.length === 1, 'the failure');
  isBroken = false;
  await clock.advance(1_000);
  await until(() => done.length === 1, 'the entry');
});

test('a read of the log that is slower than a push does not overlook what was pushed', async (t) => {
  const store = await openTestStore();
  let held: PromiseWithResolvers<void> | undefined;
  let reads = 0;
  const slow: QueueStore = new Proxy(store.queue, {
    get: (target, name) => {
      if (name !== 'after') return Reflect.get(target, name);
      return async (...args: Parameters<QueueStore['after']>) => {
        reads += 1;
        const seen = await target.after(...args);
        await held?.promise;
        return seen;
      };
    },
  });
  const { push, consume, done } = await openQueue(t, { on: store, store: slow, maxHeld: 2 });
  await push(message('ann', '1'), message('ann', '2'), message('ann', '3'));
  held = Promise.withResolvers();
  consume();
  await until(() => reads === 1, 'reading');
  await store.queue.count();
  await push(message('ben', '1'));
  held.resolve();
  await until(() => done.length === 4, 'nothing is left lying in the log');
});

test('however much there is beyond memory, nothing is lost, doubled or out of order', async (t) => {
  const pushes = fc.array(
    fc.record({
      contacts: fc.array(fc.constantFrom('ann', 'ben', 'cy'), { minLength: 1, maxLength: 6 }),
      together: fc.boolean(),
    }),
    { minLength: 1, maxLength: 10 },
  );
  await fc.assert(
    fc.asyncProperty(pushes, fc.integer({ min: 1, max: 6 }), fc.nat(10), async (script, maxHeld, startAfter) => {
      const { push, consume, done, queue, errors } = await openQueue(t, { maxHeld, concurrency: 2 });
      const expected = new Map<string, string[]>();
      let number = 0;
      let stop: (() => Promise<void>) | undefined;
      let underway: Promise<void>[] = [];
      for (const [i, { contacts, together }] of script.entries()) {
        if (i >= startAfter) stop ??= consume();
        const entries = contacts.map((contact) => message(contact, `${number++}`));
        for (const { contact, externalId } of entries) {
          expected.set(contact.externalId, [...(expected.get(contact.externalId) ?? []), externalId]);
        }
        underway.push(push(...entries));
        if (!together) await Promise.all(underway.splice(0));
      }
      await Promise.all(underway);
      underway = [];
      stop ??= consume();
      await until(() => done.length >= number && queue.stats().depth === 0, `${done.length} of ${number} processed`);
      await stop();
      for (const [contact, names] of expected) {
        assert.deepEqual(
          done.filter((name) => name.startsWith(`${contact} `)),
          names,
        );
      }
      assert.deepEqual([done.length, errors], [number, []]);
    }),
    { numRuns: 60 },
  );
});
