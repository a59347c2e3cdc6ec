import { CompiledQuery, Kysely, MysqlDialect, type MysqlPool } from 'kysely';
import mysql, { type Pool, type PoolConnection } from 'mysql2';
import { backoffMs } from '../../base/backoff.ts';
import { createInOrder } from '../../base/in-order.ts';
import { type AppendItem, orderKeyOf } from '../../conversation/conversation-store.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migration.ts';
import { faultOf, type MysqlFault } from './mysql-faults.ts';
import { checkServer } from './mysql-server.ts';
import { createMysqlSession } from './mysql-session.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';
import type { SqlValue } from './sql-session.ts';
import { createWarmStore, type OpenWarmStore, reads } from './warm-store.ts';

export interface MysqlOptions {
  /** Connections of this process; together the processes must stay below the server's `max_connections`. */
  readonly connections?: number;
  /** Told of what the operator should know and what keeps nothing from working. */
  readonly onWarning?: (text: string) => void;
  /** The migrations to apply where they are missing; without it all. */
  readonly steps?: readonly Migration[];
}

/** Requests that wait for a connection before further ones are refused with 503. */
const maxWaiting = 2_000;
/** A server that does not answer for so long is away: the connection is given up. */
const answerMs = 10_000;
/** How long a row's lock is waited for, in seconds. */
const lockWaitSeconds = 5;
/** Tries of one transaction, and the pauses between them. */
const maxTries = 8;
const pause = { baseMs: 5, maxMs: 500 };
const probeMs = 1_000;
/** Two processes that start at once migrate one after the other. */
const migrationLock = 'parley-migration';
const migrationWaitSeconds = 120;

/**
 * Opens the warm store on MySQL 8.0.17 or MariaDB 10.11 and later, through a bounded number of connections. Each process
 * has its own: rows are locked in sorted order, and a transaction that met a deadlock, a race for a key or a lost
 * connection is done again with the same ids, which its unique keys recognise. Migrations have run when this resolves.
 *
 * @param url `mysql://user:password@host:port/database`; the database exists and belongs to the user
 * @throws Error when the server is too old or set up so that what was acknowledged could be lost: it says what to change
 */
export async function openMysqlStore(url: string, options: MysqlOptions = {}): Promise<OpenWarmStore> {
  const pools = createPools(url, options.connections ?? 10);
  try {
    const { collation } = await checkServer(pools.db, options.onWarning ?? (() => undefined));
    for (const pool of [pools.db, pools.batches]) {
      pool.on('connection', (connection: PoolConnection) => prepare(connection, collation));
    }
    // The connection that asked was made before the rules were known.
    await endIdle(pools.db);
    await migrateOnce(pools, collation, options.steps);
  } catch (error) {
    await close(pools);
    throw plain(error, url);
  }
  return createStore(pools);
}

/** Where and as whom `url` says to connect. */
export function connectionOptions(url: string): mysql.ConnectionOptions {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const tls = searchParams.get('tls');
  return {
    host: hostname,
    port: port === '' ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    connectTimeout: answerMs,
    charset: 'utf8mb4',
    dateStrings: true,
    ...(tls === null ? {} : { ssl: { rejectUnauthorized: tls !== 'insecure' } }),
  };
}

/** The connections of this process. */
interface Pools {
  /** What the query builder says, one statement at a time. */
  readonly db: Pool;
  /** Batches of messages, whose statements travel together: a slow search keeps none of them waiting. */
  readonly batches: Pool;
}

function createPools(url: string, connections: number): Pools {
  const create = (count: number, more: mysql.PoolOptions) =>
    mysql.createPool({
      ...connectionOptions(url),
      connectionLimit: count,
      maxIdle: count,
      queueLimit: maxWaiting,
      ...more,
    });
  const forBatches = Math.floor(connections / 2);
  return { db: create(connections - forBatches, {}), batches: create(forBatches, { multipleStatements: true }) };
}

async function close({ db, batches }: Pools): Promise<void> {
  await Promise.all([db.promise().end(), batches.promise().end()]);
}

/** Every connection works by the same rules, whatever the server's defaults are. */
function prepare(connection: PoolConnection, collation: string): void {
  const settings = [
    `set names utf8mb4 collate ${collation}`,
    'set session transaction isolation level read committed',
    "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
    "set session time_zone = '+00:00'",
    `set session innodb_lock_wait_timeout = ${lockWaitSeconds}`,
  ];
  for (const setting of settings) {
    connection.query(setting, (error) => {
      if (error !== null) connection.destroy();
    });
  }
  giveUpOnSilence(connection);
}

