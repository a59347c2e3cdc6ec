import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hotSuite, saying } from '../../testing/hot-suite.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis, type Redis } from './redis.ts';
import { createRedisHotMessages } from './redis-hot-messages.ts';

const engines = [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
];

for (const { name, start } of engines) {
  describe(name, { skip: redisMissing() }, () => {
    let server: TestRedis;
    const connections: Redis[] = [];
    const errors: unknown[] = [];
    before(async () => {
      server = await start();
    });
    after(async () => {
      for (const redis of connections) await redis.close();
      await server[Symbol.asyncDispose]();
    });
    const open = async (processes: number, bounds = {}) => {
      await server.flushAll();
      const onError = (error: unknown) => errors.push(error);
      return Promise.all(
        Array.from({ length: processes }, async () => {
          const redis = await connectRedis(server.url);
          connections.push(redis);
          return createRedisHotMessages({ redis, clock: systemClock, onError, ...bounds });
        }),
      );
    };
    hotSuite(open);

    test('without Redis everybody reads the store, and the operator is told once', async () => {
      const [hot] = await open(1);
      assert.ok(hot);
      await hot.obtain('1', 'v', async () => saying('a'));
      errors.length = 0;
      for (const node of server.nodes) await node.kill();
      for (let i = 0; i < 5; i++)
        assert.deepEqual(await hot.obtain('1', 'v', async () => saying(`${i}`)), saying(`${i}`));
      assert.equal(errors.length, 1);
      for (const node of server.nodes) await node.restart();
      await within('Redis to be used again', async () => {
        const { hits } = hot.stats;
        await hot.obtain('1', 'w', async () => saying('b'));
        return hot.stats.hits > hits;
      });
    });

    test('a Redis without memory keeps nobody from reading', async () => {
      const [hot] = await open(1);
      assert.ok(hot);
      for (const node of server.nodes) await node.cli('config', 'set', 'maxmemory', '1');
      assert.deepEqual(await hot.obtain('2', 'v', async () => saying('a')), saying('a'));
      for (const node of server.nodes) await node.cli('config', 'set', 'maxmemory', '0');
    });
  });
}
