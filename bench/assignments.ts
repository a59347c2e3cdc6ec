import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { subprotocol } from '@parley/sdk/protocol.ts';
import { WebSocket } from 'ws';
import { type Cluster, clusterAdmin, clusterMissing, startCluster } from '../server/testing/cluster.ts';
import type { CallbackCommands } from './callback-client.ts';
import { parleyApi, signIn } from './parley-api.ts';
import { cpuMs, serverPids } from './process-usage.ts';
import { type Check, describeMachine, renderLoad, renderSection, row, type Section, writeJson } from './report.ts';
import { createChannel } from './sections/callbacks.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

const usage = 'npm run bench:assignments -- [--workers N] [--waiting N] [--agents N] [--rounds R] [--json FILE]';
const targetPerSecond = 1_000;
/** More than any round gives to one agent. */
const capacity = 1_000;
const roundAtMostMs = 120_000;

interface Size {
  readonly waiting: number;
  readonly agents: number;
  readonly rounds: number;
}

/** What one round has shown: from the first assignment that is stored to the last one. */
interface Round {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** How fast conversations that wait are given out when agents come, on MariaDB and Redis, with everything that follows. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '4' },
      waiting: { type: 'string', default: '10000' },
      agents: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const workers = Number(values.workers);
  const size = { waiting: Number(values.waiting), agents: Number(values.agents), rounds: Number(values.rounds) };
  if (![workers, ...Object.values(size)].every((n) => Number.isInteger(n) && n >= 1)) throw new Error(usage);
  const missing = clusterMissing();
  if (missing !== false) throw new Error(missing);
  const machine = describeMachine();
  process.stdout.write(
    `Assignments, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}. All processes, MariaDB, Redis and the windows of the\n` +
      `agents share these cores.\n${renderLoad(machine)}\n`,
  );
  const many = await measure(workers, size);
  const one = workers === 1 ? many : await measure(1, size);
  const section = sectionOf(workers, size, many, one);
  process.stdout.write(renderSection(section));
  if (values.json !== undefined) await writeJson(values.json, { machine, size, sections: [section] });
  if (section.checks.some(({ holds }) => !holds)) process.exitCode = 1;
}

interface Measured {
  readonly rounds: readonly Round[];
  readonly given: number;
  readonly twice: number;
  readonly over: number;
}

async function measure(workers: number, size: Size): Promise<Measured> {
  await using cluster = await startCluster({ roles: { gateway: 1, worker: workers, websocket: 1 }, oneRedis: true });
  await using client = startWorker<CallbackCommands>(new URL('./callback-client.ts', import.meta.url));
  const port = Number(new URL(cluster.url).port);
  const channelId = await createChannel({ port, account: clusterAdmin }, 'webhook');
  const desks = await openDesks(cluster, size.agents);
  const rounds: Round[] = [];
  try {
    for (let i = 0; i < size.rounds; i++) rounds.push(await playRound(cluster, client, { channelId, desks, ...size }));
  } finally {
    for (const desk of desks) desk.close();
  }
  return { rounds, ...(await booksOf(cluster)) };
}

/** One agent's window. */
interface Desk {
  /** Resolves when the server has answered. */
  choose(status: 'online' | 'busy'): Promise<void>;
  close(): void;
}

/** Agents who are busy. Their sessions are written straight into the store: signing in is not what is measured. */
async function openDesks(cluster: Cluster, count: number): Promise<Desk[]> {
  const port = Number(new URL(cluster.url).port);
  const api = parleyApi(port, await signIn(port, clusterAdmin));
  const desks: Desk[] = [];
  for (let n = 0; n < count; n++) {
    const account = { email: `agent-${n}@parley.test`, name: `Agent ${n}`, password: 'password of an agent' };
    const { id } = await api.post<{ id: string }>('/api/v1/agents', { ...account, capacity });
    const token = randomBytes(32).toString('base64url');
    const hash = createHash('sha256').update(token).digest('hex');
    const session = 'insert into sessions (token_hash, agent_id, created_at, expires_at) values (?, ?, ?, ?)';
    await cluster.mariadb.query(cluster.databaseUrl, session, [hash, id, Date.now(), Date.now() + 3_600_000]);
    const desk = await openDesk(cluster.url, token);
    await desk.choose('busy');
    desks.push(desk);
  }
  return desks;
}

