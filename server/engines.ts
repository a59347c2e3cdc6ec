import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backoffMs } from './base/backoff.ts';
import { createBatcher } from './base/batcher.ts';
import type { Clock } from './base/clock.ts';
import { type Leases, ownLeases } from './base/leases.ts';
import type { Config } from './config.ts';
import { isStoreFault } from './conversation/append-batcher.ts';
import { type Broadcast, noBroadcast } from './conversation/broadcast.ts';
import type { ChannelContext } from './gateway/channel-adapter.ts';
import { createEmbeddedQueue, type QueueRow, type QueueStore } from './gateway/embedded-queue.ts';
import type { MessageQueue } from './gateway/message-queue.ts';
import { createSharedValues } from './gateway/shared-values.ts';
import { openMysqlStore } from './storage/warm/mysql-store.ts';
import { openSqliteStore } from './storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from './storage/warm/warm-store.ts';

/** What stands behind the ports, as the configuration says: the rest of the program knows no engine by name. */
export interface Engines {
  readonly store: OpenWarmStore;
  readonly queue: MessageQueue & { revive(row: QueueRow): void };
  readonly broadcast: Broadcast;
  readonly leases: Leases;
  /** Access tokens and the like, for each channel. */
  readonly shared: (channelId: string) => ChannelContext<unknown>['shared'];
  /** Other processes work on the same store. */
  readonly isShared: boolean;
  /** Transactions that the store does at once (`AppendBatcher`). */
  readonly writeLanes: number;
  /** What the operator must know now. */
  faults(): string[];
  close(): Promise<void>;
}

/** Opens what the configuration names; migrations have run when this resolves. */
export async function openEngines(
  config: Config,
  clock: Clock,
  tell: { onError: (error: unknown) => void; onWarning: (text: string) => void },
): Promise<Engines> {
  const { onError, onWarning } = tell;
  const store = await openStore(config, onWarning);
  return {
    store,
    queue: await openEmbeddedQueue(store, config, clock, onError),
    broadcast: noBroadcast,
    leases: ownLeases,
    shared: createSharedValues({ clock }),
    isShared: false,
    writeLanes: config.database.engine === 'mysql' ? mysqlLanes : 1,
    faults: () => (store.fault === undefined ? [] : [store.fault]),
    close: () => store.close(),
  };
}

async function openStore({ database }: Config, onWarning: (text: string) => void): Promise<OpenWarmStore> {
  if (database.engine === 'mysql') {
    return openMysqlStore(database.url, { connections: database.connections, onWarning });
  }
  await mkdir(dirname(database.path), { recursive: true });
  return openSqliteStore(database.path);
}

function openEmbeddedQueue(
  store: OpenWarmStore,
  config: Config,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<MessageQueue & { revive(row: QueueRow): void }> {
  // Callbacks that arrive together are written together, as messages are.
  const pushes = createBatcher<Parameters<QueueStore['push']>[0], void>({
    run: async (pushed) => {
      await store.queue.push(pushed.flat());
      return pushed.map(() => undefined);
    },
    maxBatch: 512,
    isFault: isStoreFault,
  });
  const { after, count, remove, failed, bury } = store.queue;
  return createEmbeddedQueue({
    store: { push: pushes.add, after, count, remove, failed, bury },
    clock,
    maxDepth: config.queueMaxDepth,
    maxHeld: 20_000,
    concurrency: 512,
    ...retries,
    onError,
  });
}

/** More of them make smaller transactions of the same load, and each waits for its own sync. */
const mysqlLanes = 4;

/** How often, and after which times, an entry of the queue is tried. */
const retries = {
  maxAttempts: 8,
  retryMs: (attempt: number) => backoffMs(attempt, Math.random(), { baseMs: 500, maxMs: 60_000 }),
};
