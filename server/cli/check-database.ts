import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import mysql, { type Pool, type RowDataPacket } from 'mysql2';
import type { Config } from '../config.ts';
import { unfinishedCopy } from '../storage/warm/migrate.ts';
import { checkServer } from '../storage/warm/mysql-server.ts';
import { connectionOptions } from '../storage/warm/mysql-store.ts';
import { checkLocalDisk } from './check-machine.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { ownSteps, schemaAge } from './schema-step.ts';
import { isOpenElsewhere } from './sql-connection.ts';

type Mysql = Extract<Config['database'], { engine: 'mysql' }>;

/** Looks at the database as the server will; nothing stays behind in it. */
export async function checkDatabase({ database }: Config, isRunning: boolean): Promise<Finding[]> {
  return database.engine === 'sqlite' ? checkSqlite(database.path, isRunning) : checkMysql(database);
}

async function checkSqlite(path: string, isRunning: boolean): Promise<Finding[]> {
  const disk = await checkLocalDisk(path);
  if (!existsSync(path)) return [...disk, ok(`PARLEY_DATABASE_URL: ${path} will be made at the first start.`)];
  try {
    return [...disk, ...checkSteps(path, sqliteSteps(path)), ...checkAlone(path, isRunning)];
  } catch (error) {
    const todo = 'Point PARLEY_DATABASE_URL at the right file, or restore a backup.';
    return [...disk, problem(`PARLEY_DATABASE_URL: ${path}: ${(error as Error).message}.`, todo)];
  }
}

function sqliteSteps(path: string): string[] {
  const db = new DatabaseSync(path, { timeout: 1_000 });
  try {
    const hasSteps = db.prepare("select 1 from sqlite_schema where name = 'schema_steps'").get() !== undefined;
    if (!hasSteps) return [];
    return db
      .prepare('select name from schema_steps')
      .all()
      .map((row) => String(row.name));
  } finally {
    db.close();
  }
}

/** The server itself has its file open, too. */
function checkAlone(path: string, isRunning: boolean): Finding[] {
  if (isRunning || !isOpenElsewhere(path)) return [];
  return [
    warning(
      `PARLEY_DATABASE_URL: another program has ${path} open, and Parley does not answer on its port.`,
      'If it is a second Parley on the same file, stop one: each would believe to be alone.',
    ),
  ];
}

function checkSteps(where: string, steps: readonly string[]): Finding[] {
  const age = schemaAge(steps);
  if (steps.includes(unfinishedCopy.name)) {
    const what = `PARLEY_DATABASE_URL: a restore or a move into ${where} has not come to its end.`;
    return [problem(what, 'Run parley restore or parley migrate-store again.')];
  }
  if (age === 'newer') {
    return [
      problem(
        `PARLEY_DATABASE_URL: ${where} was written by a newer version of Parley.`,
        'Start that version, or restore a backup of this one.',
      ),
    ];
  }
  if (age === 'older') {
    const missing = ownSteps.filter((name) => !steps.includes(name)).join(', ');
    const todo = 'Make a backup; the next start brings it to the newest form.';
    return [warning(`PARLEY_DATABASE_URL: ${where} is of an older version: ${missing} will be applied.`, todo)];
  }
  return [
    ok(
      age === 'empty'
        ? `PARLEY_DATABASE_URL: ${where} is empty: the first start makes the tables.`
        : `PARLEY_DATABASE_URL: ${where} has the newest schema (${ownSteps.at(-1)}).`,
    ),
  ];
}

async function checkMysql({ url, connections }: Mysql): Promise<Finding[]> {
  const { host, pathname } = new URL(url);
  const where = `${host}${pathname}`;
  const pool = mysql.createPool({ ...connectionOptions(url), connectionLimit: 1 });
  try {
    const findings = await reach(pool, where);
    if (findings.some(({ level }) => level === 'problem')) return findings;
    return [
      ...findings,
      ...(await checkServerSettings(pool, where)),
      ...(await checkConnections(pool, connections)),
      ...checkSteps(where, await mysqlSteps(pool)),
      await checkRights(pool, where),
      await checkMysqlClock(pool),
    ];
  } finally {
    await pool.promise().end();
  }
}

async function reach(pool: Pool, where: string): Promise<Finding[]> {
  try {
    const [row] = await rowsOf(pool, 'select version() as version');
    return [ok(`PARLEY_DATABASE_URL: ${where} answers (${String(row?.version)}).`)];
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    return [problem(`PARLEY_DATABASE_URL: ${where}: ${message || code}.`, reachTodo[code] ?? reachTodo.other)];
  }
}

