import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from '@parley/sdk/protocol.ts';
import { shopIntents } from '../server/bot/intent/shop-intents-fixture.ts';
import { type ClusterNode, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import { until } from '../server/testing/running-program.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';

const shop = shopIntents.slice(0, 3);
const known = shop.flatMap(({ utterances }) => utterances);
const wrapping = [
  'Can you gift wrap my order?',
  'Do you offer gift wrapping?',
  'Is gift wrapping possible for this order?',
  'How much is gift wrapping?',
];

interface Replay {
  readonly id: string;
  readonly state: string;
  readonly result: { readonly turns: number } | null;
  readonly problem: { readonly code: string } | null;
}
interface Group {
  readonly size: number;
  readonly questions: string[];
}
type Gaps = Page<Group> & { readonly open: number };

test('of several processes one finds what the bot could not answer and one runs a replay, all tell the same, and none of it is stuck when a process dies', {
  skip: clusterMissing(),
  timeout: 240_000,
}, async () => {
  await using cluster = await startCluster({ roles: { all: 2 }, oneRedis: true });
  const [one, two] = cluster.of('all') as [ClusterNode, ClusterNode];
  const { token } = await signIn(cluster, clusterAdmin);
  const ask = <T>(node: ClusterNode, route: string, body?: object) =>
    must(call<T>(node, route as 'GET /', { token, ...(body === undefined ? {} : { body }) }));
  for (const { intent: name, utterances } of shop) {
    await ask(one, 'POST /api/v1/intents', { name, utterances, answer: { en: `About ${name}.` } });
  }
  const training = await ask<{ id: string }>(one, 'POST /api/v1/bot/trainings', {});
  await until(async () => {
    const { state } = await ask<{ state: string }>(two, `GET /api/v1/bot/trainings/${training.id}`);
    assert.ok(state === 'running' || state === 'done', state);
    return state === 'done';
  });
  await ask(two, 'POST /api/v1/bot/models/1/publish', {});
  await ask(two, 'PUT /api/v1/bot/settings', { document: { enabled: true }, baseVersion: 0 });
  for (const node of [one, two])
    await until(async () => {
      const { serving } = await ask<{ serving: number | null }>(node, 'GET /api/v1/bot/models');
      return serving === 1;
    });
  const channel = await webChannelOf(one, token);
  const customer = async (node: ClusterNode, words: string) => {
    const { visitorToken } = await beginVisit(node, channel);
    const socket = await FrameSocket.open(node, { role: 'visitor', token: visitorToken });
    const { message } = await socket.request('message.send', { clientId: words, content: text(words) });
    await socket.close();
    return message.conversationId;
  };
  const decided = async (ids: readonly string[]) => {
    const rows = await cluster.mariadb.query(
      cluster.databaseUrl,
      `select distinct conversation_id from bot_decisions where conversation_id in (${ids.join(', ')})`,
    );
    return rows.length === ids.length;
  };
  const ids: string[] = [];
  for (const [at, words] of [...known, ...wrapping].entries())
    ids.push(await customer(at % 2 === 0 ? one : two, words));
  await until(() => decided(ids));

  // Found once, and shown by both; what one decides about, the other shows no more.
  const gathered = (node: ClusterNode) => ask<Gaps>(node, 'GET /api/v1/bot/gaps');
  const [first, second] = await until(async () => {
    const [here, there] = [await gathered(one), await gathered(two)];
    return here.items[0]?.size === wrapping.length && there.items.length > 0 && ([here, there] as const);
  });
  assert.deepEqual(first, second);
  const questions = first.items[0]?.questions ?? [];
  await ask(two, 'POST /api/v1/bot/gaps/dismiss', { questions });
  const again = await call(one, 'POST /api/v1/bot/gaps/dismiss', { token, body: { questions } });
  assert.equal(again.status, 409);
  await until(async () => (await gathered(one)).items.length === 0);

  // Run by one, told by both; one at a time.
  const seen = (node: ClusterNode, id: string) => ask<Replay>(node, `GET /api/v1/bot/replays/${id}`);
  const over = (node: ClusterNode, id: string) =>
    until(async () => {
      const replay = await seen(node, id);
      return replay.state !== 'running' && replay;
    });
  const candidate = { kind: 'model', version: 1, days: 1 };
  const begin = (node: ClusterNode) => call<Replay>(node, 'POST /api/v1/bot/replays', { token, body: candidate });
  const { id } = await must(begin(one));
  assert.equal((await begin(two)).status, 409);
  const done = await over(two, id);
  assert.deepEqual([done.state, done.result?.turns], ['done', ids.length]);
  assert.deepEqual(await seen(one, id), done);

  // Whoever dies in the middle of one leaves one that has failed, and the place to the next.
  const lost = await must(begin(one));
  await one.process.kill();
  assert.equal((await begin(two)).status, 409, 'nobody knows yet that it is gone');
  const failed = await over(two, lost.id);
  assert.deepEqual([failed.state, failed.problem?.code, failed.result], ['failed', 'unavailable', null]);
  const next = await must(begin(two));
  assert.equal((await over(two, next.id)).result?.turns, ids.length);

  // Whatever the dead one was looking for, the other one goes on.
  const late = await customer(two, 'purple monkey dishwasher');
  await until(async () => {
    const rows = await cluster.mariadb.query(
      cluster.databaseUrl,
      `select seq from bot_gaps where conversation_id = ${late}`,
    );
    return rows.length === 1;
  });
  await one.restart();
  assert.equal((await seen(one, lost.id)).state, 'failed');
  assert.deepEqual(await seen(one, next.id), await seen(two, next.id));
});
