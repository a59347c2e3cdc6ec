import { Worker } from 'node:worker_threads';
import { maxTextBytes } from '@parley/sdk/protocol.ts';
import { Refusal, type RefusalCode, statusOf } from '../../gateway/refusal.ts';
import type { SqliteReply, SqliteRequest, SqliteWorkerData } from './sqlite-protocol.ts';
import { type OpenWarmStore, reads } from './warm-store.ts';

/**
 * Opens the warm store on SQLite: the database lives in two threads (one writes, one reads), so that an fsync or a
 * search never stalls the sockets. Migrations have run when this resolves.
 *
 * @param path the database file; made when it is absent
 * @throws Error when the file is not a database, or was written by a newer version
 */
export async function openSqliteStore(path: string): Promise<OpenWarmStore> {
  const reading = startThread({ path, role: 'reader' });
  // Looked at below; a reader that fails while the writer starts must not count as unhandled.
  reading.ready.catch(() => undefined);
  const writing = startThread({ path, role: 'writer' });
  const [writer, reader] = await openBoth(writing, reading);
  const call = (method: string, args: unknown[]) => (reads.has(method) ? reader : writer).call(method, args);
  const part = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, method) =>
          typeof method === 'string' ? (...args: unknown[]) => call(`${name}.${method}`, args) : undefined,
      },
    );
  return {
    conversations: part('conversations'),
    assignments: part('assignments'),
    waits: part('waits'),
    callBacks: part('callBacks'),
    outbox: part('outbox'),
    queue: part('queue'),
    channels: part('channels'),
    agents: part('agents'),
    files: part('files'),
    meta: part('meta'),
    archive: part('archive'),
    archiveFiles: part('archiveFiles'),
    routing: part('routing'),
    participations: part('participations'),
    sla: part('sla'),
    record: part('record'),
    dryRuns: part('dryRuns'),
    modelUsage: part('modelUsage'),
    vectors: part('vectors'),
    documents: part('documents'),
    intents: part('intents'),
    intentModels: part('intentModels'),
    intentTrainings: part('intentTrainings'),
    knowledge: part('knowledge'),
    suggestions: part('suggestions'),
    botVersions: part('botVersions'),
    dialogues: part('dialogues'),
    gaps: part('gaps'),
    labels: part('labels'),
    replays: part('replays'),
    identity: part('identity'),
    surveys: part('surveys'),
    tallies: part('tallies'),
    get fault() {
      return writer.fault();
    },
    close: async () => {
      await reader.close();
      await writer.close();
    },
  } as unknown as OpenWarmStore;
}

/** How often a store that could not write tries whether it can. */
const probeMs = 1_000;
/** What it writes then: as much as the longest message. */
const probeText = 'x'.repeat(maxTextBytes);

type Starting = { readonly ready: Promise<Thread>; readonly begin: () => void; readonly end: () => Promise<unknown> };

/** The writer makes and migrates the file, then the reader opens it; when either fails, neither stays. */
async function openBoth(writing: Starting, reading: Starting): Promise<[writer: Thread, reader: Thread]> {
  try {
    const writer = await writing.ready;
    reading.begin();
    return [writer, await reading.ready];
  } catch (error) {
    await Promise.all([writing.end(), reading.end()]);
    throw error;
  }
}

interface Thread {
  call(method: string, args: unknown[]): Promise<unknown>;
  fault(): string | undefined;
  close(): Promise<void>;
}

type Waiting = { resolve: (value: unknown) => void; reject: (error: unknown) => void };

function startThread(data: SqliteWorkerData): Starting {
  const worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), {
    workerData: data,
    name: `sqlite-${data.role}`,
  });
  return {
    ready: whenReady(worker, data.role),
    begin: () => worker.postMessage('open'),
    end: () => worker.terminate(),
  };
}

function whenReady(worker: Worker, role: SqliteWorkerData['role']): Promise<Thread> {
  return new Promise((resolve, reject) => {
    const waiting = new Map<number, Waiting>();
    let nextId = 0;
    let fault: string | undefined;
    let probe: NodeJS.Timeout | undefined;
    let isEnded = false;
    const ended = new Promise<void>((done) => worker.once('exit', () => done()));
    const fail = (error: Error) => {
      isEnded = true;
      for (const { reject: refuse } of waiting.values()) refuse(error);
      waiting.clear();
      reject(error);
    };
    worker.on('error', fail);
    const closed = () => new Refusal('unavailable', 'The store is closed.');
    void ended.then(() => fail(closed()));
    const settle = (reply: SqliteReply) => {
      const waiter = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.error === undefined) {
        // What changed nothing, or little, says nothing of the disk: the writer's probe does.
        if (role === 'reader') fault = undefined;
        waiter?.resolve(reply.value);
        return;
      }
      const error = revive(reply.error);
      if (error instanceof Refusal && error.code === 'unavailable') {
        fault = error.message;
        if (role === 'writer') probe ??= setTimeout(tryToWrite, probeMs).unref();
      }
      waiter?.reject(error);
    };
    const tryToWrite = async () => {
      probe = undefined;
      const write = (value: string) => thread.call('meta.set', ['write-probe', value]);
      try {
        await write(probeText);
        await write('');
        fault = undefined;
      } catch {
        // Noted like every failure, and so tried again.
      }
    };
    worker.on('message', (message: SqliteReply[] | 'ready') => {
      if (message === 'ready') resolve(thread);
      else for (const reply of message) settle(reply);
    });
    const thread: Thread = {
      call: (method, args) =>
        new Promise((done, refuse) => {
          // Nobody is left there to answer.
          if (isEnded) {
            refuse(closed());
            return;
          }
          const id = nextId++;
          waiting.set(id, { resolve: done, reject: refuse });
          worker.postMessage({ id, method, args } satisfies SqliteRequest);
        }),
      fault: () => fault,
      close: async () => {
        clearTimeout(probe);
        worker.postMessage('close');
        await ended;
      },
    };
  });
}

/** SQLITE_BUSY, IOERR, FULL, CANTOPEN: the store cannot write now, and that is nobody's request's fault. */
const faultCodes: ReadonlySet<number> = new Set([5, 10, 13, 14]);

function revive(error: NonNullable<SqliteReply['error']>): Error {
  if (error.errcode !== undefined && faultCodes.has(error.errcode & 0xff)) {
    return new Refusal('unavailable', `The store cannot write: ${error.message}.`, { retryAfterMs: 5_000 });
  }
  if (error.name === 'Refusal' && error.code !== undefined && error.code in statusOf) {
    return new Refusal(
      error.code as RefusalCode,
      error.message,
      error.field === undefined ? {} : { field: error.field },
    );
  }
  return Object.assign(new Error(error.message), { name: error.name });
}
