import { maxQueuePartitions } from '../config.ts';
import { maxPresences } from '../realtime/fan-out.ts';
import { heartbeatMs } from '../realtime/sessions.ts';
import { beatMs } from '../storage/hot/redis-presence.ts';
import { type Part, type PlanCosts, parts, type Role, type UnitCost } from './plan-costs.ts';

/** What an installation has to carry. */
export interface Demand {
  /** Windows of visitors that are open at the same time, at the peak. */
  readonly visitors: number;
  /** Agents who are signed in at the same time. */
  readonly agents: number;
  /** All messages, of customers and to them: at the peak, and on a day. */
  readonly messagesPerSecond: number;
  readonly messagesPerDay: number;
  /** Of them: to and from platforms, 0 … 1; the others are of the web chat. */
  readonly callbackShare: number;
  readonly messagesPerConversation: number;
  readonly openConversations: number;
  readonly textBytes: number;
  /** Channels of platforms that answers are delivered to. */
  readonly channels: number;
  /** 0: never. */
  readonly archiveAfterDays: number;
  readonly years: number;
  /** Of a core, and of what a server was seen to carry: what lies above is for bursts. */
  readonly targetUtilisation: number;
  readonly coresPerNode: number;
  /** What may be lost while everybody is served; undefined: nothing has to survive where one process is enough. */
  readonly survive: 'nothing' | 'node' | 'zone' | undefined;
  readonly zones: number;
  /** Messages a second that one primary carries; undefined: what was measured. */
  readonly primaryLimit: number | undefined;
}

export type Stage = 'alone' | 'together' | 'sharded';
/** measured: seen on a machine; extrapolated: reckoned from something measured; assumed: nobody has measured it. */
export type Basis = 'measured' | 'extrapolated' | 'assumed' | 'given';

/** One thing of which there is one, or which ends somewhere. */
export interface Limit {
  readonly what: string;
  readonly unit: string;
  readonly wanted: number;
  readonly most: number;
  readonly basis: Basis;
  /** What to do beyond. */
  readonly beyond: string;
  /** A plan of one primary ends here: more needs what is not built. */
  readonly isHard: boolean;
}

export interface RolePlan {
  /** Cores that the load keeps busy at the peak. */
  readonly busyCores: number;
  readonly needed: number;
  readonly spare: number;
  /** Of one process. */
  readonly memoryBytes: number;
}

export interface Plan {
  readonly stage: Stage;
  /** Why it is not an earlier one; empty for the first. */
  readonly reasons: readonly string[];
  /** A second, at the peak. */
  readonly rates: Readonly<Record<keyof Rates, number>>;
  readonly alone: { readonly busyShare: number; readonly memoryBytes: number };
  readonly roles: Readonly<Record<Role, RolePlan>>;
  readonly nodes: { readonly needed: number; readonly spare: number };
  readonly balancerCores: number;
  readonly database: {
    readonly busyCores: number;
    /** The load as plain messages a second. */
    readonly messagesPerSecond: number;
    readonly shards: number;
    readonly copies: number;
    readonly syncsPerSecond: number;
    readonly writtenBytesPerSecond: number;
    readonly bufferBytes: number;
    readonly storedBytes: number;
    readonly growthPerYearBytes: number;
  };
  readonly redis: {
    readonly busyCores: number;
    readonly nodes: number;
    readonly copies: number;
    readonly partitions: number;
    readonly memoryBytes: number;
    readonly logBytesPerSecond: number;
  };
  readonly archive: { readonly perYearBytes: number; readonly storedBytes: number };
  readonly network: { readonly outsideBytesPerSecond: number; readonly insideBytesPerSecond: number };
  readonly limits: readonly Limit[];
}

type Rates = ReturnType<typeof ratesOf>;

/** Nobody has measured these: they stand in the plan's list of assumptions. */
export const assumed = {
  /** Of the messages: customers'. */
  inboundShare: 0.5,
  visitSeconds: 600,
  /** Times that agents open a conversation. */
  openings: 2,
  /** Of the conversations: with somebody who never wrote before. */
  newContacts: 0.5,
  /** Callbacks that may wait, for this time of the peak. */
  queueSeconds: 120,
  /** Messages of so many days lie in the buffer pool, beside all open conversations. */
  bufferDays: 2,
  /** Beyond it a copy of a primary takes too long to make. */
  primaryBytes: 2 * 2 ** 40,
  /** Shares of the queue for each worker, so that none has much more than another: see docs/scale.md. */
  partitionsPerWorker: 8,
} as const;
/** Entries that a conversation has beside what is said: given to somebody, closed. */
const otherEntries = 2;
/** Begun, given to somebody, closed. */
const ownerChanges = 3;
/** Length of the texts that everything was measured with. */
const measuredTextBytes = 65;
/** How often a text travels: to us and to a reader, and inside between processes and servers. */
const textTravels = { outside: 2, redis: 5, mariadb: 2 };
/** Requests a second that a platform's rule allows one channel (the adapters' capabilities). */
const channelRate = 20;
const hotConversations = 32_000;
const hotMessages = 50;
const hotOverheadBytes = 450;

