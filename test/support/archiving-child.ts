import { systemClock } from '../../server/base/clock.ts';
import type { ArchiveStep } from '../../server/conversation/archiver.ts';
import { createClickHouseStore } from '../../server/storage/cold/clickhouse-store.ts';
import { createParquetStore } from '../../server/storage/cold/parquet-store.ts';
import { openSqliteStore } from '../../server/storage/warm/sqlite-store.ts';
import { archiveUntilIdle } from '../../server/testing/archive.ts';

/** What the test asks of an archiver that it means to kill. */
export interface ArchivingTask {
  readonly database: string;
  readonly archive: { readonly dir: string } | { readonly url: string };
  readonly now: number;
  /** Dies by its own hand at the n-th time of a step, exactly there; undefined: the test kills it, or it ends. */
  readonly dieAt?: { readonly step: ArchiveStep; readonly times: number };
}

const task = JSON.parse(process.argv[2] ?? '') as ArchivingTask;
const store = await openSqliteStore(task.database);
const cold =
  'dir' in task.archive
    ? createParquetStore({ dir: task.archive.dir, files: store.archiveFiles, memory: '256MB', now: Date.now })
    : createClickHouseStore({ url: task.archive.url });
let times = 0;
process.stdout.write('begun\n');
await archiveUntilIdle(
  {
    store: store.archive,
    cold,
    clock: {
      now: () => task.now,
      elapsed: systemClock.elapsed,
      sleep: async (ms, signal) => {
        if (ms < 60_000) return systemClock.sleep(Math.min(ms, 1), signal);
        await cold.close();
        await store.close();
        process.exit(0);
      },
    },
    batchMessages: 150,
    sliceMessages: 40,
    onStep: (step) => {
      if (step !== task.dieAt?.step) return;
      times += 1;
      if (times === task.dieAt.times) process.kill(process.pid, 'SIGKILL');
    },
  },
  task.now,
);
