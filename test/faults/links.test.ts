import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterMissing } from '../../server/testing/cluster.ts';
import { startFaultRun } from '../support/fault-run.ts';
import { answerOn, aReplyArrives, everyReplyWasTaken, outboxIsEmpty, startHookPlatform } from '../support/platforms.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const callers = 3;
const cutMs = 500;
const hangMs = 3_000;
const slowMs = 1_500;
/** How long a fault waits for something to be on its link. */
const meetsWithinMs = 15_000;
/** A bad line to another continent. */
const slowness = { delayMs: 40, bytesPerSecond: 200_000 };

test('links to Redis, to MariaDB, to another system and to the clients that are cut, hang and are slow lose and double nothing', {
  skip: clusterMissing(),
  timeout: 200_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const other = stack.use(await startHookPlatform());
  const links = new Map([['another system', other.link]]);
  const linkTo = async (what: string, port: number) => {
    const proxy = links.get(what) ?? stack.use(await startTcpProxy(port));
    links.set(what, proxy);
    return proxy.port;
  };
  await using run = await startFaultRun({
    cluster: {
      roles: { all: 2 },
      oneRedis: true,
      through: (part, port) => linkTo(part === 'redis' ? 'Redis' : 'MariaDB', port),
      env: { PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${other.link.port}`, PARLEY_AGENT_GRACE_MS: '2000' },
    },
    load: { visitors: 3, hookContacts: callers, lanes: 2, pauseMs: 200 },
    hook: other.settings,
    front: async ({ of }) => {
      const [node] = of('all');
      return `http://127.0.0.1:${await linkTo('the clients', Number(new URL(node?.url ?? '').port))}`;
    },
  });
  await answerOn(run, run.target.hook.channelId, callers);

  for (const [to, link] of links) {
    /** For so long, and until it has really met something. */
    const hit = async (what: string, begin: () => void, forMs: number, occurred: () => number) => {
      const before = occurred();
      await run.suffer(`the link to ${to} ${what}`, async () => {
        begin();
        await sleep(forMs);
        for (const deadline = Date.now() + meetsWithinMs; occurred() === before && Date.now() < deadline; )
          await sleep(20);
        link.restore();
      });
      await aReplyArrives(run, other);
      const times = occurred() - before;
      t.diagnostic(`the link to ${to} ${what}: ${times} times`);
      assert.ok(times > 0, `not tested: the link to ${to} never ${what}`);
    };
    await hit('was cut for 0.5 s', link.cut, cutMs, () => link.broken + link.refused);
    await hit('hung for 3 s', link.hang, hangMs, () => link.held);
    await hit(
      'was slow for 1.5 s',
      () => link.slow(slowness),
      slowMs,
      () => link.delayed,
    );
  }
  await run.conclude(t);
  await outboxIsEmpty(run);
  const { replies, repeats } = await everyReplyWasTaken(run, other);
  t.diagnostic(`${replies} replies arrived at the other system, ${repeats} were repeated under the same id`);
});
