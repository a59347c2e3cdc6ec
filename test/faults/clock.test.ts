import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OtherSystem, startOtherSystem } from '../../server/channels/webhook/other-system.ts';
import { type Cluster, type ClusterNode, clusterMissing } from '../../server/testing/cluster.ts';
import { everythingIsThereOnce, metricOf, queueIsEmpty, takenFromTheGone, untilServing } from '../support/aftermath.ts';
import {
  allConversations,
  allMessages,
  beginVisit,
  call,
  FrameSocket,
  must,
  signIn,
  webChannelOf,
} from '../support/clients.ts';
import { type FaultRun, startFaultRun } from '../support/fault-run.ts';
import { Ledger } from '../support/ledger.ts';
import { createHook, postHook, startLoad, type Target } from '../support/load.ts';
import { watchMemory } from '../support/memory.ts';
import { startTestServer } from '../support/server-process.ts';
import { createSetClock, faketimeMissing, hourS, type SetClock } from '../support/set-clock.ts';

const outboundSecret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const callers = 3;
/** Half of what a container in `deploy/` may have. */
const maxMiB = 512;
/** Either way, from one to the other, and right again. */
const settings = [hourS, -hourS, 0] as const;
/** Far more than a retry takes, and far less than an hour. */
const soonMs = 100_000;

test('a process whose clock is set an hour ahead, an hour back and right again disturbs nobody', {
  skip: clusterMissing() || faketimeMissing(),
  timeout: 240_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const other = stack.adopt(await startOtherSystem({ secret: outboundSecret }), (each) => each.close());
  const clocks = new Map<string, SetClock>();
  for (const name of ['worker 1', 'gateway 1', 'websocket 1']) clocks.set(name, stack.use(await createSetClock()));
  const startedAt = Date.now();
  await using run = await startFaultRun({
    cluster: {
      roles: { gateway: 1, worker: 2, websocket: 1 },
      oneRedis: true,
      env: { PARLEY_AGENT_GRACE_MS: '2000', PARLEY_OUTBOUND_ALLOW: new URL(other.url).host },
      envOf: (name) => clocks.get(name)?.env,
    },
    load: { visitors: 3, hookContacts: callers, lanes: 2, pauseMs: 400 },
    hook: { outboundUrl: other.url, outboundSecret, timeoutMs: 10_000 },
  });
  const { cluster, ledger } = run;
  await answerCallers(run);
  const watchers = await openWatchers(run.target);
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  const owners = await settledOwners(cluster);
  let jumps = 0;

  for (const [name, clock] of clocks) {
    const node = cluster.nodes.find((one) => one.name === name) as ClusterNode;
    for (const offsetS of settings) {
      other.answerNext({ status: 503 }, 2);
      await run.suffer(`the clock of a ${node.role} process set by an hour or two`, () => clock.set(offsetS, node));
      jumps += 1;
      const skewS = await metricOf(node, 'parley_clock_skew_seconds');
      assert.ok(Math.abs(skewS - offsetS) < 60, `${name} takes its clock for ${skewS} s ahead`);
      await checkWindow(run);
      await aReplyArrives(ledger, other);
      if (node.role === 'websocket') await watchers.areOpen();
      for (const each of cluster.nodes) assert.equal(await metricOf(each, 'parley_agents_available'), 1);
    }
  }
  const ownersThen = await ownersOf(cluster);
  await run.conclude(t);
  assert.deepEqual(ownersThen, owners, 'a lease was taken from a process that was there');
  assert.equal(await takenFromTheGone(cluster, run.token), 0, 'an agent was thought gone');
  await timesAreRight(cluster, run.token, startedAt);
  const retried = await everyReplyArrived(run, other);
  t.diagnostic(
    `${jumps} times a process saw its clock set; ${retried} deliveries were put off meanwhile and made soon`,
  );
  report(t, memory);
  assert.ok(retried > 0, 'not tested: no delivery was put off');
});

