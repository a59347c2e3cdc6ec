import { assumed, type Basis, type Demand, type Limit, type Plan, primaryCores } from './capacity.ts';
import type { PlanCosts, Source } from './plan-costs.ts';

const stages: Readonly<Record<Plan['stage'], string>> = {
  alone: 'One process on SQLite is enough.',
  together: 'Several processes on one database and Redis are enough.',
  sharded:
    'One database or one Redis is not enough, and this version cannot use several: docs/scale.md says what has to change.',
};

/** The plan for a person. */
export function describePlan(demand: Demand, plan: Plan, costs: PlanCosts): string {
  const lines = [
    `${count(demand.visitors)} visitors and ${count(demand.agents)} agents at the same time, ${count(demand.messagesPerSecond)} messages/s at the peak, ${count(demand.messagesPerDay)} a day.`,
    '',
    stages[plan.stage],
    ...plan.reasons.map((reason) => `  not less: ${reason}`),
    '',
    ...(plan.stage === 'alone' ? describeAlone(demand, plan) : describeTogether(demand, plan)),
    '',
    ...describeStorage(demand, plan),
    '',
    ...describeLimits(plan),
    '',
    'What this rests on:',
    ...assumptionsOf(costs).map(({ basis, what }) => `  ${basis.padEnd(12)} ${what}`),
    '',
  ];
  return lines.join('\n');
}

function describeAlone(demand: Demand, { alone, database }: Plan): string[] {
  return table([
    ['one process', '', ''],
    ['  busy at the peak', `${(100 * alone.busyShare).toFixed(1)} %`, 'of what one process was measured to carry'],
    ['  memory', bytes(alone.memoryBytes), ''],
    ['  on the disk', bytes(database.storedBytes), `after ${demand.years} years, reckoned as in MariaDB`],
  ]);
}

function describeTogether(demand: Demand, plan: Plan): string[] {
  const { roles, nodes, database, redis, network } = plan;
  const role = (name: keyof typeof roles) => {
    const { busyCores, needed, spare, memoryBytes } = roles[name];
    const each = `${busyCores.toFixed(1)} cores busy, ${bytes(memoryBytes)} each`;
    return [`  ${name}`, `${needed} + ${spare}`, each];
  };
  const spareFor = demand.survive === 'zone' ? `a zone of ${demand.zones}` : 'a machine';
  return table([
    ['processes', 'needed + spare', demand.survive === 'nothing' ? '' : `the loss of ${spareFor} is survived`],
    role('gateway'),
    role('worker'),
    role('websocket'),
    [`machines of ${demand.coresPerNode} cores`, `${nodes.needed} + ${nodes.spare}`, 'for these processes'],
    ['load balancer', plan.balancerCores.toFixed(1), 'cores busy'],
    [
      'database',
      `${database.shards} × (1 + ${database.copies})`,
      `primaries, each with its copies; ${database.busyCores.toFixed(1)} cores busy in all`,
    ],
    ['  as plain messages', `${count(database.messagesPerSecond)}/s`, ''],
    ['  buffer pool', bytes(database.bufferBytes), 'in all'],
    ['  syncs', `${count(database.syncsPerSecond)}/s`, `${bytes(database.writtenBytesPerSecond)}/s written`],
    [
      'Redis',
      `${redis.nodes} × (1 + ${redis.copies})`,
      `nodes, each with its copy; ${redis.busyCores.toFixed(1)} cores busy in all${redis.nodes > 1 ? ', a cluster' : ''}`,
    ],
    ['  PARLEY_QUEUE_PARTITIONS', String(redis.partitions), ''],
    ['  memory', bytes(redis.memoryBytes), `${bytes(redis.logBytesPerSecond)}/s into its log`],
    ['network', `${bits(network.outsideBytesPerSecond)}`, `to clients; ${bits(network.insideBytesPerSecond)} inside`],
  ]);
}

