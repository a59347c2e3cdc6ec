import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, clusterAdmin, type NodeRole, startCluster } from '../../server/testing/cluster.ts';
import type { ChatCommands } from '../chat-client.ts';
import type { IdleCommands } from '../idle-client.ts';
import type { Window } from '../message-load.ts';
import { cpuMs } from '../process-usage.ts';
import { row, type Section } from '../report.ts';
import { median } from '../statistics.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';
import { flat } from './message-cost.ts';
import type { ScaleOptions } from './options.ts';

/** How an installation is divided into processes. */
export interface Shape {
  readonly name: string;
  readonly roles: Readonly<Partial<Record<NodeRole, number>>>;
}

const visitors = 200;
const agents = 4;
const window = 5;
/** Messages a second that each process gets when all get the same: 8 processes on 2 cores can still carry it. */
const perProcess = 400;
const settleMs = 1_500;
const restMs = 5_000;

/** What one shape has cost, part by part. */
interface Cost {
  /** At the same rate for each process. */
  readonly paced: Window[];
  readonly saturated: Window[];
  readonly lost: number;
  /** µs a message: each role's processes together, MariaDB, Redis. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** ms a second at rest, with the connections of the load open. */
  readonly restMs: Readonly<Record<string, number>>;
  readonly idle: {
    readonly rssKiB: number;
    readonly heapKiB: number;
    readonly redisKiB: number;
    readonly stayed: number;
  };
}

/** Cost of a message and of a connection by the number of processes: 1, then each that was asked for, then by roles. */
export async function* measureNodes(options: ScaleOptions): AsyncGenerator<Section> {
  const alone = await measureShape({ name: '1 process', roles: { all: 1 } }, options);
  const shapes: Shape[] = [
    ...options.processes.map((count) => ({ name: `${count} equal processes`, roles: { all: count } })),
    { name: '1 gateway, 1 worker, 2 websockets', roles: { gateway: 1, worker: 1, websocket: 2 } },
    { name: '2 gateways, 2 workers, 4 websockets', roles: { gateway: 2, worker: 2, websocket: 4 } },
  ];
  for (const shape of shapes) yield sectionOf(shape, await measureShape(shape, options), alone, options);
}

async function measureShape(shape: Shape, options: ScaleOptions): Promise<Cost> {
  await using cluster = await startCluster({
    roles: shape.roles,
    oneRedis: true,
    env: { NODE_OPTIONS: `--expose-gc --import ${join(import.meta.dirname, '../report-memory.ts')}` },
  });
  const idle = await measureIdle(cluster, options.idleConnections);
  await using client = startWorker<ChatCommands>(new URL('../chat-client.ts', import.meta.url));
  const parts = partsOf(cluster);
  const port = Number(new URL(cluster.url).port);
  const target = { port, pids: Object.values(parts).flat(), account: clusterAdmin, visitors, agents };
  await client.call('openParley', target);
  const paced: Window[] = [];
  const saturated: Window[] = [];
  const { warmMs, measureMs } = options;
  const rate = { perSecond: perProcess * processesOf(shape), warmMs, measureMs };
  for (let round = 0; round < options.rounds; round++) paced.push(await client.call('atRate', rate));
  await client.call('saturate', { window, warmMs, measureMs });
  const before = { cpu: cpuOf(parts), sent: (await client.call('tally')).sent };
  for (let round = 0; round < options.rounds; round++) {
    saturated.push(await client.call('saturate', { window, warmMs, measureMs }));
  }
  const tally = await client.call('tally');
  const cpu = cpuOf(parts);
  const each = (part: string) => (((cpu[part] ?? 0) - (before.cpu[part] ?? 0)) * 1_000) / (tally.sent - before.sent);
  await pause(settleMs);
  const resting = cpuOf(parts);
  await pause(restMs);
  const rested = cpuOf(parts);
  const atRest = (part: string) => (((rested[part] ?? 0) - (resting[part] ?? 0)) * 1_000) / restMs;
  const byPart = (read: (part: string) => number) =>
    Object.fromEntries(Object.keys(parts).map((part) => [part, read(part)]));
  return {
    paced,
    saturated,
    lost: tally.sent - tally.answered + tally.refused + tally.missing + tally.twice,
    cpuUs: byPart(each),
    restMs: byPart(atRest),
    idle,
  };
}

const processesOf = ({ roles }: Shape): number => Object.values(roles).reduce((sum, count) => sum + (count ?? 0), 0);

/** The processes of each role, the database and Redis; not the load balancer. */
function partsOf({ nodes, mariadb, redis }: Cluster): Record<string, number[]> {
  const parts: Record<string, number[]> = {};
  for (const { role, process } of nodes) {
    parts[role] ??= [];
    parts[role]?.push(process.pid);
  }
  return { ...parts, mariadb: [mariadb.server.pid], redis: redis.nodes.map(({ pid }) => pid) };
}

const cpuOf = (parts: Readonly<Record<string, readonly number[]>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(parts).map(([part, pids]) => [part, pids.reduce((sum, pid) => sum + cpuMs(pid), 0)]),
  );