/** What the demand means for machines, servers and disks: reckoned from what was measured, and how far that reaches. */
export function planCapacity(demand: Demand, costs: PlanCosts): Plan {
  const rates = ratesOf(demand);
  const work = workOf(rates, costs);
  const needed = {
    gateway: processesFor('gateway', work.cores.gateway, demand, costs),
    worker: processesFor('worker', work.cores.worker, demand, costs),
    websocket: Math.max(
      processesFor('websocket', work.cores.websocket, demand, costs),
      Math.ceil((demand.visitors + demand.agents) / costs.alone.connections),
    ),
  };
  const stored = storedOf(demand, costs);
  const roles = rolesOf(needed, work.cores, demand, costs);
  const processes = Object.values(roles).reduce((sum, { needed, spare }) => sum + needed + spare, 0);
  const listening = { all: processes, workers: roles.worker.needed + roles.worker.spare };
  const database = databaseOf({ demand, costs, work, stored, processes });
  const redis = redisOf({ demand, costs, work, rates, listening });
  const limits = limitsOf({ demand, costs, rates, work, database, redis, listening, stored });
  const alone = aloneOf(demand, rates, costs);
  const { stage, reasons } = stageOf(demand, costs, { alone, limits });
  return {
    stage,
    reasons,
    rates,
    alone,
    roles,
    nodes: nodesOf(needed, processes, demand),
    balancerCores: work.cores.balancer,
    database,
    redis,
    archive: archiveOf(demand, costs),
    network: networkOf(demand, rates, costs),
    limits,
  };
}

/** Units a second of everything that costs something. */
function ratesOf(demand: Demand) {
  const { messagesPerSecond, callbackShare, visitors, agents } = demand;
  const conversations = messagesPerSecond / demand.messagesPerConversation;
  const connects = visitors / assumed.visitSeconds;
  return {
    messages: messagesPerSecond * (1 - callbackShare),
    callbacks: messagesPerSecond * callbackShare * assumed.inboundShare,
    replies: messagesPerSecond * callbackShare * (1 - assumed.inboundShare),
    conversations,
    heartbeats: (visitors + agents) / (heartbeatMs / 1_000),
    connects,
    sessions: connects,
    openings: conversations * assumed.openings,
    /** Given to somebody and given up: each window of an agent is told of both, but of so many in a second and no more. */
    presences: Math.min(conversations * 2, maxPresences) * agents,
  };
}

/** Which load costs what. */
function workOf(rates: Rates, { units }: PlanCosts) {
  const callback = dearer(units.callback, units.callbackOfMany);
  const lines: readonly { name: keyof Rates; cpuUs: UnitCost['cpuUs'] }[] = [
    { name: 'messages', cpuUs: units.message.cpuUs },
    { name: 'callbacks', cpuUs: callback.cpuUs },
    { name: 'replies', cpuUs: units.reply.cpuUs },
    { name: 'conversations', cpuUs: beyond(units.begun.cpuUs, units.callback.cpuUs) },
    { name: 'heartbeats', cpuUs: units.heartbeat.cpuUs },
    { name: 'connects', cpuUs: units.connect.cpuUs },
    { name: 'sessions', cpuUs: units.session.cpuUs },
    { name: 'openings', cpuUs: units.opening.cpuUs },
    { name: 'presences', cpuUs: units.presence.cpuUs },
  ];
  const cores = Object.fromEntries(
    parts.map((part) => [part, lines.reduce((sum, { name, cpuUs }) => sum + (rates[name] * cpuUs[part]) / 1e6, 0)]),
  ) as Record<Part, number>;
  return { cores, lines };
}

/** Of two measurements of the same, the dearer, part by part. */
function dearer(a: UnitCost, b: UnitCost): UnitCost {
  return { ...b, cpuUs: byPart((part) => Math.max(a.cpuUs[part], b.cpuUs[part])) };
}

