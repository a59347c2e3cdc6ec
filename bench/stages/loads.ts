import { type Cluster, clusterAdmin } from '../../server/testing/cluster.ts';
import type { CallbackCommands } from '../callback-client.ts';
import type { ChatCommands } from '../chat-client.ts';
import type { HttpCommands } from '../http-client.ts';
import type { IdleCommands } from '../idle-client.ts';
import { parleyApi, signIn } from '../parley-api.ts';
import { residentBytes } from '../process-usage.ts';
import { secret } from '../references/hmac.ts';
import { median } from '../statistics.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';
import { type Costs, costsBetween, type Part, parts, pidsOf, read } from './readings.ts';

export interface StageOptions {
  readonly rounds: number;
  readonly measureMs: number;
  readonly visitors: number;
  readonly agents: number;
  /** Unanswered messages of each visitor at saturation. */
  readonly window: number;
  readonly connections: number;
  readonly callbacks: number;
  readonly warmRounds: number;
  readonly contacts: number;
}

/** What one load cost: the middle of its rounds, figure by figure, and the bytes that its clients saw. */
export type Stage = Costs & { readonly wireBytes?: number; readonly cpuOfRounds: Readonly<Record<Part, number[]>> };

/** CPU milliseconds a second of each part. */
export type Idle = Readonly<Record<Part, number>>;

const script = (name: string) => new URL(`../${name}.ts`, import.meta.url);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const portOf = (url: string) => Number(new URL(url).port);

/** Runs the rounds of a load; each answers how many units it was, and what its clients saw of it on the wire. */
async function stage(
  cluster: Cluster,
  rounds: number,
  idle: Idle | undefined,
  run: (round: number) => Promise<{ count: number; wireBytes?: number }>,
): Promise<Stage> {
  const costs: Costs[] = [];
  const wire: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = await read(cluster);
    const { count, wireBytes } = await run(round);
    const after = await read(cluster);
    costs.push(costsBetween(before, after, { count, ...(idle === undefined ? {} : { idle }) }));
    if (wireBytes !== undefined) wire.push(wireBytes / count);
  }
  return { ...middleOf(costs), ...(wire.length === 0 ? {} : { wireBytes: median(wire) }) };
}

function middleOf(costs: readonly Costs[]): Omit<Stage, 'wireBytes'> {
  const names = Object.keys(costs[0] ?? {}).filter((name) => name !== 'cpuUs') as Exclude<keyof Costs, 'cpuUs'>[];
  const figures = Object.fromEntries(names.map((name) => [name, median(costs.map((one) => one[name]))]));
  const cpuOfRounds = Object.fromEntries(parts.map((part) => [part, costs.map(({ cpuUs }) => cpuUs[part])]));
  const cpuUs = Object.fromEntries(parts.map((part) => [part, median(costs.map((one) => one.cpuUs[part]))]));
  return { ...figures, cpuUs, cpuOfRounds } as unknown as Omit<Stage, 'wireBytes'>;
}

/** Nothing happens: what the parts use nevertheless. */
export async function measureBase(cluster: Cluster, forMs: number): Promise<Idle> {
  await pause(2_000);
  const before = await read(cluster);
  await pause(forMs);
  const after = await read(cluster);
  const seconds = (after.atMs - before.atMs) / 1_000;
  return Object.fromEntries(
    parts.map((part) => [part, (after.cpuMs[part] - before.cpuMs[part]) / seconds]),
  ) as unknown as Idle;
}

/** Memory of a process, with garbage collected, in bytes. */
export interface Memory {
  /** Without what its heap keeps free. */
  readonly residentBytes: number;
  /** What its objects and their buffers take up: finer than the pages of the system. */
  readonly objectBytes: number;
}