test('the clock of MariaDB, by which all go, set an hour ahead, an hour back and right again loses nothing and stops nobody', {
  skip: clusterMissing() || faketimeMissing(),
  timeout: 240_000,
}, async (t) => {
  await using clock = await createSetClock();
  await using run = await startFaultRun({
    cluster: { roles: { gateway: 1, worker: 2, websocket: 1 }, oneRedis: true, mariadbEnv: clock.env },
    load: { visitors: 3, hookContacts: callers, lanes: 2, pauseMs: 400, isStaleForLater: true },
  });
  const { cluster } = run;
  const timeOf = async () =>
    Number((await cluster.mariadb.query(cluster.databaseUrl, 'select unix_timestamp() as at'))[0]?.at);
  using memory = watchMemory(cluster.nodes.map((node) => node.process.pid));
  /** All processes go by it from then on. */
  const set = async (offsetS: number) => {
    await clock.set(offsetS, timeOf);
    for (const node of cluster.nodes) await untilSkewed(node, -offsetS);
  };
  for (const offsetS of settings.filter((each) => each !== 0)) {
    // Callbacks whose signature is out of time are refused meanwhile, as the documents say: right again, they are taken.
    await run.suffer('the clock of MariaDB set an hour off, and right', () => set(offsetS), { mend: () => set(0) });
  }
  await run.conclude(t);
  for (const each of cluster.nodes) assert.equal(await metricOf(each, 'parley_agents_available'), 1, each.name);
  report(t, memory);
});

test('the clock of Redis, by which leases and presence end, set an hour ahead, an hour back and right again loses nothing and stops nobody', {
  skip: clusterMissing() || faketimeMissing(),
  timeout: 240_000,
}, async (t) => {
  await using clock = await createSetClock('libc');
  await using run = await startFaultRun({
    cluster: { roles: { gateway: 1, worker: 2, websocket: 1 }, oneRedis: true, redisEnv: clock.env },
    load: { visitors: 3, hookContacts: callers, lanes: 2, pauseMs: 400 },
  });
  const { cluster } = run;
  await settledOwners(cluster);
  const [redis] = cluster.redis.nodes;
  const timeOf = async () => Number((await redis?.cli('--raw', 'time'))?.split('\n')[0]);
  const dying = cluster.of('worker').at(-1) as ClusterNode;
  const lasting = cluster.nodes.filter((node) => node !== dying);
  using memory = watchMemory(lasting.map((node) => node.process.pid));
  for (const offsetS of settings) {
    await run.suffer('the clock of Redis set by an hour or two', () => clock.set(offsetS, timeOf));
    // Nobody is left without what ended at once, nor with what would not end for an hour.
    await settledOwners(cluster);
  }
  // What a process had that dies as the clock is set back would be its own for another hour.
  await clock.set(hourS, timeOf);
  await settledOwners(cluster);
  const hit = async () => {
    await dying.process.kill();
    await clock.set(0, timeOf);
  };
  await run.suffer('a worker killed as the clock of Redis is set back', hit);
  await settledOwners(cluster, 1);
  await dying.restart();
  await run.conclude(t);
  for (const each of cluster.nodes) assert.equal(await metricOf(each, 'parley_agents_available'), 1, each.name);
  report(t, memory);
});

/** Until a process takes its own clock for so many seconds ahead of the installation's. */
async function untilSkewed(node: ClusterNode, offsetS: number): Promise<void> {
  const isSeen = async () => Math.abs((await metricOf(node, 'parley_clock_skew_seconds')) - offsetS) < 60;
  for (const deadline = Date.now() + 30_000; !(await isSeen()); await sleep(100)) {
    assert.ok(Date.now() < deadline, `not tested: ${node.name} never took over the time`);
  }
}

