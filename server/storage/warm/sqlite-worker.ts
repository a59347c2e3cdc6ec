import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Kysely } from 'kysely';
import { migrate } from './migrate.ts';
import type { Tables } from './schema.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';
import { createSqliteEngine } from './sqlite-engine.ts';
import type { SqliteReply, SqliteRequest, SqliteWorkerData } from './sqlite-protocol.ts';
import { createSqliteSession } from './sqlite-session.ts';
import { createWarmStore } from './warm-store.ts';

/**
 * The thread that holds one SQLite connection. The writer gathers what waits at its port into one transaction (group
 * commit: one fsync for all) and answers after the commit; a request that fails inside is taken back alone. The reader
 * is a second connection, so that a slow search does not keep anybody's message waiting.
 */
const port = parentPort;
if (port === null) throw new Error('sqlite-worker runs as a worker thread only');
const { path, role } = workerData as SqliteWorkerData;

/** Requests of one transaction: beyond it the next transaction begins, so that nobody waits for an endless one. */
const maxGroup = 512;

// Both threads load their code at the same time; the reader waits here until the writer has made and migrated the file.
if (role === 'reader') await once(port, 'message');
const db = openDatabase();
const kysely = new Kysely<Tables>({ dialect: createSqliteDialect(db) });
const session = createSqliteSession(db);
const store = createWarmStore(createSqliteEngine(db, kysely, (work) => savepoint(() => work(session))));

function openDatabase(): DatabaseSync {
  const opened = new DatabaseSync(path, { readOnly: role === 'reader', timeout: 5_000 });
  if (role === 'writer') {
    opened.exec('pragma journal_mode = wal');
    // Every commit is synced: what was acknowledged survives a power cut and not only a crash of ours.
    opened.exec('pragma synchronous = full');
    opened.exec('pragma wal_autocheckpoint = 8000');
    // A log that one burst made long is cut back after the next checkpoint.
    opened.exec('pragma journal_size_limit = 268435456');
    opened.exec('pragma foreign_keys = on');
  }
  opened.exec('pragma cache_size = -65536');
  opened.exec('pragma temp_store = memory');
  return opened;
}

let depth = 0;
async function savepoint<T>(work: () => Promise<T>): Promise<T> {
  const name = `s${depth}`;
  depth += 1;
  db.exec(`savepoint ${name}`);
  try {
    const result = await work();
    db.exec(`release ${name}`);
    return result;
  } catch (error) {
    // A full disk may have ended the whole transaction already: then there is nothing to go back to.
    if (db.isTransaction) db.exec(`rollback to ${name}; release ${name}`);
    throw error;
  } finally {
    depth -= 1;
  }
}

function call(request: SqliteRequest): Promise<unknown> {
  const [part, method] = request.method.split('.') as [keyof typeof store, string];
  const target = store[part] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const run = target[method];
  if (run === undefined) throw new Error(`No such method: ${request.method}`);
  return run.apply(target, request.args as unknown[]);
}

/** `run` sees the failure before it becomes an answer: a savepoint around the call takes back what the call did. */
async function settle(
  request: SqliteRequest,
  run: (request: SqliteRequest) => Promise<unknown> = call,
): Promise<SqliteReply> {
  try {
    return { id: request.id, value: await run(request) };
  } catch (error) {
    return { id: request.id, error: describe(error) };
  }
}

function describe(error: unknown): NonNullable<SqliteReply['error']> {
  const { name, message, code, field, errcode } = error as Error & { code?: string; field?: string; errcode?: number };
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(field === undefined ? {} : { field }),
    ...(errcode === undefined ? {} : { errcode }),
  };
}

async function runGroup(group: readonly SqliteRequest[]): Promise<SqliteReply[]> {
  try {
    db.exec('begin immediate');
  } catch (error) {
    return group.map(({ id }) => ({ id, error: describe(error) }));
  }
  const replies: SqliteReply[] = [];
  for (const request of group) {
    // The engine ended the transaction under us (disk full, I/O error): what came before is gone with it.
    if (!db.isTransaction) break;
    replies.push(await settle(request, (one) => savepoint(() => call(one))));
  }
  try {
    if (!db.isTransaction) throw replies.at(-1)?.error ?? new Error('The transaction was ended by the engine.');
    db.exec('commit');
    return replies;
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    const failure = describe(error);
    return group.map(({ id }) => ({ id, error: failure }));
  }
}

async function runReads(group: readonly SqliteRequest[]): Promise<SqliteReply[]> {
  const replies: SqliteReply[] = [];
  for (const request of group) replies.push(await settle(request));
  return replies;
}

const waiting: SqliteRequest[] = [];
let running = false;
let closing = false;

function take(message: SqliteRequest | 'close'): void {
  if (message === 'close') closing = true;
  else waiting.push(message);
}

function gather(): SqliteRequest[] {
  for (;;) {
    const next = receiveMessageOnPort(port as NonNullable<typeof port>);
    if (next === undefined) break;
    take(next.message as SqliteRequest | 'close');
  }
  return waiting.splice(0, maxGroup);
}

async function run(): Promise<void> {
  if (running) return;
  running = true;
  try {
    for (let group = gather(); group.length > 0; group = gather()) {
      const replies = role === 'writer' ? await runGroup(group) : await runReads(group);
      port?.postMessage(replies);
    }
  } finally {
    running = false;
  }
  if (closing) {
    db.close();
    port?.close();
  }
}

if (role === 'writer') await migrate(kysely, { name: 'sqlite' });
port.on('message', (message: SqliteRequest | 'close') => {
  take(message);
  void run();
});
port.postMessage('ready');