async function openDesk(url: string, token: string): Promise<Desk> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/agent`, [subprotocol, `bearer.${token}`]);
  const answered = new Map<string, () => void>();
  const { promise: greeted, resolve, reject } = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as { type: string; id?: string };
    if (frame.type === 'hello') resolve();
    if (frame.id !== undefined) answered.get(frame.id)?.();
  });
  socket.on('close', (code) => reject(new Error(`A window was closed (${code}).`)));
  await greeted;
  let asked = 0;
  return {
    choose: (status) =>
      new Promise((done) => {
        const id = String(++asked);
        answered.set(id, done);
        socket.send(JSON.stringify({ id, type: 'presence', data: { status } }));
      }),
    close: () => {
      socket.removeAllListeners('close');
      socket.terminate();
    },
  };
}

async function playRound(
  cluster: Cluster,
  client: WorkerProcess<CallbackCommands>,
  { channelId, desks, waiting }: Size & { channelId: string; desks: readonly Desk[] } & { waiting: number },
): Promise<Round> {
  const [gateway] = cluster.of('gateway');
  await client.call('post', {
    ...{ kind: 'webhook', path: `/hooks/${channelId}`, connections: 16, withinMs: roundAtMostMs },
    ...{ count: waiting, contacts: Number.MAX_SAFE_INTEGER },
    ...{ port: Number(new URL(gateway?.url ?? cluster.url).port), pid: gateway?.process.pid ?? 0 },
  });
  const ask = async (sql: string) => Number((await cluster.mariadb.query(cluster.databaseUrl, sql))[0]?.n);
  const countOf = (status: string) => ask(`select count(*) as n from conversations where status = '${status}'`);
  await until(async () => (await countOf('queued')) === waiting);
  const before = await countOf('agent');
  const used = usedMs(cluster);
  const last = await ask("select max(at) as n from routing_decisions where kind = 'assign'");
  await Promise.all(desks.map((desk) => desk.choose('online')));
  await until(async () => (await countOf('agent')) === before + waiting);
  const cpuUs = ((usedMs(cluster) - used) * 1_000) / waiting;
  // The decision's time is when it was made: the last one is stored by now.
  const since = `from messages where seq > 1 and content like '%conversation.assigned%' and created_at > ${Number.isNaN(last) ? 0 : last}`;
  const tookMs = await ask(`select max(created_at) - min(created_at) as n ${since}`);
  await Promise.all(desks.map((desk) => desk.choose('busy')));
  return { perSecond: waiting / (tookMs / 1_000), cpuUs };
}

const usedMs = (cluster: Cluster): number => serverPids(cluster).reduce((sum, pid) => sum + cpuMs(pid), 0);

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + roundAtMostMs; !(await holds()); await pause(100)) {
    if (Date.now() > deadline) throw new Error('It takes longer than it may: the round is given up.');
  }
}

/** What the database has in the end. */
async function booksOf({ mariadb, databaseUrl }: Cluster): Promise<Omit<Measured, 'rounds'>> {
  const ask = async (sql: string) => Number((await mariadb.query(databaseUrl, sql))[0]?.n);
  return {
    given: await ask("select count(*) as n from conversations where status = 'agent'"),
    twice: await ask(
      "select count(*) as n from (select conversation_id from routing_decisions where kind = 'assign' group by conversation_id having count(*) > 1) as twice",
    ),
    over: await ask(
      `select count(*) as n from (select assignee_id from conversations where status = 'agent' group by assignee_id having sum(load_weight) > ${capacity * 100}) as full`,
    ),
  };
}

function sectionOf(workers: number, size: Size, many: Measured, one: Measured): Section {
  const reference = (read: (round: Round) => number) => ({ name: '1 worker', rounds: one.rounds.map(read) });
  const line = (what: string, unit: string, read: (round: Round) => number) =>
    row(what, unit, many.rounds.map(read), reference(read));
  const slowest = Math.min(...many.rounds.map(({ perSecond }) => perSecond));
  const number = (n: number) => n.toLocaleString('en-US');
  return {
    id: 'assignments',
    title: `Assignments with ${workers} workers, 1 gateway, 1 websocket, MariaDB and Redis`,
    explanation: [
      `${number(size.waiting)} conversations wait; then ${number(size.agents)} agents, each with a window open, come online at once. An assignment is one`,
      'transaction (owner, room, timeline, decision record), and its agent and all who look on are told. Beside it one worker.',
    ],
    rows: [
      line('assignments', '1/s', ({ perSecond }) => perSecond),
      line('CPU an assignment, all servers', 'µs', ({ cpuUs }) => cpuUs),
    ],
    checks: [
      {
        claim: `at least ${number(targetPerSecond)} assignments a second, in every round`,
        holds: slowest >= targetPerSecond,
        detail: `${number(Math.round(slowest))} in the slowest`,
      },
      ...[many, one].map(
        (of, index): Check => ({
          claim: `${index === 0 ? 'many workers' : 'one worker'}: all are given, none twice, and nobody has more than they can take`,
          holds: of.given === size.waiting * size.rounds && of.twice === 0 && of.over === 0,
          detail: `${number(of.given)} given, ${of.twice} twice, ${of.over} agents over`,
        }),
      ),
    ],
  };
}

await main();
