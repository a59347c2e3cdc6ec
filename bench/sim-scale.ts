import { parseArgs } from 'node:util';
import { restartSpreadMs } from '../sdk/connection.ts';
import { type Demand, partitionsFor, planCapacity } from '../server/cli/capacity.ts';
import { planCosts } from '../server/cli/plan-costs.ts';
import { maxQueuePartitions } from '../server/config.ts';
import { Random } from '../server/routing/simulation/random.ts';
import { confidence, type Interval } from '../server/routing/simulation/statistics.ts';
import { ownersOf } from '../server/storage/hot/redis-partitions.ts';
import { looksInLease, queueLeaseMs } from '../server/storage/hot/redis-queue.ts';
import { hottestBin, recovery, waitOverQueues } from './sim/closed-form.ts';
import { type Crowd, createCrowd, sharesOf } from './sim/crowd.ts';
import { type Closure, simulateOutage } from './sim/outage.ts';
import { simulateQueue } from './sim/queue.ts';
import { simulateStorm } from './sim/storm.ts';

const usage = `npm run sim:scale -- [--quick] [--seeds N] [--commit-ms MS]
  --seeds N       of each figure (30)
  --commit-ms MS  from the moment when a worker has done its part until the commit (5)`;

/** Loads that are looked at: messages a second of platforms alone, so that all of them pass the queue. */
const loads = [1_000, 10_000, 100_000];
/** Customers who write within the time that is simulated, most of them a little, some much (Zipf's law). */
const exponent = 0.5;
const platformRetryMs = [5_000, 10_000] as const;
/** Redis Cluster's own default, and the time for an election after it. */
const failoverMs = 16_000;

interface Setting {
  readonly seeds: readonly number[];
  readonly contacts: number;
  readonly commitMs: number;
  readonly seconds: number;
}

/** Hot partitions and lost nodes, with the product's own constants and what its work was measured to cost. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      seeds: { type: 'string' },
      'commit-ms': { type: 'string', default: '5' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return void process.stdout.write(`${usage}\n`);
  const count = Number(values.seeds ?? (values.quick ? 3 : 30));
  const commitMs = Number(values['commit-ms']);
  if (!(Number.isInteger(count) && count >= 2 && commitMs >= 0)) throw new Error(usage);
  const setting: Setting = {
    seeds: Array.from({ length: count }, (_, index) => index + 1),
    contacts: values.quick ? 20_000 : 200_000,
    seconds: values.quick ? 2 : 5,
    commitMs,
  };
  print(
    `${count} seeds of each; ± holds the mean in 95 of 100 cases. A worker spends ${workerMs().toFixed(3)} ms on a callback.`,
  );
  hotPartitions(setting);
  waits(setting);
  lostWorker(setting);
  lostRedisNode(setting);
  lostSockets(setting);
}

const workerMs = () =>
  Math.max(planCosts.units.callback.cpuUs.worker, planCosts.units.callbackOfMany.cpuUs.worker) / 1_000;

const print = (text: string) => process.stdout.write(`${text}\n`);

function table(title: string, explanation: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ');
  print(`\n${title}\n${'='.repeat(title.length)}\n${explanation}\n\n${rows.map(line).join('\n')}`);
}

function show({ mean, high }: Interval, digits = 2): string {
  return `${figure(mean, digits)} ± ${figure(high - mean, digits)}`;
}

const figure = (value: number, digits = 2) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Of a worker's time, what callbacks take. */
const busyShare = 0.6;

/**
 * Workers whom callbacks alone keep as busy as a plan allows, the hardest case: those of a plan deliver answers as well, and have
 * some in reserve. Redis is that of a plan.
 */
function planned(perSecond: number) {
  const demand: Demand = {
    visitors: 0,
    agents: 0,
    messagesPerSecond: perSecond,
    messagesPerDay: perSecond * 20_000,
    callbackShare: 1,
    messagesPerConversation: 12,
    openConversations: 0,
    textBytes: 65,
    channels: 1,
    archiveAfterDays: 90,
    years: 1,
    targetUtilisation: busyShare,
    coresPerNode: 8,
    survive: 'zone',
    zones: 3,
    primaryLimit: undefined,
  };
  const { nodes } = planCapacity(demand, planCosts).redis;
  const workers = Math.max(2, Math.ceil((perSecond * workerMs()) / 1_000 / busyShare));
  return { workers, partitions: Math.min(maxQueuePartitions, partitionsFor(workers)), nodes };
}

const namesOf = (workers: number, seed: number) =>
  Array.from({ length: workers }, (_, index) => `0mk${seed}worker${index}`);

/** Who has which partition, by number. */
function ownersBy(names: readonly string[], partitions: number): number[] {
  const owners = ownersOf(partitions, names);
  return owners.map((owner) => names.indexOf(owner));
}