/** What the first costs beyond the second. */
function beyond(a: UnitCost['cpuUs'], b: UnitCost['cpuUs']): UnitCost['cpuUs'] {
  return byPart((part) => Math.max(0, a[part] - b[part]));
}

function byPart(read: (part: Part) => number): Record<Part, number> {
  return Object.fromEntries(parts.map((part) => [part, read(part)])) as Record<Part, number>;
}

/** A process is busy by itself, too, and does its work on one core. */
function processesFor(role: Role, cores: number, { targetUtilisation }: Demand, costs: PlanCosts): number {
  const idle = costs.idleCpuMsPerSecond[role] / costs.processes[role] / 1_000;
  return Math.max(1, Math.ceil(cores / Math.max(0.01, targetUtilisation - idle)));
}

function rolesOf(
  needed: Readonly<Record<Role, number>>,
  cores: Readonly<Record<Part, number>>,
  demand: Demand,
  costs: PlanCosts,
): Record<Role, RolePlan> {
  const connections = demand.visitors + demand.agents;
  const plan = (role: Role): RolePlan => ({
    busyCores: cores[role],
    needed: needed[role],
    spare: spareOf(needed[role], demand),
    memoryBytes:
      costs.processBytes[role] +
      (role === 'websocket' ? (connections / needed.websocket) * costs.connection.websocketBytes : 0),
  });
  return { gateway: plan('gateway'), worker: plan('worker'), websocket: plan('websocket') };
}

/** As many as may be lost at once: those of one node in the worst case, or of one zone. */
function spareOf(needed: number, { survive, zones, coresPerNode }: Demand): number {
  if (survive === 'nothing') return 0;
  if (survive === 'zone') return Math.ceil((needed * zones) / (zones - 1)) - needed;
  return Math.min(needed, coresPerNode);
}

function nodesOf(needed: Readonly<Record<Role, number>>, processes: number, demand: Demand): Plan['nodes'] {
  const bare = Math.ceil((needed.gateway + needed.worker + needed.websocket) / demand.coresPerNode);
  if (demand.survive === 'nothing') return { needed: bare, spare: 0 };
  const all = Math.ceil(processes / demand.coresPerNode);
  const apart = demand.survive === 'zone' ? demand.zones * Math.ceil(all / demand.zones) : Math.max(2, bare + 1, all);
  return { needed: bare, spare: apart - bare };
}

interface Stored {
  readonly warmBytes: number;
  /** What stays when its messages are archived: conversations, contacts, ids of platforms. */
  readonly keptBytes: number;
  readonly openBytes: number;
  readonly messageBytes: number;
  readonly growthPerYearBytes: number;
}

function storedOf(demand: Demand, { stored }: PlanCosts): Stored {
  const { messagesPerDay, archiveAfterDays, years } = demand;
  const days = years * 365;
  const conversations = messagesPerDay / demand.messagesPerConversation;
  const messageBytes = stored.messageBase + stored.messagePerTextByte * demand.textBytes;
  const messagesPerDayBytes = (messagesPerDay + otherEntries * conversations) * messageBytes;
  const keptPerDayBytes =
    conversations * (stored.conversations + assumed.newContacts * stored.contact) +
    messagesPerDay * demand.callbackShare * stored.receivedId;
  const warmDays = archiveAfterDays === 0 ? days : Math.min(days, archiveAfterDays);
  const openBytes = demand.openConversations * (stored.conversations + stored.contact);
  return {
    messageBytes,
    openBytes,
    warmBytes: messagesPerDayBytes * warmDays,
    keptBytes: keptPerDayBytes * days + openBytes,
    growthPerYearBytes: 365 * (keptPerDayBytes + (archiveAfterDays === 0 ? messagesPerDayBytes : 0)),
  };
}

interface Parts {
  readonly demand: Demand;
  readonly costs: PlanCosts;
  readonly work: ReturnType<typeof workOf>;
}

