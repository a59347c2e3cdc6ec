import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterNode, clusterMissing, type NodeRole } from '../../server/testing/cluster.ts';
import { call, comeAgain } from '../support/clients.ts';
import { mostWithin, openCrowd } from '../support/crowd.ts';
import { type FaultRun, startFaultRun } from '../support/fault-run.ts';
import {
  answerOn,
  everyFollowerReadItOnce,
  everyReplyWasTaken,
  followWechat,
  outboxIsEmpty,
  startHookPlatform,
  startWechatPlatform,
} from '../support/platforms.ts';

/** Five, so that each kind of part stands still once. More for a longer run: `PARLEY_FAULT_ROUNDS=40`. */
const rounds = Number(process.env.PARLEY_FAULT_ROUNDS ?? 5);
const roles = ['gateway', 'worker', 'websocket'] as const;
const callers = 3;
const followers = 3;
const sockets = 60;

const beyondLeasesMs = 14_000;
/** Each way, on the links to the platforms: what is sent is on its way for a while, as over the internet. */
const distance = { delayMs: 30, bytesPerSecond: 1_000_000 };

const any = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

test('an installation whose processes, Redis and MariaDB are killed, stand still and are restarted', {
  skip: clusterMissing(),
  timeout: 600_000 + rounds * 10_000,
}, async (t) => {
  await using hook = await startHookPlatform();
  await using wechat = await startWechatPlatform();
  await using run = await startFaultRun({
    cluster: {
      roles: { gateway: 2, worker: 2, websocket: 2 },
      oneRedis: true,
      env: {
        PARLEY_AGENT_GRACE_MS: '2000',
        PARLEY_DRAIN_MS: '2000',
        PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${hook.link.port},127.0.0.1:${wechat.link.port}`,
      },
    },
    load: { visitors: 4, hookContacts: callers, lanes: 2, pauseMs: 300 },
    hook: hook.settings,
  });
  const wechatChannel = await followWechat(run, wechat, followers);
  await answerOn(run, run.target.hook.channelId, callers);
  await answerOn(run, wechatChannel, followers);
  for (const { link } of [hook, wechat]) link.slow(distance);
  const killer = createKiller(run);

  await t.test('killed and stopped at random moments under load, it serves again', () => suffer(run, killer));
  await t.test(
    'restarted one after the other under load, it refuses nobody and moves its sockets without a storm',
    (tt) => restartAll(tt, run),
  );
  await t.test('a delivery is cut in the middle: by a broken line, and by the death of its process', async () => {
    const isUnderway = () => hook.link.awaiting > 0 && wechat.link.awaiting > 0;
    for (let i = 0; i < 3; i++) {
      const cut = async () => {
        for (const { link } of [hook, wechat]) link.cut();
        await sleep(300);
        for (const { link } of [hook, wechat]) link.slow(distance);
      };
      await run.suffer('links to platforms cut in the middle of deliveries', cut, { when: isUnderway });
    }
    await run.suffer('both workers killed in the middle of deliveries', () => killer.kill(run.cluster.of('worker')), {
      when: isUnderway,
      mend: killer.restart,
    });
  });
  await t.test('no fault was only one in name', () => untilStoredBefore(run, killer));
  await t.test('every acknowledged message is there once, in its place', async (tt) => {
    await run.conclude(tt);
    tt.diagnostic(
      `${killer.kills} kills: ${Object.entries(killer.byVictim)
        .map(([who, n]) => `${who} ${n}`)
        .join(', ')}`,
    );
  });
  await t.test('every answer has left once, or is shown to a person', async (tt) => {
    await outboxIsEmpty(run);
    const { replies, repeats } = await everyReplyWasTaken(run, hook);
    tt.diagnostic(`webhook: ${replies} answers, each taken; ${repeats} repeats, each under the id of the first`);
    assert.ok(repeats > 0, 'not tested: no delivery that may be repeated was cut in the middle');
    const { sent, unknown, unknownAndArrived } = await everyFollowerReadItOnce(run, wechat, wechatChannel);
    tt.diagnostic(
      `WeChat: ${sent} sent, each read once; unknown: ${unknown.died} whose process died, ${unknown.unanswered} whose line broke (${unknownAndArrived} of them read, none twice)`,
    );
    assert.ok(unknown.died > 0, 'not tested: no process died in the middle of a delivery');
    assert.ok(unknown.unanswered > 0, 'not tested: no line broke in the middle of a delivery');
  });
});

/** Kills with `kill -9`, and counts it. */
function createKiller({ cluster }: FaultRun) {
  const byVictim: Record<string, number> = {};
  const dead = new Set<ClusterNode>();
  const count = (victim: string) => {
    byVictim[victim] = (byVictim[victim] ?? 0) + 1;
  };
  return {
    byVictim,
    get kills() {
      return Object.values(byVictim).reduce((sum, each) => sum + each, 0);
    },
    kill: async (victims: readonly ClusterNode[]) => {
      for (const node of victims) {
        count(node.role);
        dead.add(node);
      }
      await Promise.all(victims.map((node) => node.process.kill()));
    },
    /** Whatever is dead. */
    restart: async () => {
      const nodes = [...dead];
      dead.clear();
      await Promise.all(nodes.map((node) => node.restart()));
    },
    killRedis: async () => {
      count('Redis');
      const [redis] = cluster.redis.nodes;
      await redis?.kill();
      await redis?.restart();
    },
    killMariaDb: async () => {
      count('MariaDB');
      await cluster.mariadb.server.kill();
      await cluster.mariadb.restart();
    },
  };
}
type Killer = ReturnType<typeof createKiller>;

async function suffer(run: FaultRun, killer: Killer): Promise<void> {
  const { cluster } = run;
  const asleep = new Set<ClusterNode>();
  const oneOf = (role: NodeRole) => any(cluster.of(role).filter((node) => !asleep.has(node)));
  const [redis] = cluster.redis.nodes;
  const still = (what: string, which: () => { pause(): void; resume(): void } | undefined, ms: number) => () =>
    run.suffer(`${what} stands still for ${ms / 1_000} s`, async () => {
      const one = which();
      one?.pause();
      await sleep(ms);
      one?.resume();
    });
  const standing = [
    ...roles.map((role) => still(`a ${role} process`, () => oneOf(role).process, 1_000)),
    still('Redis', () => redis, 1_500),
    still('MariaDB', () => cluster.mariadb.server, 1_500),
  ];
  let sleeping: Promise<void> | undefined;
  for (let round = 1; round <= rounds; round++) {
    if (round === 2) sleeping = sleepBeyondLeases(oneOf('worker'), asleep);
    // One of each role at the same moment: the other of each goes on, if it is not asleep.
    const victims = roles.map(oneOf);
    await run.suffer('a gateway, a worker and a websocket process killed', () => killer.kill(victims), {
      mend: killer.restart,
    });
    await run.suffer('Redis killed', killer.killRedis);
    await run.suffer('MariaDB killed', killer.killMariaDb);
    await standing[round % standing.length]?.();
  }
  await sleeping;
}

/** Meanwhile everything else happens: its leases are others' when it wakes up. */
async function sleepBeyondLeases(worker: ClusterNode, asleep: Set<ClusterNode>): Promise<void> {
  asleep.add(worker);
  worker.process.pause();
  await sleep(beyondLeasesMs);
  worker.process.resume();
  asleep.delete(worker);
}

/** What never occurred was not survived: goes on until a kill has come between a commit and its answer. */
async function untilStoredBefore(run: FaultRun, killer: Killer): Promise<void> {
  for (let more = 0; more < 20 && run.ledger.storedBefore().length === 0; more++) {
    const node = any(run.cluster.of('websocket'));
    await run.suffer('a websocket process killed', () => killer.kill([node]), { mend: killer.restart });
  }
  assert.ok(run.ledger.storedBefore().length > 0, 'not tested: no kill came between a commit and its answer');
}

async function restartAll(t: TestContext, run: FaultRun): Promise<void> {
  const { cluster, ledger } = run;
  using crowd = await openCrowd(run.target, sockets);
  await using calls = callApi(run);
  for (const role of roles) {
    for (const node of cluster.of(role)) {
      const from = crowd.connects.length;
      crowd.say(ledger);
      const restart = async () => {
        const stopped = node.process.stop();
        crowd.say(ledger);
        await stopped;
      };
      await run.suffer(`a ${role} process restarted in order`, restart, { mend: () => node.restart() });
      await crowd.settled();
      const moved = crowd.connects.slice(from);
      if (role !== 'websocket') continue;
      const spreadMs = (moved.at(-1) ?? 0) - (moved[0] ?? 0);
      const most = mostWithin(moved, 100);
      t.diagnostic(
        `${node.name}: ${moved.length} connections of ${sockets} clients, over ${(spreadMs / 1_000).toFixed(1)} s, at most ${most} within 100 ms`,
      );
      assert.ok(moved.length >= sockets / 5, `not tested: only ${moved.length} sockets were moved`);
      assert.ok(moved.length <= sockets * 1.5, `${moved.length} attempts: clients did not get in at once`);
      assert.ok(most <= moved.length / 3, `${most} of ${moved.length} came within 100 ms`);
    }
  }
  const answers = [...calls.answers].map(([status, times]) => `${status}: ${times}`).join(', ');
  t.diagnostic(`API calls meanwhile, by status: ${answers}`);
  for (const status of calls.answers.keys()) assert.ok(status === 200 || comeAgain.has(status), `answered ${status}`);
  assert.deepEqual(ledger.surprises, []);
}

/** Asks for a list all the time, and counts the answers by status. */
function callApi({ cluster, token }: FaultRun): AsyncDisposable & { readonly answers: ReadonlyMap<number, number> } {
  const answers = new Map<number, number>();
  const stopped = new AbortController();
  const asking = (async () => {
    while (!stopped.signal.aborted) {
      const { status } = await call(cluster, 'GET /api/v1/conversations?limit=5', { token });
      answers.set(status, (answers.get(status) ?? 0) + 1);
      await sleep(10);
    }
  })();
  return {
    answers,
    [Symbol.asyncDispose]: async () => {
      stopped.abort();
      await asking;
    },
  };
}
