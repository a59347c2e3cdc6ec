import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import type { InboundEntry } from '../../gateway/channel-adapter.ts';
import type { QueueRow } from '../../gateway/embedded-queue.ts';
import { type QueuedEntry, TryLater } from '../../gateway/message-queue.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis, type Redis } from './redis.ts';
import { createRedisQueue, type RedisQueueOptions } from './redis-queue.ts';

const message = (contact: string, text: string): InboundEntry => ({
  kind: 'message',
  externalId: `${contact} ${text}`,
  contact: { externalId: contact },
  content: { type: 'text', text },
});

/** A node with its own connection, which the test may make sleep: then it neither renews, reads nor removes. */
async function openNode(t: TestContext, server: TestRedis, over: Partial<RedisQueueOptions> = {}) {
  const real = await connectRedis(server.url);
  let awake = Promise.resolve();
  const redis: Redis = {
    ...real,
    run: async (...args) => {
      await awake;
      return real.run(...args);
    },
  };
  const lost: number[] = [];
  const buried: (QueueRow & { reason: string })[] = [];
  const queue = createRedisQueue({
    redis,
    clock: systemClock,
    maxDepth: 100_000,
    maxHeld: 1_000,
    concurrency: 64,
    maxAttempts: 3,
    retryMs: () => 5,
    leaseMs: 1_000,
    logGraceMs: 300,
    bury: async (row) => void buried.push(row),
    onLost: ({ partition }) => lost.push(partition),
    onError: () => undefined,
    ...over,
  });
  const abort = new AbortController();
  let ended: Promise<void> | undefined;
  const stop = async () => {
    abort.abort();
    await ended;
  };
  t.after(async () => {
    await stop();
    queue.close();
    await real.close();
  });
  return {
    queue,
    lost,
    buried,
    stop,
    consume: (handler: (entry: QueuedEntry) => Promise<void>) => {
      ended = queue.consume(handler, abort.signal);
    },
    sleep: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      awake = promise;
      return resolve;
    },
    push: (...entries: InboundEntry[]) => queue.push('channel', entries),
  };
}

