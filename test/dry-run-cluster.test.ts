import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { until } from '../server/testing/running-program.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

interface DryRun {
  readonly id: string;
  readonly state: string;
  readonly result: { readonly conversations: number } | null;
}

test('of several processes one records who is there, all tell of a dry run, and of one whose process was killed that it was interrupted', {
  skip: clusterMissing(),
  timeout: 180_000,
}, async () => {
  await using cluster = await startCluster({
    roles: { all: 2 },
    oneRedis: true,
    env: { PARLEY_AGENT_GRACE_MS: '1000' },
  });
  const [one, two] = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token, agent } = await signIn(cluster, clusterAdmin);
  const recorded = () => cluster.mariadb.query(cluster.databaseUrl, 'select * from agent_presences order by at');
  const socket = await FrameSocket.open(two, { role: 'agent', token });
  const [online] = await until(async () => {
    const rows = await recorded();
    return rows.length > 0 && rows;
  });
  assert.deepEqual([online?.agent_id, online?.presence], [agent.id, 'online']);

  const { visitorToken } = await beginVisit(one, await webChannelOf(one, token));
  const visitor = await FrameSocket.open(one, { role: 'visitor', token: visitorToken });
  await visitor.request('message.send', { clientId: 'c1', content: text('hello') });
  const begin = (node: ClusterNode) => {
    const body = { config: {}, days: 1, runs: 30 };
    return must(call<DryRun>(node, 'POST /api/v1/routing/dry-runs', { token, body }));
  };
  const seen = (node: ClusterNode, id: string) =>
    must(call<DryRun>(node, `GET /api/v1/routing/dry-runs/${id}`, { token }));
  const { id } = await begin(one);
  const done = await until(async () => {
    const run = await seen(two, id);
    return run.state !== 'running' && run;
  });
  assert.deepEqual([done.state, done.result?.conversations], ['done', 1]);

  const lost = await begin(one);
  await one.process.kill();
  const { state } = await until(async () => {
    const run = await seen(two, lost.id);
    return run.state !== 'running' && run;
  });
  assert.equal(state, 'interrupted');
  await visitor.close();
  await socket.close();
  // Whoever records by now says the end, and nobody has said anything twice.
  const rows = await until(async () => {
    const all = await recorded();
    return all.at(-1)?.presence === 'offline' && all;
  });
  assert.deepEqual(
    rows.map(({ presence }) => presence),
    ['online', 'offline'],
  );
});