function loadsOf(owners: readonly number[], shares: Float64Array): number[] {
  const loads: number[] = new Array(Math.max(...owners) + 1).fill(0);
  for (const [partition, owner] of owners.entries()) loads[owner] = (loads[owner] ?? 0) + (shares[partition] ?? 0);
  return loads;
}

// ------------------------------------------------------------------------------------------- hot partitions

function hotPartitions({ seeds, contacts }: Setting): void {
  const rows = [
    ['hottest contact', 'partitions', 'hottest partition', 'theory', 'hottest of 32 workers', 'of all entries'],
  ];
  for (const hottest of [0, 0.001, 0.01, 0.05]) {
    const crowds = seeds.map((seed) => createCrowd({ contacts, exponent, hottest, seed }));
    for (const partitions of [16, 64, 256, 1_024]) {
      const shares = crowds.map((crowd) => sharesOf(crowd, partitions));
      const partition = confidence(shares.map((one) => Math.max(...one) * partitions));
      const worker = confidence(
        shares.map((one, index) => {
          const names = namesOf(Math.min(32, partitions), index);
          return Math.max(...loadsOf(ownersBy(names, partitions), one)) * names.length;
        }),
      );
      const theory = hottestBin((crowds[0] as Crowd).weights, partitions);
      rows.push([
        hottest === 0 ? 'as all' : `${figure(hottest * 100, 1)} %`,
        String(partitions),
        show(partition),
        figure(theory),
        partitions < 32 ? '–' : show(worker),
        `${figure((worker.mean * 100) / Math.min(32, partitions), 1)} %`,
      ]);
    }
  }
  table(
    'How hot the hottest is, as a multiple of the mean',
    `${contacts.toLocaleString('en-US')} contacts, the n-th of whom writes as much as n^-${exponent}, spread by the queue's own function; one more\nwrites the stated share of all. Theory: the largest of as many normal values, or the hottest contact's own partition.`,
    rows,
  );
}

// -------------------------------------------------------------------------------------------------- waiting

function waits({ seeds, contacts, seconds, commitMs }: Setting): void {
  const rows = [
    [
      'callbacks/s',
      'workers',
      'partitions',
      'busiest worker',
      'mean wait, ms',
      'theory',
      'p50, ms',
      'p99, ms',
      'behind own',
    ],
  ];
  const perSeed = (perSecond: number, hottest: number, burst: number) => {
    const { workers, partitions } = planned(perSecond);
    const service = workerMs();
    const results = seeds.map((seed) => {
      const crowd = createCrowd({ contacts, exponent, hottest, seed });
      const owners = ownersBy(namesOf(workers, seed), partitions);
      const loads = loadsOf(owners, sharesOf(crowd, partitions)).map((share) => (share * perSecond * service) / 1_000);
      const options = {
        crowd,
        partitions,
        owners,
        perSecond,
        serviceMs: service,
        commitMs,
        burst,
        service: 'exponential',
      } as const;
      // As many entries of each load, so that all are known as well.
      const length = Math.min(60, Math.max(seconds, (seconds * 50_000) / perSecond));
      const { waits, behindOwn } = simulateQueue({ ...options, seconds: length }, new Random(seed));
      const sorted = waits.toSorted();
      const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
      return {
        mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
        p50: at(0.5),
        p99: at(0.99),
        behind: behindOwn / waits.length,
        busiest: Math.max(...loads),
        theory: Math.max(...loads) >= 1 ? Number.POSITIVE_INFINITY : waitOverQueues(loads, service),
      };
    });
    const of = (name: keyof (typeof results)[number]) => confidence(results.map((one) => one[name]));
    const theory = of('theory').mean;
    rows.push([
      `${perSecond.toLocaleString('en-US')}${hottest > 0 ? `, one ${figure(hottest * 100, 1)} %` : ''}${burst > 1 ? `, in bursts of ${burst}` : ''}`,
      String(workers),
      String(partitions),
      `${figure(of('busiest').mean * 100, 0)} %`,
      show(of('mean')),
      burst > 1 || hottest > 0 ? '–' : Number.isFinite(theory) ? figure(theory) : 'no end',
      show(of('p50')),
      show(of('p99')),
      `${figure(of('behind').mean * 100, 1)} %`,
    ]);
  };
  for (const perSecond of loads) {
    perSeed(perSecond, 0, 1);
    perSeed(perSecond, 0, 2);
    // As much as one contact can write at all, and five times that.
    const most = 1_000 / (workerMs() + commitMs) / perSecond;
    perSeed(perSecond, 0.5 * most, 1);
  }
  table(
    'How long an entry waits until its worker begins with it',
    `As many workers as callbacks alone keep at most ${100 * busyShare} % busy. Theory: Erlang's wait of each worker, weighed by what it gets, for\nentries that come alone. A contact's entries wait for each other's commits (${commitMs} ms), so one contact can write\n${figure(1_000 / (workerMs() + commitMs), 0)} a second at most; "one" writes half of that.`,
    rows,
  );
}