/** A server that is stopped keeps its sockets open: only a time limit tells. */
function giveUpOnSilence(connection: PoolConnection): void {
  type Query = (
    options: mysql.QueryOptions,
    done?: (error: mysql.QueryError | null, ...rest: unknown[]) => void,
  ) => unknown;
  const query = connection.query.bind(connection) as unknown as Query;
  const timed = (first: string | mysql.QueryOptions, second?: unknown, third?: unknown) => {
    const done = (typeof second === 'function' ? second : third) as Parameters<Query>[1];
    const values = typeof second === 'function' ? undefined : second;
    const given = typeof first === 'string' ? { sql: first } : first;
    const options = { timeout: answerMs, ...given, ...(values === undefined ? {} : { values }) } as mysql.QueryOptions;
    return query(options, (error, ...rest) => {
      if (error?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.destroy();
      // It would be logged with the error, and holds what people wrote.
      if (error != null) delete (error as { sql?: string }).sql;
      done?.(error, ...rest);
    });
  };
  (connection as unknown as { query: typeof timed }).query = timed;
}

async function endIdle(pool: Pool): Promise<void> {
  const connection = await pool.promise().getConnection();
  connection.destroy();
}

/** Statements of a step that was cut short are there already: MySQL commits each one by itself. */
const alreadyThere: ReadonlySet<number> = new Set([1050, 1060, 1061, 1062, 1091]);

async function migrateOnce(
  { db: pool, batches }: Pools,
  collation: string,
  steps?: readonly Migration[],
): Promise<void> {
  const keeper = await batches.promise().getConnection();
  const repeatable: MysqlPool = {
    getConnection: (done) =>
      pool.getConnection((error, connection) =>
        done(error, error === null ? forgiving(connection) : (undefined as never)),
      ),
    end: (done) => done(null),
  };
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool: repeatable }) });
  try {
    const [rows] = await keeper.query({
      sql: 'select get_lock(?, ?) as got',
      values: [migrationLock, migrationWaitSeconds],
      timeout: (migrationWaitSeconds + 10) * 1_000,
    });
    if ((rows as { got: number }[])[0]?.got !== 1) {
      throw new Error('Another process is migrating the database and does not end: look at it, then start again.');
    }
    const [[{ name = '' } = {}]] = (await keeper.query('select database() as name')) as unknown as [
      { name?: string }[],
    ];
    await db.executeQuery(CompiledQuery.raw(`alter database \`${name}\` character set utf8mb4 collate ${collation}`));
    await migrate(db, { name: 'mysql' }, steps);
  } finally {
    await keeper.query('do release_lock(?)', [migrationLock]).catch(() => undefined);
    keeper.release();
  }
}

function forgiving(connection: PoolConnection) {
  return new Proxy(connection, {
    get: (target, name) => {
      if (name !== 'query') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (text: string, values: unknown[], done: (error: Error | null, result: unknown) => void) =>
        target.query(text, values, (error, result) => {
          if (error !== null && alreadyThere.has(error.errno ?? 0)) done(null, { affectedRows: 0, insertId: 0 });
          else done(error, result);
        });
    },
  });
}

