import { erlangA, erlangC, type QueueFigures } from '../erlang.ts';
import { createCoreRouter } from './core-router.ts';
import { type Measures, measure } from './measures.ts';
import { type Dials, poolScenario } from './presets.ts';
import { drawWorkload } from './scenario.ts';
import { simulate } from './simulate.ts';
import { confidence, type Interval } from './statistics.ts';

/** One figure of theory beside the simulation's interval. */
export interface Check {
  readonly model: 'Erlang C' | 'Erlang A';
  readonly figure: string;
  readonly unit: 's' | '%';
  /** In the unit. */
  readonly exact: number;
  readonly simulated: Interval;
  readonly isWithin: boolean;
}

/** What of a pool is checked: `dials` say its size, its mean handling time and its load. */
export interface ValidationOptions {
  readonly seeds: number;
  readonly firstSeed?: number;
  /** The empty beginning is not counted. */
  readonly warmUpMs: number;
}

export const models = ['Erlang C', 'Erlang A'] as const;

/**
 * Puts the simulation, with the dispatcher's own code in it, beside what queueing theory knows exactly of one pool with one
 * skill: a defect in either would show as a figure outside the interval.
 */
export function validate(dials: Dials, { seeds, firstSeed = 1, warmUpMs }: ValidationOptions): Check[] {
  return models.flatMap((model) => {
    const runs = Array.from({ length: seeds }, (_, i) =>
      validationRun(model, dials, { seed: firstSeed + i, warmUpMs }),
    );
    return checksOf(model, dials, runs);
  });
}

/** One run of the pool that a model is exact for. */
export function validationRun(
  model: Check['model'],
  dials: Dials,
  { seed, warmUpMs }: { seed: number; warmUpMs: number },
): Measures {
  const workload = drawWorkload({ ...poolScenario(modelled(model, dials)), warmUpMs }, seed);
  return measure(workload, simulate(workload, createCoreRouter(workload.config), { seed }));
}

/** Holds runs against theory. */
export function checksOf(model: Check['model'], dials: Dials, runs: readonly Measures[]): Check[] {
  const exact = theoryOf(modelled(model, dials));
  const check = (figure: string, unit: 's' | '%', value: number, of: (measures: Measures) => number): Check => {
    const scale = unit === 's' ? 1 / 1_000 : 100;
    const simulated = confidence(runs.map((measures) => of(measures) * scale));
    const isWithin = simulated.low <= value * scale && value * scale <= simulated.high;
    return { model, figure, unit, exact: value * scale, simulated, isWithin };
  };
  return [
    check('mean wait', 's', exact.meanWaitMs, ({ meanWaitMs }) => meanWaitMs),
    check('answered in 20 s', '%', exact.answeredWithin(20_000), ({ answeredInTime }) => answeredInTime),
    check('occupancy', '%', exact.occupancy, ({ occupancy }) => occupancy),
    ...(model === 'Erlang A' ? [check('give up', '%', exact.abandonment, ({ abandonment }) => abandonment)] : []),
  ];
}

/** The dials turned to what the model is about: where people give up, more comes than can be done. */
function modelled(model: Check['model'], dials: Dials): Dials {
  const handling = { kind: 'exponential', meanMs: dials.handling.meanMs } as const;
  const plain = { ...dials, handling, pattern: 'steady', slowdown: 0, capacity: 1 } as const;
  if (model === 'Erlang C') return { ...plain, patience: 'endless' };
  const patience = { kind: 'exponential', meanMs: dials.handling.meanMs * 0.6 } as const;
  return { ...plain, patience, load: dials.load + 0.15 };
}

function theoryOf({ agents, load, handling, patience }: Dials): QueueFigures {
  const pool = { servers: agents, arrivalsPerHour: (load * agents * 3_600_000) / handling.meanMs };
  const offered = { ...pool, handlingMs: handling.meanMs };
  return patience === 'endless' ? erlangC(offered) : erlangA({ ...offered, patienceMs: patience.meanMs });
}
