import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backoffMs } from './base/backoff.ts';
import { createBatcher } from './base/batcher.ts';
import type { Clock } from './base/clock.ts';
import { newId } from './base/ids.ts';
import { type Leases, ownLeases } from './base/leases.ts';
import { type SharedClock, startSharedClock } from './base/shared-clock.ts';
import type { Config } from './config.ts';
import { isStoreFault } from './conversation/append-batcher.ts';
import { type Broadcast, noBroadcast } from './conversation/broadcast.ts';
import type { ColdStore } from './conversation/cold-store.ts';
import type { ConversationStore } from './conversation/conversation-store.ts';
import { createHotMessages, type HotMessages } from './conversation/hot-messages.ts';
import { tieredConversations } from './conversation/tiered-conversations.ts';
import type { ChannelContext } from './gateway/channel-adapter.ts';
import { createEmbeddedQueue, type QueueRow, type QueueStore } from './gateway/embedded-queue.ts';
import type { MessageQueue } from './gateway/message-queue.ts';
import { createSharedValues } from './gateway/shared-values.ts';
import { noDirectory, type PresenceDirectory } from './routing/presence-directory.ts';
import { createParquetStore } from './storage/cold/parquet-store.ts';
import type { Redis, RedisDurability } from './storage/hot/redis.ts';
import { openSqliteStore } from './storage/warm/sqlite-store.ts';
import type { OpenWarmStore } from './storage/warm/warm-store.ts';

/** What stands behind the ports, as the configuration says: the rest of the program knows no engine by name. */
export interface Engines {
  readonly store: OpenWarmStore;
  /** The archive. */
  readonly cold: ColdStore;
  /** Conversations across both, without the caller knowing. */
  readonly conversations: ConversationStore;
  readonly queue: MessageQueue & { revive(row: QueueRow): void | Promise<void> };
  /** What waits is a row of the store too, which leaves with the entry's own transaction. */
  readonly isQueueLogged: boolean;
  /** The time of the installation, which everything goes by. */
  readonly clock: Clock;
  /** How far this machine's own clock is ahead of it. */
  clockSkewMs(): number;
  readonly broadcast: Broadcast;
  readonly hot: HotMessages;
  readonly leases: Leases;
  readonly presence: PresenceDirectory;
  /** Access tokens and the like, for each channel. */
  readonly shared: (channelId: string) => ChannelContext<unknown>['shared'];
  /** Other processes work on the same store. */
  readonly isShared: boolean;
  /** Transactions that the store does at once (`AppendBatcher`). */
  readonly writeLanes: number;
  /** What the operator must know now, and what keeps us from serving. */
  faults(): string[];
  /** Redis takes nothing more until its memory is freed: callbacks wait, all else goes on. */
  isRedisFull(): boolean;
  /** What Redis has lost since the start, as far as this process noticed: partitions of the queue, entries in them that are
   * nowhere else (about), events. */
  lost(): { partitions: number; entries: number; events: number };
  close(): Promise<void>;
}

