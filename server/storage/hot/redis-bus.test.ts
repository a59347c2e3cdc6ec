import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis } from './redis.ts';
import { createRedisBroadcast } from './redis-bus.ts';

async function openNode(t: TestContext, server: TestRedis, node: string) {
  const redis = await connectRedis(server.url);
  const bus = createRedisBroadcast({ redis, node, onError: () => undefined });
  t.after(async () => {
    await bus.close();
    await redis.close();
  });
  return bus;
}

/** Topics that have a subscriber, as the servers count them. */
async function topicsOf(server: TestRedis): Promise<number> {
  const command = server.nodes.length > 1 ? 'shardchannels' : 'channels';
  const lists = await Promise.all(server.nodes.map((node) => node.cli('pubsub', command)));
  return lists
    .join('\n')
    .split('\n')
    .filter((line) => line.includes('parley:t:')).length;
}

for (const { name, start } of [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
]) {
  describe(name, { skip: redisMissing() }, () => {
    test('a publish reaches every other node that listens, whole, in order, and never its own node', async (t) => {
      await using server = await start();
      const [a, b, c] = [
        await openNode(t, server, 'a'),
        await openNode(t, server, 'b'),
        await openNode(t, server, 'c'),
      ];
      const heard: string[] = [];
      a.subscribe('agents', (payload) => heard.push(`a ${payload}`));
      b.subscribe('agents', (payload) => heard.push(`b ${payload}`));
      c.subscribe('other', (payload) => heard.push(`c ${payload}`));
      await within('both topics', async () => (await topicsOf(server)) === 2);
      for (let i = 0; i < 100; i++) a.publish('agents', `{"text":"you are number ${i}"}`);
      await within('the last', () => heard.at(-1) === 'b {"text":"you are number 99"}');
      const counted = heard.filter((line) => line.includes('number'));
      assert.deepEqual(
        counted,
        Array.from({ length: 100 }, (_, i) => `b {"text":"you are number ${i}"}`),
      );
      assert.ok(heard.every((line) => line.startsWith('b ')));
    });

    test('whoever waited until a topic is heard misses nothing from then on', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
      for (let i = 0; i < 50; i++) {
        let heard = 0;
        await b.subscribe(`contact:${i}`, () => (heard += 1)).ready;
        a.publish(`contact:${i}`, 'first');
        await within('the first word', () => heard === 1);
      }
    });

    test('topics are counted: the last listener that leaves ends the subscription, however quickly they change', async (t) => {
      await using server = await start();
      const bus = await openNode(t, server, 'a');
      const ends = Array.from({ length: 2_000 }, (_, i) => bus.subscribe(`contact:${i}`, () => undefined));
      const second = bus.subscribe('contact:7', () => undefined);
      await within('2,000 topics', async () => (await topicsOf(server)) === 2_000);
      for (const { end } of ends) end();
      await within('one topic', async () => (await topicsOf(server)) === 1);
      second.end();
      bus.subscribe('contact:7', () => undefined).end();
      await within('no topic', async () => (await topicsOf(server)) === 0);
    });

    test('after a lost connection the subscriptions hold again and the gap is told', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
      const heard: string[] = [];
      let gaps = 0;
      b.onGap(() => (gaps += 1));
      b.subscribe('before', (payload) => heard.push(payload));
      await within('the topic', async () => (await topicsOf(server)) === 1);
      for (const node of server.nodes) await node.kill();
      b.subscribe('meanwhile', (payload) => heard.push(payload));
      for (const node of server.nodes) await node.restart();
      await within('both topics', async () => (await topicsOf(server)) === 2);
      await within('to hear both', () => {
        a.publish('before', '1');
        a.publish('meanwhile', '2');
        return heard.includes('1') && heard.includes('2');
      });
      assert.ok(gaps > 0);
    });
  });
}

describe('one Redis counts who listens', { skip: redisMissing() }, () => {
  const published = async (server: TestRedis) =>
    Number(/cmdstat_publish:calls=(\d+)/.exec((await server.nodes[0]?.cli('info', 'commandstats')) ?? '')?.[1] ?? 0);

  test('what nobody but the node itself listens to does not come back to it', async (t) => {
    await using server = await startRedis();
    const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
    const heard: string[] = [];
    await a.subscribe('own', () => undefined).ready;
    await b.subscribe('shared', (payload) => heard.push(payload)).ready;
    await a.subscribe('shared', () => undefined).ready;
    for (let i = 0; i < 50; i++) {
      a.publish('own', `${i}`);
      a.publish('nobody', `${i}`);
    }
    a.publish('shared', 'last');
    await within('the last', () => heard.at(-1) === 'last');
    assert.equal(await published(server), 1);
    const ending = a.subscribe('moved', () => undefined);
    await ending.ready;
    // As somebody's window that closes here and opens there.
    const arrived = b.subscribe('moved', (payload) => heard.push(payload));
    await arrived.ready;
    ending.end();
    a.publish('moved', 'found');
    await within('what was said while the topic moved', () => heard.at(-1) === 'found');
  });

  test('a node whose own subscriptions were cut is heard by the others all the same', async (t) => {
    await using server = await startRedis();
    const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
    const [node] = server.nodes;
    let heard = 0;
    let cuts = 0;
    await b.subscribe('shared', () => (heard += 1)).ready;
    for (const topic of ['shared', 'more', 'most']) await a.subscribe(topic, () => undefined).ready;
    for (let cut = 1; cut <= 20; cut++) {
      const clients = (await node?.cli('client', 'list', 'type', 'pubsub')) ?? '';
      const own = clients.split('\n').find((line) => line.includes(' sub=4 '));
      const id = /id=(\d+)/.exec(own ?? '')?.[1];
      if (id !== undefined) cuts += Number(await node?.cli('client', 'kill', 'id', id));
      a.publish('shared', `${cut}`);
      await within(`word ${cut}`, () => heard === cut);
    }
    assert.ok(cuts >= 1, 'its connection was cut');
  });
});
