import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitNotice } from '@parley/sdk/protocol.ts';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

/** A visitor who has written at one process, and is told there where they stand. */
async function wait(node: ClusterNode, channelId: string) {
  const { visitorToken: token } = await beginVisit(node, channelId);
  const socket = await FrameSocket.open(node, { role: 'visitor', token });
  const { message } = await socket.request('message.send', { clientId: 'c1', content: text('hello') });
  const told = () =>
    socket.others.flatMap((frame) => {
      const { event, data } = frame as unknown as { event: string; data: { wait: WaitNotice | null } };
      return event === 'wait.updated' ? [data.wait] : [];
    });
  const isTold = (position: number | undefined) => socket.until(() => told().at(-1)?.position === position);
  return { id: message.conversationId, socket, told, isTold };
}

test('on two processes each visitor hears from its own one where it stands, whichever of them decides', {
  skip: clusterMissing(),
  timeout: 180_000,
}, async () => {
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const [one, two] = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token } = await signIn(cluster, clusterAdmin);
  const channelId = await webChannelOf(one, token);
  const first = await wait(one, channelId);
  await first.isTold(1);
  const second = await wait(two, channelId);
  await second.isTold(2);
  const third = await wait(one, channelId);
  await third.isTold(3);
  await must(call(two, `PATCH /api/v1/conversations/${first.id}`, { token, body: { status: 'closed' } }));
  await Promise.all([second.isTold(1), third.isTold(2)]);
  await first.socket.until(() => first.told().at(-1) === null);
  assert.deepEqual(
    second.told().map((notice) => notice?.position),
    [2, 1],
    'nothing is told twice',
  );
  for (const { socket } of [first, second, third]) await socket.close();
});