test('a machine whose clock is set an hour ahead, an hour back and right again keeps one process on SQLite going', {
  skip: faketimeMissing(),
  timeout: 180_000,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const other = stack.adopt(await startOtherSystem({ secret: outboundSecret }), (each) => each.close());
  const clock = stack.use(await createSetClock());
  const env = { ...clock.env, PARLEY_AGENT_GRACE_MS: '2000', PARLEY_OUTBOUND_ALLOW: new URL(other.url).host };
  const server = await startTestServer(t, { env });
  const { token } = await signIn(server);
  const target = {
    url: server.url,
    agentToken: token,
    webChannelId: await webChannelOf(server, token),
    hook: await createHook(server, token, { outboundUrl: other.url, outboundSecret, timeoutMs: 10_000 }),
  };
  const ledger = new Ledger();
  const size = { visitors: 3, hookContacts: callers, lanes: 2, pauseMs: 300, isStaleForLater: true };
  const load = startLoad(target, ledger, size);
  t.after(load.abandon);
  await untilServing(ledger);
  await answerCallers({ cluster: server, token, target, load });
  const watchers = await openWatchers(target);
  using memory = watchMemory([server.pid]);
  const stale = () => metricOf(server, 'parley_webhook_rejected_total{channel="webhook",reason="signature-stale"}');

  for (const offsetS of settings) {
    other.answerNext({ status: 503 }, 2);
    const at = performance.now();
    await clock.set(offsetS, server);
    // As the documents say: a signature more than five minutes off is refused, and taken when the clock is right again.
    await untilServing(ledger, offsetS === 0 ? undefined : ['visitor', 'agent']);
    t.diagnostic(`set to ${offsetS / hourS} h: served again ${((performance.now() - at) / 1_000).toFixed(1)} s after`);
    if (offsetS !== 0) assert.ok((await stale()) > 0);
    // What the other system verifies is the time that we sign with.
    if (offsetS === 0) await aReplyArrives(ledger, other);
    await watchers.areOpen();
    assert.equal(await metricOf(server, 'parley_agents_available'), 1);
  }
  await load.finish();
  await queueIsEmpty(server);
  assert.deepEqual(ledger.surprises, []);
  await everythingIsThereOnce(server, token, ledger);
  assert.equal(await takenFromTheGone(server, token), 0, 'an agent was thought gone');
  t.diagnostic(
    `${ledger.acknowledged().length} acknowledged; ${await stale()} callbacks refused as too old or too new`,
  );
  report(t, memory);
});

function report(t: TestContext, memory: { readonly firstMiB: number; readonly peakMiB: number }): void {
  const { firstMiB, peakMiB } = memory;
  t.diagnostic(`memory of the largest process: ${firstMiB.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at most`);
  assert.ok(peakMiB < maxMiB, `a process held ${peakMiB.toFixed(0)} MiB`);
}

/** Windows that nobody has a reason to close. */
async function openWatchers(target: Target) {
  const { visitorToken } = await beginVisit(target, target.webChannelId);
  const sockets = [
    await FrameSocket.open(target, { role: 'visitor', token: visitorToken }),
    await FrameSocket.open(target, { role: 'agent', token: target.agentToken }),
  ];
  return {
    areOpen: async () => {
      // Longer than it takes to look for who is silent.
      await sleep(2_200);
      for (const socket of sockets) {
        assert.equal(socket.raw.readyState, socket.raw.OPEN, 'a window was closed');
        await socket.request('heartbeat', { have: {} });
      }
    },
  };
}

/** A callback is judged by the time of the installation, and not by what the process takes for the time. */
async function checkWindow({ target, ledger }: FaultRun): Promise<void> {
  for (const aheadS of [hourS, -hourS]) {
    const { status, body } = await postHook(
      target,
      target.hook,
      [{ key: 'late', contact: 'late', text: 'late' }],
      aheadS,
    );
    assert.deepEqual([status, body.code], [401, 'signature-stale']);
  }
  const entry = ledger.open('webhook');
  const message = { key: entry.key, contact: 'in time', text: entry.text };
  assert.equal((await postHook(target, target.hook, [message])).status, 200);
  entry.acknowledged = { at: Date.now() };
}

/** Who holds which lease: of the queue's partitions, the dispatcher, the outbox loops. */
async function ownersOf({ redis }: Pick<Cluster, 'redis'>): Promise<Record<string, string>> {
  const [node] = redis.nodes;
  const names = (await node?.cli('--raw', 'keys', 'parley:*'))?.split('\n') ?? [];
  const leases = names.filter((name) => name.startsWith('parley:lease:') || name.endsWith(':owner')).sort();
  const holders = await Promise.all(leases.map(async (name) => [name, (await node?.cli('get', name)) ?? ''] as const));
  return Object.fromEntries(holders);
}

