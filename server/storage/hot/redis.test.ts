import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '../../gateway/refusal.ts';
import { redisMissing, startRedis, startRedisCluster, within } from '../../testing/redis.ts';
import { checkRedis, connectRedis, redisScript } from './redis.ts';

const engines = [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
];

for (const { name, start } of engines) {
  describe(name, { skip: redisMissing() }, () => {
    test('commands, scripts and messages reach the node that holds their key', async () => {
      await using server = await start();
      const redis = await connectRedis(server.url);
      assert.equal(redis.isCluster, server.nodes.length > 1);
      const append = redisScript("return redis.call('append', KEYS[1], ARGV[1])");
      const heard: string[] = [];
      const names = Array.from({ length: 20 }, (_, i) => `name ${i}`);
      await redis.subscribe(names, (payload, channel) => heard.push(`${channel}=${payload}`));
      for (const key of names) {
        await redis.send(key, 'SET', key, 'a');
        assert.equal(await redis.run(append, [key], ['b']), 2);
        await redis.publish(key, 'c');
      }
      await within('all messages', () => heard.length === names.length);
      assert.deepEqual(heard.toSorted(), names.map((key) => `${key}=c`).toSorted());
      await redis.unsubscribe(names.slice(1), () => undefined);
      await redis.close();
    });

    test('while a server is away commands are refused at once, and work again when it is back', async () => {
      await using server = await start();
      const redis = await connectRedis(server.url);
      let returns = 0;
      redis.onReconnected(() => (returns += 1));
      const heard: string[] = [];
      await redis.subscribe(['topic'], (payload) => heard.push(payload));
      for (const node of server.nodes) await node.kill();
      const began = performance.now();
      const failures = await Promise.allSettled(Array.from({ length: 1_000 }, () => redis.send('k', 'GET', 'k')));
      assert.ok(performance.now() - began < 1_000);
      for (const failure of failures) {
        assert.ok(failure.status === 'rejected' && failure.reason instanceof Refusal);
        assert.equal(failure.reason.retryAfterMs, 2_000);
      }
      for (const node of server.nodes) await node.restart();
      await within('the connection', () =>
        redis.send('k', 'SET', 'k', 'v').then(
          () => true,
          () => false,
        ),
      );
      await within('to hear again', async () => {
        await redis.publish('topic', 'back').catch(() => undefined);
        return heard.includes('back');
      });
      assert.ok(returns > 0, 'the gap was told');
      await redis.close();
    });

    test('a server that hangs makes commands fail in a bounded time', async () => {
      await using server = await start();
      const redis = await connectRedis(server.url);
      for (const node of server.nodes) node.pause();
      const began = performance.now();
      await assert.rejects(redis.send('k', 'GET', 'k'), { code: 'unavailable' });
      assert.ok(performance.now() - began < 6_500);
      for (const node of server.nodes) node.resume();
      await within('an answer', () =>
        redis.send('k', 'GET', 'k').then(
          () => true,
          () => false,
        ),
      );
      await redis.close();
    });

    test('the check tells how durable writes are, of the weakest master', async () => {
      await using server = await start();
      const redis = await connectRedis(server.url);
      assert.equal(await checkRedis(redis), 'always');
      const last = server.nodes.at(-1);
      await last?.cli('config', 'set', 'appendfsync', 'everysec');
      assert.equal(await checkRedis(redis), 'everysec');
      await last?.cli('config', 'set', 'appendonly', 'no');
      assert.equal(await checkRedis(redis), 'none');
      await last?.cli('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      await assert.rejects(checkRedis(redis), /allkeys-lru.*set it to noeviction/);
      await last?.cli('acl', 'setuser', 'default', '-config');
      await assert.rejects(checkRedis(redis), /allow "\+config\|get"/);
      await redis.close();
    });
  });
}

test('an address that cannot be used is refused by name and without its password', async () => {
  await assert.rejects(connectRedis('http://x'), /PARLEY_REDIS_URL: expected redis:/);
  await assert.rejects(connectRedis('redis://:secret@127.0.0.1:1'), (error: Error) => {
    assert.match(error.message, /no Redis can be used at 127\.0\.0\.1:1/);
    return !error.message.includes('secret');
  });
});
