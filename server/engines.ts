import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backoffMs } from './base/backoff.ts';
import { createBatcher } from './base/batcher.ts';
import type { Clock } from './base/clock.ts';
import { newId } from './base/ids.ts';
import { type Leases, ownLeases } from './base/leases.ts';
import type { Config } from './config.ts';
import { isStoreFault } from './conversation/append-batcher.ts';
import { type Broadcast, noBroadcast } from './conversation/broadcast.ts';
import type { ChannelContext } from './gateway/channel-adapter.ts';
import { createEmbeddedQueue, type QueueRow, type QueueStore } from './gateway/embedded-queue.ts';
import type { MessageQueue } from './gateway/message-queue.ts';
import { createSharedValues } from './gateway/shared-values.ts';
import { noDirectory, type PresenceDirectory } from './routing/presence-directory.ts';
import { checkRedis, connectRedis, type Redis, type RedisDurability } from './storage/hot/redis.ts';
import { createRedisBroadcast } from './storage/hot/redis-bus.ts';
import { createRedisLeases } from './storage/hot/redis-leases.ts';
import { createRedisPresence } from './storage/hot/redis-presence.ts';
import { createRedisQueue } from './storage/hot/redis-queue.ts';
import { createRedisSharedValues } from './storage/hot/redis-values.ts';
import { openMysqlStore } from './storage/warm/mysql-store.ts';
import { openSqliteStore } from './storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from './storage/warm/warm-store.ts';

/** What stands behind the ports, as the configuration says: the rest of the program knows no engine by name. */
export interface Engines {
  readonly store: OpenWarmStore;
  readonly queue: MessageQueue & { revive(row: QueueRow): void | Promise<void> };
  /** What waits is a row of the store too, which leaves with the entry's own transaction. */
  readonly isQueueLogged: boolean;
  readonly broadcast: Broadcast;
  readonly leases: Leases;
  readonly presence: PresenceDirectory;
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
export async function openEngines(config: Config, clock: Clock, tell: Tell): Promise<Engines> {
  const store = await openStore(config, tell.onWarning);
  try {
    return config.redisUrl === undefined
      ? await alone(store, config, clock, tell)
      : await together(store, config.redisUrl, config, clock, tell);
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Tell {
  readonly onError: (error: unknown) => void;
  readonly onWarning: (text: string) => void;
}

const storeFaults = (store: OpenWarmStore): string[] => (store.fault === undefined ? [] : [store.fault]);

async function alone(store: OpenWarmStore, config: Config, clock: Clock, { onError }: Tell): Promise<Engines> {
  return {
    store,
    queue: await openEmbeddedQueue(store, config, clock, onError),
    isQueueLogged: true,
    broadcast: noBroadcast,
    leases: ownLeases,
    shared: createSharedValues({ clock }),
    presence: noDirectory,
    isShared: false,
    writeLanes: config.database.engine === 'mysql' ? mysqlLanes : 1,
    faults: () => storeFaults(store),
    close: () => store.close(),
  };
}

async function together(
  store: OpenWarmStore,
  redisUrl: string,
  config: Config,
  clock: Clock,
  { onError, onWarning }: Tell,
): Promise<Engines> {
  const redis = await connectRedis(redisUrl);
  try {
    checkDurability(await checkRedis(redis), config.queueSync);
  } catch (error) {
    await redis.close();
    throw error;
  }
  const node = newId();
  const broadcast = createRedisBroadcast({ redis, node, onError });
  const pushes = pushesOf(store);
  const queue = createRedisQueue({
    redis,
    clock,
    maxDepth: config.queueMaxDepth,
    maxHeld: 20_000,
    concurrency: 512,
    ...retries,
    bury: (row) => store.queue.bury(row),
    ...(config.queueSync === 'sql' ? { log: { push: pushes, after: store.queue.after } } : {}),
    onLost: ({ partition }) => {
      onWarning(
        `Redis has lost partition ${partition} of the queue. ${config.queueSync === 'sql' ? 'Nothing is lost: it is filled again from the database.' : 'What waited there is lost.'}`,
      );
    },
    onError,
  });
  const watch = watchRedis(redis, clock);
  return {
    store,
    queue,
    isQueueLogged: config.queueSync === 'sql',
    broadcast,
    leases: createRedisLeases({ redis, clock, onError }),
    shared: createRedisSharedValues({ redis, clock }),
    presence: createRedisPresence({ redis, broadcast, node, clock, onError }),
    isShared: true,
    writeLanes: mysqlLanes,
    // Sockets are of use without Redis too: what is said is stored, and found by its number.
    faults: () => [...storeFaults(store), ...(config.role === 'websocket' ? [] : watch.faults())],
    close: async () => {
      watch.stop();
      queue.close();
      await broadcast.close();
      await redis.close();
      await store.close();
    },
  };
}

/** An operator who does not sync every write has said so, and then a 200 waits for the database. */
function checkDurability(durability: RedisDurability, queueSync: Config['queueSync']): void {
  if (durability === 'always' || queueSync === 'sql') return;
  const is = durability === 'everysec' ? 'syncs its log once a second' : 'keeps no log that it syncs';
  throw new Error(
    `PARLEY_REDIS_URL: this Redis ${is}, and would lose callbacks that were answered with 200. Set appendonly yes and appendfsync always, or PARLEY_QUEUE_SYNC=sql to answer after the database's commit.`,
  );
}

/** Asks from time to time whether Redis is there. */
function watchRedis(redis: Redis, clock: Clock): { faults(): string[]; stop(): void } {
  const stopped = new AbortController();
  let fault: string | undefined;
  const look = async () => {
    while (!stopped.signal.aborted) {
      fault = await redis.everywhere('PING').then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      );
      await clock.sleep(watchMs, stopped.signal).catch(() => undefined);
    }
  };
  void look();
  return { faults: () => (fault === undefined ? [] : [fault]), stop: () => stopped.abort() };
}
const watchMs = 2_000;

async function openStore({ database }: Config, onWarning: (text: string) => void): Promise<OpenWarmStore> {
  if (database.engine === 'mysql') {
    return openMysqlStore(database.url, { connections: database.connections, onWarning });
  }
  await mkdir(dirname(database.path), { recursive: true });
  return openSqliteStore(database.path);
}

/** Callbacks that arrive together are written together, as messages are. */
function pushesOf(store: OpenWarmStore): QueueStore['push'] {
  return createBatcher<Parameters<QueueStore['push']>[0], void>({
    run: async (pushed) => {
      await store.queue.push(pushed.flat());
      return pushed.map(() => undefined);
    },
    maxBatch: 512,
    isFault: isStoreFault,
  }).add;
}

function openEmbeddedQueue(
  store: OpenWarmStore,
  config: Config,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<Engines['queue']> {
  const { after, count, remove, failed, bury } = store.queue;
  return createEmbeddedQueue({
    store: { push: pushesOf(store), after, count, remove, failed, bury },
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
