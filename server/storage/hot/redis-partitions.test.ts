import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createTestClock } from '../../base/clock.ts';
import type { InboundEntry } from '../../gateway/channel-adapter.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis, type Redis } from './redis.ts';
import { agreeOnPartitions, divisionOf, keysOf, ownersOf, partitionOf } from './redis-partitions.ts';
import { createRedisQueue } from './redis-queue.ts';
import { registerScript } from './redis-queue-scripts.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{8,20}$/), { minLength: 1, maxLength: 40 });

test('every worker comes to the same division, and no share is larger than another by more than one', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 600 }), (workers, partitions) => {
      const owners = ownersOf(partitions, workers);
      assert.deepEqual(ownersOf(partitions, workers.toReversed()), owners);
      const shares = workers.map((worker) => owners.filter((owner) => owner === worker).length);
      assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
      assert.equal(owners.length, partitions);
    }),
  );
});

test('when a worker goes, most of what the others have stays with them', () => {
  let moved = 0;
  for (let round = 0; round < 20; round++) {
    const workers = Array.from({ length: 16 }, (_, index) => `0mk3v${round}worker${index}`);
    const [gone = '', ...left] = workers;
    const [before, after] = [ownersOf(256, workers), ownersOf(256, left)];
    moved += before.filter((owner, partition) => owner !== gone && owner !== after[partition]).length;
  }
  // Sixteen are the lost worker's own, which have to move; a division by remainder moves 225 beside them.
  assert.ok(moved / 20 < 32, `${moved / 20} of 240`);
});

test('a contact has the same partition in every version', () => {
  assert.deepEqual(
    ['web/ann', 'web/bob', 'wechat/oCustomer1'].map((lane) => partitionOf(lane, 64)),
    [17, 58, 38],
  );
});

const message = (contact: string, text = ''): InboundEntry => ({
  kind: 'message',
  externalId: `${contact} ${text}`,
  contact: { externalId: contact },
  content: { type: 'text', text },
});
/** One of each of so many contacts: with a hundred, hardly a partition gets none. */
const crowd = (size: number) => Array.from({ length: size }, (_, index) => message(`c${index}`));

/** A process whose time stands still: its loops have run once when it has begun, and run again when it is told to. */
async function openNode(t: TestContext, server: TestRedis, partitions: number) {
  const real = await connectRedis(server.url);
  const clock = createTestClock();
  const errors: string[] = [];
  let looks = 0;
  const redis: Redis = {
    ...real,
    run: (script, ...rest) => {
      if (script === registerScript) looks += 1;
      return real.run(script, ...rest);
    },
  };
  const queue = createRedisQueue({
    redis,
    clock,
    partitions,
    maxDepth: 100_000,
    maxHeld: 1_000,
    concurrency: 500,
    maxAttempts: 3,
    retryMs: () => 5,
    leaseMs: 60_000,
    bury: async () => undefined,
    onLost: () => undefined,
    onError: (error) => errors.push(String(error)),
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
    await redis.close();
  });
  return {
    redis,
    errors,
    stop,
    push: (...entries: InboundEntry[]) => queue.push('channel', entries),
    consume: (handler: () => Promise<void>) => {
      ended = queue.consume(handler, abort.signal);
    },
    /** Looks again at who is there, and has drawn its conclusions. */
    look: async () => {
      const before = looks;
      // The second look begins when the first one has ended.
      await within('another look', async () => {
        await clock.advance(12_000);
        return looks >= before + 2;
      });
    },
  };
}

async function ownersIn(redis: Redis, partitions: number): Promise<(string | null)[]> {
  const owners = Array.from({ length: partitions }, (_, partition) => {
    const key = keysOf(partition)[1];
    return redis.send(key, 'GET', key);
  });
  return (await Promise.all(owners)) as (string | null)[];
}

