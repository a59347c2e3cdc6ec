import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message, Page } from '@parley/sdk/protocol.ts';
import { clickHouseMissing } from '../server/testing/clickhouse.ts';
import { type Cluster, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { within } from '../server/testing/redis.ts';
import {
  allConversations,
  allMessages,
  beginVisit,
  call,
  FrameSocket,
  must,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';

/** Makes a closed conversation one that was closed a year ago, and a worker look at once. */
async function letAYearPass(cluster: Cluster, id: string): Promise<void> {
  const sql = 'update conversations set archive_due_at = archive_due_at - 365 * 86400000 where id = ?';
  await cluster.mariadb.query(cluster.databaseUrl, sql, [id]);
  for (const worker of cluster.of('worker')) {
    await worker.process.stop();
    await worker.restart();
  }
}

test('on a cluster a worker archives into ClickHouse, and every process reads and erases', {
  skip: clusterMissing() || clickHouseMissing,
  timeout: 120_000,
}, async () => {
  await using cluster = await startCluster({
    roles: { gateway: 2, worker: 2, websocket: 1 },
    oneRedis: true,
    clickHouse: true,
  });
  const { token } = await signIn(cluster, clusterAdmin);
  const { visitorToken, contactId } = await beginVisit(cluster, await webChannelOf(cluster, token));
  const socket = await FrameSocket.open(cluster, { role: 'visitor', token: visitorToken });
  for (let i = 1; i <= 5; i++) {
    await socket.request('message.send', { clientId: `c${i}`, content: text(`Where is parcel ${i}?`) });
  }
  const id = String((await allConversations(cluster, token))[0]?.id);
  const change = { token, body: { status: 'resolved' } };
  await must(call(cluster, `PATCH /api/v1/conversations/${id}`, change));
  const before = await allMessages(cluster, token, id);

  const rows = async () => {
    const sql = 'select count(*) as n from messages where conversation_id = ?';
    return Number((await cluster.mariadb.query(cluster.databaseUrl, sql, [id]))[0]?.n);
  };
  await letAYearPass(cluster, id);
  await within('the messages to leave the database', async () => (await rows()) === 0, 30_000);

  for (const node of cluster.of('gateway')) {
    assert.deepEqual(await allMessages(node, token, id), before);
    const path = `GET /api/v1/messages?contactId=${contactId}&q=PARCEL%203` as const;
    const found = await must(call<Page<Message>>(node, path, { token }));
    assert.deepEqual(
      found.items.map(({ seq }) => seq),
      [before.find(({ content }) => content.type === 'text' && content.text.includes('parcel 3'))?.seq],
    );
  }
  await must(call(cluster, `DELETE /api/v1/contacts/${contactId}`, { token }));
  await within(
    'the erasure to reach the archive',
    async () => (await call(cluster, `DELETE /api/v1/contacts/${contactId}`, { token })).status === 404,
    30_000,
  );
  assert.equal((await call(cluster, `GET /api/v1/conversations/${id}`, { token })).status, 404);
  await assert.rejects(
    FrameSocket.open(cluster, { role: 'visitor', token: visitorToken }).then((again) =>
      again.request('message.send', { clientId: 'x', content: text('Am I there?') }),
    ),
  );
  const left = await must(call<string>(cluster, 'GET /api/v1/export', { token }));
  assert.ok(!left.includes('parcel'), left);
});