const reachTodo: Readonly<Record<string, string>> & { readonly other: string } = {
  ECONNREFUSED: 'Start the database server, or correct host and port.',
  ENOTFOUND: 'Correct the host name.',
  ER_ACCESS_DENIED_ERROR: 'Correct user and password; characters such as @ and / are written as %40 and %2F.',
  ER_DBACCESS_DENIED_ERROR: 'Give the user all rights on its database: grant all on <database>.* to <user>.',
  ER_BAD_DB_ERROR: 'Make it: create database <name>.',
  other: 'See whether the server runs, and whether this machine may reach it.',
};

async function checkServerSettings(pool: Pool, where: string): Promise<Finding[]> {
  const warnings: Finding[] = [];
  try {
    await checkServer(pool, (text) => warnings.push(warning(text, 'Change it in the configuration of the server.')));
    return [ok(`PARLEY_DATABASE_URL: ${where} keeps what is committed.`), ...warnings];
  } catch (error) {
    return [
      problem(`PARLEY_DATABASE_URL: ${(error as Error).message}`, 'The server does not start before that.'),
      ...warnings,
    ];
  }
}

async function checkConnections(pool: Pool, connections: number): Promise<Finding[]> {
  const [row] = await rowsOf(pool, 'select @@max_connections as most');
  const most = Number(row?.most);
  const room = Math.floor(most / connections);
  if (room >= 2) return [ok(`The database takes ${most} connections: enough for ${room} processes of ${connections}.`)];
  return [
    (room < 1 ? problem : warning)(
      `The database takes ${most} connections, and each process wants ${connections}.`,
      'Raise max_connections, or lower PARLEY_DATABASE_CONNECTIONS.',
    ),
  ];
}

async function mysqlSteps(pool: Pool): Promise<string[]> {
  try {
    return (await rowsOf(pool, 'select name from schema_steps')).map((row) => String(row.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ER_NO_SUCH_TABLE') return [];
    throw error;
  }
}

/** Does what migrations do, on a table of its own. */
async function checkRights(pool: Pool, where: string): Promise<Finding> {
  const table = `doctor_${randomUUID().slice(0, 8)}`;
  try {
    await rowsOf(pool, `create table ${table} (id bigint primary key)`);
    await rowsOf(pool, `alter table ${table} add column name varchar(10)`);
    await rowsOf(pool, `create index ${table}_name on ${table} (name)`);
    await rowsOf(pool, `insert into ${table} values (1, 'a')`);
    await rowsOf(pool, `update ${table} set name = 'b'`);
    await rowsOf(pool, `delete from ${table}`);
    return ok(`The user may make and change tables in ${where}.`);
  } catch (error) {
    return problem(
      `The user may not make and change tables in ${where}: ${(error as Error).message}.`,
      'Give it all rights on its database: grant all on <database>.* to <user>.',
    );
  } finally {
    // The finding above says what is wrong when this may not be done either.
    await rowsOf(pool, `drop table if exists ${table}`).catch(() => undefined);
  }
}

async function checkMysqlClock(pool: Pool): Promise<Finding> {
  return compareClocks('the database', async () => {
    const [row] = await rowsOf(pool, "select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) / 1000 as now");
    return Number(row?.now);
  });
}

const largestSkewMs = 2_000;

/** How far a server's clock is from this machine's; half of the time that the question took is forgiven. */
export async function compareClocks(whose: string, ask: () => Promise<number>): Promise<Finding> {
  const asked = Date.now();
  const theirs = await ask();
  const answered = Date.now();
  const skewMs = theirs - (asked + answered) / 2;
  const text = `The clocks of this machine and of ${whose} are ${(Math.abs(skewMs) / 1_000).toFixed(1)} s apart`;
  if (Math.abs(skewMs) - (answered - asked) / 2 <= largestSkewMs) return ok(`${text}.`);
  return warning(
    `${text}: processes on one database go by its clock, what stands alone by that of its machine.`,
    'Run NTP on both machines, or logs and messages do not fit together.',
  );
}

async function rowsOf(pool: Pool, sql: string): Promise<RowDataPacket[]> {
  const [rows] = await pool.promise().query<RowDataPacket[]>({ sql, timeout: 10_000 });
  return rows;
}