// ----------------------------------------------------------------------------------------------- lost nodes

/** Both of them run out at the same time: the lease of a partition, and the place in the list of workers. */
function lostWorker({ seeds, contacts }: Setting): void {
  const rows = [
    [
      'callbacks/s',
      'workers',
      'how',
      'partitions that move',
      'away, s',
      'backlog',
      'theory',
      'served again, s',
      'theory',
      'refused',
    ],
  ];
  for (const perSecond of loads) {
    const { workers, partitions } = planned(perSecond);
    for (const [how, zones] of [
      ['one, stopped', 0],
      ['one, killed', 0],
      ['a zone of three, killed', 3],
    ] as const) {
      const lost = zones === 0 ? 1 : Math.ceil(workers / zones);
      const results = seeds.map((seed) =>
        worker({ seed, contacts, perSecond, workers, partitions, lost, isKilled: how !== 'one, stopped' }),
      );
      const of = (name: keyof (typeof results)[number]) => confidence(results.map((one) => one[name]));
      const away = of('awayS').mean;
      const share = lost / workers;
      const left = (workers - lost) / (workerMs() / 1_000);
      rows.push([
        perSecond.toLocaleString('en-US'),
        String(workers),
        how,
        `${figure(of('moved').mean, 0)} of ${partitions}`,
        show(of('awayS'), 1),
        show(of('backlog'), 0),
        figure(perSecond * share * away, 0),
        of('recoveredS').mean === 0 ? 'never behind' : show(of('recoveredS'), 1),
        left <= perSecond ? 'no end' : figure(away + share * recovery(perSecond, left, away), 1),
        show(of('refused'), 0),
      ]);
    }
  }
  table(
    'Workers are lost',
    `Callbacks alone keep them at most ${100 * busyShare} % busy, and none is in reserve. Killed: its leases run out ${queueLeaseMs / 1_000} s after it renewed them last, which it does every ${queueLeaseMs / looksInLease / 1_000} s, and the others look as\noften. Stopped: it gives everything back, and the others look. Served again: from the loss until nowhere more waits than\ncomes there in half a second; theory: were the backlog shared by all. PARLEY_QUEUE_MAX holds what comes in two minutes.`,
    rows,
  );
}

function worker(of: {
  seed: number;
  contacts: number;
  perSecond: number;
  workers: number;
  partitions: number;
  lost: number;
  isKilled: boolean;
}) {
  const { seed, perSecond, workers, partitions } = of;
  const random = new Random(seed);
  const names = namesOf(workers, seed);
  const first = Math.floor(random.uniform() * workers);
  const isLost = (index: number) => (index - first + workers) % workers < of.lost;
  const before = ownersBy(names, partitions);
  const left = names.filter((_, index) => !isLost(index));
  const after = ownersOf(partitions, left).map((owner) => names.indexOf(owner));
  const lookMs = queueLeaseMs / looksInLease;
  const phases = names.map(() => random.uniform() * lookMs);
  const begin = 2_000;
  const known = begin + (of.isKilled ? queueLeaseMs - random.uniform() * lookMs : 0);
  const noticed = (index: number) => known + (phases[index] ?? 0);
  const closures = before.map((owner, partition): Closure | undefined => {
    const next = after[partition] ?? 0;
    if (owner === next) return undefined;
    if (isLost(owner)) return { from: begin, until: noticed(next) };
    // Its owner gives it up when it has noticed, and the next one takes it when both have.
    return { from: noticed(owner), until: Math.max(noticed(owner), noticed(next)) };
  });
  const crowd = createCrowd({ contacts: Math.min(of.contacts, 20_000), exponent, hottest: 0, seed });
  const result = simulateOutage(
    {
      shares: sharesOf(crowd, partitions),
      perSecond,
      serviceMs: workerMs(),
      workers,
      ownerAt: (partition, now) =>
        (now < (closures[partition]?.until ?? 0) ? before[partition] : after[partition]) ?? 0,
      closureOf: (partition) => closures[partition],
      bound: Math.ceil((perSecond * 120) / partitions),
      retryMs: platformRetryMs,
      seconds: 120,
    },
    random,
  );
  const own = closures.flatMap((closure) => (closure?.from === begin ? [closure.until - closure.from] : []));
  return {
    moved: closures.filter((closure) => closure !== undefined).length,
    awayS: own.reduce((sum, ms) => sum + ms, 0) / Math.max(1, own.length) / 1_000,
    backlog: result.peakBacklog,
    recoveredS: Math.max(0, result.recoveredMs - begin) / 1_000,
    refused: result.refused,
  };
}

