import { clusterAdmin, clusterMissing, type NodeRole, startCluster } from '../server/testing/cluster.ts';
import type { ChatCommands } from './chat-client.ts';
import type { Window } from './message-load.ts';
import { type Options, readOptions } from './options.ts';
import { serverPids } from './process-usage.ts';
import { describeMachine, renderLoad, renderSection, row, type Section, writeJson } from './report.ts';
import { measureQueueSync } from './sections/queue-sync.ts';
import { profileArgs, startParley } from './server-process.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

/** One way to run Parley, with a load client of its own whose sockets stay open. */
interface Side {
  readonly name: string;
  readonly client: WorkerProcess<ChatCommands>;
}

const usage = 'npm run bench:cluster -- [--quick] [--rounds R] [--seconds S] [--visitors N] [--window W] [--json FILE]';

const shapes: readonly { name: string; roles: Partial<Record<NodeRole, number>> }[] = [
  { name: 'one process, MariaDB and Redis', roles: { all: 1 } },
  { name: '2 equal processes', roles: { all: 2 } },
  { name: '1 gateway, 1 worker, 2 websockets', roles: { gateway: 1, worker: 1, websocket: 2 } },
];

/** The same load on one process with SQLite, and on MariaDB and Redis in several shapes, in turn. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const missing = clusterMissing();
  if (missing !== false) throw new Error(missing);
  const machine = describeMachine();
  process.stdout.write(
    `Parley on several processes, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}. Servers, databases, load balancer and\n` +
      `load client share these cores, so that more processes cannot be faster here: what counts is what a message costs.\n${renderLoad(machine)}\n`,
  );
  await using parts = new AsyncDisposableStack();
  const alone = await openAlone(parts, options);
  const sections: Section[] = [];
  for (const { name, roles } of shapes) {
    await using own = new AsyncDisposableStack();
    const side = await openCluster(own, name, roles, options);
    const section = await measure(side, alone, options);
    process.stdout.write(renderSection(section));
    sections.push(section);
  }
  const queueSync = await measureQueueSync(options);
  process.stdout.write(renderSection(queueSync));
  sections.push(queueSync);
  if (options.json !== undefined) await writeJson(options.json, { machine, options, sections });
  if (sections.some(({ checks }) => checks.some(({ holds }) => !holds))) process.exitCode = 1;
}

async function openClient(
  parts: AsyncDisposableStack,
  options: Options,
  target: { port: number; pids: readonly number[]; account: { email: string; password: string } },
): Promise<WorkerProcess<ChatCommands>> {
  const client = parts.use(startWorker<ChatCommands>(new URL('./chat-client.ts', import.meta.url)));
  const { visitors, agents } = options;
  await client.call('openParley', { ...target, visitors, agents });
  return client;
}

async function openAlone(parts: AsyncDisposableStack, options: Options): Promise<Side> {
  const { port, pid, account } = parts.use(await startParley());
  return { name: 'one process on SQLite', client: await openClient(parts, options, { port, pids: [pid], account }) };
}

async function openCluster(
  parts: AsyncDisposableStack,
  name: string,
  roles: Partial<Record<NodeRole, number>>,
  options: Options,
): Promise<Side> {
  const cluster = parts.use(await startCluster({ roles, oneRedis: true, nodeArgs: profileArgs() }));
  const pids = serverPids(cluster);
  // One process is asked directly, as on SQLite: the load balancer is no part of it.
  const [only] = cluster.nodes;
  const port = Number(new URL(cluster.nodes.length === 1 && only !== undefined ? only.url : cluster.url).port);
  return { name, client: await openClient(parts, options, { port, pids, account: clusterAdmin }) };
}

async function measure(side: Side, alone: Side, options: Options): Promise<Section> {
  const { window, warmMs, measureMs, rateMs } = options;
  const saturated: Window[][] = [];
  const atRate: { p50Ms: number; p99Ms: number }[][] = [];
  for (let round = 0; round < options.rounds; round++) {
    const both = [];
    const slow = [];
    for (const { client } of [side, alone]) {
      both.push(await client.call('saturate', { window, warmMs, measureMs }));
      slow.push(await client.call('atRate', { perSecond: 1_000, warmMs: rateMs / 3, measureMs: rateMs }));
    }
    saturated.push(both);
    atRate.push(slow);
  }
  const tally = await side.client.call('tally');
  const rows = <T>(rounds: readonly (readonly T[])[], read: (one: T) => number) => ({
    own: rounds.map(([own]) => read(own as T)),
    reference: { name: alone.name, rounds: rounds.map(([, reference]) => read(reference as T)) },
  });
  const line = <T>(what: string, unit: string, of: readonly (readonly T[])[], read: (one: T) => number) => {
    const { own, reference } = rows(of, read);
    return row(what, unit, own, reference);
  };
  return {
    id: side.name,
    title: side.name,
    explanation: [
      `${options.visitors} visitors with ${window} unanswered messages each, ${options.agents} agents who read; then 1,000 messages a second. CPU is that of`,
      'all server processes, of MariaDB and of Redis, and not of the load balancer.',
    ],
    rows: [
      line('delivered messages', '1/s', saturated, ({ perSecond }) => perSecond),
      line('CPU a message', 'µs', saturated, ({ serverCpuUs }) => serverCpuUs),
      line('latency p50', 'ms', saturated, ({ p50Ms }) => p50Ms),
      line('latency p99', 'ms', saturated, ({ p99Ms }) => p99Ms),
      line('p50 at 1,000 messages/s', 'ms', atRate, ({ p50Ms }) => p50Ms),
      line('p99 at 1,000 messages/s', 'ms', atRate, ({ p99Ms }) => p99Ms),
    ],
    checks: [
      {
        claim: "every message was answered, and the agents' sockets had it once",
        holds: tally.answered === tally.sent && tally.refused === 0 && tally.missing === 0 && tally.twice === 0,
        detail: `${tally.sent} sent, ${tally.refused} refused, ${tally.missing} missing, ${tally.twice} twice`,
      },
    ],
  };
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n\n${usage}\n`);
  process.exit(2);
});
