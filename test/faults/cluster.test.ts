import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Cluster,
  type ClusterNode,
  clusterAdmin,
  clusterMissing,
  type NodeRole,
  startCluster,
} from '../../server/testing/cluster.ts';
import { allConversations, allMessages, signIn, webChannelOf } from '../support/clients.ts';
import { Ledger } from '../support/ledger.ts';
import { createHook, type Load, startLoad } from '../support/load.ts';

/** Fewer for a quick look: `PARLEY_FAULT_ROUNDS=3`. */
const rounds = Number(process.env.PARLEY_FAULT_ROUNDS ?? 17);
const roles = ['gateway', 'worker', 'websocket'] as const;

/** One fault: what it did to whom, and how long it took until something that was begun after it had its answer. */
interface Outcome {
  readonly fault: string;
  readonly recoveredMs: number;
}

const any = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

/** Until every kind of sender has an answer to something that it began from now on. */
async function untilServing(ledger: Ledger): Promise<void> {
  const begun = ledger.entries.length;
  const served = () => {
    const by = new Set(
      ledger.entries.slice(begun).flatMap((entry) => (entry.acknowledged === undefined ? [] : entry.by)),
    );
    return by.size === 3;
  };
  for (const deadline = Date.now() + 60_000; !served() && ledger.surprises.length === 0; await sleep(10)) {
    assert.ok(Date.now() < deadline, 'nothing was answered for a minute');
  }
}

async function everythingIsThereOnce(cluster: Cluster, token: string, ledger: Ledger): Promise<void> {
  const places = new Map<string, string[]>();
  for (const { id, lastSeq } of await allConversations(cluster, token)) {
    const messages = await allMessages(cluster, token, id);
    assert.deepEqual(
      messages.map(({ seq }) => seq),
      Array.from(messages, (_, index) => index + 1),
      `the timeline of ${id} has gaps`,
    );
    assert.equal(lastSeq, messages.length);
    for (const { content, seq } of messages) {
      if (content.type === 'text') places.set(content.text, [...(places.get(content.text) ?? []), `${id}/${seq}`]);
    }
  }
  for (const { key, text, acknowledged } of ledger.entries) {
    const at = places.get(text) ?? [];
    assert.ok(acknowledged, `${key} was never acknowledged`);
    assert.equal(at.length, 1, `${key} is there ${at.length} times: ${at.join(', ')}`);
    if (acknowledged.seq !== undefined) assert.equal(at[0], `${acknowledged.conversationId}/${acknowledged.seq}`);
  }
  assert.equal(places.size, ledger.entries.length);
}

async function queueIsEmpty(cluster: Cluster): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    const [worker] = cluster.of('worker');
    const body = await (await fetch(`${worker?.url}/metrics`)).text();
    if (/^parley_jobs_ready(?:\{[^}]*\})? 0$/m.test(body)) return;
    assert.ok(Date.now() < deadline, 'the queue does not become empty');
  }
}