function databaseOf({ demand, costs, work, stored, processes }: Parts & { stored: Stored; processes: number }) {
  const { units, idleCpuMsPerSecond } = costs;
  const { gateway, worker, websocket } = costs.processes;
  const idle = (idleCpuMsPerSecond.mariadb / 1_000 / (gateway + worker + websocket)) * processes;
  const busyCores = work.cores.mariadb + idle;
  const messagesPerSecond = (busyCores * 1e6) / units.message.cpuUs.mariadb;
  const storedBytes = stored.warmBytes + stored.keptBytes;
  const byLoad = busyCores / (primaryCores(demand, costs) * demand.targetUtilisation);
  const writes = demand.messagesPerSecond;
  return {
    busyCores,
    messagesPerSecond,
    shards: Math.max(1, Math.ceil(byLoad), Math.ceil(storedBytes / assumed.primaryBytes)),
    copies: demand.survive === 'nothing' ? 0 : demand.survive === 'zone' ? demand.zones - 1 : 1,
    syncsPerSecond: writes * units.message.mariadbSyncs,
    writtenBytesPerSecond: writes * units.message.mariadbDiskBytes,
    bufferBytes: stored.openBytes + demand.messagesPerDay * assumed.bufferDays * stored.messageBytes,
    storedBytes,
    growthPerYearBytes: stored.growthPerYearBytes,
  };
}

/**
 * Cores that one primary was seen to turn into answers, with whatever load made it busiest; or those that the messages
 * take which somebody measured elsewhere.
 */
export function primaryCores({ primaryLimit }: Pick<Demand, 'primaryLimit'>, { units }: PlanCosts): number {
  if (primaryLimit !== undefined) return (primaryLimit * units.message.cpuUs.mariadb) / 1e6;
  return Math.max(...Object.values(units).map(({ perSecond, cpuUs }) => (perSecond * cpuUs.mariadb) / 1e6));
}

/** Partitions of the queue for so many workers: a power of two, also where it is more than there can be. */
export function partitionsFor(workers: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, assumed.partitionsPerWorker * workers)));
}

function redisOf({
  demand,
  costs,
  work,
  rates,
  listening,
}: Parts & { rates: Rates; listening: { all: number; workers: number } }): Plan['redis'] {
  const { units, idleCpuMsPerSecond, processes, connection } = costs;
  const idle = idleCpuMsPerSecond.redis / 1_000 / (processes.gateway + processes.worker + processes.websocket);
  const busyCores = work.cores.redis + idle * listening.all;
  const nodes = Math.max(1, Math.ceil(busyCores / demand.targetUtilisation));
  const queue = rates.callbacks * assumed.queueSeconds * (units.callback.redisDiskBytes + demand.textBytes);
  const hot =
    Math.min(hotConversations, demand.openConversations) * hotMessages * (hotOverheadBytes + demand.textBytes);
  return {
    busyCores,
    // A cluster has three at least.
    nodes: nodes === 1 ? 1 : Math.max(3, nodes),
    copies: demand.survive === 'nothing' ? 0 : 1,
    partitions: partitionsFor(listening.workers),
    memoryBytes: queue + hot + (demand.visitors + demand.agents) * connection.redisBytes,
    logBytesPerSecond: rates.callbacks * units.callback.redisDiskBytes,
  };
}

function archiveOf(demand: Demand, { archive }: PlanCosts): Plan['archive'] {
  const days = demand.years * 365;
  const { archiveAfterDays } = demand;
  const entries = demand.messagesPerDay * (1 + otherEntries / demand.messagesPerConversation);
  const perDay = archiveAfterDays === 0 ? 0 : entries * archive.messageBytes * (demand.textBytes / archive.textBytes);
  return { perYearBytes: perDay * 365, storedBytes: perDay * Math.max(0, days - archiveAfterDays) };
}

function networkOf(demand: Demand, rates: Rates, { units }: PlanCosts): Plan['network'] {
  const longer = demand.textBytes - measuredTextBytes;
  const both = (unit: UnitCost) => unit.redisWireBytes + unit.mariadbWireBytes;
  const texts = demand.messagesPerSecond * longer;
  const outside =
    rates.messages * (units.message.wireBytes ?? 0) +
    (rates.callbacks + rates.replies) * (units.callback.wireBytes ?? 0) +
    rates.openings * (units.opening.wireBytes ?? 0) +
    texts * textTravels.outside;
  const inside =
    rates.messages * both(units.message) +
    rates.callbacks * both(units.callbackOfMany) +
    rates.replies * both(units.reply) +
    rates.heartbeats * both(units.heartbeat) +
    texts * (textTravels.redis + textTravels.mariadb);
  return { outsideBytesPerSecond: Math.max(0, outside), insideBytesPerSecond: Math.max(0, inside) + outside };
}