/** When the workers know of each other, each keeps what it has. */
async function settledOwners(cluster: Cluster, count = 2): Promise<Record<string, string>> {
  const deadline = Date.now() + 30_000;
  for (let before = await ownersOf(cluster); ; ) {
    await sleep(3_000);
    const owners = await ownersOf(cluster);
    const workers = new Set(Object.entries(owners).flatMap(([name, owner]) => (name.endsWith(':owner') ? owner : [])));
    if (workers.size === count && JSON.stringify(owners) === JSON.stringify(before)) return owners;
    assert.ok(Date.now() < deadline, 'the workers do not come to a division of their work');
    before = owners;
  }
}

/** No process wrote its own idea of the time. */
async function timesAreRight(server: { readonly url: string }, token: string, startedAt: number): Promise<void> {
  for (const { id } of await allConversations(server, token)) {
    for (const { createdAt } of await allMessages(server, token, id)) {
      assert.ok(createdAt > startedAt - 60_000 && createdAt < Date.now() + 60_000, `written at ${new Date(createdAt)}`);
    }
  }
}

type Answering = Pick<FaultRun, 'token' | 'target' | 'load'> & { readonly cluster: { readonly url: string } };

async function conversationsOfCallers({ cluster, token, target }: Omit<Answering, 'load'>): Promise<string[]> {
  const path = `GET /api/v1/conversations?channel=${target.hook.channelId}&limit=200` as const;
  const { items } = await must(call<{ items: { id: string }[] }>(cluster, path, { token }));
  return items.map(({ id }) => id);
}

/** The agent answers callers too: what it says to them leaves by the outbox. */
async function answerCallers(run: Answering): Promise<void> {
  let open: string[] = [];
  for (const deadline = Date.now() + 30_000; open.length < callers; await sleep(50)) {
    assert.ok(Date.now() < deadline, `only ${open.length} callers have a conversation`);
    open = await conversationsOfCallers(run);
  }
  for (const id of open) run.load.answerIn(id);
}

const textOf = (post: OtherSystem['received'][number]) =>
  (post.event.data as { content?: { text?: string } } | undefined)?.content?.text ?? '';

/** Until the other system has taken something that the agent said from now on, and what was put off before. */
async function aReplyArrives(ledger: Ledger, other: OtherSystem): Promise<void> {
  const begun = ledger.entries.length;
  const putOff = new Set(other.received.flatMap((post) => (post.answered === 503 ? post.webhookId : [])));
  const has = () => {
    const taken = other.received.filter(({ answered }) => answered === 200);
    for (const { webhookId } of taken) putOff.delete(webhookId);
    const later = new Set(ledger.entries.slice(begun).map(({ text }) => text));
    return putOff.size === 0 && taken.some((post) => later.has(textOf(post)));
  };
  for (const deadline = Date.now() + soonMs; !has(); await sleep(20)) {
    assert.ok(Date.now() < deadline, `${putOff.size} deliveries that were put off, or new ones, are not made`);
  }
}

/** Each once taken, under one id. Answers how many were put off before. */
async function everyReplyArrived(run: FaultRun, other: OtherSystem): Promise<number> {
  const ofCallers = new Set(await conversationsOfCallers(run));
  const replies = run.ledger
    .acknowledged('agent')
    .filter(({ acknowledged }) => ofCallers.has(acknowledged?.conversationId ?? ''));
  const taken = () => new Set(other.received.flatMap((post) => (post.answered === 200 ? textOf(post) : [])));
  const missing = () => {
    const arrived = taken();
    return replies.filter(({ text }) => !arrived.has(text)).length;
  };
  for (const deadline = Date.now() + soonMs; missing() > 0; await sleep(100)) {
    assert.ok(Date.now() < deadline, `${missing()} of ${replies.length} replies did not arrive`);
  }
  const ids = other.received.flatMap((post) => (post.answered === 200 ? post.webhookId : []));
  assert.equal(new Set(ids).size, ids.length, 'a delivery was made twice');
  return other.received.filter(({ answered }) => answered === 503).length;
}
