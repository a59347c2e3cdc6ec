import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

test('on two processes that hear each other looking again finds nothing', {
  skip: clusterMissing(),
  timeout: 180_000,
}, async () => {
  // Whoever is looked at twice, three seconds apart, has been told of by then.
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const nodes = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token } = await signIn(cluster, clusterAdmin);
  const channelId = await webChannelOf(nodes[0], token);
  let agent = await FrameSocket.open(nodes[1], { role: 'agent', token });
  await sleep(500);
  const ids: string[] = [];
  for (let round = 0; round < 24; round++) {
    const node = nodes[round % 2] as ClusterNode;
    const { visitorToken } = await beginVisit(node, channelId);
    const socket = await FrameSocket.open(node, { role: 'visitor', token: visitorToken });
    const { message } = await socket.request('message.send', { clientId: 'c1', content: text('hello') });
    ids.push(message.conversationId);
    const other = nodes[(round + 1) % 2] as ClusterNode;
    const old = ids[round - 8];
    if (old !== undefined)
      await call(other, `PATCH /api/v1/conversations/${old}`, { token, body: { status: 'closed' } });
    const back = ids[round - 3];
    if (back !== undefined && round % 7 === 0)
      await call(other, `PATCH /api/v1/conversations/${back}`, { token, body: { assigneeId: null } });
    if (round === 10) {
      await agent.close();
      agent = await FrameSocket.open(nodes[round % 2] as ClusterNode, { role: 'agent', token });
    }
    await sleep(100);
  }
  await sleep(7_500);
  const metrics = await Promise.all(nodes.map((node) => must(call<string>(node, 'GET /metrics'))));
  const has = (name: RegExp) => metrics.some((text) => name.test(text));
  assert.ok(has(/^parley_assign_decisions_total\{outcome="assign"\} [1-9]/m));
  assert.ok(has(/^parley_decide_seconds_count [1-9]/m));
  const repairs = metrics.flatMap((text) => text.match(/^parley_dispatch_repairs_total\{.*$/gm) ?? []);
  assert.deepEqual(repairs, []);
  await agent.close();
});