function createStore(pools: Pools): OpenWarmStore {
  let fault: string | undefined;
  let probe: NodeJS.Timeout | undefined;
  let isClosed = false;
  const engine = createEngine(pools);
  const store = createWarmStore(engine);
  const inOrder = createInOrder();

  function sawFault(message: string): void {
    fault = message;
    if (!isClosed) probe ??= setTimeout(tryToReach, probeMs).unref();
  }
  async function tryToReach(): Promise<void> {
    probe = undefined;
    try {
      await store.meta.set('write-probe', '');
      fault = undefined;
    } catch (error) {
      sawFault((error as Error).message);
    }
  }

  /** A read may be asked again whatever happened; a write's own retries lie in its transaction. */
  async function call(isRead: boolean, run: () => Promise<unknown>): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await run();
        fault = undefined;
        return result;
      } catch (error) {
        if (error instanceof Refusal) throw error;
        const kind = faultOf(error);
        if (kind === 'own') throw error;
        if (attempt < 3 && (isRead || kind === 'again')) {
          await wait(attempt);
          continue;
        }
        sawFault(`The store cannot be reached: ${(error as Error).message}.`);
        throw new Refusal('unavailable', 'The store cannot be reached now.', { retryAfterMs: 2_000, cause: error });
      }
    }
  }

  const part = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get: (_, method) => {
        const value: unknown = Reflect.get(target, method);
        if (typeof value !== 'function' || typeof method !== 'string') return value;
        const isRead = reads.has(`${name}.${method}`);
        return (...args: unknown[]) => call(isRead, () => Reflect.apply(value, target, args) as Promise<unknown>);
      },
    });
  const conversations = part('conversations', store.conversations);
  const queue = part('queue', store.queue);
  return {
    conversations: replacing(conversations, {
      // Several connections write at once; whoever says two things is stored in the order of saying them.
      append: (items: readonly AppendItem[]) =>
        inOrder.run(items.flatMap(orderKeys), () => conversations.append(items)),
    }),
    assignments: part('assignments', store.assignments),
    outbox: part('outbox', store.outbox),
    queue: replacing(queue, {
      // The log is read from its front: an entry that appears behind what was read would never be.
      push: (rows: Parameters<typeof queue.push>[0]) => inOrder.run(['queue'], () => queue.push(rows)),
    }),
    channels: part('channels', store.channels),
    agents: part('agents', store.agents),
    files: part('files', store.files),
    meta: part('meta', store.meta),
    archive: part('archive', store.archive),
    archiveFiles: part('archiveFiles', store.archiveFiles),
    routing: part('routing', store.routing),
    participations: part('participations', store.participations),
    sla: part('sla', store.sla),
    waits: part('waits', store.waits),
    callBacks: part('callBacks', store.callBacks),
    record: part('record', store.record),
    dryRuns: part('dryRuns', store.dryRuns),
    modelUsage: part('modelUsage', store.modelUsage),
    vectors: part('vectors', store.vectors),
    documents: part('documents', store.documents),
    intents: part('intents', store.intents),
    intentModels: part('intentModels', store.intentModels),
    intentTrainings: part('intentTrainings', store.intentTrainings),
    knowledge: part('knowledge', store.knowledge),
    suggestions: part('suggestions', store.suggestions),
    botVersions: part('botVersions', store.botVersions),
    dialogues: part('dialogues', store.dialogues),
    gaps: part('gaps', store.gaps),
    labels: part('labels', store.labels),
    replays: part('replays', store.replays),
    identity: part('identity', store.identity),
    surveys: part('surveys', store.surveys),
    tallies: part('tallies', store.tallies),
    get fault() {
      return fault;
    },
    close: async () => {
      isClosed = true;
      clearTimeout(probe);
      await close(pools);
    },
  };
}

/** The same object, but for some of its methods. */
function replacing<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => Reflect.get(name in methods ? methods : target, name) as unknown,
  });
}

/** What an entry must not overtake: another of the same author, and another that counts the same agent's load. */
function orderKeys({ target, transition }: AppendItem): string[] {
  const keys = [orderKeyOf(target)];
  if (transition?.capacity !== undefined && transition.assigneeId) keys.push(`agent ${transition.assigneeId}`);
  return keys;
}

function createEngine({ db: pool, batches }: Pools): SqlEngine {
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool: pool as unknown as MysqlPool }) });

  async function write<T>(work: Parameters<SqlEngine['write']>[0]): Promise<T> {
    const connection = await connectionOf(batches);
    const session = createMysqlSession(connection);
    try {
      const result = await work(session);
      await session.commit();
      return result as T;
    } catch (error) {
      // Nobody knows what state it is in: a new one is cheap.
      if (faultOf(error) !== 'own' && faultOf(error) !== 'again') connection.destroy();
      else await session.rollback().catch(() => connection.destroy());
      throw error;
    } finally {
      connection.release();
    }
  }

  return {
    db,
    name: 'mysql',
    write: (work) => tryAgain(() => write(work)),
    transaction: (work) => tryAgain(() => db.transaction().execute(work)),
    isFault: (error) => faultOf(error) !== 'own',
    arrays: async (query) => {
      const { sql, parameters } = query.compile();
      const connection = await pool.promise().getConnection();
      try {
        const [rows] = await connection.query({ sql, values: [...parameters], rowsAsArray: true });
        return rows as unknown as SqlValue[][];
      } finally {
        connection.release();
      }
    },
  };
}

function connectionOf(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => {
      if (error === null) resolve(connection);
      else reject(error);
    });
  });
}

const repeatable: ReadonlySet<MysqlFault> = new Set(['again', 'lost']);

async function tryAgain<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt >= maxTries || !repeatable.has(faultOf(error))) throw error;
      await wait(attempt);
    }
  }
}

function wait(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, backoffMs(attempt, Math.random(), pause)));
}

/** An error of the start, without the password that the address holds. */
function plain(error: unknown, url: string): Error {
  const { host, pathname } = new URL(url);
  const { message } = error as Error;
  return new Error(`PARLEY_DATABASE_URL: ${host}${pathname}: ${message}`, { cause: error });
}
