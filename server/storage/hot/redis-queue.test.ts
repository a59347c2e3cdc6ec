import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { newId } from '../../base/ids.ts';
import type { InboundEntry } from '../../gateway/channel-adapter.ts';
import type { QueueRow } from '../../gateway/embedded-queue.ts';
import { laneOf, type QueuedEntry } from '../../gateway/message-queue.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { queueMessage as message, queueSuite, suiteRetries } from '../../testing/queue-suite.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis, type Redis } from './redis.ts';
import { defaultPartitions, keysOf, registry } from './redis-partitions.ts';
import { createRedisQueue, type RedisQueueOptions } from './redis-queue.ts';
import { readScript } from './redis-queue-scripts.ts';

/** A node with its own connection, which the test may make sleep: then it neither renews, reads nor removes. */
async function openNode(t: TestContext, server: TestRedis, over: Partial<RedisQueueOptions> = {}) {
  const real = await connectRedis(server.url);
  let awake = Promise.resolve();
  let deafTo: unknown;
  const redis: Redis = {
    ...real,
    run: async (...args) => {
      await awake;
      const reply = await real.run(...args);
      if (args[0] !== deafTo || !Array.isArray(reply) || reply.length === 0) return reply;
      deafTo = undefined;
      throw new Error('Connection is closed.');
    },
  };
  const lost: { partition: number; entries: number }[] = [];
  const buried: (QueueRow & { reason: string })[] = [];
  const queue = createRedisQueue({
    redis,
    clock: systemClock,
    maxDepth: 100_000,
    maxHeld: 1_000,
    concurrency: 64,
    ...suiteRetries,
    leaseMs: 1_000,
    logGraceMs: 300,
    bury: async (row) => void buried.push(row),
    onLost: (one) => lost.push(one),
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
    redis,
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
    /** The next answer of a script that is not empty gets lost on its way: Redis did it, and nobody knows. */
    loseAnswerOf: (script: Parameters<Redis['run']>[0]) => {
      deafTo = script;
    },
    /** Whether the answer was lost by now. */
    hasLost: () => deafTo === undefined,
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
    let shared: TestRedis;
    before(async () => {
      shared = await start();
    });
    after(() => shared?.[Symbol.asyncDispose]());
    /** For a test that neither stops it nor changes its settings: a cluster takes seconds to come up. */
    const emptied = async () => {
      await shared.flushAll();
      return shared;
    };

    test('each contact is handled in order, one entry at a time, on whichever of two workers, once', async (t) => {
      const server = await emptied();
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
      const server = await emptied();
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

    test('what a dead worker held is the next one’s in its time, also where the clock of Redis was set back since', async (t) => {
      const node = await openNode(t, await emptied());
      const record = createRecord();
      const send = (key: string, ...args: string[]) => node.redis.send(key, ...args);
      await send(registry, 'zadd', registry, String(Date.now() + 3_600_000), 'dead');
      for (let partition = 0; partition < defaultPartitions; partition++) {
        const [, owner] = keysOf(partition);
        await send(owner, 'set', owner, 'dead', 'px', '3600000');
      }
      node.consume(record.handle);
      const pushed = await pushAll(node.push, 1);
      await within('all of it', () => record.seen.size === pushed.length);
      assert.equal(node.lost.length, 0);
    });

    test('a push of several entries is refused whole where one of them finds no room, however many come at once', async (t) => {
      const server = await emptied();
      const node = await openNode(t, server, { partitions: 4, maxDepth: 40 });
      const refused = () =>
        node.push(...Array.from({ length: 20 }, (_, contact) => message(`c${contact}`, '1'))).then(
          () => false,
          () => true,
        );
      const answers = await Promise.all(Array.from({ length: 10 }, refused));
      const taken = answers.filter((isRefused) => !isRefused).length;
      assert.ok(taken >= 1 && taken < 10, `${taken} of 10 pushes were taken`);
      assert.equal(await refused(), true);
      await within('the sample', () => node.queue.stats().depth > 0);
      assert.equal(node.queue.stats().depth, taken * 20);
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

    test('entries whose reading was answered into a broken connection are handled, once and in their order', async (t) => {
      const server = await emptied();
      const node = await openNode(t, server, { partitions: 1 });
      const record = createRecord();
      node.consume(record.handle);
      await node.push(message('ann', '0'));
      await within('a lease', () => record.seen.size === 1);
      for (let round = 0; round < 5; round++) {
        node.loseAnswerOf(readScript);
        for (let i = 1; i <= 4; i++) await node.push(message('ann', String(4 * round + i)));
        await within('all', () => record.seen.size === 4 * round + 5);
        assert.ok(node.hasLost());
      }
      assert.deepEqual(new Set(record.seen.values()), new Set([1]));
      assert.deepEqual(record.disordered(), []);
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

    test('a FLUSHALL is noticed, takes what nobody had read yet, says how much that was, and nothing of what comes after', async (t) => {
      const server = await emptied();
      const one = { partitions: 1, maxHeld: 40 };
      const [pusher, worker] = [await openNode(t, server, one), await openNode(t, server, one)];
      const record = createRecord();
      const gate = Promise.withResolvers<void>();
      worker.consume(async (entry) => {
        await gate.promise;
        await record.handle(entry);
      });
      const contacts = Array.from({ length: 300 }, (_, i) => `c${i}`);
      await pusher.push(...contacts.map((contact) => message(contact, '1')));
      const keptAndLost = contacts.map((contact) => `${contact} 1`);
      await within('what is there to be known', () => worker.queue.stats().depth === 300);
      await server.flushAll();
      await within('the loss to be reported', () => worker.lost.length > 0);
      gate.resolve();
      const later = contacts.filter((_, i) => i % 10 === 0).map((contact) => message(contact, '2'));
      for (const entry of later) await pusher.push(entry);
      await within('what came after', () => later.every(({ externalId }) => record.seen.has(externalId)));
      const kept = keptAndLost.filter((id) => record.seen.has(id)).length;
      assert.ok(kept > 0, 'what the worker held in memory is not lost');
      assert.ok(kept < 300, 'not tested: nothing was lost');
      assert.deepEqual(worker.lost, [{ partition: 0, entries: 300 - kept }]);
      assert.deepEqual([record.disordered(), pusher.lost], [[], []]);
      assert.deepEqual(new Set(record.seen.values()), new Set([1]));
    });

    test('a FLUSHALL while no worker is there is told by whoever had seen what lay there', async (t) => {
      const server = await emptied();
      const pusher = await openNode(t, server, { partitions: 1 });
      const former = await openNode(t, server, { partitions: 1 });
      const record = createRecord();
      former.consume(record.handle);
      await pusher.push(message('ann', '0'));
      await within('a worker', () => record.seen.size === 1);
      await former.stop();
      for (let i = 1; i <= 7; i++) await pusher.push(message('ann', String(i)));
      // Either may tell it, by what it saw last.
      const know = () => pusher.queue.stats().depth === 7 && former.queue.stats().depth === 7;
      await within('what is there to be known', know);
      await server.flushAll();
      await within('the loss to be reported', () => pusher.lost.length + former.lost.length > 0);
      assert.deepEqual([...pusher.lost, ...former.lost], [{ partition: 0, entries: 7 }]);
    });

    test('a FLUSHALL that follows as soon as the one before was told is told as well', async (t) => {
      const server = await emptied();
      const onlooker = await openNode(t, server, { partitions: 1 });
      const record = createRecord();
      const workOnce = async (n: number) => {
        const worker = await openNode(t, server, { partitions: 1 });
        worker.consume(record.handle);
        await onlooker.push(message('ann', String(n)));
        await within('a worker', () => record.seen.size === n);
        await worker.stop();
        worker.queue.close();
      };
      await workOnce(1);
      await onlooker.push(message('ann', 'lost'));
      await within('what is there to be known', () => onlooker.queue.stats().depth === 1);
      await server.flushAll();
      await workOnce(2);
      await within('the first loss to be reported', () => onlooker.lost.length === 1);
      await server.flushAll();
      await within('the second loss to be reported', () => onlooker.lost.length === 2);
      assert.deepEqual(
        onlooker.lost.map(({ entries }) => entries),
        [1, 0],
      );
    });

    test('what nobody can read goes to the dead letters, and what stands behind it goes on', async (t) => {
      const server = await emptied();
      const node = await openNode(t, server, { partitions: 1 });
      await node.push(message('ann', '1'));
      const spoilt = JSON.stringify({ id: 'x', channel_id: 'c', lane: 'l', payload: '{"kind":', enqueued_at: 1 });
      const redis = await connectRedis(server.url);
      t.after(() => redis.close());
      for (const text of ['{"half":', '7', 'null', spoilt]) {
        await redis.send('parley:{q0}:in', 'xadd', 'parley:{q0}:in', '*', 'e', text);
      }
      await node.push(message('ann', '2'));
      const record = createRecord();
      node.consume(record.handle);
      await within('the others', () => record.seen.size === 2);
      await within('an empty queue', () => node.queue.stats().depth === 0);
      assert.equal(node.buried.length, 4);
      for (const { reason } of node.buried) assert.match(reason, /cannot be read/);
      assert.deepEqual(
        node.buried.filter(({ id }) => id === 'x').map(({ payload }) => payload),
        ['{"kind":'],
      );
    });

    test('while Redis is away the log takes what comes, up to the bound, and all of it is handled afterwards', async (t) => {
      await using server = await start();
      const log = createLog();
      const node = await openNode(t, server, { log, maxDepth: 320 });
      await node.push(message('ann', '0'));
      await Promise.all(server.nodes.map((each) => each.kill()));
      await within('the node to notice', () => node.push(message('ann', 'first')).then(() => log.rows.size > 1));
      let taken = log.rows.size;
      // Of one contact, and so of one partition.
      await within('a refusal', async () => {
        const isTaken = await node.push(message('ann', String(taken))).then(
          () => true,
          (error: unknown) => {
            assert.ok(error instanceof Refusal && error.code === 'unavailable');
            return false;
          },
        );
        if (isTaken) taken += 1;
        return !isTaken;
      });
      assert.ok(taken > 200, `${taken} were taken`);
      assert.equal(log.rows.size, taken);
      await Promise.all(server.nodes.map((each) => each.restart()));
      const record = createRecord();
      node.consume(async (entry) => {
        await record.handle(entry);
        log.rows.delete(entry.id);
      });
      await within('all', () => log.rows.size === 0);
      assert.equal(record.seen.size, taken);
    });

    test('a FLUSHALL is noticed and takes nothing where the log makes a push durable', async (t) => {
      const server = await emptied();
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
      assert.ok(node.lost.every(({ entries }) => entries === 0));
    });
  });
}

for (const { name, start, sync } of [
  { name: 'one Redis, answered after its own sync', start: startRedis, sync: 'redis' },
  { name: 'one Redis, answered after the log', start: startRedis, sync: 'sql' },
  { name: 'a Redis cluster, answered after its own sync', start: startRedisCluster, sync: 'redis' },
] as const) {
  describe(`the queue on ${name}`, { skip: redisMissing() }, () => {
    let server: TestRedis;
    let log = createLog();
    before(async () => {
      server = await start();
    });
    after(() => server?.[Symbol.asyncDispose]());
    queueSuite(async (t, { fresh, maxDepth }) => {
      if (fresh) {
        await server.flushAll();
        log = createLog();
      }
      const { rows } = log;
      const buried: (QueueRow & { reason: string })[] = [];
      const bury = async (row: QueueRow & { reason: string }) => {
        buried.push(row);
        // The store does both in one transaction.
        rows.delete(row.id);
      };
      const node = await openNode(t, server, { maxDepth, bury, ...(sync === 'sql' ? { log } : {}) });
      return {
        queue: node.queue,
        finished: async (id) => void rows.delete(id),
        giveBack: async (entry) => {
          const lane = laneOf('channel', entry.contact.externalId);
          const row = {
            id: newId(),
            channel_id: 'channel',
            lane,
            payload: JSON.stringify(entry),
            attempts: 0,
            enqueued_at: 1,
          };
          if (sync === 'sql') rows.set(row.id, row);
          await node.queue.revive(row);
        },
        buried: async () => buried,
      };
    });
  });
}
