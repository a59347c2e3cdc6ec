import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { type ArrivalPattern, drawArrivals } from './arrivals.ts';
import { type Duration, drawDuration, Random } from './random.ts';
import type { Conduct, Customer, Needs, Worker, Workload } from './workload.ts';

/** How a team and its customers are, before chance has decided. */
export interface Scenario {
  readonly name: string;
  /** Work that comes over work that can be done. */
  readonly load: number;
  /** Epoch milliseconds at which it begins. */
  readonly startAt: number;
  readonly lengthMs: number;
  /** The first part of it that is not counted. */
  readonly warmUpMs: number;
  readonly arrivals: ArrivalPattern;
  /** What customers need, and how often. */
  readonly needs: readonly { readonly weight: number; readonly value: Needs }[];
  /** So many different people write: the fewer, the more often one comes again. */
  readonly contacts: number;
  readonly patience: Duration | 'endless';
  readonly handling: Duration;
  readonly workers: readonly Worker[];
  /** How often an agent vanishes, in the mean, and for how long. */
  readonly outages?: { readonly everyMs: number; readonly lastMs: number };
  readonly config: RoutingConfig;
  readonly conduct: Conduct;
}

/** What each stream of chance is for: one that is drawn from more often does not move the others. */
const streams = { arrivals: 1, needs: 2, patience: 3, handling: 4, outages: 5 } as const;

/** Lets chance decide. The same seed gives the same workload, and only that. */
export function drawWorkload(scenario: Scenario, seed: number): Workload {
  const stream = (name: keyof typeof streams) => new Random(seed, streams[name]);
  const { startAt, lengthMs } = scenario;
  const [needs, patience, handling] = [stream('needs'), stream('patience'), stream('handling')];
  const customers = drawArrivals(stream('arrivals'), scenario.arrivals, lengthMs).map(
    (at, i): Customer => ({
      ...needs.pick(scenario.needs),
      id: `c${i + 1}`,
      contactId: `p${needs.integer(scenario.contacts)}`,
      at: startAt + at,
      patienceMs: scenario.patience === 'endless' ? Infinity : drawDuration(patience, scenario.patience),
      handlingMs: drawDuration(handling, scenario.handling),
    }),
  );
  const outages = stream('outages');
  return {
    from: startAt,
    countFrom: startAt + scenario.warmUpMs,
    to: startAt + lengthMs,
    customers,
    workers: scenario.workers.map((worker) => ({ ...worker, outages: drawOutages(outages, scenario) })),
    config: scenario.config,
    conduct: scenario.conduct,
  };
}

function drawOutages(random: Random, { outages, startAt, lengthMs }: Scenario): Worker['outages'] {
  if (outages === undefined) return [];
  const drawn: { from: number; to: number }[] = [];
  for (let at = random.exponential(outages.everyMs); at < lengthMs; at += random.exponential(outages.everyMs)) {
    const to = at + random.exponential(outages.lastMs);
    drawn.push({ from: startAt + at, to: startAt + to });
    at = to;
  }
  return drawn;
}