for (const { name, start } of [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
]) {
  describe(name, { skip: redisMissing() }, () => {
    test('the number of partitions changes only while nobody works and nothing waits', async (t) => {
      await using server = await start();
      const redis = await connectRedis(server.url);
      t.after(() => redis.close());
      assert.equal((await divisionOf(redis)).partitions, 16, 'what never was marked has sixteen');
      await agreeOnPartitions(redis, 16);
      const node = await openNode(t, server, 16);
      await node.push(message('ann'));
      const waiting = /^Error: PARLEY_QUEUE_PARTITIONS: 64, and the queue in Redis has 16 while 1 entries wait in it\./;
      await assert.rejects(agreeOnPartitions(redis, 64), waiting);
      const handled: string[] = [];
      node.consume(async () => void handled.push('ann'));
      await within('ann', () => handled.length === 1);
      await within('an empty queue', async () => (await divisionOf(redis)).waiting === 0);
      await assert.rejects(agreeOnPartitions(redis, 64), /while 1 of its workers are there\./);
      await agreeOnPartitions(redis, 16);
      await node.stop();
      for (const partitions of [64, 4, 16]) {
        await agreeOnPartitions(redis, partitions);
        assert.deepEqual(await divisionOf(redis), { partitions, workers: 0, waiting: 0 });
      }
    });

    test('a process that slept through the change can neither push nor take', async (t) => {
      await using server = await start();
      const [late, now] = [await openNode(t, server, 64), await openNode(t, server, 16)];
      await agreeOnPartitions(late.redis, 64);
      await agreeOnPartitions(now.redis, 16);
      const answers = await Promise.allSettled(crowd(100).map((entry) => late.push(entry)));
      assert.deepEqual(
        answers.filter(({ status }) => status === 'fulfilled'),
        [],
      );
      assert.match(late.errors.join('\n'), /^Error: PARTITIONS the queue has 16 partitions, and this process .* 64$/);
      late.consume(async () => undefined);
      await within('it to say so', () => late.errors.length === 2);
      assert.deepEqual(await ownersIn(now.redis, 16), new Array(16).fill(null));
      await Promise.all(crowd(100).map((entry) => now.push(entry)));
      assert.deepEqual(await divisionOf(now.redis), { partitions: 16, workers: 1, waiting: 100 });
    });

    test('a partition goes to the worker whose share it is as soon as its last entry has ended', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 32), await openNode(t, server, 32)];
      const gate = Promise.withResolvers<void>();
      const counts = { begunByA: 0, doneByB: 0 };
      a.consume(async () => {
        counts.begunByA += 1;
        await gate.promise;
      });
      await a.push(...crowd(200));
      await within('a to be at work everywhere', () => counts.begunByA === 200);
      b.consume(async () => {
        counts.doneByB += 1;
      });
      await within('b to be there', async () => (await divisionOf(b.redis)).workers === 2);
      await a.look();
      await a.push(...crowd(200));
      const [owner] = await ownersIn(a.redis, 32);
      assert.deepEqual(await ownersIn(a.redis, 32), new Array(32).fill(owner), 'a has them while it works');
      gate.resolve();
      // Neither looks again: b was told.
      await within('all', async () => (await divisionOf(b.redis)).waiting === 0);
      const owners = await ownersIn(a.redis, 32);
      assert.equal(owners.filter((one) => one === owner).length, 16);
      assert.ok(counts.doneByB > 0);
      assert.equal(counts.begunByA + counts.doneByB, 400);
    });

    test('a worker hears of its own partitions and of no other', async (t) => {
      await using server = await start();
      const nodes = [await openNode(t, server, 24), await openNode(t, server, 24), await openNode(t, server, 24)];
      for (const node of nodes) node.consume(async () => undefined);
      const [{ redis }] = nodes as [(typeof nodes)[number]];
      await within('three workers', async () => (await divisionOf(redis)).workers === 3);
      for (const node of nodes) await node.look();
      const command = redis.isCluster ? 'shardnumsub' : 'numsub';
      const channels = Array.from({ length: 24 }, (_, partition) => keysOf(partition)[5]);
      await within('one listener for each', async () => {
        // Each node counts its own: name, count, name, count …
        const answers = await Promise.all(server.nodes.map((one) => one.cli('pubsub', command, ...channels)));
        const counts = answers.map((answer) => answer.split('\n').filter((_, line) => line % 2 === 1));
        return channels.every((_, at) => counts.reduce((sum, count) => sum + Number(count[at]), 0) === 1);
      });
    });
  });
}
