import { type Cluster, clusterAdmin, startCluster } from '../../server/testing/cluster.ts';
import type { CallbackCommands } from '../callback-client.ts';
import type { Options } from '../options.ts';
import { cpuMs, serverPids } from '../process-usage.ts';
import { row, type Section } from '../report.ts';
import { startWorker } from '../worker-process.ts';
import { createChannel, untilProcessed } from './callbacks.ts';

interface Round {
  readonly perSecond: number;
  readonly processedPerSecond: number;
  readonly cpuUs: number;
}

/** An installation whose answers wait for Redis' own sync, and one whose answers wait for the database. */
const modes = {
  redis: { oneRedis: true, roles: { all: 1 } },
  sql: {
    oneRedis: true,
    roles: { all: 1 },
    redisOptions: { appendfsync: 'everysec' },
    env: { PARLEY_QUEUE_SYNC: 'sql' },
  },
} as const;

/** What a callback costs with either setting of `PARLEY_QUEUE_SYNC`: answered, and become a message. */
export async function measureQueueSync(options: Options): Promise<Section> {
  await using parts = new AsyncDisposableStack();
  const byRedis = await open(parts, modes.redis, options);
  const bySql = await open(parts, modes.sql, options);
  const rounds: { redis: Round; sql: Round }[] = [];
  for (let i = 0; i < options.callbackWarmRounds + options.rounds; i++) {
    const round = { redis: await byRedis(), sql: await bySql() };
    if (i >= options.callbackWarmRounds) rounds.push(round);
  }
  const line = (what: string, unit: string, read: (one: Round) => number) =>
    row(
      what,
      unit,
      rounds.map(({ sql }) => read(sql)),
      { name: 'PARLEY_QUEUE_SYNC=redis, appendfsync always', rounds: rounds.map(({ redis }) => read(redis)) },
    );
  return {
    id: 'queue-sync',
    title: 'Callbacks with PARLEY_QUEUE_SYNC=sql, appendfsync everysec, beside =redis, appendfsync always',
    explanation: [
      `Up to ${options.callbacks.toLocaleString('en-US')} signed callbacks a round over ${options.callbackConnections} connections, one process on MariaDB and Redis. CPU is that of`,
      'the process and of both servers, until the last one is a message in a conversation.',
    ],
    rows: [
      line('callbacks answered 200', '1/s', ({ perSecond }) => perSecond),
      line('callbacks in conversations', '1/s', ({ processedPerSecond }) => processedPerSecond),
      line('CPU a callback', 'µs', ({ cpuUs }) => cpuUs),
    ],
    checks: [],
  };
}

async function open(parts: AsyncDisposableStack, mode: (typeof modes)[keyof typeof modes], options: Options) {
  const cluster = parts.use(await startCluster(mode));
  const client = parts.use(startWorker<CallbackCommands>(new URL('../callback-client.ts', import.meta.url)));
  const [node] = cluster.nodes;
  const port = Number(new URL(node?.url ?? cluster.url).port);
  const pid = node?.process.pid ?? 0;
  const channelId = await createChannel({ port, account: clusterAdmin }, 'webhook');
  return async (): Promise<Round> => {
    const before = usedMs(cluster);
    const { perSecond, answered, startedAt } = await client.call('post', {
      kind: 'webhook',
      path: `/hooks/${channelId}`,
      count: options.callbacks,
      contacts: options.contacts,
      connections: options.callbackConnections,
      withinMs: options.callbacksMs,
      port,
      pid,
    });
    await untilProcessed({ port });
    return {
      perSecond,
      processedPerSecond: answered / ((Date.now() - startedAt) / 1_000),
      cpuUs: ((usedMs(cluster) - before) * 1_000) / answered,
    };
  };
}

const usedMs = (cluster: Cluster) => serverPids(cluster).reduce((sum, pid) => sum + cpuMs(pid), 0);
