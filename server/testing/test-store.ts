import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import type { AppendItem, AppendResult, AppendTarget } from '../conversation/conversation-store.ts';
import { openMysqlStore } from '../storage/warm/mysql-store.ts';
import { openSqliteStore } from '../storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from '../storage/warm/warm-store.ts';
import { startMariaDb } from './mariadb.ts';

/** The channel that every test store has; `otherChannelId` is a second one. */
export const channelId = '00000000channel1';
export const otherChannelId = '00000000channel2';

export interface TestStore extends OpenWarmStore {
  /** The database file, or the database's address. */
  readonly path: string;
  /** What is given without waiting may be stored in another order, unless one author said it. */
  readonly writesAtOnce: boolean;
  /** Looks into the database beside the store's own connections. */
  rows(sql: string, ...values: (string | number)[]): Promise<Record<string, unknown>[]>;
  /** Changes the database behind the store's back. */
  run(sql: string): Promise<void>;
  /** From now on inserts into the table fail with "broken", where `when` (of the row `new`) holds; `mend` ends that. */
  breakInserts(table: string, when?: string): Promise<void>;
  mend(): Promise<void>;
  /** Ends the store and opens the same database again, as a restart does. */
  reopen(): Promise<TestStore>;
}

/** How to reach a database beside the store, and what is different about it. */
interface Engine {
  readonly path: string;
  readonly open: () => Promise<OpenWarmStore>;
  readonly rows: TestStore['rows'];
  readonly run: TestStore['run'];
  readonly tables: string;
  readonly triggerBody: (when: string) => string;
  readonly end: () => Promise<void>;
  readonly writesAtOnce: boolean;
}

let shared: { engine: Engine; store: TestStore } | undefined;
after(async () => {
  await shared?.store.close();
  await shared?.engine.end();
});

/**
 * A real store with two channels and nothing else: SQLite in a folder of its own, or a MariaDB of its own where
 * `PARLEY_TEST_STORE=mariadb`. The tests of a file share it: each begins with emptied tables.
 */
export async function openTestStore(): Promise<TestStore> {
  if (shared === undefined) {
    const engine = await (process.env.PARLEY_TEST_STORE === 'mariadb' ? startMariaDbEngine() : makeSqliteEngine());
    shared = { engine, store: await openOn(engine) };
  }
  const { store, engine } = shared;
  await store.mend();
  await store.sla.watch(false);
  const tables = (await store.rows(engine.tables)).map(({ name }) => String(name));
  const emptied = tables.filter((name) => name !== 'schema_steps').map((name) => `delete from ${name};`);
  // One transaction on one connection: a suite does this for each of its tests, and there are dozens of tables.
  await store.run(`begin; ${emptied.join(' ')} insert into counters values ('conversations', 0); commit`);
  for (const id of [channelId, otherChannelId]) {
    await store.channels.save({ id, type: 'web', name: id, settings: {}, enabled: true, createdAt: 1, updatedAt: 1 });
  }
  return store;
}

async function makeSqliteEngine(): Promise<Engine> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const path = join(dir, 'parley.db');
  const withDatabase = <T>(work: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(path, { timeout: 5_000 });
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    path,
    open: () => openSqliteStore(path),
    rows: async (sql, ...values) => withDatabase((db) => db.prepare(sql).all(...values)).map((row) => ({ ...row })),
    run: async (sql) => withDatabase((db) => db.exec(sql)),
    tables: "select name from sqlite_schema where type = 'table'",
    triggerBody: (when) => `when ${when} begin select raise(abort, 'broken'); end`,
    end: () => rm(dir, { recursive: true, force: true }),
    writesAtOnce: false,
  };
}

async function startMariaDbEngine(): Promise<Engine> {
  const server = await startMariaDb();
  const url = await server.createDatabase();
  return {
    path: url,
    open: () => openMysqlStore(url),
    rows: (sql, ...values) => server.query(url, sql, values),
    run: async (sql) => {
      await server.query(url, sql);
    },
    tables: 'select table_name as name from information_schema.tables where table_schema = database()',
    triggerBody: (when) => `for each row if ${when} then signal sqlstate '45000' set message_text = 'broken'; end if`,
    end: async () => {
      await server[Symbol.asyncDispose]();
    },
    writesAtOnce: true,
  };
}

async function openOn(engine: Engine): Promise<TestStore> {
  const store = await engine.open();
  const { path, rows, run, writesAtOnce } = engine;
  return {
    ...store,
    get fault() {
      return store.fault;
    },
    path,
    writesAtOnce,
    rows,
    run,
    breakInserts: (table, when = '1 = 1') =>
      run(`create trigger broken before insert on ${table} ${engine.triggerBody(when)}`),
    mend: () => run('drop trigger if exists broken'),
    reopen: async () => {
      await store.close();
      const reopened = await openOn(engine);
      if (shared?.engine === engine) shared.store = reopened;
      return reopened;
    },
  };
}

/** A contact's message to its current conversation; `contact` is made when nobody knows it. */
export function inbound(
  contact: string,
  over: Partial<AppendItem> & { text?: string; channel?: string } = {},
): AppendItem {
  const { text = 'hello', channel = channelId, ...item } = over;
  return {
    target: { contact: { externalId: contact }, channelId: channel, threadId: '' },
    direction: 'in',
    senderType: 'contact',
    content: JSON.stringify({ type: 'text', text }),
    preview: text.slice(0, 100),
    private: false,
    state: 'received',
    at: 1_000,
    ...item,
  };
}

/** An agent's message into a conversation. */
export function reply(conversationId: string, over: Partial<AppendItem> & { text?: string } = {}): AppendItem {
  const { text = 'good day', ...item } = over;
  return {
    target: { conversationId },
    direction: 'out',
    senderType: 'agent',
    senderId: '000000000agent-a',
    senderName: 'Ada',
    content: JSON.stringify({ type: 'text', text }),
    preview: text.slice(0, 100),
    private: false,
    state: 'queued',
    at: 2_000,
    ...item,
  };
}

/** A change of owner, with its entry in the timeline. */
export function moved(
  target: AppendTarget,
  transition: NonNullable<AppendItem['transition']>,
  over: Partial<AppendItem> = {},
): AppendItem {
  return {
    target,
    direction: 'out',
    senderType: 'system',
    content: JSON.stringify({ type: 'system', event: 'conversation.assigned', text: 'moved' }),
    private: true,
    state: 'sent',
    at: 3_000,
    transition,
    ...over,
  };
}

export type Placed = Extract<AppendResult, { seq: number }>;

/** The result of an item that must have been stored or be known already. */
export function placed(result: AppendResult | undefined): Placed {
  if (result === undefined || result.kind === 'refused')
    throw new Error(`expected a place, got ${JSON.stringify(result)}`);
  return result;
}

/** The results of items that must all have a place. */
export async function append(store: OpenWarmStore, ...items: AppendItem[]): Promise<Placed[]> {
  return (await store.conversations.append(items)).map(placed);
}