/** Notes who was handled, when each contact's entries overlap, and the first handling of each in order. */
function createRecord() {
  const seen = new Map<string, number>();
  const firsts = new Map<string, number[]>();
  const busy = new Set<string>();
  let overlaps = 0;
  return {
    seen,
    overlaps: () => overlaps,
    /** Contacts whose entries were first handled in another order than that of their pushes. */
    disordered: () =>
      [...firsts]
        .filter(([, numbers]) => numbers.some((n, i) => n < (numbers[i - 1] ?? -1)))
        .map(([contact]) => contact),
    handle: async ({ entry }: QueuedEntry) => {
      const [contact = '', n] = entry.externalId.split(' ');
      if (busy.has(contact)) overlaps += 1;
      busy.add(contact);
      if (!seen.has(entry.externalId)) firsts.set(contact, [...(firsts.get(contact) ?? []), Number(n)]);
      seen.set(entry.externalId, (seen.get(entry.externalId) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      busy.delete(contact);
    },
  };
}

/** Pushes `n` entries for each of 30 contacts as clients do: again until it is acknowledged, one after the other. */
async function pushAll(push: (entry: InboundEntry) => Promise<void>, n: number): Promise<string[]> {
  const acknowledged: string[] = [];
  await Promise.all(
    Array.from({ length: 30 }, async (_, contact) => {
      for (let i = 0; i < n; i++) {
        const entry = message(`c${contact}`, String(i));
        await within(`a push of ${entry.externalId}`, () =>
          push(entry).then(
            () => true,
            () => false,
          ),
        );
        acknowledged.push(entry.externalId);
      }
    }),
  );
  return acknowledged;
}

/** The warm store's log as the queue sees it: rows by id. */
function createLog() {
  const rows = new Map<string, QueueRow>();
  return {
    rows,
    push: async (values: readonly (readonly (string | number)[])[]) => {
      for (const [id, channel_id, lane, payload, attempts, enqueued_at] of values) {
        rows.set(id as string, { id, channel_id, lane, payload, attempts, enqueued_at } as QueueRow);
      }
    },
    after: async (id: string, limit: number) =>
      [...rows.values()]
        .filter((row) => row.id > id)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit),
  };
}

for (const { name, start } of [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
]) {
  describe(name, { skip: redisMissing() }, () => {
    test('each contact is handled in order, one entry at a time, on whichever of two workers, once', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server), await openNode(t, server)];
      const [atA, atB] = [createRecord(), createRecord()];
      a.consume(atA.handle);
      b.consume(atB.handle);
      const acknowledged = await pushAll(a.push, 20);
      await within('all', () => atA.seen.size + atB.seen.size >= acknowledged.length);
      assert.deepEqual([...atA.disordered(), ...atB.disordered()], []);
      assert.deepEqual([atA.overlaps(), atB.overlaps()], [0, 0]);
      // Both have their share as soon as they know of each other.
      await within('both at work', async () => {
        await pushAll(b.push, 1);
        return atA.seen.size > 0 && atB.seen.size > 0;
      });
      await within('an empty queue', () => a.queue.stats().depth === 0);
    });

    test('what a worker that sleeps or stops held goes to the other, in order, and a late one takes nothing', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server), await openNode(t, server)];
      const held = createRecord();
      const gate = Promise.withResolvers<void>();
      a.consume(async (entry) => {
        void held.handle(entry);
        await gate.promise;
      });
      const acknowledged = await pushAll(b.push, 5);
      await within('a to be at work', () => held.seen.size === 30);
      const wake = a.sleep();
      const record = createRecord();
      b.consume(record.handle);
      await within('b to have handled all', () => record.seen.size === acknowledged.length);
      wake();
      gate.resolve();
      assert.deepEqual(record.disordered(), []);
      await within('an empty queue', () => b.queue.stats().depth === 0);
      assert.equal(held.seen.size, 30, 'a began nothing after its lease');
    });

    test('an entry that fails is buried after the stated tries, one that comes too early is not', async (t) => {
      await using server = await start();
      const node = await openNode(t, server);
      let early = 0;
      const done: string[] = [];
      node.consume(async ({ entry }) => {
        if (entry.externalId === 'ann 1') throw new Error('poisoned');
        if (entry.externalId === 'ann 2' && early++ < 10) throw new TryLater('the store is away');
        done.push(entry.externalId);
      });
      await node.push(message('ann', '1'), message('ann', '2'), message('ann', '3'));
      await within('the rest', () => done.length === 2);
      assert.deepEqual(done, ['ann 2', 'ann 3']);
      assert.deepEqual(
        node.buried.map(({ reason, attempts }) => [reason, attempts]),
        [['poisoned', 3]],
      );
    });

    test('at its bound the queue refuses with a time to come back, and takes more when there is room', async (t) => {
      await using server = await start();
      const node = await openNode(t, server, { partitions: 1, maxDepth: 10 });
      for (let i = 0; i < 10; i++) await node.push(message('ann', String(i)));
      await assert.rejects(node.push(message('ann', '10')), { code: 'unavailable', retryAfterMs: 5_000 });
      const record = createRecord();
      node.consume(record.handle);
      await within('room', () =>
        node.push(message('ann', '11')).then(
          () => true,
          () => false,
        ),
      );
      await within('all', () => record.seen.size === 11);
    });

    test('a Redis that is out of memory refuses pushes and lets workers empty the queue', async (t) => {
      await using server = await start();
      const node = await openNode(t, server);
      await node.push(message('ann', '1'));
      for (const one of server.nodes) await one.cli('config', 'set', 'maxmemory', '1');
      await assert.rejects(node.push(message('ann', '2')), { code: 'unavailable', message: /out of memory/ });
      const record = createRecord();
      node.consume(record.handle);
      await within('ann 1', () => record.seen.has('ann 1'));
      await within('an empty queue', () => node.queue.stats().depth === 0);
    });

    test('a Redis that is killed under load and comes back has lost nothing that was acknowledged', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server), await openNode(t, server)];
      const record = createRecord();
      a.consume(record.handle);
      const pushing = pushAll(b.push, 30);
      for (const node of server.nodes) {
        await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 100));
        await node.kill();
        await node.restart();
      }
      const acknowledged = await pushing;
      await within('all', () => acknowledged.every((id) => record.seen.has(id)), 20_000);
      assert.deepEqual(record.disordered(), []);
      assert.equal(record.overlaps(), 0);
      assert.deepEqual(a.lost, []);
    });

    test('a FLUSHALL is noticed and takes nothing where the log makes a push durable', async (t) => {
      await using server = await start();
      const log = createLog();
      const node = await openNode(t, server, { log });
      const record = createRecord();
      node.consume(async (entry) => {
        await record.handle(entry);
        log.rows.delete(entry.id);
      });
      const pushing = pushAll(node.push, 30);
      await within('some to be handled', () => record.seen.size > 50);
      await server.flushAll();
      const acknowledged = await pushing;
      await within('all', () => acknowledged.every((id) => record.seen.has(id)));
      await within('every partition to be reported', () => node.lost.length === 16);
      await within('an empty log', () => log.rows.size === 0);
    });
  });
}
