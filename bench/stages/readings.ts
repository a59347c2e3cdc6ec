import { readFileSync } from 'node:fs';
import type { Cluster } from '../../server/testing/cluster.ts';
import { cpuMs } from '../process-usage.ts';

/** What a message passes on its way, each a process or several of a kind. */
export const parts = ['gateway', 'worker', 'websocket', 'mariadb', 'redis', 'balancer'] as const;
export type Part = (typeof parts)[number];

/** What has been used until now; only differences mean something. */
export interface Reading {
  readonly atMs: number;
  readonly cpuMs: Readonly<Record<Part, number>>;
  /** Bytes that the process gave to the disk. */
  readonly mariadbDiskBytes: number;
  readonly redisDiskBytes: number;
  /** Bytes between our processes and the server, either way. */
  readonly mariadbWireBytes: number;
  readonly redisWireBytes: number;
  readonly mariadbSyncs: number;
  readonly statements: number;
  readonly redisCommands: number;
  /** Memory that Redis says it uses, not what the system gave it. */
  readonly redisMemoryBytes: number;
}

/** What one unit of a load cost, each part by itself. */
export interface Costs {
  readonly count: number;
  readonly perSecond: number;
  readonly cpuUs: Readonly<Record<Part, number>>;
  readonly mariadbDiskBytes: number;
  readonly redisDiskBytes: number;
  readonly mariadbWireBytes: number;
  readonly redisWireBytes: number;
  readonly mariadbSyncs: number;
  readonly statements: number;
  readonly redisCommands: number;
}

export function pidsOf(cluster: Cluster): Readonly<Record<Part, readonly number[]>> {
  const nodes = (role: 'gateway' | 'worker' | 'websocket') => cluster.of(role).map(({ process: { pid } }) => pid);
  return {
    gateway: nodes('gateway'),
    worker: nodes('worker'),
    websocket: nodes('websocket'),
    mariadb: [cluster.mariadb.server.pid],
    redis: cluster.redis.nodes.map(({ pid }) => pid),
    balancer: [cluster.balancer.pid],
  };
}

export async function read(cluster: Cluster): Promise<Reading> {
  const pids = pidsOf(cluster);
  const info = await redisInfo(cluster);
  const status = await mariadbStatus(cluster);
  const cpu = Object.fromEntries(parts.map((part) => [part, sum(pids[part].map(cpuMs))]));
  return {
    atMs: performance.now(),
    cpuMs: cpu as Record<Part, number>,
    mariadbDiskBytes: sum(pids.mariadb.map(writtenBytes)),
    redisDiskBytes: sum(pids.redis.map(writtenBytes)),
    mariadbWireBytes: status('Bytes_received') + status('Bytes_sent'),
    redisWireBytes: info('total_net_input_bytes') + info('total_net_output_bytes'),
    mariadbSyncs: status('Innodb_data_fsyncs'),
    statements: status('Questions'),
    redisCommands: info('total_commands_processed'),
    redisMemoryBytes: info('used_memory'),
  };
}

/** @param idle CPU milliseconds a second of each part when nothing happens, which belong to no unit */
export function costsBetween(
  before: Reading,
  after: Reading,
  { count, idle }: { count: number; idle?: Readonly<Record<Part, number>> },
): Costs {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const each = (name: Exclude<keyof Reading, 'cpuMs' | 'atMs'>) => (after[name] - before[name]) / count;
  const cpuUs = Object.fromEntries(
    parts.map((part) => {
      const used = after.cpuMs[part] - before.cpuMs[part] - (idle?.[part] ?? 0) * seconds;
      return [part, Math.max(0, (used * 1_000) / count)];
    }),
  );
  return {
    count,
    perSecond: count / seconds,
    cpuUs: cpuUs as Record<Part, number>,
    mariadbDiskBytes: each('mariadbDiskBytes'),
    redisDiskBytes: each('redisDiskBytes'),
    mariadbWireBytes: each('mariadbWireBytes'),
    redisWireBytes: each('redisWireBytes'),
    mariadbSyncs: each('mariadbSyncs'),
    statements: each('statements'),
    redisCommands: each('redisCommands'),
  };
}

async function redisInfo({ redis }: Cluster): Promise<(name: string) => number> {
  const texts = await Promise.all(redis.nodes.map((node) => node.cli('info', 'everything')));
  return (name) => sum(texts.map((text) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1] ?? 0)));
}

async function mariadbStatus({ mariadb, databaseUrl }: Cluster): Promise<(name: string) => number> {
  const rows = await mariadb.query(databaseUrl, 'show global status');
  const values = new Map(rows.map((row) => [String(row.Variable_name), Number(row.Value)]));
  return (name) => values.get(name) ?? Number.NaN;
}

/** What a process has had written to the disk, as Linux counts it. */
function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
