import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, clusterMissing } from '../../server/testing/cluster.ts';
import { metricOf, takenFromTheGone, untilServing } from '../support/aftermath.ts';
import { allConversations, allMessages } from '../support/clients.ts';
import { type FaultRun, startFaultRun } from '../support/fault-run.ts';
import type { Entry } from '../support/ledger.ts';
import { postHook } from '../support/load.ts';
import { watchMemory } from '../support/memory.ts';

const partitions = 16;
/** How long nobody works on the queue, so that something waits in it: longer than between two looks at it. */
const standingMs = 1_600;
/** Longer than a lease is held, and an agent thought to be there, by whoever is not heard of. */
const fullMs = 12_000;
/** An answer that was on its way when Redis was emptied is noted so much later. */
const answeredLateMs = 500;
const toldWithinMs = 60_000;
const maxMiB = 512;

test('answered after the queue’s own sync, a Redis that is emptied takes what waited in it and nothing else, and tells how much; one that is full refuses callbacks alone', {
  skip: clusterMissing(),
  timeout: 200_000,
}, async (t) => {
  await using run = await startFaultRun({
    cluster: {
      roles: { gateway: 1, worker: 2, websocket: 1 },
      oneRedis: true,
      env: { PARLEY_AGENT_GRACE_MS: '4000' },
    },
    load: { visitors: 2, hookContacts: 4, lanes: 2, pauseMs: 300 },
  });
  const { cluster, ledger, load } = run;
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  const workers = cluster.of('worker');
  const flushes: number[] = [];
  for (const isStanding of [true, false]) {
    const before = await sumOf(cluster, 'parley_queue_lost_total');
    await run.suffer(`Redis emptied, ${isStanding ? 'while no worker took anything' : 'under load'}`, async () => {
      if (isStanding) {
        for (const { process } of workers) process.pause();
        await sleep(standingMs);
      }
      await cluster.redis.flushAll();
      flushes.push(Date.now());
      for (const { process } of workers) process.resume();
    });
    await until(
      async () => (await sumOf(cluster, 'parley_queue_lost_total')) >= before + partitions,
      'the loss is not told',
    );
  }
  await fullOfMemory(t, run, 'refused');

  await load.finish();
  const told = await sumOf(cluster, 'parley_queue_lost_entries_total');
  const missing = await missingOf(run);
  const unseen = callbacksBetween(run, flushes, -standingMs, 0).length;
  t.diagnostic(
    `${flushes.length} times emptied: ${missing.length} answered callbacks lost, ${told} told; ${unseen} were answered in the ${standingMs / 1_000} s before`,
  );
  assert.ok(missing.length > 0, 'not tested: nothing waited when Redis was emptied');
  const last = flushes.at(-1) ?? 0;
  for (const { key, acknowledged } of missing) {
    assert.ok((acknowledged?.at ?? 0) <= last + answeredLateMs, `${key} was lost though it was answered afterwards`);
  }
  // What came, or was worked off, since somebody looked is not in the figure.
  assert.ok(told > 0 && Math.abs(told - missing.length) <= unseen, `${told} told, ${missing.length} lost`);
  for (const entry of missing) ledger.entries.splice(ledger.entries.indexOf(entry), 1);
  await run.conclude(t);
  report(t, memory);
});

test('answered after the SQL commit, a Redis that syncs once a second, is emptied again and again, and is full, takes nothing', {
  skip: clusterMissing(),
  timeout: 200_000,
}, async (t) => {
  await using run = await startFaultRun({
    cluster: {
      roles: { all: 2 },
      oneRedis: true,
      redisOptions: { appendfsync: 'everysec' },
      env: { PARLEY_QUEUE_SYNC: 'sql' },
    },
    load: { visitors: 2, hookContacts: 5, lanes: 2, pauseMs: 200 },
  });
  const { cluster, load } = run;
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  let waiting = 0;
  for (let round = 0; round < 4; round++) {
    // The database stands still for a moment, so that something waits in Redis when it is emptied.
    await run.suffer('Redis emptied while something waited in it', async () => {
      cluster.mariadb.server.pause();
      await sleep(300);
      waiting += await lengthOf(cluster);
      await cluster.redis.flushAll();
      cluster.mariadb.server.resume();
    });
    await sleep(1_200);
  }
  await until(async () => (await sumOf(cluster, 'parley_queue_lost_total')) > 0, 'the loss is not told');
  await fullOfMemory(t, run, 'taken or refused');
  await load.finish();
  const rows = () => cluster.mariadb.query(cluster.databaseUrl, 'select id from inbound_queue limit 1');
  await until(async () => (await rows()).length === 0, 'the log does not become empty');
  t.diagnostic(`${waiting} entries waited in Redis when it was emptied`);
  assert.ok(waiting > 0, 'not tested: nothing waited when Redis was emptied');
  assert.equal(await sumOf(cluster, 'parley_queue_lost_entries_total'), 0);
  await run.conclude(t);
  report(t, memory);
});

