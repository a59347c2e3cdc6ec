import stageCosts from './stage-costs.json' with { type: 'json' };

/** What a message passes on its way. */
export const parts = ['gateway', 'worker', 'websocket', 'mariadb', 'redis', 'balancer'] as const;
export type Part = (typeof parts)[number];

/** What one unit of a load costs: a message, a callback, a heartbeat. */
export interface UnitCost {
  /** Units a second at which it was measured. */
  readonly perSecond: number;
  /** CPU of each part, microseconds. */
  readonly cpuUs: Readonly<Record<Part, number>>;
  /** Bytes between the clients and the load balancer, either way. */
  readonly wireBytes?: number;
  readonly redisWireBytes: number;
  readonly mariadbWireBytes: number;
  readonly redisDiskBytes: number;
  readonly mariadbDiskBytes: number;
  readonly mariadbSyncs: number;
}

/** Where a figure comes from. */
export interface Source {
  readonly command: string;
  readonly date: string;
  readonly machine: string;
}

/** The figures that a plan reckons with. */
export interface PlanCosts {
  readonly units: Readonly<Record<Load, UnitCost>>;
  readonly unitSource: Source;
  /** Others used the machine meanwhile: everything is cheaper and faster than it was found to be. */
  readonly wasBusy: boolean;
  /** Of a process or server to which nothing happens. */
  readonly idleCpuMsPerSecond: Readonly<Record<Part, number>>;
  readonly processes: Readonly<Record<Role, number>>;
  readonly processBytes: Readonly<Record<Role, number>>;
  /** Memory of one open connection at each place that knows of it. */
  readonly connection: { readonly websocketBytes: number; readonly redisBytes: number; readonly balancerBytes: number };
  /** Rows of MariaDB with their indexes. */
  readonly stored: {
    readonly messageBase: number;
    readonly messagePerTextByte: number;
    readonly conversations: number;
    readonly contact: number;
    readonly receivedId: number;
  };
  /** CPU for each process that hears what another one says. */
  readonly heard: { readonly redisUs: number; readonly processUs: number };
  /** CPU for each agent, when one process looks who is there. */
  readonly directory: { readonly redisUs: number; readonly processUs: number };
  /** One process on SQLite. */
  readonly alone: {
    readonly messagesPerSecond: number;
    readonly processBytes: number;
    readonly connectionBytes: number;
    readonly connections: number;
    readonly source: Source;
  };
  readonly archive: {
    /** Of a message, in the better of the two archives' files. */
    readonly messageBytes: number;
    /** Length of the texts that were archived. */
    readonly textBytes: number;
    readonly source: Source;
  };
}

const loads = [
  'message',
  'callback',
  'callbackOfMany',
  'begun',
  'reply',
  'session',
  'connect',
  'heartbeat',
  'heartbeatWithConversation',
  'opening',
  'presence',
] as const;
type Load = (typeof loads)[number];
export type Role = 'gateway' | 'worker' | 'websocket';

const { command, date, machine, base, stages, connection, stored, heard, directory } = stageCosts;

const aloneConnectionBytes = 3_140;

/** Measured; npm run bench:stages -- --costs measures the first part anew and writes it into its file. */
export const planCosts: PlanCosts = {
  units: stages,
  unitSource: {
    command,
    date,
    machine: `${machine.cores} cores (${machine.cpu})`,
  },
  wasBusy: machine.loadBefore >= machine.cores / 2,
  idleCpuMsPerSecond: base.cpuMsPerSecond,
  processes: base.processes,
  processBytes: base.memoryBytes,
  // Finer where one process held ten thousand.
  connection: { ...connection, websocketBytes: aloneConnectionBytes },
  stored,
  heard,
  directory,
  alone: {
    messagesPerSecond: 31_023,
    processBytes: 250 * 2 ** 20,
    connectionBytes: aloneConnectionBytes,
    connections: 10_000,
    source: { command: 'npm run bench:core', date: '2026-11-23', machine: '2 cores (AMD EPYC)' },
  },
  archive: {
    messageBytes: 17.6,
    textBytes: 44,
    source: { command: 'npm run bench:cold', date: '2026-11-29', machine: '2 cores (AMD EPYC)' },
  },
};
