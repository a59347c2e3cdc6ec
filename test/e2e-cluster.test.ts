import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPages } from '../scripts/build-pages.ts';
import { clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import {
  assertOnce,
  chromiumMissing,
  launchBrowser,
  log,
  openChat,
  reply,
  signInToConsole,
  timeline,
  visitShop,
  write,
} from './support/pages.ts';

test('a customer and an agent on a cluster talk on while a gateway, a worker and the websocket processes of both are killed', {
  skip: chromiumMissing || clusterMissing(),
  timeout: 200_000,
}, async () => {
  buildPages();
  await using cluster = await startCluster({ roles: { gateway: 2, worker: 2, websocket: 2 } });
  await using browser = await launchBrowser();
  const errors: string[] = [];
  const agent = await signInToConsole(browser, cluster, clusterAdmin, errors);
  const customer = await visitShop(browser, cluster, errors);
  const said: string[] = [];
  const talk = async (round: string) => {
    await write(customer, `A question, ${round}`);
    said.push(`A question, ${round}`);
    if (said.length === 1) await agent.getByText(`A question, ${round}`).first().click();
    await assertOnce(timeline(agent), said);
    await reply(agent, `An answer, ${round}`);
    said.push(`An answer, ${round}`);
    await assertOnce(log(customer), said);
  };

  await talk('before');
  for (const role of ['gateway', 'worker', 'websocket'] as const) {
    const [first, second] = cluster.of(role);
    // One after the other, so that whichever of them served is hit.
    for (const node of [first, second]) {
      await node?.process.kill();
      await write(customer, `Written when ${node?.name} had died`);
      said.push(`Written when ${node?.name} had died`);
      await assertOnce(timeline(agent), said);
      await node?.restart();
    }
    await talk(`after each ${role} was killed`);
  }
  for (const node of cluster.redis.nodes) {
    await node.kill();
    await node.restart();
  }
  await talk('after Redis was killed');
  await cluster.mariadb.server.kill();
  await write(customer, 'Written while the database was away');
  said.push('Written while the database was away');
  await cluster.mariadb.restart();
  await talk('after MariaDB was killed');

  await agent.reload();
  await customer.reload();
  await openChat(customer);
  await assertOnce(timeline(agent), said);
  await assertOnce(log(customer), said);
  assert.deepEqual(errors, []);
});