function report(t: TestContext, memory: { readonly firstMiB: number; readonly peakMiB: number }): void {
  const { firstMiB, peakMiB } = memory;
  t.diagnostic(`memory of the largest process: ${firstMiB.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at most`);
  assert.ok(peakMiB < maxMiB, `a process held ${peakMiB.toFixed(0)} MiB`);
}

/** Redis takes nothing for a while. What needs no queue goes on, nobody is thought gone, and then all goes on. */
async function fullOfMemory(t: TestContext, run: FaultRun, callbacks: 'refused' | 'taken or refused'): Promise<void> {
  const { cluster, ledger } = run;
  const [redis] = cluster.redis.nodes;
  const isFull = async () =>
    (await Promise.all(cluster.nodes.map((node) => metricOf(node, 'parley_redis_out_of_memory')))).every(Boolean);
  const isAgentThere = async () =>
    (await Promise.all(cluster.nodes.map((node) => metricOf(node, 'parley_agents_available')))).every((n) => n === 1);
  // After Redis was emptied a process hears of the others with their next word.
  await until(isAgentThere, 'the agent is not seen by everybody');
  const takenBefore = await takenFromTheGone(cluster, run.token);
  await redis?.cli('config', 'set', 'maxmemory', '1');
  const forMs = callbacks === 'refused' ? fullMs : 3_000;
  const endsAt = performance.now() + forMs;
  await until(isFull, 'no process says that Redis is full');
  let refused = 0;
  let rounds = 0;
  while (performance.now() < endsAt) {
    await untilServing(ledger, ['visitor', 'agent']);
    rounds += 1;
    if (callbacks === 'refused') refused += await isRefused(run);
    // A process that has looked between the emptying and the others' next word sees nobody until it looks again.
    await until(isAgentThere, 'an agent is not seen any more');
    await sleep(250);
  }
  if (callbacks === 'refused') assert.ok(refused > 0, 'not tested: no callback was refused');
  const at = performance.now();
  await redis?.cli('config', 'set', 'maxmemory', '0');
  await untilServing(ledger);
  const seconds = ((performance.now() - at) / 1_000).toFixed(1);
  t.diagnostic(
    `Redis full for ${forMs / 1_000} s: visitors and the agent served ${rounds} times, ${refused} of our callbacks refused; everybody served ${seconds} s after there was memory`,
  );
  await until(async () => !(await isFull()), 'a process still says that Redis is full');
  assert.equal(await takenFromTheGone(cluster, run.token), takenBefore, 'an agent was thought gone');
}

/** 1 when a callback was told to come again, with a time. */
async function isRefused({ target, ledger }: FaultRun): Promise<number> {
  const entry = ledger.open('webhook');
  const message = { key: entry.key, contact: 'refused', text: entry.text };
  const { status, headers } = await postHook(target, target.hook, [message]);
  ledger.entries.splice(ledger.entries.indexOf(entry), 1);
  assert.equal(status, 503);
  assert.ok(Number(headers.get('retry-after')) >= 1, 'without a time to come again');
  return 1;
}

async function sumOf({ nodes }: Cluster, metric: string): Promise<number> {
  const values = await Promise.all(nodes.map((node) => metricOf(node, metric)));
  return values.reduce((sum, value) => sum + value, 0);
}

async function lengthOf({ redis }: Cluster): Promise<number> {
  const [node] = redis.nodes;
  const lengths = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => node?.cli('xlen', `parley:{q${partition}}:in`)),
  );
  return lengths.reduce((sum, length) => sum + Number(length), 0);
}

/** Callbacks that were answered so near to one of the moments, in milliseconds. */
function callbacksBetween({ ledger }: FaultRun, moments: readonly number[], fromMs: number, toMs: number): Entry[] {
  const isNear = (at: number) => moments.some((moment) => at - moment >= fromMs && at - moment <= toMs);
  return ledger.acknowledged('webhook').filter(({ acknowledged }) => isNear(acknowledged?.at ?? 0));
}

/** Answered callbacks that are in no conversation when nothing moves any more. */
async function missingOf({ cluster, ledger, token }: FaultRun): Promise<Entry[]> {
  for (let before = -1; ; await sleep(1_500)) {
    const stored = new Set<string>();
    for (const { id } of await allConversations(cluster, token)) {
      for (const { content } of await allMessages(cluster, token, id))
        if (content.type === 'text') stored.add(content.text);
    }
    if (stored.size === before) return ledger.acknowledged('webhook').filter(({ text }) => !stored.has(text));
    before = stored.size;
  }
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (const deadline = Date.now() + toldWithinMs; !(await holds()); await sleep(100)) {
    assert.ok(Date.now() < deadline, otherwise);
  }
}
