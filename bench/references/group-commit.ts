import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** Reference: SQLite alone, in a worker thread, one table, every batch one transaction that is synced to the disk. */
export interface GroupCommit extends AsyncDisposable {
  /** @returns rows a second, committed and acknowledged; two batches are under way at any time */
  measure(batchSize: number, durationMs: number): Promise<number>;
}

type Row = { readonly conversation: number; readonly seq: number; readonly content: string };

const content = JSON.stringify({ type: 'text', text: 'hello, where is my order 12345? ts:0000000000.000' });

export function openGroupCommit(dataDir: string): GroupCommit {
  const worker = new Worker(new URL(import.meta.url), { workerData: join(dataDir, 'group-commit.db') });
  let seq = 0;
  const nextRow = (): Row => {
    seq += 1;
    return { conversation: seq % 200, seq, content };
  };
  const batchOf = (size: number) => Array.from({ length: size }, nextRow);
  return {
    measure: (batchSize, durationMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const startedAt = performance.now();
      let rows = 0;
      let underway = 0;
      const send = () => {
        underway += 1;
        worker.postMessage(batchOf(batchSize));
      };
      const committed = (count: number) => {
        rows += count;
        underway -= 1;
        const elapsedMs = performance.now() - startedAt;
        if (elapsedMs < durationMs) return send();
        if (underway > 0) return;
        worker.off('message', committed);
        worker.off('error', reject);
        resolve(rows / (elapsedMs / 1_000));
      };
      worker.on('message', committed);
      worker.once('error', reject);
      send();
      send();
      return promise;
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

function commitBatches(path: string): void {
  const db = new DatabaseSync(path);
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 8000');
  db.exec(
    'create table messages (conversation integer, seq integer, content text, primary key (conversation, seq)) without rowid',
  );
  const insert = db.prepare('insert into messages (conversation, seq, content) values (?, ?, ?)');
  parentPort?.on('message', (batch: readonly Row[]) => {
    db.exec('begin immediate');
    for (const row of batch) insert.run(row.conversation, row.seq, row.content);
    db.exec('commit');
    parentPort?.postMessage(batch.length);
  });
}

if (!isMainThread) commitBatches(workerData as string);
