import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { clusterMissing, startCluster } from '../server/testing/cluster.ts';
import type { HttpCommands } from './http-client.ts';
import { describeMachine, formatNumber, renderLoad, writeJson } from './report.ts';
import { checkFileLimit } from './sections/idle.ts';
import { measureDirectory, measureHeard } from './stages/heard.ts';
import {
  measureBase,
  measureCallbacks,
  measureChat,
  measureConnections,
  measurePresence,
  measureReads,
  measureReplies,
  memoryOf,
  openChat,
  type Stage,
  type StageOptions,
} from './stages/loads.ts';
import { parts } from './stages/readings.ts';
import { measureStored } from './stages/stored.ts';
import { startWorker } from './worker-process.ts';

const usage = `npm run bench:stages -- [--quick] [--json FILE] [--costs]
  --connections N  idle connections (2,000)
  --costs          writes the figures that parley plan reckons with (server/cli/stage-costs.json)`;

const costsFile = join(import.meta.dirname, '../server/cli/stage-costs.json');
const roles = { gateway: 1, worker: 1, websocket: 2 } as const;

/** What one message and one connection cost at each stage of an installation. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      costs: { type: 'boolean', default: false },
      connections: { type: 'string', default: '2000' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(`${usage}\n`);
  const missing = clusterMissing();
  if (missing !== false) throw new Error(missing);
  const options = optionsOf(values.quick, Number(values.connections));
  checkFileLimit(2 * options.connections);
  const machine = describeMachine();
  process.stdout.write(
    `What a message costs, part by part, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}.\n${renderLoad(machine)}\n`,
  );
  const measured = await measure(options);
  const costs = {
    // Where else the figures were written says nothing about them.
    command: `npm run bench:stages --${values.quick ? ' --quick' : ''} --connections ${options.connections} --costs`,
    date: new Date().toISOString().slice(0, 10),
    machine,
    ...measured,
  };
  process.stdout.write(render(costs));
  if (values.json !== undefined) await writeJson(values.json, costs);
  if (values.costs) await writeFile(costsFile, `${JSON.stringify(rounded(costs), undefined, 2)}\n`);
}

function optionsOf(quick: boolean, connections: number): StageOptions {
  if (!(Number.isInteger(connections) && connections >= 10))
    throw new Error('--connections: expected a whole number from 10.');
  return {
    rounds: quick ? 1 : 3,
    measureMs: quick ? 1_500 : 2_500,
    visitors: 200,
    agents: 4,
    window: 5,
    connections,
    callbacks: quick ? 4_000 : 6_000,
    warmRounds: quick ? 1 : 3,
    contacts: quick ? 500 : 1_000,
  };
}

export type Measured = Awaited<ReturnType<typeof measure>>;

async function measure(options: StageOptions) {
  const own = await measureCluster(options);
  told('callbacks over 256 partitions');
  const divided = await measureDivided(options);
  told('what other processes hear');
  return {
    ...own,
    stages: { ...own.stages, callbackOfMany: divided },
    heard: await measureHeard(),
    directory: await measureDirectory(),
  };
}

async function measureCluster(options: StageOptions) {
  await using other = startWorker<HttpCommands>(new URL('./http-client.ts', import.meta.url));
  const otherPort = await other.call('listen');
  await using cluster = await startCluster({ roles, oneRedis: true, redisOptions, env: environment(otherPort) });
  told('nothing, for a while');
  const idle = await measureBase(cluster, options.measureMs * 2);
  const memory = await memoryOf(cluster);
  told('connections');
  const connections = await measureConnections(cluster, options, idle);
  told('visitors and agents');
  await using chat = await openChat(cluster, options);
  const { busy, slow } = await measureChat(cluster, chat, options, idle);
  told('callbacks');
  const { known, begun } = await measureCallbacks(cluster, options, idle);
  told('answers to platforms');
  const reply = await measureReplies(cluster, chat, { client: other, port: otherPort }, options, idle);
  told('reads');
  const opening = await measureReads(cluster, other, options, idle);
  told('presence');
  const presence = await measurePresence(cluster, idle);
  told('what lies in the database');
  const stored = await measureStored(cluster.mariadb, options.rounds > 1 ? 60_000 : 30_000);
  const { session, opened, heartbeat, heartbeatWithConversation } = connections;
  return {
    base: { cpuMsPerSecond: idle, memoryBytes: residentOf(memory), processes: roles },
    stages: {
      message: busy,
      messageAtThousand: slow,
      callback: known,
      begun,
      reply,
      session,
      connect: opened,
      heartbeat,
      heartbeatWithConversation,
      opening,
      presence,
    },
    connection: connections.memory,
    stored,
  };
}

const residentOf = ({ gateway, worker, websocket }: Awaited<ReturnType<typeof memoryOf>>) => ({
  gateway: gateway.residentBytes,
  worker: worker.residentBytes,
  websocket: websocket.residentBytes,
});

/** Many partitions make small batches: what a callback costs where it shares its way with no other. */
async function measureDivided(options: StageOptions): Promise<Stage> {
  const env = { ...environment(9), PARLEY_QUEUE_PARTITIONS: '256' };
  await using cluster = await startCluster({ roles, oneRedis: true, redisOptions, env });
  const idle = await measureBase(cluster, options.measureMs);
  await using _ = await openChat(cluster, options);
  return (await measureCallbacks(cluster, options, idle)).known;
}

