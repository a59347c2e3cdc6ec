import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Presence } from '@parley/sdk/protocol.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { PresenceElsewhere } from '../../routing/presence-directory.ts';
import { redisMissing, startRedis, startRedisCluster, type TestRedis, within } from '../../testing/redis.ts';
import { connectRedis } from './redis.ts';
import { createRedisBroadcast } from './redis-bus.ts';
import { createRedisLeases } from './redis-leases.ts';
import { createRedisPresence } from './redis-presence.ts';
import { createRedisSharedValues } from './redis-values.ts';

/** A clock that runs ten times as fast, so that expiries of seconds need none. */
const fastClock: Clock = {
  now: () => Date.now() * 10,
  elapsed: () => performance.now() * 10,
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
};

const own = (sockets: number, status: Presence, isIdle = false) => ({
  sockets,
  isIdle,
  chosen: { status, reason: status === 'busy' ? 'lunch' : null },
});

async function openNode(t: TestContext, server: TestRedis, node: string, clock = fastClock) {
  const redis = await connectRedis(server.url);
  const onError = () => undefined;
  const broadcast = createRedisBroadcast({ redis, node, onError });
  const presence = createRedisPresence({ redis, broadcast, node, clock, onError });
  const seen = new Map<string, PresenceElsewhere>();
  t.after(async () => {
    await presence.stop();
    await broadcast.close();
    await redis.close();
  });
  return {
    redis,
    presence,
    seen,
    leases: createRedisLeases({ redis, clock: systemClock, onError }),
    shared: createRedisSharedValues({ redis, clock: systemClock })('channel'),
    begin: () => presence.start((agentId, elsewhere) => void seen.set(agentId, { ...seen.get(agentId), ...elsewhere })),
  };
}