function aloneOf(demand: Demand, rates: Rates, { alone }: PlanCosts): Plan['alone'] {
  const connections = demand.visitors + demand.agents;
  return {
    busyShare: (rates.messages + rates.callbacks + rates.replies) / alone.messagesPerSecond,
    memoryBytes: alone.processBytes + connections * alone.connectionBytes,
  };
}

function limitsOf({
  demand,
  costs,
  rates,
  work,
  database,
  redis,
  listening,
  stored,
}: Parts & {
  rates: Rates;
  database: ReturnType<typeof databaseOf>;
  redis: Plan['redis'];
  listening: { all: number; workers: number };
  stored: Stored;
}): Limit[] {
  const target = demand.targetUtilisation;
  const { units, heard, directory } = costs;
  const begun = work.lines.find(({ name }) => name === 'conversations')?.cpuUs.worker ?? 0;
  return [
    {
      what: 'one primary of the database',
      unit: 'cores',
      wanted: database.busyCores,
      most: primaryCores(demand, costs) * target,
      basis: demand.primaryLimit === undefined ? 'measured' : 'given',
      beyond:
        'shards by contact: code has to change, docs/scale.md says where; or measure a larger primary and say --primary-limit',
      isHard: true,
    },
    {
      what: 'size of one primary',
      unit: 'TB',
      wanted: (stored.warmBytes + stored.keptBytes) / 2 ** 40,
      most: assumed.primaryBytes / 2 ** 40,
      basis: 'assumed',
      beyond: 'archive earlier (--archive-after-days), or shards',
      isHard: true,
    },
    {
      what: 'numbers of new conversations, one row',
      unit: 'conversations/s',
      wanted: rates.conversations,
      most: units.begun.perSecond,
      basis: 'measured',
      beyond: 'numbers taken in blocks by each process: code has to change',
      isHard: true,
    },
    {
      what: 'partitions of the queue',
      unit: 'partitions',
      wanted: redis.partitions,
      most: maxQueuePartitions,
      basis: 'extrapolated',
      beyond: 'several installations',
      isHard: true,
    },
    {
      what: 'the dispatcher, one process decides',
      unit: 'cores',
      wanted: (rates.conversations * begun) / 1e6,
      most: target,
      basis: 'extrapolated',
      beyond: 'a dispatcher for each group of agents: code has to change',
      isHard: true,
    },
    {
      what: 'conversations that change hands, heard by every worker, one node of Redis',
      unit: 'cores',
      wanted: (rates.conversations * ownerChanges * listening.workers * heard.redisUs) / 1e6,
      most: target,
      basis: 'extrapolated',
      beyond: 'told to the worker alone that decides: code has to change',
      isHard: true,
    },
    {
      what: 'directory of who is there, one node of Redis',
      unit: 'cores',
      wanted: (listening.all * demand.agents * directory.redisUs) / 1e6 / (beatMs / 1_000),
      most: target,
      basis: 'extrapolated',
      beyond: 'a directory that tells changes alone: code has to change',
      isHard: true,
    },
    {
      what: 'deliveries to platforms, 20/s for each channel',
      unit: 'deliveries/s',
      wanted: rates.replies,
      most: demand.channels * channelRate,
      basis: 'given',
      beyond: 'more channels (--channels): the rate is the platforms’ rule',
      isHard: false,
    },
  ];
}

function stageOf(
  demand: Demand,
  costs: PlanCosts,
  { alone, limits }: Pick<Plan, 'alone' | 'limits'>,
): Pick<Plan, 'stage' | 'reasons'> {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const notAlone: string[] = [];
  if (alone.busyShare > demand.targetUtilisation) {
    notAlone.push(
      `one process on SQLite would be ${percent(alone.busyShare)} busy, more than ${percent(demand.targetUtilisation)}`,
    );
  }
  const { connections } = costs.alone;
  if (demand.visitors + demand.agents > connections) {
    notAlone.push(`one process was measured with ${connections.toLocaleString('en-US')} open windows, and no more`);
  }
  if (demand.survive === 'node' || demand.survive === 'zone') {
    notAlone.push(`the loss of a ${demand.survive} has to be survived, and one process is on one machine`);
  }
  if (notAlone.length === 0) return { stage: 'alone', reasons: [] };
  const notTogether = limits.filter(({ isHard, wanted, most }) => isHard && wanted > most).map(({ what }) => what);
  if (notTogether.length === 0) return { stage: 'together', reasons: notAlone };
  return { stage: 'sharded', reasons: [...notAlone, ...notTogether.map((what) => `beyond one: ${what}`)] };
}