function lostRedisNode({ seeds, contacts }: Setting): void {
  const rows = [
    ['callbacks/s', 'nodes of Redis', 'away, s', 'refused meanwhile', 'theory', 'backlog', 'served again, s'],
  ];
  for (const perSecond of loads) {
    const { workers, partitions, nodes } = planned(perSecond);
    const count = Math.max(3, nodes);
    for (const awayMs of [2_000, failoverMs]) {
      const results = seeds.map((seed) => {
        const random = new Random(seed);
        const owners = ownersBy(namesOf(workers, seed), partitions);
        const crowd = createCrowd({ contacts: Math.min(contacts, 20_000), exponent, hottest: 0, seed });
        const begin = 2_000;
        const closure: Closure = { from: begin, until: begin + awayMs, refuses: true };
        const result = simulateOutage(
          {
            shares: sharesOf(crowd, partitions),
            perSecond,
            serviceMs: workerMs(),
            workers,
            ownerAt: (partition) => owners[partition] ?? 0,
            closureOf: (partition) => (partition % count === 0 ? closure : undefined),
            bound: Math.ceil((perSecond * 120) / partitions),
            retryMs: platformRetryMs,
            seconds: 90,
          },
          random,
        );
        return { ...result, recoveredS: Math.max(0, result.recoveredMs - begin) / 1_000 };
      });
      const of = (name: keyof (typeof results)[number]) => confidence(results.map((one) => one[name]));
      const share = Math.ceil(partitions / count) / partitions;
      rows.push([
        perSecond.toLocaleString('en-US'),
        String(count),
        figure(awayMs / 1_000, 0),
        show(of('refused'), 0),
        figure(perSecond * share * (awayMs / 1_000), 0),
        show(of('peakBacklog'), 0),
        of('recoveredS').mean === 0 ? 'never behind' : show(of('recoveredS'), 1),
      ]);
    }
  }
  table(
    'A node of Redis is lost',
    `Callbacks of its partitions are refused until it is back (2 s: it is started again; ${failoverMs / 1_000} s: another takes over, with\nRedis Cluster's own timeout of 15 s), and platforms send them again 5 to 10 s later. Theory: what came meanwhile, once;\nwhat is sent again too early is refused again.`,
    rows,
  );
}

function lostSockets({ seeds }: Setting): void {
  const { connect, heartbeatWithConversation } = planCosts.units;
  // A client that comes back asks for what it missed, too.
  const connectMs = (connect.cpuUs.websocket + heartbeatWithConversation.cpuUs.websocket) / 1_000;
  const rows = [
    [
      'open windows',
      'websocket processes',
      'lost',
      'come back',
      'p50, s',
      'p99, s',
      'all, s',
      'theory',
      'in the busiest second',
      'given up',
    ],
  ];
  const each = 10_000;
  for (const visitors of [20_000, 100_000, 1_000_000]) {
    const processes = visitors / each + Math.ceil(visitors / each / 8);
    for (const [what, lost, wereAsked] of [
      ['a process', 1, false],
      ['a process, in order', 1, true],
      ['a zone of three', Math.ceil(processes / 3), false],
    ] as const) {
      const clients = Math.round((visitors / processes) * lost);
      const left = processes - lost;
      const results = seeds.map((seed) =>
        simulateStorm({ clients, processes: left, connectMs, utilisation: 0.4, wereAsked }, new Random(seed)),
      );
      const of = (name: keyof (typeof results)[number], by = 1_000) => confidence(results.map((one) => one[name] / by));
      const served = (clients * connectMs) / 0.6 / left / 1_000;
      rows.push([
        visitors.toLocaleString('en-US'),
        String(processes),
        what,
        clients.toLocaleString('en-US'),
        show(of('p50Ms'), 1),
        show(of('p99Ms'), 1),
        show(of('allMs'), 1),
        figure(Math.max(served, wereAsked ? restartSpreadMs / 1_000 : 0.5), 1),
        figure(of('peakPerSecond', 1).mean, 0),
        figure(of('givenUp', 1).mean, 0),
      ]);
    }
  }
  table(
    'Websocket processes are lost, and their clients come back',
    `${each.toLocaleString('en-US')} windows at each process, 40 % of whose time is taken by other work; ${connectMs.toFixed(2)} ms of its CPU for one that comes\nback. Clients wait a random time up to half a second, or up to ${restartSpreadMs / 1_000} s where they were asked to come back, and give up an\nattempt after 15 s. Theory: all of them by what the others have left, or the time over which they come.`,
    rows,
  );
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
});