// A log that is written anew in between would be counted as written.
const redisOptions = { 'auto-aof-rewrite-percentage': '0' };

const environment = (otherPort: number) => ({
  PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${otherPort}`,
  PARLEY_QUEUE_MAX: '1000000',
  NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'report-memory.ts')).href}`,
});

function told(what: string): void {
  process.stderr.write(`${String(Math.round(process.uptime())).padStart(4)} s  ${what}\n`);
}

/** Four digits that count: the file is read by people, and further ones would be noise. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => name !== 'cpuOfRounds');
  return Object.fromEntries(kept.map(([name, each]) => [name, rounded(each)]));
}

const titles: Readonly<Record<keyof Measured['stages'], string>> = {
  message: 'visitor’s message, saturated',
  messageAtThousand: 'visitor’s message at 1,000/s',
  callback: 'callback, 16 partitions',
  callbackOfMany: 'callback, 256 partitions',
  begun: 'callback that begins a conversation',
  reply: 'answer, delivered to a platform',
  session: 'visitor’s session made',
  connect: 'socket opened',
  heartbeat: 'heartbeat without conversation',
  heartbeatWithConversation: 'heartbeat with a conversation',
  opening: 'conversation opened by an agent',
  presence: 'presence seen by one window',
};

function render({ base, stages, connection, stored, heard, directory }: Measured): string {
  const header = ['CPU µs of each', ...parts, 'all', '1/s'];
  const rows = Object.entries(titles).map(([name, title]) => {
    const one = stages[name as keyof Measured['stages']];
    const all = parts.reduce((sum, part) => sum + one.cpuUs[part], 0);
    return [
      title,
      ...parts.map((part) => formatNumber(one.cpuUs[part])),
      formatNumber(all),
      formatNumber(one.perSecond),
    ];
  });
  const bytesHeader = [
    'bytes of each',
    'clients',
    'to Redis',
    'to MariaDB',
    'disk Redis',
    'disk MariaDB',
    'syncs',
    'statements',
  ];
  const bytes = Object.entries(titles).map(([name, title]) => {
    const one = stages[name as keyof Measured['stages']];
    return [
      title,
      one.wireBytes === undefined ? '' : formatNumber(one.wireBytes),
      ...[one.redisWireBytes, one.mariadbWireBytes, one.redisDiskBytes, one.mariadbDiskBytes].map(formatNumber),
      one.mariadbSyncs.toFixed(3),
      one.statements.toFixed(2),
    ];
  });
  const idle = ['idle, CPU ms/s', ...parts.map((part) => formatNumber(base.cpuMsPerSecond[part])), '', ''];
  const mib = (value: number) => `${formatNumber(value / 2 ** 20)} MiB`;
  return [
    '',
    aligned([header, ...rows, idle]),
    '',
    aligned([bytesHeader, ...bytes]),
    '',
    `Memory of a process: gateway ${mib(base.memoryBytes.gateway)}, worker ${mib(base.memoryBytes.worker)}, websocket ${mib(base.memoryBytes.websocket)}.`,
    `Of a connection: websocket ${formatNumber(connection.websocketBytes)} bytes, Redis ${formatNumber(connection.redisBytes)}, load balancer ${formatNumber(connection.balancerBytes)}.`,
    `In MariaDB: a message ${formatNumber(stored.messageBase)} bytes and ${stored.messagePerTextByte.toFixed(2)} for each of its text; a conversation ${formatNumber(stored.conversations)}, a contact ${formatNumber(stored.contact)}, a platform’s id ${formatNumber(stored.receivedId)}.`,
    `What one process says and another hears: Redis ${heard.redisUs.toFixed(2)} µs, the process ${heard.processUs.toFixed(2)} µs, for each that hears it.`,
    `Who is there, read by one process: Redis ${directory.redisUs.toFixed(2)} µs, the process ${directory.processUs.toFixed(2)} µs, for each agent.`,
    '',
  ].join('\n');
}

function aligned(table: readonly (readonly string[])[]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table
    .map((cells) =>
      cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
    .join('\n');
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.stack}\n\n${usage}\n`);
  process.exit(2);
});