test(`${rounds * roles.length} processes killed at random moments, and Redis, MariaDB and links beside them, lose and double nothing`, {
  skip: clusterMissing(),
  timeout: 400_000,
}, async (t) => {
  await using cluster = await startCluster({
    roles: { gateway: 2, worker: 2, websocket: 2 },
    oneRedis: true,
    env: { PARLEY_AGENT_GRACE_MS: '2000', PARLEY_DRAIN_MS: '500' },
  });
  const { token } = await signIn(cluster, clusterAdmin);
  const target = {
    url: cluster.url,
    agentToken: token,
    webChannelId: await webChannelOf(cluster, token),
    hook: await createHook(cluster, token),
  };
  const ledger = new Ledger();
  const load: Load = startLoad(target, ledger, { visitors: 4, hookContacts: 3, lanes: 2, pauseMs: 80 });
  using _ = { [Symbol.dispose]: load.abandon };

  const outcomes: Outcome[] = [];
  const hits = { inFlight: 0, requests: 0, kills: 0 };
  /** `mend` goes on while the others serve already. */
  const suffer = async (
    fault: string,
    hit: () => Promise<void>,
    mend: () => Promise<unknown> = async () => undefined,
  ) => {
    await sleep(Math.random() * 100);
    if (ledger.underway > 0) hits.inFlight += 1;
    hits.requests += ledger.underway;
    const at = performance.now();
    await hit();
    const mending = mend();
    await untilServing(ledger);
    outcomes.push({ fault, recoveredMs: performance.now() - at });
    await mending;
  };
  const kill = async (node: ClusterNode) => {
    hits.kills += 1;
    await node.process.kill();
  };
  const oneOf = (role: NodeRole) => any(cluster.of(role));

  await untilServing(ledger);
  for (let round = 1; round <= rounds; round++) {
    // One of each role at the same moment: the other of each goes on.
    const victims = roles.map(oneOf);
    await suffer(
      'a gateway, a worker and a websocket process killed',
      async () => {
        await Promise.all(victims.map(kill));
      },
      () => Promise.all(victims.map((node) => node.restart())),
    );
    if (round % 8 === 1) {
      const [redis] = cluster.redis.nodes;
      await suffer('Redis killed', async () => {
        await redis?.kill();
        await redis?.restart();
      });
      await suffer('Redis stands still for 1.5 s', async () => {
        redis?.pause();
        await sleep(1_500);
        redis?.resume();
      });
    }
    if (round % 8 === 3) {
      await suffer('MariaDB killed', async () => {
        await cluster.mariadb.server.kill();
        await cluster.mariadb.restart();
      });
      await suffer('MariaDB stands still for 2 s', async () => {
        cluster.mariadb.server.pause();
        await sleep(2_000);
        cluster.mariadb.server.resume();
      });
    }
    if (round % 8 === 5) {
      const node = oneOf(any(roles));
      await suffer(`a ${node.role} process stands still for 2 s`, async () => {
        node.process.pause();
        await sleep(2_000);
        node.process.resume();
      });
      const one = oneOf('websocket');
      await suffer(
        'a websocket process restarted in order',
        () => one.process.stop(),
        () => one.restart(),
      );
    }
    if (round === 7) {
      await suffer('a worker stands still beyond its leases', async () => {
        const worker = oneOf('worker');
        worker.process.pause();
        await sleep(14_000);
        worker.process.resume();
      });
    }
  }
  const storedBefore = () => ledger.entries.filter((entry) => entry.acknowledged?.duplicate === true).length;
  // What never occurred was not survived: until a kill has come between a commit and its answer.
  for (let more = 0; more < 20 && storedBefore() === 0; more++) {
    const node = oneOf('websocket');
    await suffer(
      'a websocket process killed',
      () => kill(node),
      () => node.restart(),
    );
  }
  await load.finish();
  await queueIsEmpty(cluster);

  const repeats = storedBefore();
  for (const fault of new Set(outcomes.map((outcome) => outcome.fault))) {
    const times = outcomes
      .flatMap((outcome) => (outcome.fault === fault ? [outcome.recoveredMs] : []))
      .sort((a, b) => a - b);
    const middle = times[Math.floor(times.length / 2)] ?? 0;
    t.diagnostic(
      `${fault}: ${times.length} times; until every sender was served again ${(middle / 1_000).toFixed(1)} s in the middle, ${((times.at(-1) ?? 0) / 1_000).toFixed(1)} s at most`,
    );
  }
  t.diagnostic(
    `${ledger.acknowledged().length} acknowledged; ${hits.kills} processes killed, ${hits.inFlight} faults hit work in flight (${hits.requests} requests), ${repeats} were stored before their answer was lost`,
  );
  assert.deepEqual(ledger.surprises, []);
  assert.ok(hits.inFlight >= outcomes.length / 2, `only ${hits.inFlight} faults hit work in flight`);
  assert.ok(repeats > 0, 'no fault came between a commit and its answer');
  await everythingIsThereOnce(cluster, token, ledger);
});

test('with answers after the SQL commit, a Redis that syncs once a second and is emptied again and again takes nothing', {
  skip: clusterMissing(),
  timeout: 200_000,
}, async (t) => {
  await using cluster = await startCluster({
    roles: { all: 2 },
    oneRedis: true,
    redisOptions: { appendfsync: 'everysec' },
    env: { PARLEY_QUEUE_SYNC: 'sql' },
  });
  const { token } = await signIn(cluster, clusterAdmin);
  const hook = await createHook(cluster, token);
  const ledger = new Ledger();
  const target = { url: cluster.url, agentToken: token, webChannelId: await webChannelOf(cluster, token), hook };
  const load = startLoad(target, ledger, { visitors: 2, hookContacts: 6, lanes: 3, pauseMs: 40 });
  using _ = { [Symbol.dispose]: load.abandon };
  let waiting = 0;
  for (let round = 0; round < 8; round++) {
    await untilServing(ledger);
    const [node] = cluster.redis.nodes;
    const lengths = await Promise.all(
      Array.from({ length: 16 }, (__, partition) => node?.cli('xlen', `parley:{q${partition}}:in`)),
    );
    waiting += lengths.reduce((sum, length) => sum + Number(length), 0);
    await cluster.redis.flushAll();
  }
  await load.finish();
  const rows = () => cluster.mariadb.query(cluster.databaseUrl, 'select id from inbound_queue limit 1');
  for (const deadline = Date.now() + 60_000; (await rows()).length > 0; await sleep(100)) {
    assert.ok(Date.now() < deadline, 'the log does not become empty');
  }
  t.diagnostic(`${ledger.acknowledged().length} acknowledged; ${waiting} entries waited in Redis when it was emptied`);
  assert.deepEqual(ledger.surprises, []);
  await everythingIsThereOnce(cluster, token, ledger);
});

test('a Redis that syncs less than its operator asked for is refused at the start, with what to change', {
  skip: clusterMissing(),
  timeout: 100_000,
}, async () => {
  for (const [redisOptions, expected] of [
    [{ appendfsync: 'everysec' }, /PARLEY_REDIS_URL: this Redis syncs its log once a second.*appendfsync always/],
    [{ appendonly: 'no' }, /PARLEY_REDIS_URL: this Redis keeps no log that it syncs/],
    [{ 'maxmemory-policy': 'allkeys-lru' }, /noeviction/],
  ] as const) {
    await assert.rejects(startCluster({ roles: { all: 1 }, oneRedis: true, redisOptions }), expected);
  }
});
