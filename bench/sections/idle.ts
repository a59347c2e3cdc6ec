import { rm } from 'node:fs/promises';
import type { IdleCommands } from '../idle-client.ts';
import type { Options } from '../options.ts';
import { openFileLimit } from '../process-usage.ts';
import { row, type Section } from '../report.ts';
import { type MemoryUsage, makeDataDir, type ServerProcess, startParley, startReference } from '../server-process.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';

/** Files that a process has open beside the measured sockets. */
const otherFiles = 200;
/** Closed sockets leave the kernel's and the server's hands within this time. */
const settleMs = 1_000;

type Held = { readonly before: MemoryUsage; readonly after: MemoryUsage; readonly stayed: number };

/** @throws Error when this shell may not open as many files */
export function checkFileLimit(connections: number): void {
  const limit = openFileLimit();
  if (limit >= connections + otherFiles) return;
  throw new Error(
    `${connections} idle connections need ${connections + otherFiles} open files in one process, and ${limit} are allowed: ` +
      `raise it (ulimit -n ${connections + otherFiles}) or ask for fewer (--connections ${Math.max(1, limit - otherFiles)}).`,
  );
}

/** What a visitor's connection that says nothing costs in memory. */
export async function measureIdle(options: Options): Promise<Section> {
  const count = options.idleConnections;
  checkFileLimit(count);
  const bare = await holdBare(count);
  const parley = await holdParley(count);
  const each = (held: Held, read: (usage: MemoryUsage) => number) =>
    (read(held.after) - read(held.before)) / count / 1_024;
  const megabytes = (bytes: number) => bytes / 2 ** 20;
  const compared = (name: string, unit: string, read: (held: Held) => number) =>
    row(name, unit, [read(parley)], { name: 'bare ws, sockets only', rounds: [read(bare)] });
  return {
    id: 'idle',
    title: `Memory of an idle connection, at ${count.toLocaleString('en-US')} connections`,
    explanation: [
      'Each connection is a visitor with a session who has had the hello. Before the first reading, a fifth as many were',
      'opened and closed, so that the start is not a cold heap; garbage is collected before every reading. The sessions',
      "were made by a server process before this one. Resident memory is the process's as the kernel counts it, without",
      'the kernel\'s own socket buffers. It holds room that the heap keeps free, into which new connections go first: "in',
      'use" leaves that room out, before and after. One round.',
    ],
    rows: [
      compared('resident memory in use a connection', 'KiB', (held) => each(held, inUse)),
      compared('resident memory a connection', 'KiB', (held) => each(held, (usage) => usage.rss)),
      compared('heap a connection', 'KiB', (held) => each(held, (usage) => usage.heapUsed)),
      compared('resident memory before', 'MiB', ({ before }) => megabytes(before.rss)),
      compared('resident memory after', 'MiB', ({ after }) => megabytes(after.rss)),
    ],
    checks: [
      {
        claim: 'every connection had its hello and stayed open',
        holds: parley.stayed === count && bare.stayed === count,
        detail: `${parley.stayed} of ${count}; beside it ${bare.stayed} of ${count}`,
      },
    ],
  };
}

/** Resident memory without the pages that the heap has and does not use. */
function inUse({ rss, heapTotal, heapUsed }: MemoryUsage): number {
  return rss - (heapTotal - heapUsed);
}

/** The sessions are made by a server that ends before the one that is measured: requests leave room in a heap. */
async function holdParley(count: number): Promise<Held> {
  const dataDir = await makeDataDir();
  try {
    await using client = startIdleClient();
    await prepareVisitors(client, dataDir, count);
    await using server = await startParley({ memory: true, dataDir });
    // Awaited here: what is `using` ends when the function does.
    return await hold(server, client, { path: '/ws/visitor', count });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function prepareVisitors(client: WorkerProcess<IdleCommands>, dataDir: string, count: number): Promise<void> {
  await using server = await startParley({ dataDir });
  await client.call('prepare', { port: server.port, account: server.account, count });
}

async function holdBare(count: number): Promise<Held> {
  await using server = await startReference('ws-echo', { memory: true });
  await using client = startIdleClient();
  return await hold(server, client, { path: '/', count });
}

function startIdleClient(): WorkerProcess<IdleCommands> {
  return startWorker<IdleCommands>(new URL('../idle-client.ts', import.meta.url));
}

async function hold(
  server: ServerProcess,
  client: WorkerProcess<IdleCommands>,
  { path, count }: { path: string; count: number },
): Promise<Held> {
  const target = { port: server.port, path };
  await client.call('open', { ...target, count: Math.ceil(count / 5) });
  await client.call('close');
  await settle();
  const before = await server.memory();
  await client.call('open', { ...target, count });
  await settle();
  const after = await server.memory();
  return { before, after, stayed: await client.call('close') };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, settleMs));
}