/** … of each role, the mean of its processes. */
export async function memoryOf(cluster: Cluster): Promise<Record<'gateway' | 'worker' | 'websocket', Memory>> {
  const roles = ['gateway', 'worker', 'websocket'] as const;
  const all = await Promise.all(
    roles.map(async (role) => {
      const each = await Promise.all(
        cluster.of(role).map(async ({ url, process: { pid } }) => {
          process.kill(pid, 'SIGUSR2');
          await pause(1_000);
          const text = await (await fetch(`${url}/metrics`)).text();
          const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
          const used = value('nodejs_heap_size_used_bytes');
          return {
            residentBytes: value('process_resident_memory_bytes') - value('nodejs_heap_size_total_bytes') + used,
            objectBytes: used + value('nodejs_external_memory_bytes'),
          };
        }),
      );
      const mean = (name: keyof Memory) => each.reduce((sum, one) => sum + one[name], 0) / each.length;
      return [role, { residentBytes: mean('residentBytes'), objectBytes: mean('objectBytes') }];
    }),
  );
  return Object.fromEntries(all);
}

/** Visitors write on the web, and agents read: as fast as it goes, and at a thousand a second. */
export async function openChat(
  cluster: Cluster,
  { visitors, agents }: StageOptions,
): Promise<WorkerProcess<ChatCommands>> {
  const chat = startWorker<ChatCommands>(script('chat-client'));
  const pids = Object.values(pidsOf(cluster)).flat();
  await chat.call('openParley', { port: portOf(cluster.url), pids, account: clusterAdmin, visitors, agents });
  return chat;
}

export async function measureChat(
  cluster: Cluster,
  chat: WorkerProcess<ChatCommands>,
  { rounds, measureMs, window }: StageOptions,
  idle: Idle,
): Promise<{ busy: Stage; slow: Stage }> {
  const counted = async (load: () => Promise<unknown>) => {
    const [before, wire] = [await chat.call('tally'), await chat.call('wireBytes')];
    await load();
    const after = await chat.call('tally');
    if (after.refused > 0 || after.missing > 0) throw new Error(`Messages were lost: ${JSON.stringify(after)}`);
    return { count: after.sent - before.sent, wireBytes: (await chat.call('wireBytes')) - wire };
  };
  const saturate = () => counted(() => chat.call('saturate', { window, warmMs: 0, measureMs }));
  await saturate();
  return {
    busy: await stage(cluster, rounds, idle, saturate),
    slow: await stage(cluster, rounds, idle, () =>
      counted(() => chat.call('atRate', { perSecond: 1_000, warmMs: 0, measureMs })),
    ),
  };
}

/**
 * A platform posts signed callbacks until each is a message on an agent's screen: of customers who have a conversation,
 * and of new ones, whose conversation is made and given to an agent first.
 */
export async function measureCallbacks(
  cluster: Cluster,
  { rounds, callbacks, warmRounds, contacts }: StageOptions,
  idle: Idle,
): Promise<{ known: Stage; begun: Stage }> {
  await using client = startWorker<CallbackCommands>(script('callback-client'));
  const [id] = await makeWebhooks(cluster, 1);
  const [gateway = 0] = pidsOf(cluster).gateway;
  const target = { kind: 'webhook', port: portOf(cluster.url), pid: gateway, path: `/hooks/${id}` } as const;
  const post = async (count: number, contacts: number) => {
    const result = await client.call('post', { ...target, count, contacts, connections: 64, withinMs: 10_000 });
    if (result.statuses[200] !== result.answered) throw new Error(`Refused: ${JSON.stringify(result.statuses)}`);
    await untilQueueIsEmpty(cluster);
    return { count: result.answered, wireBytes: result.wireBytes };
  };
  for (let round = 0; round < warmRounds; round++) await post(callbacks, contacts);
  await untilAssigned(cluster);
  const known = await stage(cluster, rounds, idle, () => post(callbacks, contacts));
  const begun = await stage(cluster, rounds, idle, async () => {
    const posted = await post(Math.ceil(callbacks / 6), Number.MAX_SAFE_INTEGER);
    await untilAssigned(cluster);
    return posted;
  });
  return { known, begun };
}

