import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { within } from '../server/testing/redis.ts';
import { beginVisit, call, must, signIn, text, webChannelOf } from './support/clients.ts';

const customers = 120;

test('with two processes that both believe that they lead, and one that dies, each breach is told, recorded and escalated once', {
  skip: clusterMissing(),
  timeout: 180_000,
}, async (t) => {
  const called: string[] = [];
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.on('end', () => {
      called.push(String((JSON.parse(body) as { id: string }).id));
      response.end();
    });
  }).listen(0, '127.0.0.1');
  t.after(() => hook.close());
  await once(hook, 'listening');
  const hookPort = (hook.address() as AddressInfo).port;
  await using cluster = await startCluster({
    roles: { all: 2 },
    oneRedis: true,
    env: { PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${hookPort}` },
  });
  const [one] = cluster.of('all') as [ClusterNode];
  const { token } = await signIn(cluster, clusterAdmin);
  const actions = [
    { kind: 'priority', priority: 'urgent' },
    { kind: 'tag', tag: 'late' },
    { kind: 'webhook', url: `http://127.0.0.1:${hookPort}/` },
  ];
  const config = {
    groups: [{ id: 'desk', name: 'Desk', policy: 'manual' }],
    defaultGroupId: 'desk',
    sla: [{ id: 'p', name: 'P', firstAnswerMs: 8_000, warnAt: 1, escalate: [{ on: 'breach', actions }] }],
  };
  await must(call(cluster, 'PUT /api/v1/routing/config', { token, body: { config, baseVersion: 0 } }));
  const channelId = await webChannelOf(cluster, token);
  const say = async (n: number): Promise<void> => {
    const { visitorToken } = await beginVisit(cluster, channelId);
    const frame = { id: '1', type: 'message.send', data: { clientId: `c${n}`, content: text('hello') } };
    const body = { frames: [JSON.stringify(frame)] };
    await must(call(cluster, 'POST /api/v1/visitor/poll', { token: visitorToken, body }));
  };
  for (let from = 0; from < customers; from += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => say(from + n)));
  }
  const number = async (sql: string) => Number((await cluster.mariadb.query(cluster.databaseUrl, sql))[0]?.n);
  const breaches = () => number("select count(*) as n from sla_results where outcome = 'breached'");

  // Whoever holds the lease goes on for a while, and somebody else begins.
  let isStealing = true;
  const stealing = (async () => {
    while (isStealing) {
      cluster.redis.nodes[0]?.cli('del', 'parley:lease:sla');
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  })();
  await within('half of the breaches', async () => (await breaches()) > customers / 2, 60_000);
  await one.process.kill();
  isStealing = false;
  await stealing;
  await within('all breaches', async () => (await breaches()) === customers, 60_000);
  const entries = (which: string) =>
    number(`select count(${which}) as n from messages where content like '%"sla.breached"%'`);
  // What the one that died had begun is taken over when its claim is over.
  await within(
    'all of it to be done',
    async () => {
      const left = await number(`select count(*) as n from sla_clocks where state like '%"stage"%'`);
      return left === 0 && (await entries('*')) === customers;
    },
    90_000,
  );
  assert.equal(await entries('distinct conversation_id'), customers);
  assert.equal(await breaches(), customers);
  assert.equal(await number('select sum(breached) as n from sla_counts'), customers, 'counted once');
  assert.equal(
    await number(`select count(*) as n from conversations where priority = 'urgent' and tags = '["late"]'`),
    customers,
  );
  await within(
    'what was noted to be looked at',
    async () => (await number('select count(*) as n from sla_events')) === 0,
  );
  // Nobody waits for a webhook: of those that the process which died had under way some may have come twice, or not at all.
  const times = [...Map.groupBy(called, (id) => id).values()].map((calls) => calls.length);
  assert.ok(times.length >= customers - 32 && times.length <= customers, `${times.length} were called`);
  // The one that died had 32 under way at most.
  assert.ok(
    times.every((n) => n <= 2) && called.length - times.length <= 32,
    `${called.length} calls, up to ${Math.max(...times)} for one`,
  );
});
