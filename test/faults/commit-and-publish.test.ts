import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@parley/sdk/client.ts';
import type { Conversation, Page } from '@parley/sdk/protocol.ts';
import { clusterMissing } from '../../server/testing/cluster.ts';
import { call, must } from '../support/clients.ts';
import { nodeEnvironment } from '../support/crowd.ts';
import { type FaultRun, startFaultRun } from '../support/fault-run.ts';
import type { Entry } from '../support/ledger.ts';
import { postHook } from '../support/load.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

/** Contacts who have a conversation that is on the agent's screen, and contacts who write for the first time. */
const known = ['known-0', 'known-1', 'known-2', 'known-3'];
const strangers = ['new-0', 'new-1', 'new-2', 'new-3'];
const partitions = 16;
const withinMs = 60_000;

test('what a worker stored before it died, and told nobody, is seen, given to an agent and stored once', {
  skip: clusterMissing(),
  timeout: 200_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const links: Awaited<ReturnType<typeof startTcpProxy>>[] = [];
  await using run = await startFaultRun({
    cluster: {
      roles: { gateway: 1, worker: 1, websocket: 1 },
      oneRedis: true,
      through: async (part, port, node) => {
        if (part !== 'redis' || node.role !== 'worker') return port;
        links.push(stack.use(await startTcpProxy(port)));
        return links[0]?.port ?? port;
      },
    },
    load: { visitors: 2, hookContacts: 2, lanes: 1, pauseMs: 100 },
  });
  const { cluster, token, target } = run;
  const [toRedis] = links;
  const [worker] = cluster.of('worker');
  assert.ok(toRedis && worker);
  await write(run, known);
  await until(async () => (await conversationsOf(run, known)).length === known.length, 'the first conversations');

  const client = createClient({
    server: target.url,
    role: 'agent',
    token: async () => token,
    environment: nodeEnvironment,
  });
  stack.defer(async () => client.close());
  const told = new Set<string>();
  client.on('event', ({ event, data }) => {
    if (event === 'message.created' && data.message.content.type === 'text') told.add(data.message.content.text);
  });
  client.open();
  const views = (await conversationsOf(run, known)).map(({ id }) => client.conversation(id));
  await until(() => client.status.state === 'live' && views.every(({ loaded }) => loaded), 'the screens');

  const connection = await cluster.mariadb.connect(cluster.databaseUrl);
  stack.defer(async () => connection.destroy());
  let stored = 0;
  let waiting = 0;
  let diedAt = 0;
  await run.suffer(
    'a worker killed between commit and publish',
    async () => {
      // Its transaction is held up until nothing that it says to Redis gets there any more.
      await connection.query('lock tables conversations write');
      const entries = await write(run, [...known, ...strangers]);
      await until(async () => (await inStreams(run, pendingIn)) >= entries.length, 'the worker to have read them');
      toRedis.hang();
      await connection.query('unlock tables');
      await until(async () => (await storedOf(run, entries)) === entries.length, 'the commit');
      await worker.process.kill();
      diedAt = performance.now();
      stored = await storedOf(run, entries);
      waiting = await inStreams(run, lengthOf);
      // What was held is thrown away.
      toRedis.cut();
      toRedis.restore();

      assert.deepEqual(
        entries.filter(({ text }) => told.has(text)),
        [],
        'not tested: it was published',
      );
      client.checkNow();
      const seen = () =>
        new Set(views.flatMap(({ messages }) => messages.map(({ content }) => JSON.stringify(content))));
      const ofKnown = entries.slice(0, known.length).map(({ text }) => JSON.stringify({ type: 'text', text }));
      await until(() => ofKnown.every((content) => seen().has(content)), 'the screens to find it');
    },
    { mend: () => worker.restart() },
  );
  await until(
    async () => (await conversationsOf(run, strangers)).every(({ assigneeId }) => assigneeId !== null),
    'the strangers to be given to somebody',
  );
  t.diagnostic(
    `1 kill between commit and publish: ${stored} messages stored and told to nobody, ${waiting} entries left in the queue; all given to an agent ${((performance.now() - diedAt) / 1_000).toFixed(1)} s after the kill`,
  );
  assert.ok(waiting >= stored, 'not tested: the entries had left the queue');
  await run.conclude(t);
});

/** Each of the contacts writes once, in one request. */
async function write({ cluster, target, ledger }: FaultRun, contacts: readonly string[]): Promise<Entry[]> {
  const said = contacts.map((contact) => ({ contact, entry: ledger.open('webhook') }));
  const messages = said.map(({ contact, entry }) => ({ key: entry.key, contact, text: entry.text }));
  const { status } = await postHook(cluster, target.hook, messages);
  assert.equal(status, 200);
  for (const { entry } of said) entry.acknowledged = { at: Date.now() };
  return said.map(({ entry }) => entry);
}

async function conversationsOf(run: FaultRun, contacts: readonly string[]): Promise<Conversation[]> {
  const path = `GET /api/v1/conversations?channel=${run.target.hook.channelId}&limit=200` as const;
  const { items } = await must(call<Page<Conversation>>(run.cluster, path, { token: run.token }));
  const ids = await run.cluster.mariadb.query(
    run.cluster.databaseUrl,
    'select external_id, contact_id from identities where channel_id = ?',
    [run.target.hook.channelId],
  );
  const nameOf = new Map(ids.map((row) => [String(row.contact_id), String(row.external_id)]));
  return items.filter(({ contact }) => contacts.includes(nameOf.get(contact.id) ?? ''));
}

async function storedOf({ cluster, target }: FaultRun, entries: readonly Entry[]): Promise<number> {
  const sql = `select count(*) as n from received_ids where channel_id = ? and external_id in (${entries.map(() => '?').join(', ')})`;
  const [row] = await cluster.mariadb.query(cluster.databaseUrl, sql, [
    target.hook.channelId,
    ...entries.map(({ key }) => key),
  ]);
  return Number(row?.n);
}

type Look = (stream: string, cli: (...args: string[]) => Promise<string>) => Promise<number>;
/** Entries in a stream, and those that were read and are not done. */
const lengthOf: Look = async (stream, cli) => Number(await cli('xlen', stream));
const pendingIn: Look = async (stream, cli) => Number((await cli('xpending', stream, 'parley')).split('\n')[0]);

async function inStreams({ cluster }: FaultRun, look: Look): Promise<number> {
  const [redis] = cluster.redis.nodes;
  assert.ok(redis);
  const numbers = Array.from({ length: partitions }, (_, n) => look(`parley:{q${n}}:in`, redis.cli));
  return (await Promise.all(numbers)).reduce((sum, each) => sum + each, 0);
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds()); await sleep(20)) {
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
  }
}
