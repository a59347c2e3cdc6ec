import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Conversation } from '@parley/sdk/protocol.ts';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { within } from '../server/testing/redis.ts';
import {
  beginVisit,
  call,
  FrameSocket,
  must,
  type SignedInAgent,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';

/** The shortest time that a group can have. */
const firstAnswerMs = 10_000;
const unanswered = 20;
const snoozed = 10;

test('what is due when the process that decides is killed happens all the same, once each', {
  skip: clusterMissing(),
  timeout: 150_000,
}, async () => {
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const nodes = cluster.of('all') as [ClusterNode, ClusterNode];
  const [one] = nodes;
  const { token } = await signIn(one, clusterAdmin);
  const password = 'correct horse 42';
  const made = { email: 'ada@parley.test', name: 'Ada', capacity: 50, password };
  const ada = await must(call<Agent>(one, 'POST /api/v1/agents', { token, body: made }));
  const groups = [{ id: 'desk', name: 'Desk', members: [{ agentId: ada.id, level: 3 }], firstAnswerMs }];
  const body = { config: { groups, defaultGroupId: 'desk' }, baseVersion: 0 };
  await must(call(one, 'PUT /api/v1/routing/config', { token, body }));

  const decides = await leaderOf(nodes);
  const [other] = nodes.filter((node) => node !== decides) as [ClusterNode];
  // The other process hears of the agent a moment later.
  const login = () => call<SignedInAgent>(other, 'POST /api/v1/login', { body: { email: made.email, password } });
  await within('the agent to be known', async () => (await login()).status === 200);
  const as = await must(login());
  const socket = await FrameSocket.open(other, { role: 'agent', token: as.token });
  const ended: string[] = [];
  socket.onEvent = (frame) => {
    if (frame.event === 'assignment.ended') ended.push(frame.data.conversationId);
  };
  const rows = (sql: string) => cluster.mariadb.query(cluster.databaseUrl, sql);
  const count = async (where: string) => Number((await rows(`select count(*) as n from ${where}`))[0]?.n);
  const channelId = await webChannelOf(other, token);
  const write = async (words: string) => {
    const { visitorToken } = await beginVisit(other, channelId);
    const visitor = await FrameSocket.open(other, { role: 'visitor', token: visitorToken });
    const { message } = await visitor.request('message.send', { clientId: words, content: text(words) });
    await visitor.close();
    return message.conversationId;
  };

  const put = await Promise.all(Array.from({ length: snoozed }, (_, n) => write(`to snooze ${n}`)));
  await within('those to be snoozed', async () => (await count("conversations where status = 'agent'")) === snoozed);
  const until = Date.now() + firstAnswerMs;
  for (const id of put) {
    await socket.request('message.send', { conversationId: id, clientId: `a${id}`, content: text('Tomorrow') });
    const path = `POST /api/v1/conversations/${id}/snooze` as const;
    const answer = await must(call<Conversation>(other, path, { token: as.token, body: { until } }));
    assert.equal(answer.status, 'snoozed');
  }
  await Promise.all(Array.from({ length: unanswered }, (_, n) => write(`unanswered ${n}`)));
  await within('all to be given', async () => (await count("conversations where status = 'agent'")) === unanswered);

  await decides.process.kill();
  await within(
    'all that was due',
    async () => (await count("conversations where status = 'queued'")) === unanswered,
    60_000,
  );
  await within('the snoozed', async () => (await count("conversations where status = 'agent'")) === snoozed, 60_000);
  assert.ok(Date.now() >= until, 'not before their time');
  await socket.until(() => ended.length === unanswered);
  await decides.restart();
  await leaderOf(nodes);
  assert.equal(await count("routing_decisions where why = 'no-first-answer'"), unanswered);
  assert.equal(await count("routing_decisions where why = 'woken' and kind = 'assign'"), snoozed);
  assert.equal(await count(`messages where content like '%"conversation.woken"%'`), snoozed);
  assert.equal(new Set(ended).size, ended.length);
  await socket.close();
});

/** The process that tells of the queues. */
async function leaderOf(nodes: readonly ClusterNode[]): Promise<ClusterNode> {
  let found: ClusterNode | undefined;
  await within('somebody to decide', async () => {
    for (const node of nodes) {
      const metrics = await (await fetch(`${node.url}/metrics`)).text();
      if (/^parley_group_queue_depth\{/m.test(metrics)) found = node;
    }
    return found !== undefined;
  });
  return found as ClusterNode;
}
