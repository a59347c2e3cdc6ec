import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterMissing } from '../../server/testing/cluster.ts';
import type { MariaDbConnection } from '../../server/testing/mariadb.ts';
import { type FaultRun, startFaultRun } from '../support/fault-run.ts';

/** The server allows no fewer. */
const fewConnections = 10;
const withoutPlaceMs = 1_500;
const deadlocksForMs = 4_000;
const stallMs = 2_000;

test('a database without places, with deadlocks and with stalls loses and doubles nothing', {
  skip: clusterMissing(),
  timeout: 150_000,
}, async (t) => {
  await using run = await startFaultRun({
    cluster: { roles: { all: 2 }, oneRedis: true, env: { PARLEY_AGENT_GRACE_MS: '2000' } },
    load: { visitors: 6, hookContacts: 4, lanes: 2, pauseMs: 40 },
  });
  await using stack = new AsyncDisposableStack();
  const connect = async () =>
    stack.adopt(await run.cluster.mariadb.connect(run.cluster.databaseUrl), async (each) => each.destroy());
  const control = await connect();
  /** What the fault did, in number, and how often it did it: never is not tested. */
  const count = async (what: string, occurred: () => Promise<number>, fault: () => Promise<void>) => {
    const before = await occurred();
    await fault();
    const times = (await occurred()) - before;
    t.diagnostic(`${what}: ${times} times`);
    assert.ok(times > 0, `not tested: ${what} never occurred`);
  };

  await count(
    'a connection was refused because there were too many',
    () => statusOf(control, 'Connection_errors_max_connections'),
    () => run.suffer('MariaDB out of connections for 1.5 s', () => takeEveryPlace(control, connect)),
  );
  const deadlocks = { ours: 0 };
  await count(
    'a transaction of the processes was given up in a deadlock',
    async () => (await statusOf(control, 'Innodb_deadlocks')) - deadlocks.ours,
    () =>
      run.suffer('deadlocks forced for 4 s', async () => {
        deadlocks.ours += await lockBackwards(await connect(), control);
      }),
  );
  for (const [name, lock] of [
    ['every table locked against writing for 2 s', 'flush tables with read lock'],
    ['the conversations locked against everybody for 2 s', 'lock tables conversations write'],
  ] as const) {
    let waited = 0;
    await count(
      `statements waited for ${lock}`,
      async () => waited,
      () =>
        run.suffer(name, async () => {
          const holder = await connect();
          await holder.query(lock);
          await sleep(stallMs);
          waited = await waiting(control);
          await holder.query('unlock tables');
        }),
    );
  }
  await run.conclude(t);
});

async function statusOf(connection: MariaDbConnection, name: string): Promise<number> {
  const [row] = await connection.query('show global status where variable_name = ?', [name]);
  if (row === undefined) throw new Error(`MariaDB counts no ${name}.`);
  return Number(row.Value);
}

/** Takes the places of the processes, whose connections are broken, and gives them back after a while. */
async function takeEveryPlace(
  control: MariaDbConnection,
  connect: () => ReturnType<FaultRun['cluster']['mariadb']['connect']>,
): Promise<void> {
  const others = await control.query(
    "select id from information_schema.processlist where id <> connection_id() and command <> 'Daemon'",
  );
  const hogs = await Promise.all(Array.from({ length: fewConnections }, connect));
  await control.query(`set global max_connections = ${fewConnections}`);
  for (const { id } of others) await control.query(`kill ${Number(id)}`).catch(() => undefined);
  await sleep(withoutPlaceMs);
  await control.query('set global max_connections = 400');
  for (const hog of hogs) hog.destroy();
}

/**
 * Locks conversations in the order opposite to that of the processes, again and again, in transactions that have written
 * so much that the server gives up the other one. Answers how often it gave up ours nevertheless.
 */
async function lockBackwards(connection: MariaDbConnection, control: MariaDbConnection): Promise<number> {
  await control.query('create table ballast (id int auto_increment primary key, words varchar(20))');
  const ballast = Array.from({ length: 300 }, () => "('heavy')").join(',');
  let ours = 0;
  for (const until = Date.now() + deadlocksForMs; Date.now() < until; ) {
    const rows = await control.query('select id from conversations order by id desc');
    try {
      await connection.query(`begin; insert into ballast (words) values ${ballast}`);
      for (const { id } of rows) {
        await connection.query('select id from conversations where id = ? for update', [Number(id)]);
        await sleep(5);
      }
    } catch (error) {
      if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK') throw error;
      ours += 1;
    }
    await connection.query('rollback');
    await sleep(20);
  }
  return ours;
}

async function waiting(control: MariaDbConnection): Promise<number> {
  const rows = await control.query("select id from information_schema.processlist where state like 'Waiting for%lock'");
  return rows.length;
}