/** Memory that silent connections of visitors take in all processes together, and in Redis. */
async function measureIdle(cluster: Cluster, count: number): Promise<Cost['idle']> {
  await using client: WorkerProcess<IdleCommands> = startWorker<IdleCommands>(
    new URL('../idle-client.ts', import.meta.url),
  );
  const port = Number(new URL(cluster.url).port);
  await client.call('prepare', { port, account: clusterAdmin, count });
  const target = { port, path: '/ws/visitor' };
  // The first ones make room in every heap.
  await client.call('open', { ...target, count: Math.ceil(count / 5) });
  await client.call('close');
  await pause(settleMs);
  const before = await memoryOf(cluster);
  await client.call('open', { ...target, count });
  await pause(settleMs);
  const after = await memoryOf(cluster);
  const stayed = await client.call('close');
  await pause(settleMs);
  const each = (read: (held: Held) => number) => (read(after) - read(before)) / count / 1_024;
  return {
    rssKiB: each(({ rss }) => rss),
    heapKiB: each(({ heap }) => heap),
    redisKiB: each(({ redis }) => redis),
    stayed,
  };
}

interface Held {
  readonly rss: number;
  readonly heap: number;
  readonly redis: number;
}

async function memoryOf({ nodes, redis }: Cluster): Promise<Held> {
  for (const { process: child } of nodes) process.kill(child.pid, 'SIGUSR2');
  await pause(settleMs);
  let [rss, heap] = [0, 0];
  for (const node of nodes) {
    rss += residentBytes(node.process.pid);
    const text = await (await fetch(`${node.url}/metrics`)).text();
    heap += Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1]);
  }
  let inRedis = 0;
  for (const one of redis.nodes) inRedis += Number(/used_memory:(\d+)/.exec(await one.cli('info', 'memory'))?.[1]);
  return { rss, heap, redis: inRedis };
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1_024;
}

function sectionOf(shape: Shape, cost: Cost, alone: Cost, options: ScaleOptions): Section {
  const name = '1 process';
  const lineOf = (of: 'paced' | 'saturated') => (what: string, unit: string, read: (one: Window) => number) =>
    row(what, unit, cost[of].map(read), { name, rounds: alone[of].map(read) });
  const [paced, line] = [lineOf('paced'), lineOf('saturated')];
  const single = (what: string, unit: string, read: (one: Cost) => number) =>
    row(what, unit, [read(cost)], { name, rounds: [read(alone)] });
  const total = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((a, b) => a + b, 0);
  const processes = processesOf(shape);
  const cpuRatio =
    median(cost.paced.map(({ serverCpuUs }) => serverCpuUs)) /
    median(alone.paced.map(({ serverCpuUs }) => serverCpuUs));
  const heapRatio = cost.idle.heapKiB / alone.idle.heapKiB;
  const lost = cost.lost + alone.lost;
  return {
    id: `nodes-${processes}-${Object.keys(shape.roles).join('-')}`,
    title: `${shape.name}, MariaDB and one Redis`,
    explanation: [
      `First ${perProcess} messages a second for each process, so that every one has as much to do as the one alone: this tells`,
      `whether a message costs more because there are more processes. Then ${visitors} visitors keep ${window} unanswered messages each`,
      'under way: all share the cores and this load, so that more processes get less each, commit it in smaller groups, and',
      `carry less. ${agents} agents read; all goes through the load balancer, whose CPU is not counted. At rest: with these sockets`,
      `open and nothing said. Then ${options.idleConnections.toLocaleString('en-US')} silent visitors, spread over the processes.`,
    ],
    rows: [
      paced(`CPU a message, ${perProcess}/s a process`, 'µs', ({ serverCpuUs }) => serverCpuUs),
      paced(`latency p50, ${perProcess}/s a process`, 'ms', ({ p50Ms }) => p50Ms),
      paced(`latency p99, ${perProcess}/s a process`, 'ms', ({ p99Ms }) => p99Ms),
      line('delivered messages', '1/s', ({ perSecond }) => perSecond),
      line('CPU a message', 'µs', ({ serverCpuUs }) => serverCpuUs),
      ...Object.keys(cost.cpuUs).map((part) =>
        alone.cpuUs[part] === undefined
          ? row(`of it ${part}`, 'µs', [cost.cpuUs[part] ?? 0])
          : single(`of it ${part}`, 'µs', (one) => one.cpuUs[part] ?? 0),
      ),
      line('latency p50', 'ms', ({ p50Ms }) => p50Ms),
      line('latency p99', 'ms', ({ p99Ms }) => p99Ms),
      single('CPU at rest, all', 'ms/s', (one) => total(one.restMs)),
      row('CPU at rest, a process of ours', 'ms/s', [ownRest(cost) / processes], { name, rounds: [ownRest(alone)] }),
      single('heap a connection', 'KiB', ({ idle }) => idle.heapKiB),
      single('resident memory a connection', 'KiB', ({ idle }) => idle.rssKiB),
      single('Redis a connection', 'KiB', ({ idle }) => idle.redisKiB),
    ],
    checks: [
      {
        claim: `at the same load for each a message costs what it costs with one process, within ${Math.round((flat - 1) * 100)} %`,
        holds: cpuRatio <= flat,
        detail: `${cpuRatio.toFixed(2)} times the CPU`,
      },
      {
        claim: `a connection takes what it takes in one process, within ${Math.round((flat - 1) * 100)} %`,
        holds: heapRatio <= flat,
        detail: `${heapRatio.toFixed(2)} times the heap`,
      },
      { claim: 'every message was answered, and delivered once', holds: lost === 0, detail: `${lost} were not` },
      {
        claim: 'every connection stayed open',
        holds: cost.idle.stayed === options.idleConnections,
        detail: `${cost.idle.stayed} of ${options.idleConnections}`,
      },
    ],
  };
}

const ownRest = ({ restMs: rest }: Cost): number =>
  Object.entries(rest).reduce((sum, [part, ms]) => sum + (part === 'mariadb' || part === 'redis' ? 0 : ms), 0);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
