import { constants, existsSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import mysql from 'mysql2/promise';
import { type ChildServer, freePort, missingProgram, runToEnd, startChild } from './child-server.ts';

const program = '/usr/sbin/mariadbd';
/** Why suites on MariaDB are skipped, or false. */
export const mariadbMissing = missingProgram(existsSync(program), 'mariadb-server');

/** A real MariaDB on a free port of loopback, with its data in a temporary folder. */
export interface MariaDb extends AsyncDisposable {
  readonly port: number;
  readonly server: ChildServer;
  /** A new empty database; answers its address. */
  createDatabase(): Promise<string>;
  /** Runs statements beside whoever works on a database. */
  query(url: string, sql: string, values?: readonly (string | number)[]): Promise<Record<string, unknown>[]>;
  /** A connection of the test's own, to hold what others want: locks, or just its place. */
  connect(url: string): Promise<MariaDbConnection>;
  /** Starts it again on the same port and data, after `server.kill()` or `server.stop()`. */
  restart(): Promise<void>;
}

export interface MariaDbConnection {
  /** @throws the server's error, with its `code` */
  query(sql: string, values?: readonly (string | number)[]): Promise<Record<string, unknown>[]>;
  destroy(): void;
}

/**
 * @param keptIn a folder whose data are used when it has some, and stay; without it they go with the server
 * @param env added to ours
 */
export async function startMariaDb(
  flags: readonly string[] = [],
  keptIn?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<MariaDb> {
  const dir = keptIn ?? (await mkdtemp(join(tmpdir(), 'parley-mariadb-')));
  const data = join(dir, 'data');
  const isNew = !existsSync(data);
  // Its own: a server that starts removes every temporary table that it finds, also those of another one.
  const temporary = join(dir, 'tmp');
  await mkdir(temporary, { recursive: true });
  if (isNew) await cp(await installed(), data, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const port = await freePort();
  const run = () =>
    startChild(
      program,
      [
        ...['--no-defaults', '--user=root', `--datadir=${data}`, `--socket=${join(dir, 'socket')}`],
        `--tmpdir=${temporary}`,
        ...[`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', '--performance-schema=OFF'],
        ...['--innodb-buffer-pool-size=256M', '--innodb-flush-log-at-trx-commit=1', '--innodb-log-file-size=256M'],
        ...['--max-allowed-packet=64M', '--max-connections=400', ...flags],
      ],
      () => answers(port),
      { ...process.env, ...env },
    );
  let server = await run();
  let databases = 0;
  const query: MariaDb['query'] = async (url, sql, values) => {
    const connection = await connect(url);
    try {
      return await connection.query(sql, values);
    } finally {
      connection.destroy();
    }
  };
  return {
    port,
    get server() {
      return server;
    },
    createDatabase: async () => {
      databases += 1;
      await query(`mysql://root@127.0.0.1:${port}/mysql`, `create database test${databases}`);
      return `mysql://root@127.0.0.1:${port}/test${databases}`;
    },
    query,
    connect,
    restart: async () => {
      server = await run();
    },
    [Symbol.asyncDispose]: async () => {
      if (keptIn === undefined) await server.kill();
      else await server.stop();
      if (keptIn === undefined) await rm(dir, { recursive: true, force: true });
    },
  };
}

const cache = join(dirname(dirname(import.meta.dirname)), '.cache');

/** The data of a server that has never run: made once by each version of the program, since it takes seconds. */
async function installed(): Promise<string> {
  const data = join(cache, `mariadb-${statSync(program).mtimeMs}`);
  if (existsSync(data)) return data;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(`${data}-`);
  try {
    await runToEnd('/usr/bin/mariadb-install-db', [
      ...['--no-defaults', '--user=root', `--datadir=${join(made, 'data')}`, `--tmpdir=${made}`],
      ...['--skip-test-db', '--skip-name-resolve', '--auth-root-authentication-method=normal'],
    ]);
    // Whole or not at all; of those that make it at the same time, the first does.
    await rename(join(made, 'data'), data).catch((error: unknown) => {
      if (!existsSync(data)) throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return data;
}

async function connect(uri: string): Promise<MariaDbConnection> {
  const connection = await mysql.createConnection({ uri, multipleStatements: true });
  // One that the server ends tells it to the next statement.
  connection.on('error', () => undefined);
  return {
    query: async (sql, values = []) => {
      const [rows] = await connection.query(sql, [...values]);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]).map((row) => ({ ...row })) : [];
    },
    destroy: () => connection.destroy(),
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 });
    await connection.end();
    return true;
  } catch {
    // Not listening yet.
    return false;
  }
}