/** Agents answer customers of platforms, and each answer is posted to the platform. */
export async function measureReplies(
  cluster: Cluster,
  chat: WorkerProcess<ChatCommands>,
  other: { client: WorkerProcess<HttpCommands>; port: number },
  { rounds }: StageOptions,
  idle: Idle,
): Promise<Stage> {
  const channels = await makeWebhooks(cluster, 20, `http://127.0.0.1:${other.port}/`);
  const conversationIds = await writeFirst(cluster, channels, 10);
  const reply = async () => {
    const before = await other.client.call('received');
    const count = 400;
    await chat.call('reply', { conversationIds, count, underway: 64 });
    await until('all deliveries', async () => (await other.client.call('received')) >= before + count);
    await until('their end to be noted', async () => (await countOf(cluster, 'outbox')) === 0);
    return { count };
  };
  await reply();
  return stage(cluster, rounds, idle, reply);
}

/** Visitors open a window, hear the greeting, ask now and then whether they are whole, and wait. */
export async function measureConnections(cluster: Cluster, { connections }: StageOptions, idle: Idle) {
  await using client = startWorker<IdleCommands>(script('idle-client'));
  const target = { port: portOf(cluster.url), path: '/ws/visitor' };
  const prepare = (count: number) => client.call('prepare', { port: target.port, account: clusterAdmin, count });
  const open = async (count: number) => {
    await client.call('open', { ...target, count });
    return { count };
  };
  const ask = async (frame: object) => {
    await client.call('ask', { frame, overMs: 5_000 });
    return { count: connections };
  };
  await prepare(Math.ceil(connections / 5));
  const session = await stage(cluster, 1, idle, async () => {
    await prepare(connections);
    return { count: connections };
  });
  await open(Math.ceil(connections / 5));
  await client.call('close');
  await pause(1_000);
  const before = {
    memory: await memoryOf(cluster),
    redis: (await read(cluster)).redisMemoryBytes,
    balancer: balancerBytes(cluster),
  };
  const opened = await stage(cluster, 1, idle, () => open(connections));
  await pause(1_000);
  const after = {
    memory: await memoryOf(cluster),
    redis: (await read(cluster)).redisMemoryBytes,
    balancer: balancerBytes(cluster),
  };
  const [newcomer, whole] = [{ have: {} }, { have: { '1': { seq: 1, changes: 0 } } }];
  const heartbeat = await stage(cluster, 2, idle, () => ask({ type: 'heartbeat', data: newcomer }));
  const heartbeatWithConversation = await stage(cluster, 2, idle, () => ask({ type: 'heartbeat', data: whole }));
  const stayed = await client.call('close');
  if (stayed !== connections) throw new Error(`Only ${stayed} of ${connections} connections stayed open.`);
  const processes = cluster.of('websocket').length;
  return {
    session,
    opened,
    heartbeat,
    heartbeatWithConversation,
    memory: {
      websocketBytes:
        ((after.memory.websocket.objectBytes - before.memory.websocket.objectBytes) * processes) / connections,
      redisBytes: (after.redis - before.redis) / connections,
      balancerBytes: (after.balancer - before.balancer) / connections,
    },
  };
}

/** An agent's window hears of every other agent's presence and load. */
export async function measurePresence(cluster: Cluster, idle: Idle): Promise<Stage> {
  await using client = startWorker<IdleCommands>(script('idle-client'));
  const [windows, times] = [200, 60];
  const port = portOf(cluster.url);
  await client.call('prepareAgent', { port, account: clusterAdmin, count: windows });
  await client.call('open', { port, path: '/ws/agent', count: windows });
  const flicker = async () => {
    await client.call('flicker', { times });
    return { count: windows * times };
  };
  await flicker();
  const costs = await stage(cluster, 2, idle, flicker);
  await client.call('close');
  return costs;
}

