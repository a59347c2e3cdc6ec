import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { within } from '../server/testing/redis.ts';
import { type Answer, call, must, signIn } from './support/clients.ts';

type Published = { version: number; config: { groups: { name: string }[] } };

/** Far less than the time after which every process looks by itself. */
const heardWithinMs = 5_000;

test('what is published on one process holds on all of them at once, and of two on two processes one is refused', {
  skip: clusterMissing(),
  timeout: 120_000,
}, async () => {
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const [one, two] = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token } = await signIn(cluster, clusterAdmin);
  const current = (node: { url: string }): Promise<Published> =>
    must(call<Published>(node, 'GET /api/v1/routing/config', { token }));
  const put = (node: { url: string }, name: string, baseVersion: number): Promise<Answer<Published>> => {
    const body = { baseVersion, config: { groups: [{ id: 'g', name }] } };
    return call<Published>(node, 'PUT /api/v1/routing/config', { token, body });
  };
  const hears = async (node: { url: string }, version: number) => {
    await within('the other process to hear', async () => (await current(node)).version === version, heardWithinMs);
    return (await current(node)).config.groups[0]?.name;
  };

  assert.equal((await put(one, 'Sales', 0)).status, 200);
  assert.equal(await hears(two, 1), 'Sales');
  for (let baseVersion = 1; baseVersion <= 5; baseVersion++) {
    const [first, second] = await Promise.all([put(one, 'by one', baseVersion), put(two, 'by two', baseVersion)]);
    assert.deepEqual([first.status, second.status].toSorted(), [200, 409]);
    const won = first.status === 200 ? 'by one' : 'by two';
    for (const node of [one, two]) assert.equal(await hears(node, baseVersion + 1), won);
  }
  const restored = await must(
    call<Published>(two, 'POST /api/v1/routing/versions/1/restore', { token, body: { baseVersion: 6 } }),
  );
  assert.equal(restored.version, 7);
  assert.equal(await hears(one, 7), 'Sales');
});