/** Opens what the configuration names, and loads nothing else; migrations have run when this resolves. */
export async function openEngines(config: Config, own: Clock, tell: Tell): Promise<Engines> {
  const { redisUrl } = config;
  const parts = new AsyncDisposableStack();
  try {
    const store = await openStore(config, tell.onWarning);
    parts.defer(() => store.close());
    // Where others write to the same store, everybody goes by its clock.
    const shared = redisUrl === undefined ? undefined : await startSharedClock({ ask: () => store.meta.now(), own });
    parts.defer(async () => shared?.stop());
    const cold = await openColdStore(config, store, shared ?? own);
    parts.defer(() => cold.close());
    const conversations = tieredConversations(store.conversations, store.archive, cold);
    const tiers = { store, cold, conversations, close: () => parts.disposeAsync() };
    return redisUrl === undefined || shared === undefined
      ? await alone(tiers, config, own, tell)
      : await together(tiers, redisUrl, config, shared, tell);
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

type Tiers = Pick<Engines, 'store' | 'cold' | 'conversations' | 'close'>;

interface Tell {
  readonly onError: (error: unknown) => void;
  readonly onWarning: (text: string) => void;
}

const storeFaults = (store: OpenWarmStore): string[] => (store.fault === undefined ? [] : [store.fault]);

async function alone(tiers: Tiers, config: Config, clock: Clock, { onError }: Tell): Promise<Engines> {
  const { store } = tiers;
  return {
    ...tiers,
    queue: await openEmbeddedQueue(store, config, clock, onError),
    isQueueLogged: true,
    clock,
    clockSkewMs: () => 0,
    broadcast: noBroadcast,
    hot: createHotMessages({ clock }),
    leases: ownLeases,
    shared: createSharedValues({ clock }),
    presence: noDirectory,
    isShared: false,
    writeLanes: config.database.engine === 'mysql' ? mysqlLanes : 1,
    faults: () => storeFaults(store),
    isRedisFull: () => false,
    lost: () => ({ partitions: 0, entries: 0, events: 0 }),
  };
}

async function together(
  tiers: Tiers,
  redisUrl: string,
  config: Config,
  clock: SharedClock,
  { onError, onWarning }: Tell,
): Promise<Engines> {
  const { store } = tiers;
  const hot = await import('./storage/hot/on-redis.ts');
  const redis = await hot.connectRedis(redisUrl);
  try {
    checkDurability(await hot.checkRedis(redis), config.queueSync);
    await hot.agreeOnPartitions(redis, config.queuePartitions);
  } catch (error) {
    await redis.close();
    throw error;
  }
  const node = newId();
  const broadcast = hot.createRedisBroadcast({ redis, node, onError });
  const pushes = pushesOf(store);
  const queueLosses = { partitions: 0, entries: 0 };
  const queue = hot.createRedisQueue({
    redis,
    clock,
    partitions: config.queuePartitions,
    maxDepth: config.queueMaxDepth,
    maxHeld: 20_000,
    concurrency: 512,
    ...retriesOf(config),
    bury: (row) => store.queue.bury(row),
    ...(config.queueSync === 'sql' ? { log: { push: pushes, after: store.queue.after } } : {}),
    onLost: ({ partition, entries }) => {
      queueLosses.partitions += 1;
      queueLosses.entries += entries;
      const what =
        config.queueSync === 'sql'
          ? 'Nothing is lost: it is filled again from the database.'
          : `What waited there is lost, about ${entries} callbacks that were answered with 200.`;
      onWarning(`Redis has lost partition ${partition} of the queue. ${what}`);
    },
    onError,
  });
  const watch = watchRedis(redis, clock, (isFull) => {
    const full = 'Redis is out of memory (maxmemory): callbacks are answered with 503 until there is room.';
    onWarning(isFull ? full : 'Redis has memory again.');
  });
  return {
    ...tiers,
    queue,
    clock,
    clockSkewMs: clock.skewMs,
    isQueueLogged: config.queueSync === 'sql',
    broadcast,
    hot: hot.createRedisHotMessages({ redis, clock, onError }),
    leases: hot.createRedisLeases({ redis, clock, onError }),
    shared: hot.createRedisSharedValues({ redis, clock }),
    presence: hot.createRedisPresence({ redis, broadcast, node, clock, onError }),
    isShared: true,
    writeLanes: mysqlLanes,
    // Sockets are of use without Redis too: what is said is stored, and found by its number.
    faults: () => [...storeFaults(store), ...(config.role === 'websocket' ? [] : watch.faults())],
    isRedisFull: watch.isFull,
    lost: () => ({ ...queueLosses, events: broadcast.dropped() }),
    close: async () => {
      watch.stop();
      queue.close();
      await broadcast.close();
      await redis.close();
      await tiers.close();
    },
  };
}

/** An operator who does not sync every write has said so, and then a 200 waits for the database. */
export function checkDurability(durability: RedisDurability, queueSync: Config['queueSync']): void {
  if (durability === 'always' || queueSync === 'sql') return;
  const is = durability === 'everysec' ? 'syncs its log once a second' : 'keeps no log that it syncs';
  throw new Error(
    `PARLEY_REDIS_URL: this Redis ${is}, and would lose callbacks that were answered with 200. Set appendonly yes and appendfsync always, or PARLEY_QUEUE_SYNC=sql to answer after the database's commit.`,
  );
}

/** Asks from time to time whether Redis is there, and whether it takes anything. */
function watchRedis(
  redis: Redis,
  clock: Clock,
  onFull: (isFull: boolean) => void,
): { faults(): string[]; isFull(): boolean; stop(): void } {
  const stopped = new AbortController();
  let fault: string | undefined;
  let isFull = false;
  const ask = async () => {
    try {
      const memory = await redis.everywhere('INFO', 'memory');
      fault = undefined;
      const wasFull = isFull;
      isFull = memory.some((info) => isMemoryFull(String(info)));
      if (isFull !== wasFull) onFull(isFull);
    } catch (error) {
      fault = (error as Error).message;
    }
  };
  const look = async () => {
    while (!stopped.signal.aborted) {
      await ask();
      await clock.sleep(watchMs, stopped.signal).catch(() => undefined);
    }
  };
  void look();
  return {
    faults: () => (fault === undefined ? [] : [fault]),
    isFull: () => isFull,
    stop: () => stopped.abort(),
  };
}
const watchMs = 2_000;

/** As Redis itself reckons whether it refuses what takes memory. */
function isMemoryFull(info: string): boolean {
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const max = field('maxmemory');
  return max > 0 && field('used_memory') - field('mem_not_counted_for_evict') > max;
}

/** Nobody would find them there, and nobody would notice. */
export const strandedArchive = (messages: number): string =>
  `PARLEY_CLICKHOUSE_URL: ${messages} archived messages lie in Parquet files. Bring them over with parley migrate-archive dir:<folder> <ClickHouse>, or set PARLEY_ARCHIVE_DIR to their folder in place of PARLEY_CLICKHOUSE_URL.`;

async function openColdStore({ archive }: Config, store: OpenWarmStore, clock: Clock): Promise<ColdStore> {
  const { engine } = archive;
  if (engine.name === 'clickhouse') {
    const stranded = (await store.archiveFiles.size()).messages;
    if (stranded > 0) throw new Error(strandedArchive(stranded));
    const { createClickHouseStore } = await import('./storage/cold/clickhouse-store.ts');
    return createClickHouseStore({ url: engine.url });
  }
  return createParquetStore({ dir: engine.dir, files: store.archiveFiles, now: clock.now });
}

/** Opens the warm store that the configuration names. */
export async function openStore(
  { database }: Pick<Config, 'database'>,
  onWarning: (text: string) => void,
): Promise<OpenWarmStore> {
  if (database.engine === 'mysql') {
    const { openMysqlStore } = await import('./storage/warm/mysql-store.ts');
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
    ...retriesOf(config),
    onError,
  });
}

/** More of them make smaller transactions of the same load, and each waits for its own sync. */
const mysqlLanes = 4;

/** How often, and after which times, an entry of the queue is tried. */
const retriesOf = ({ queueRetryMs: baseMs }: Config) => ({
  maxAttempts: 8,
  retryMs: (attempt: number) => backoffMs(attempt, Math.random(), { baseMs, maxMs: 60_000 }),
});
