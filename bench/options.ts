import { parseArgs } from 'node:util';

export const sectionIds = ['end-to-end', 'latency', 'idle', 'webhook', 'wechat'] as const;
export type SectionId = (typeof sectionIds)[number];

/** How long and how much: chosen so that a whole run stays under four minutes, a quick one under 45 seconds. */
export interface Options {
  readonly only: readonly SectionId[];
  readonly json: string | undefined;
  readonly rounds: number;
  readonly visitors: number;
  readonly agents: number;
  /** Unanswered messages of each visitor at saturation. */
  readonly window: number;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly referenceMs: number;
  readonly rates: readonly number[];
  readonly rateMs: number;
  readonly idleConnections: number;
  /** Callbacks of a round, and the time after which it ends anyway. */
  readonly callbacks: number;
  readonly callbacksMs: number;
  /** Rounds before the first that counts. */
  readonly callbackWarmRounds: number;
  readonly contacts: number;
  readonly callbackConnections: number;
}

export const usage = `npm run bench:core -- [--json FILE] [--quick] [--only ${sectionIds.join(',')}]
  --visitors N   people who write (200)          --agents M      people who read (4)
  --window W     unanswered messages of each (5) --connections N  idle connections (10,000)
  --callback-connections N  requests of a platform under way at once (64)
  --rounds R     of Parley and its references in turn (3)
  --seconds S    of each measured round at saturation and at a fixed rate`;

/** @throws Error in one line that names the argument */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: sectionIds.join(',') },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      visitors: { type: 'string', default: '200' },
      agents: { type: 'string', default: '4' },
      window: { type: 'string', default: '5' },
      connections: { type: 'string' },
      'callback-connections': { type: 'string', default: '64' },
    },
  });
  const quick = values.quick;
  const roundMs = values.seconds === undefined ? undefined : positive('seconds', values.seconds) * 1_000;
  return {
    only: values.only.split(',').map(sectionId),
    json: values.json,
    rounds: positive('rounds', values.rounds ?? (quick ? '2' : '3')),
    visitors: positive('visitors', values.visitors),
    agents: positive('agents', values.agents),
    window: positive('window', values.window),
    warmMs: quick ? 600 : 1_500,
    measureMs: roundMs ?? (quick ? 1_500 : 4_000),
    referenceMs: quick ? 500 : 1_200,
    rates: quick ? [2_000] : [1_000, 2_000, 5_000],
    rateMs: roundMs ?? (quick ? 1_200 : 2_500),
    idleConnections: positive('connections', values.connections ?? (quick ? '1000' : '10000')),
    callbacks: quick ? 3_000 : 12_000,
    callbacksMs: quick ? 1_000 : 3_000,
    // A server's code is compiled after some 36,000 callbacks: until then each costs up to twice as much CPU.
    callbackWarmRounds: quick ? 1 : 3,
    contacts: quick ? 500 : 2_000,
    callbackConnections: positive('callback-connections', values['callback-connections']),
  };
}

function sectionId(text: string): SectionId {
  const id = sectionIds.find((known) => known === text);
  if (id === undefined) throw new Error(`--only: expected some of ${sectionIds.join(', ')}, got ${text}.`);
  return id;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number from 1, got ${text}.`);
  return value;
}
