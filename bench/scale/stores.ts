import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MariaDb, startMariaDb } from '../../server/testing/mariadb.ts';
import { type ParleyProcess, startParley } from '../server-process.ts';
import { expectations, type Filled, fillMariaDb, fillSqlite, makeCast } from './fill.ts';
import type { Cast, HistorySize } from './history.ts';

export type EngineName = 'sqlite' | 'mariadb';
export const engineNames: readonly EngineName[] = ['sqlite', 'mariadb'];
/** A store of each size: the ratio between them is what counts. */
export type StoreName = 'small' | 'large';
export const storeNames: readonly StoreName[] = ['small', 'large'];

/** What is known of a filled store when it is used: kept beside it. */
export interface StoreFacts {
  readonly size: HistorySize;
  readonly cast: Cast;
  readonly conversations: number;
  readonly messages: number;
  readonly contacts: number;
  /** When the history ends: its newest message is older than this. */
  readonly end: number;
  readonly fillSeconds: number;
  readonly bytes: StoreBytes;
  readonly checks: readonly { readonly claim: string; readonly broken: number }[];
}
export interface StoreBytes {
  readonly all: number;
  /** Messages with their indexes and their list of changes. */
  readonly messages: number;
}

const quietAtMostMs = 600_000;

/** A large installation's database, in memory as far as it goes; the log is large so that it is filled in minutes. */
const mariaDbFlags = ['--innodb-buffer-pool-size=4G', '--innodb-log-file-size=1G'];

/** The filled stores of one folder; MariaDB runs from its first use until this is disposed. */
export interface Stores extends AsyncDisposable {
  /** Fills the store unless it is there already. */
  fill(engine: EngineName, store: StoreName, size: HistorySize): Promise<StoreFacts>;
  facts(engine: EngineName, store: StoreName): Promise<StoreFacts>;
  /** One process of Parley on it. */
  start(
    engine: EngineName,
    store: StoreName,
    options?: { env?: Readonly<Record<string, string>> },
  ): Promise<ParleyProcess>;
  mariaDb(): Promise<MariaDb>;
  databaseUrl(store: StoreName): Promise<string>;
  /** Changes the store while no server runs on it, and waits until the engine has nothing left to do about it. */
  run(engine: EngineName, store: StoreName, sql: string): Promise<void>;
  /** Runs statements beside the server. */
  query(engine: EngineName, store: StoreName, sql: string): Promise<Record<string, unknown>[]>;
}

