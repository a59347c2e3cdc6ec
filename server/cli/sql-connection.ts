import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely } from 'kysely';
import mysql, { type Connection } from 'mysql2/promise';
import type { Config } from '../config.ts';
import { migrate } from '../storage/warm/migrate.ts';
import type { Migration } from '../storage/warm/migration.ts';
import { connectionOptions, openMysqlStore } from '../storage/warm/mysql-store.ts';
import type { Tables } from '../storage/warm/schema.ts';
import { createSqliteDialect } from '../storage/warm/sqlite-dialect.ts';
import type { Row, Value } from './row-checksum.ts';

/** Where a store is kept, as the configuration names it. */
export type Database = Config['database'];

/** One connection to a warm store, for commands that take or bring whole tables. Both engines take `` `name` ``. */
export interface SqlConnection extends AsyncDisposable {
  readonly engine: 'sqlite' | 'mysql';
  /** As an operator knows it, without the password. */
  readonly place: string;
  rows(sql: string, values?: Row): Promise<Row[]>;
  run(sql: string, values?: Row): Promise<void>;
  /** Writes rows in one statement of their own or as part of a transaction; `columns` name the values. */
  insert(table: string, columns: readonly string[], rows: readonly Row[]): Promise<void>;
  /** From here on reads see the store as it was now, whatever is written meanwhile, until `commit`. */
  beginSnapshot(): Promise<void>;
  /** Applies what is missing of these steps. */
  migrate(steps: readonly Migration[]): Promise<void>;
}

/** For people: where it is, without user and password. */
export function placeOf(database: Database): string {
  if (database.engine === 'sqlite') return database.path;
  const { host, pathname } = new URL(database.url);
  return `${host}${pathname}`;
}

/**
 * Opens a store that exists to read it, or any to write it. Nothing is migrated.
 * @throws Error that says what cannot be reached, without the password
 */
export async function openConnection(database: Database, mode: 'read' | 'write'): Promise<SqlConnection> {
  if (database.engine === 'mysql') return openMysql(database.url, placeOf(database));
  if (mode === 'read' && !existsSync(database.path)) throw new Error(`${database.path}: there is no such database.`);
  return openSqlite(database.path);
}

/** Opens a store for a piece of work, and closes it whatever comes of that. */
export async function withConnection<T>(
  database: Database,
  mode: 'read' | 'write',
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(database, mode);
  try {
    return await work(connection);
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}

function openSqlite(path: string): SqlConnection {
  const db = new DatabaseSync(path, { timeout: 10_000 });
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    prepared.set(sql, statement);
    return statement;
  };
  return {
    engine: 'sqlite',
    place: path,
    rows: async (sql, values = []) => prepare(sql).all(...(values as SQLInputValue[])) as unknown as Row[],
    run: async (sql, values) => {
      if (values === undefined) db.exec(sql);
      else prepare(sql).run(...(values as SQLInputValue[]));
    },
    insert: async (table, columns, rows) => {
      const statement = prepare(
        `insert into \`${table}\` (${names(columns)}) values (${columns.map(() => '?').join(', ')})`,
      );
      for (const row of rows) statement.run(...(row as SQLInputValue[]));
    },
    beginSnapshot: async () => {
      db.exec('begin');
      // The snapshot is taken by the first look.
      prepare('select count(*) from sqlite_schema').all();
    },
    migrate: async (steps) => {
      await migrate(new Kysely<Tables>({ dialect: createSqliteDialect(db) }), { name: 'sqlite' }, steps);
    },
    [Symbol.asyncDispose]: async () => db.close(),
  };
}

const goneAfterMs = 3_000;

/**
 * Refuses a database that somebody else is connected to.
 * @throws Error that names them, and says to stop the server
 */
export async function refuseInUse(database: Database): Promise<void> {
  // A server knows some moments later that a process was killed.
  const deadline = performance.now() + goneAfterMs;
  let users = await usersOf(database);
  while (users.length > 0 && performance.now() < deadline) {
    await sleep(100);
    users = await usersOf(database);
  }
  if (users.length === 0) return;
  throw new Error(`${placeOf(database)} is in use by ${users.join(', ')}: stop every process of Parley first.`);
}

async function usersOf(database: Database): Promise<string[]> {
  if (database.engine === 'sqlite') {
    return existsSync(database.path) && isOpenElsewhere(database.path) ? ['another program'] : [];
  }
  const sql = 'select user, host from information_schema.processlist where db = database() and id <> connection_id()';
  const rows = await withConnection(database, 'read', (connection) => connection.rows(sql));
  const connections = new Map<string, number>();
  for (const [user, host] of rows) {
    // The port says nothing to whoever looks for a process; a pool has many of them.
    const who = `${user} from ${String(host).replace(/:\d+$/, '')}`;
    connections.set(who, (connections.get(who) ?? 0) + 1);
  }
  return [...connections].map(([who, count]) => `${who} (${count} connection${count === 1 ? '' : 's'})`);
}

/**
 * Whether another program has the file open: whoever has holds a lock on it, which an exclusive one meets. Must not be
 * asked while this process has it open. What the log of changes holds is brought into the file on the way.
 */
export function isOpenElsewhere(path: string): boolean {
  const db = new DatabaseSync(path, { timeout: 1_000 });
  try {
    db.exec('pragma locking_mode = exclusive');
    db.exec('begin exclusive; rollback');
    return false;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === 5) return true;
    throw error;
  } finally {
    db.close();
  }
}

/** Sent in one statement: far below `max_allowed_packet`. */
const maxStatementBytes = 2 * 1024 * 1024;

async function openMysql(url: string, place: string): Promise<SqlConnection> {
  const connection = await connect(url, place);
  const query = async (sql: string, values: readonly unknown[] = []) => {
    const [result] = await connection.query({ sql, rowsAsArray: true, values: [...values] });
    return result;
  };
  return {
    engine: 'mysql',
    place,
    rows: async (sql, values) => (await query(sql, values)) as unknown as Row[],
    run: async (sql, values) => {
      await query(sql, values);
    },
    insert: async (table, columns, rows) => {
      const statement = `insert into \`${table}\` (${names(columns)}) values ?`;
      for (const part of bySize(rows)) {
        await query(statement, [part]).catch((error: Error) => {
          throw new Error(`${table} cannot take a row: ${error.message}.`, { cause: error });
        });
      }
    },
    beginSnapshot: async () => {
      await query('set session transaction isolation level repeatable read');
      await query('start transaction with consistent snapshot');
    },
    migrate: async (steps) => {
      await (await openMysqlStore(url, { connections: 2, steps })).close();
    },
    [Symbol.asyncDispose]: async () => connection.destroy(),
  };
}

async function connect(url: string, place: string): Promise<Connection> {
  try {
    // A number that JavaScript cannot hold comes as text, so that a comparison notices it.
    const connection = await mysql.createConnection({ ...connectionOptions(url), supportBigNumbers: true });
    await connection.query("set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'");
    return connection;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${place}: ${message || code}.`, { cause: error });
  }
}

/** The rows in parts of at most a statement's size, and of one row at least. */
function* bySize(rows: readonly Row[]): Generator<Row[]> {
  let part: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (part.length > 0 && bytes + size > maxStatementBytes) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** About what a value takes in a statement: a character of text up to four bytes. */
const sizeOf = (value: Value) => (typeof value === 'string' ? value.length * 4 : 16);

/** Columns as they stand in a statement. */
export const names = (columns: readonly string[]): string => columns.map((name) => `\`${name}\``).join(', ');
