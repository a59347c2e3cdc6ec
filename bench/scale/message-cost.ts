import type { TestRedis } from '../../server/testing/redis.ts';
import { startRedis } from '../../server/testing/redis.ts';
import { type Check, type Row, row, type Section } from '../report.ts';
import type { SpreadCommands, SpreadWindow } from '../spread-client.ts';
import { median } from '../statistics.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';
import { agentEmail, agentPassword } from './fill.ts';
import type { ScaleOptions } from './options.ts';
import type { EngineName, StoreName, Stores } from './stores.ts';

/** A ratio up to here counts as flat: two runs of the same differ by as much on a shared machine. */
export const flat = 1.25;
const writers = 8;
/** Unanswered messages of each writer. */
const window = 16;
const idleMs = 10_000;
/** Added to the owner's epoch of a conversation that this benchmark has opened: so it is closed again as it was. */
const openedEpoch = 1_000;

/** A server on a filled store, and those who write to it. */
interface Rig extends AsyncDisposable {
  readonly client: WorkerProcess<SpreadCommands>;
}

async function openRig(stores: Stores, engine: EngineName, store: StoreName): Promise<Rig> {
  const parts = new AsyncDisposableStack();
  try {
    // MariaDB beside Redis, as an installation of many processes has them.
    const redis = engine === 'mariadb' ? parts.use(await startRedis()) : undefined;
    const env: Record<string, string> = redis === undefined ? {} : { PARLEY_REDIS_URL: redis.url };
    const server = parts.use(await stores.start(engine, store, { env }));
    const client = parts.use(startWorker<SpreadCommands>(new URL('../spread-client.ts', import.meta.url)));
    const pids = {
      server: [server.pid],
      ...(redis === undefined ? {} : { mariadb: [(await stores.mariaDb()).server.pid], redis: pidsOf(redis) }),
    };
    const accounts = Array.from({ length: writers }, (_, n) => ({ email: agentEmail(n), password: agentPassword }));
    await client.call('open', { port: server.port, accounts, pids });
    return { client, [Symbol.asyncDispose]: () => parts.disposeAsync() };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

const pidsOf = (redis: TestRedis): number[] => redis.nodes.map(({ pid }) => pid);

/** Of the web channel: what is said in them has arrived when it is stored, and no delivery runs beside what is measured. */
async function openConversations(stores: Stores, engine: EngineName, store: StoreName): Promise<Int32Array> {
  const onTheWeb = "channel_id in (select id from channels where type = 'web')";
  const open = `select id from conversations where status <> 'closed' and ${onTheWeb} order by id`;
  const rows = await stores.query(engine, store, open);
  return Int32Array.from(rows, ({ id }) => Number(id));
}

/** What a message costs where a million are stored, and where twenty are. */
export async function measureStored(stores: Stores, engine: EngineName, options: ScaleOptions): Promise<Section> {
  const { rounds, warmMs, measureMs } = options;
  const measured: Record<StoreName, SpreadWindow[]> = { small: [], large: [] };
  const into: Record<StoreName, number> = { small: 0, large: 0 };
  {
    await using small = await openRig(stores, engine, 'small');
    await using large = await openRig(stores, engine, 'large');
    const sides = [
      ['large', large, await openConversations(stores, engine, 'large')],
      ['small', small, await openConversations(stores, engine, 'small')],
    ] as const;
    for (const [store, , conversations] of sides) into[store] = conversations.length;
    for (let round = -1; round < rounds; round++) {
      for (const [store, { client }, conversations] of sides) {
        const got = await client.call('saturate', { conversations, window, warmMs, measureMs });
        // The first warms both up.
        if (round >= 0) measured[store].push(got);
      }
    }
  }
  const facts = { small: await stores.facts(engine, 'small'), large: await stores.facts(engine, 'large') };
  const count = (store: StoreName) => facts[store].messages.toLocaleString('en-US');
  const reference = `${count('small')} messages stored`;
  return {
    id: `messages-${engine}`,
    title: `A message, with ${count('large')} stored (${nameOf[engine]})`,
    explanation: [
      `${writers} agents keep ${window} unanswered messages each under way, each into another of ${into.large.toLocaleString('en-US')}`,
      `open conversations of the web chat in turn (of the smaller store ${into.small.toLocaleString('en-US')});`,
      'a message counts when it is answered: committed and synced. Beside it the same on a smaller store, in turn.',
    ],
    rows: rowsOf(measured.large, measured.small, reference),
    checks: [flatCheck('a message costs the same', measured.large, measured.small), noneRefused(measured)],
  };
}

/** What a message costs where ten thousand conversations are open, and where a million are. */
export async function measureOpen(stores: Stores, engine: EngineName, options: ScaleOptions): Promise<Section> {
  const { rounds, warmMs, measureMs } = options;
  const some = await openConversations(stores, engine, 'large');
  const load = { window, warmMs, measureMs };
  const measured: Record<'few' | 'all' | 'someOfAll', SpreadWindow[]> = { few: [], all: [], someOfAll: [] };
  const idle: Record<'few' | 'all', Record<string, number>> = { few: {}, all: {} };
  await leaveNothingToFollow(stores, engine);
  {
    await using rig = await openRig(stores, engine, 'large');
    idle.few = await rig.client.call('idle', idleMs);
    for (let round = -1; round < rounds; round++) {
      const got = await rig.client.call('saturate', { ...load, conversations: some });
      if (round >= 0) measured.few.push(got);
    }
  }
  await openAll(stores, engine);
  await leaveNothingToFollow(stores, engine);
  const all = await openConversations(stores, engine, 'large');
  try {
    await using rig = await openRig(stores, engine, 'large');
    idle.all = await rig.client.call('idle', idleMs);
    for (let round = -1; round < rounds; round++) {
      const ofAll = await rig.client.call('saturate', { ...load, conversations: all });
      const ofSome = await rig.client.call('saturate', { ...load, conversations: some });
      if (round < 0) continue;
      measured.all.push(ofAll);
      measured.someOfAll.push(ofSome);
    }
  } finally {
    await closeAgain(stores, engine);
  }
  const number = (count: number) => count.toLocaleString('en-US');
  const { conversations, size } = await stores.facts(engine, 'large');
  const fewOpen = `${number(size.open)} open`;
  const idleRow = (part: string) =>
    row(`CPU of ${part} at rest`, 'ms/s', [idle.all[part] ?? 0], { name: fewOpen, rounds: [idle.few[part] ?? 0] });
  return {
    id: `open-${engine}`,
    title: `A message, with ${number(conversations)} conversations open (${nameOf[engine]})`,
    explanation: [
      `The same load on the large store, first with ${fewOpen}, into the ${number(some.length)} of the web chat; then all are opened, and the load`,
      `goes into the same ${number(some.length)}, and into all ${number(all.length)} of the web chat in turn: then every message finds its conversation,`,
      'and its place in each index, where nobody was for a million messages, and what is paid for is that.',
    ],
    rows: [
      ...rowsOf(measured.someOfAll, measured.few, fewOpen),
      ...rowsOf(measured.all, measured.few, fewOpen).map((one) => ({ ...one, name: `${one.name}, into each in turn` })),
      ...Object.keys(idle.all).map(idleRow),
    ],
    checks: [
      flatCheck('a message costs the same, however many others are open', measured.someOfAll, measured.few),
      noneRefused(measured),
      {
        claim: 'at rest a server does not work the more, the more conversations are open',
        holds: totalOf(idle.all) <= totalOf(idle.few) + 20,
        detail: `${totalOf(idle.all).toFixed(0)} ms/s and ${totalOf(idle.few).toFixed(0)} ms/s of CPU`,
      },
    ],
  };
}

/** What agents said is read again for recommended replies, for minutes after a load like these: that is no rest. */
async function leaveNothingToFollow(stores: Stores, engine: EngineName): Promise<void> {
  const newest = 'select max(id) as newest from messages';
  const [row] = await stores.query(engine, 'large', newest);
  const followed = `replace into meta (name, value) values ('answers-mined', '${Number(row?.newest)}')`;
  await stores.run(engine, 'large', followed);
}

/** Everything that is closed is open again: as it was held, or in the queue. */
async function openAll(stores: Stores, engine: EngineName): Promise<void> {
  await stores.run(
    engine,
    'large',
    `update conversations set status = case when assignee_id is null then 'queued' else 'agent' end, queued_at = created_at,
      closed_at = null, archive_due_at = null, owner_epoch = owner_epoch + ${openedEpoch} where status = 'closed'`,
  );
}

async function closeAgain(stores: Stores, engine: EngineName): Promise<void> {
  await stores.run(
    engine,
    'large',
    `update conversations set status = 'closed', queued_at = null, closed_at = updated_at, archive_due_at = updated_at,
      waiting_since = null, owner_epoch = owner_epoch - ${openedEpoch} where owner_epoch >= ${openedEpoch}`,
  );
}

const nameOf: Readonly<Record<EngineName, string>> = { sqlite: 'SQLite', mariadb: 'MariaDB and Redis' };

function rowsOf(own: readonly SpreadWindow[], other: readonly SpreadWindow[], name: string): Row[] {
  const line = (what: string, unit: string, read: (one: SpreadWindow) => number) =>
    row(what, unit, own.map(read), { name, rounds: other.map(read) });
  const parts = Object.keys(own[0]?.cpuUs ?? {});
  return [
    line('answered messages', '1/s', ({ perSecond }) => perSecond),
    line('CPU a message, all servers', 'µs', ({ cpuUs }) => totalOf(cpuUs)),
    ...(parts.length < 2
      ? []
      : parts.map((part) => line(`CPU a message, ${part}`, 'µs', ({ cpuUs }) => cpuUs[part] ?? 0))),
    line('latency p50', 'ms', ({ p50Ms }) => p50Ms),
    line('latency p99', 'ms', ({ p99Ms }) => p99Ms),
  ];
}

const totalOf = (cpu: Readonly<Record<string, number>>): number => Object.values(cpu).reduce((a, b) => a + b, 0);

function flatCheck(claim: string, own: readonly SpreadWindow[], other: readonly SpreadWindow[]): Check {
  const ratio = median(own.map(({ cpuUs }) => totalOf(cpuUs))) / median(other.map(({ cpuUs }) => totalOf(cpuUs)));
  return {
    claim: `${claim}, within ${Math.round((flat - 1) * 100)} %`,
    holds: ratio <= flat,
    detail: `${ratio.toFixed(2)} times the CPU`,
  };
}

function noneRefused(measured: Readonly<Record<string, readonly SpreadWindow[]>>): Check {
  const all = Object.values(measured).flat();
  const refused = all.reduce((sum, one) => sum + one.refused, 0);
  const answered = all.reduce((sum, one) => sum + one.answered, 0);
  return {
    claim: 'every message was answered, and none was refused',
    holds: refused === 0,
    detail: `${answered} answered, ${refused} refused`,
  };
}