export function openStores(dir: string): Stores {
  let running: Promise<MariaDb> | undefined;
  const dataDir = (engine: EngineName, store: StoreName) => join(dir, `${engine}-${store}`);
  const factsPath = (engine: EngineName, store: StoreName) => join(dataDir(engine, store), 'facts.json');

  async function mariaDb(): Promise<MariaDb> {
    running ??= mkdir(join(dir, 'mariadb'), { recursive: true }).then(() =>
      startMariaDb(mariaDbFlags, join(dir, 'mariadb')),
    );
    return running;
  }

  async function databaseUrl(store: StoreName): Promise<string> {
    const { port } = await mariaDb();
    return `mysql://root@127.0.0.1:${port}/${store}`;
  }

  const envOf = async (engine: EngineName, store: StoreName): Promise<Record<string, string>> =>
    engine === 'sqlite' ? {} : { PARLEY_DATABASE_URL: await databaseUrl(store) };

  async function query(engine: EngineName, store: StoreName, sql: string): Promise<Record<string, unknown>[]> {
    if (engine === 'mariadb') return (await mariaDb()).query(await databaseUrl(store), sql);
    const db = new DatabaseSync(join(dataDir(engine, store), 'parley.db'), { timeout: 5_000 });
    try {
      db.exec('pragma cache_size = -500000; pragma temp_store = memory');
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  }

  async function facts(engine: EngineName, store: StoreName): Promise<StoreFacts> {
    return JSON.parse(await readFile(factsPath(engine, store), 'utf8')) as StoreFacts;
  }

  async function fill(engine: EngineName, store: StoreName, size: HistorySize): Promise<StoreFacts> {
    if (existsSync(factsPath(engine, store))) return facts(engine, store);
    const own = dataDir(engine, store);
    await mkdir(own, { recursive: true });
    if (engine === 'mariadb') {
      const server = await mariaDb();
      const url = `mysql://root@127.0.0.1:${server.port}/mysql`;
      await server.query(url, `drop database if exists ${store}; create database ${store}`);
    }
    const cast = await makeCast(own, await envOf(engine, store));
    const end = Date.now();
    const filled =
      engine === 'sqlite'
        ? await fillSqlite(join(own, 'parley.db'), size, cast, end)
        : await fillMariaDb(await databaseUrl(store), size, cast, end);
    const made = factsOf(filled, {
      size,
      cast,
      end,
      bytes: await bytesOf(engine, store),
      checks: await check(engine, store),
    });
    await writeFile(factsPath(engine, store), JSON.stringify(made));
    return made;
  }

  async function check(engine: EngineName, store: StoreName): Promise<StoreFacts['checks']> {
    const checks = [];
    for (const { claim, broken } of expectations) {
      const [row] = await query(engine, store, broken);
      checks.push({ claim, broken: Number(row?.n) });
    }
    return checks;
  }

  async function bytesOf(engine: EngineName, store: StoreName): Promise<StoreBytes> {
    if (engine === 'mariadb') {
      const of = (which: string) =>
        query(
          engine,
          store,
          `select sum(data_length + index_length) as bytes from information_schema.tables where table_schema = '${store}' ${which}`,
        );
      const [all] = await of('');
      const [messages] = await of("and table_name in ('messages', 'message_changes')");
      return { all: Number(all?.bytes), messages: Number(messages?.bytes) };
    }
    const { size: all } = await stat(join(dataDir(engine, store), 'parley.db'));
    const like = "select name from sqlite_schema where tbl_name in ('messages', 'message_changes')";
    const [row] = await query(
      engine,
      store,
      `select sum(pgsize) as bytes from dbstat where aggregate = true and name in (${like})`,
    );
    return { all, messages: Number(row?.bytes) };
  }

  return {
    fill,
    facts,
    mariaDb,
    databaseUrl,
    query,
    run: async (engine, store, sql) => {
      await query(engine, store, sql);
      // Else the next start finds a log as long as the change.
      if (engine === 'sqlite') await query(engine, store, 'pragma wal_checkpoint(truncate)');
      else await quiet(await mariaDb());
    },
    start: async (engine, store, { env = {} } = {}) =>
      startParley({
        dataDir: dataDir(engine, store),
        // All of it stays where it is, and nothing runs beside what is measured.
        env: { PARLEY_ARCHIVE_AFTER_DAYS: '0', ...(await envOf(engine, store)), ...env },
      }),
    [Symbol.asyncDispose]: async () => {
      const server = await running;
      await server?.[Symbol.asyncDispose]();
    },
  };
}

/** Old versions of rows are gone and changed pages are on the disk: else MariaDB works beside what is measured. */
async function quiet(server: MariaDb): Promise<void> {
  const url = `mysql://root@127.0.0.1:${server.port}/information_schema`;
  const read = async (sql: string) => Number((await server.query(url, sql))[0]?.n);
  const history = "select count as n from innodb_metrics where name = 'trx_rseg_history_len'";
  const dirty = "select variable_value as n from global_status where variable_name = 'Innodb_buffer_pool_pages_dirty'";
  await server.query(url, 'set global innodb_max_dirty_pages_pct = 0');
  try {
    for (const deadline = Date.now() + quietAtMostMs; (await read(history)) > 1_000 || (await read(dirty)) > 1_000; ) {
      if (Date.now() > deadline) throw new Error('MariaDB does not come to rest: nothing can be measured on it.');
      await sleep(500);
    }
  } finally {
    await server.query(url, 'set global innodb_max_dirty_pages_pct = 90');
  }
}

function factsOf(
  { history, seconds }: Filled,
  rest: Pick<StoreFacts, 'size' | 'cast' | 'end' | 'bytes' | 'checks'>,
): StoreFacts {
  const { conversations, messages, contacts } = history;
  return { ...rest, conversations, messages, contacts, fillSeconds: seconds };
}
