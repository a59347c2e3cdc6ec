import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  /** Starts it again on the same port and data, after `server.kill()` or `server.stop()`. */
  restart(): Promise<void>;
}

export async function startMariaDb(flags: readonly string[] = []): Promise<MariaDb> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-mariadb-'));
  const data = join(dir, 'data');
  await runToEnd('/usr/bin/mariadb-install-db', [
    ...['--no-defaults', '--user=root', `--datadir=${data}`, '--skip-test-db', '--skip-name-resolve'],
    '--auth-root-authentication-method=normal',
  ]);
  const port = await freePort();
  const run = () =>
    startChild(
      program,
      [
        ...['--no-defaults', '--user=root', `--datadir=${data}`, `--socket=${join(dir, 'socket')}`],
        ...[`--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', '--performance-schema=OFF'],
        ...['--innodb-buffer-pool-size=256M', '--innodb-flush-log-at-trx-commit=1', '--innodb-log-file-size=256M'],
        ...['--max-allowed-packet=64M', '--max-connections=400', ...flags],
      ],
      () => answers(port),
    );
  let server = await run();
  let databases = 0;
  const query: MariaDb['query'] = async (url, sql, values = []) => {
    const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
    try {
      const [rows] = await connection.query(sql, [...values]);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]).map((row) => ({ ...row })) : [];
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
    restart: async () => {
      server = await run();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(dir, { recursive: true, force: true });
    },
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