/** An agent opens a conversation: its last fifty messages, what is known of it, and the list beside it. */
export async function measureReads(
  cluster: Cluster,
  client: WorkerProcess<HttpCommands>,
  { rounds }: StageOptions,
  idle: Idle,
): Promise<Stage> {
  const port = portOf(cluster.url);
  const token = await signIn(port, clusterAdmin);
  const { items } = await parleyApi(port, token).get<{ items: { id: string }[] }>('/api/v1/conversations?limit=100');
  const paths = items.flatMap(({ id }) => [
    `/api/v1/conversations/${id}/messages?limit=50`,
    `/api/v1/conversations/${id}/context`,
    '/api/v1/conversations?status=open&limit=30',
  ]);
  const requests = Array.from({ length: 600 }, (_, index) =>
    [
      `GET ${paths[index % paths.length]} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${token}`,
      '\r\n',
    ].join('\r\n'),
  );
  const send = async () => {
    const { statuses, wireBytes } = await client.call('send', { port, requests, connections: 16 });
    if (statuses[200] !== requests.length) throw new Error(`Reads were refused: ${JSON.stringify(statuses)}`);
    return { count: requests.length / 3, wireBytes };
  };
  await send();
  return stage(cluster, rounds, idle, send);
}

async function makeWebhooks(cluster: Cluster, count: number, outboundUrl?: string): Promise<string[]> {
  const port = portOf(cluster.url);
  const api = parleyApi(port, await signIn(port, clusterAdmin));
  const out = outboundUrl === undefined ? {} : { outboundUrl, outboundSecret: secret };
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const made = await api.post<{ id: string }>('/api/v1/channels', {
      type: 'webhook',
      name: `Benchmark ${ids.length}`,
      settings: { inboundSecret: secret, ...out },
    });
    ids.push(made.id);
  }
  // Every process has heard of it.
  await pause(1_000);
  return ids;
}

/** One message of each of so many customers of each channel, so that there is a conversation to answer in. */
async function writeFirst(cluster: Cluster, channels: readonly string[], contacts: number): Promise<string[]> {
  await using client = startWorker<CallbackCommands>(script('callback-client'));
  const [gateway = 0] = pidsOf(cluster).gateway;
  for (const id of channels) {
    const run = { kind: 'webhook', path: `/hooks/${id}`, pid: gateway, withinMs: 10_000 } as const;
    await client.call('post', { ...run, port: portOf(cluster.url), count: contacts, contacts, connections: 1 });
  }
  await untilQueueIsEmpty(cluster);
  await untilAssigned(cluster);
  const list = channels.map((id) => `'${id}'`).join(', ');
  const rows = await cluster.mariadb.query(
    cluster.databaseUrl,
    `select id from conversations where channel_id in (${list}) order by id`,
  );
  return rows.map(({ id }) => String(id));
}

async function untilQueueIsEmpty({ redis }: Cluster): Promise<void> {
  const total =
    "local n = 0 for _, key in ipairs(redis.call('keys', 'parley:{q*}:in')) do n = n + redis.call('xlen', key) end return n";
  await until('an empty queue', async () => (await redis.nodes[0]?.cli('eval', total, '0')) === '0');
}

async function untilAssigned(cluster: Cluster): Promise<void> {
  await until('every conversation to have its agent', async () => {
    const rows = await cluster.mariadb.query(
      cluster.databaseUrl,
      "select count(*) as n from conversations where status = 'queued'",
    );
    return Number(rows[0]?.n) === 0;
  });
}

/** Looks seldom, because looking costs what is measured. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds()); await pause(100)) {
    if (Date.now() > deadline) throw new Error(`Waited a minute in vain for ${what}.`);
  }
}

async function countOf(cluster: Cluster, table: 'outbox'): Promise<number> {
  const [row] = await cluster.mariadb.query(cluster.databaseUrl, `select count(*) as n from ${table}`);
  return Number(row?.n);
}

function balancerBytes(cluster: Cluster): number {
  return residentBytes(cluster.balancer.pid);
}