for (const { name, start } of [
  { name: 'one Redis', start: startRedis },
  { name: 'a Redis cluster', start: startRedisCluster },
]) {
  describe(`processes on ${name}`, { skip: redisMissing() }, () => {
    test('a name has one holder, and another one when the holder ends or is not heard of', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
      const holders = new Set<string>();
      let most = 0;
      const [endA, endB] = [new AbortController(), new AbortController()];
      const hold = (who: string, end: AbortSignal) => (held: AbortSignal) =>
        new Promise<void>((resolve) => {
          holders.add(who);
          most = Math.max(most, holders.size);
          held.addEventListener('abort', () => {
            holders.delete(who);
            resolve();
          });
          void end;
        });
      const first = a.leases.whileHeld('outbox:1', hold('a', endA.signal), endA.signal);
      await within('a to hold it', () => holders.has('a'));
      const second = b.leases.whileHeld('outbox:1', hold('b', endB.signal), endB.signal);
      await a.leases.whileHeld('another', async () => assert.deepEqual([...holders], ['a']), AbortSignal.timeout(300));
      endA.abort();
      await first;
      await within('b to hold it', () => holders.has('b'));
      // Somebody else got the name although b did not give it up: what a process that stood still finds.
      await b.redis.send('parley:lease:outbox:1', 'set', 'parley:lease:outbox:1', 'somebody', 'px', '4000');
      await within('b to notice', () => !holders.has('b'));
      await within('b to hold it again', () => holders.has('b'));
      endB.abort();
      await second;
      assert.equal(most, 1);
    });

    test('a value is renewed once for all who ask, and a refused one once more', async (t) => {
      await using server = await start();
      const nodes = await Promise.all(['a', 'b', 'c'].map((node) => openNode(t, server, node)));
      let renewals = 0;
      const renew = async () => {
        renewals += 1;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { value: `token ${renewals}`, expiresAt: Date.now() + 60_000 };
      };
      const ask = (stale?: string) =>
        Promise.all(
          nodes.flatMap(({ shared }) => [1, 2].map(() => shared('t', renew, stale === undefined ? {} : { stale }))),
        );
      assert.deepEqual(new Set(await ask()), new Set(['token 1']));
      assert.deepEqual(new Set(await ask('token 1')), new Set(['token 2']));
      assert.equal(renewals, 2);
      for (const node of server.nodes) await node.kill();
      const [first] = nodes;
      assert.equal(
        await first?.shared('t', renew, { stale: 'token 2' }),
        'token 3',
        'without Redis each asks for itself',
      );
    });

    test('a Redis that is out of memory takes no agent from its windows, no name from its holder and no token from a sender', async (t) => {
      await using server = await start();
      const a = await openNode(t, server, 'a');
      await a.begin();
      for (const node of server.nodes) await node.cli('config', 'set', 'maxmemory', '1');
      a.presence.announce('ann', own(1, 'busy'));
      const seenByAnother = async () => {
        const late = await openNode(t, server, 'late');
        await late.begin();
        return late.seen.get('ann');
      };
      await within('what is new', async () => (await seenByAnother())?.chosen?.status === 'busy');
      await server.flushAll();
      await within('what is said again and again', async () => (await seenByAnother())?.sockets === 1);
      const held: string[] = [];
      const hold = async () => void held.push('outbox:1');
      await a.leases.whileHeld('outbox:1', hold, AbortSignal.timeout(300));
      assert.ok(held.length > 0);
      const renew = async () => ({ value: 'token', expiresAt: Date.now() + 60_000 });
      assert.equal(await a.shared('t', renew), 'token');
    });

    test('an agent’s last choice holds, however the clocks of the processes stand', async (t) => {
      await using server = await start();
      const hourAhead: Clock = { ...fastClock, now: () => fastClock.now() + 3_600_000 };
      const [a, b] = [await openNode(t, server, 'a', hourAhead), await openNode(t, server, 'b')];
      await a.begin();
      await b.begin();
      a.presence.announce('ann', own(1, 'busy'));
      await within('the first', () => b.seen.get('ann')?.chosen?.status === 'busy');
      b.presence.announce('ann', own(1, 'online'));
      await within('the last', () => a.seen.get('ann')?.chosen?.status === 'online');
    });

    test('what a dead process had ends in its time, also where the clock of Redis was set back since', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
      const node = 'parley:{presence}:node:dead';
      await a.redis.send(node, 'hset', node, 'ann', '1');
      const hourAhead = String(Date.now() + 3_600_000);
      await a.redis.send('parley:{presence}:nodes', 'zadd', 'parley:{presence}:nodes', hourAhead, 'dead');
      const [lease, lock] = ['parley:lease:outbox:1', 'parley:value:{channel/t}:lock'];
      for (const key of [lease, lock]) await a.redis.send(key, 'set', key, 'dead', 'px', '3600000');
      await b.begin();
      assert.equal(b.seen.get('ann')?.sockets, 1);
      const gone = within('ann to go', () => b.seen.get('ann')?.sockets === 0, 30_000);
      const asked = b.shared('t', async () => ({ value: 'token', expiresAt: Date.now() + 60_000 }));
      const done = new AbortController();
      const held = a.leases.whileHeld(
        'outbox:1',
        async () => done.abort(),
        AbortSignal.any([done.signal, AbortSignal.timeout(30_000)]),
      );
      const [token] = await Promise.all([asked, gone, held]);
      assert.equal(token, 'token');
      assert.ok(done.signal.aborted, 'the lease was not to be had');
    });

    test('an agent’s sockets and choice are seen by the others, and go with the process that had them', async (t) => {
      await using server = await start();
      const [a, b] = [await openNode(t, server, 'a'), await openNode(t, server, 'b')];
      await a.begin();
      a.presence.announce('ann', own(2, 'online'));
      a.presence.announce('ben', own(1, 'busy'));
      await b.begin();
      await within('both', () => b.seen.get('ann')?.sockets === 2 && b.seen.get('ben')?.sockets === 1);
      assert.deepEqual(b.seen.get('ben')?.chosen, { status: 'busy', reason: 'lunch' });
      a.presence.announce('ann', own(2, 'online', true));
      await within('nobody to be at the windows', () => b.seen.get('ann')?.isIdle === true);
      const late = await openNode(t, server, 'late one');
      await late.begin();
      assert.deepEqual([late.seen.get('ann')?.isIdle, late.seen.get('ben')?.isIdle], [true, false]);
      a.presence.announce('ann', own(0, 'online'));
      await within('ann to go', () => b.seen.get('ann')?.sockets === 0);
      await server.flushAll();
      b.seen.clear();
      await within('what was lost to be written again', async () => {
        const late = await openNode(t, server, 'late');
        await late.begin();
        return late.seen.get('ben')?.sockets === 1;
      });
      // Killed: nobody takes anything back.
      await a.redis.close();
      await within('ben to go', () => b.seen.get('ben')?.sockets === 0, 30_000);
    });
  });
}