function describeStorage(demand: Demand, { database, archive }: Plan): string[] {
  const archived =
    demand.archiveAfterDays === 0
      ? ['archive', '–', 'nothing is archived (--archive-after-days 0)']
      : ['archive, Parquet or ClickHouse', bytes(archive.storedBytes), `and ${bytes(archive.perYearBytes)} a year`];
  return table([
    [`storage after ${demand.years} years`, '', ''],
    [
      '  database',
      bytes(database.storedBytes),
      `and ${bytes(database.growthPerYearBytes)} a year that is never archived`,
    ],
    [`  ${archived[0]}`, archived[1] ?? '', archived[2] ?? ''],
  ]);
}

function describeLimits({ limits }: Plan): string[] {
  const share = ({ wanted, most }: Limit) => (wanted === 0 ? 0 : wanted / most);
  const rows = limits
    .toSorted((a, b) => share(b) - share(a))
    .filter((limit) => share(limit) >= 0.001)
    .map((limit) => [
      `  ${limit.what}`,
      `${figure(limit.wanted)} of ${figure(limit.most)} ${limit.unit}`,
      `${share(limit) > 1 ? 'OVER' : `${Math.ceil(100 * share(limit))} %`} (${limit.basis})${share(limit) > 0.5 ? `; beyond: ${limit.beyond}` : ''}`,
    ]);
  return table([['what there is one of, or ends somewhere', '', ''], ...rows]);
}

/** What the plan rests on, and how firm each is. */
export function assumptionsOf(costs: PlanCosts): { basis: Basis; what: string }[] {
  const by = ({ command, date, machine }: Source) => `(${command}, ${date}, ${machine})`;
  return [
    {
      basis: 'measured',
      what: `CPU, bytes and syncs of a message, a callback, an answer, a window and its heartbeat; memory of processes and connections; rows in MariaDB ${by(costs.unitSource)}`,
    },
    {
      basis: 'measured',
      what: `one process on SQLite: ${count(costs.alone.messagesPerSecond)} messages/s ${by(costs.alone.source)}`,
    },
    {
      basis: 'measured',
      what: `the archive: ${costs.archive.messageBytes} bytes a message whose text has ${costs.archive.textBytes}, in Parquet ${by(costs.archive.source)}`,
    },
    {
      basis: 'measured',
      what: `one primary: ${primaryCores({ primaryLimit: undefined }, costs).toFixed(2)} cores busy, and ${count(costs.units.message.perSecond)} plain messages/s, where it shared ${costs.unitSource.machine} with everything else; your own will carry more: measure it, and say --primary-limit`,
    },
    ...(costs.wasBusy ? [busyWarning] : []),
    {
      basis: 'extrapolated',
      what: 'that a load costs twice as much when it is twice as large, on machines whose cores are as fast as the measured ones',
    },
    {
      basis: 'extrapolated',
      what: 'that shards and nodes of Redis share their load evenly; npm run sim:scale shows how evenly the queue does',
    },
    {
      basis: 'assumed',
      what: `half of the messages are customers’, a visit lasts ${assumed.visitSeconds / 60} minutes, agents open a conversation ${assumed.openings} times, ${100 * assumed.newContacts} % of the conversations are with somebody new`,
    },
    {
      basis: 'assumed',
      what: `the buffer pool holds all open conversations and the messages of ${assumed.bufferDays} days; a primary stays below ${bytes(assumed.primaryBytes)}; the queue keeps ${assumed.queueSeconds} s of the peak`,
    },
  ];
}

/** Nobody shall take figures of such a run for those of the program. */
const busyWarning: { basis: Basis; what: string } = {
  basis: 'measured',
  what: 'BUT the first of these while other programs used the machine: everything is cheaper and faster than that. Measure again (npm run bench:stages -- --costs) on a machine of its own',
};

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map(([name = '', value = '', note = '']) =>
    `${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${note}`.trimEnd(),
  );
}

function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

/** Two digits that count, where they are few. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: value < 100 ? 2 : 4 });
}

const units = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'];

function bytes(value: number): string {
  const step = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  return `${figure(value / 2 ** (10 * step))} ${units[step]}`;
}

function bits(bytesPerSecond: number): string {
  return `${figure((bytesPerSecond * 8) / 1e6)} Mbit/s`;
}
