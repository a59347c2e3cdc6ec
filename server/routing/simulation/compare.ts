import type { Policy, RoutingConfig } from '@parley/sdk/routing-document.ts';
import { createBlindRoundRobin } from './blind-round-robin.ts';
import { clairvoyantBound, type Job } from './bound.ts';
import { createCoreRouter } from './core-router.ts';
import { type MeasureOptions, type Measures, measure } from './measures.ts';
import { pooled, suitsBy, withPolicy } from './presets.ts';
import type { Router } from './router.ts';
import { drawWorkload, type Scenario } from './scenario.ts';
import { createShortestFirst } from './shortest-first.ts';
import { type Run, simulate, type WrongAgent } from './simulate.ts';
import { confidence, type Interval, meanOf, pairedDifference, pairedRatio } from './statistics.ts';
import type { Workload } from './workload.ts';

/** One way to decide, to be put beside others. */
export interface Contender {
  readonly name: string;
  /** ours: the dispatcher; peer: what it is compared with; ideal: what nobody can do, to see how much is left to gain. */
  readonly kind: 'ours' | 'peer' | 'ideal';
  /** One line for a reader. */
  readonly meaning: string;
  run(workload: Workload, seed: number): Run;
}

const ourPolicies: readonly { policy: Policy; meaning: string }[] = [
  { policy: 'best-skill', meaning: 'the dispatcher, best level first (the default)' },
  { policy: 'least-loaded', meaning: 'the dispatcher, least relative load first' },
  { policy: 'longest-idle', meaning: 'the dispatcher, longest idle first' },
  { policy: 'round-robin', meaning: 'the dispatcher, in turn, among those who can and have room' },
];

const ours = (config: RoutingConfig): Router => createCoreRouter(config);

/** The dispatcher's policies. */
export const dispatcherContenders: readonly Contender[] = ourPolicies.map(({ policy, meaning }) => ({
  name: policy,
  kind: 'ours',
  meaning,
  run: (workload, seed) => {
    const config = withPolicy(workload.config, policy);
    return simulate({ ...workload, config }, ours(config), { seed });
  },
}));

/** Seconds until an agent has read enough to see that somebody else must answer, and has found the button. */
const handOnAfterMs = 30_000;
const struggleFactor = 1.5;

function blind(name: string, meaning: string, wrongAgent?: WrongAgent): Contender {
  return {
    name,
    kind: 'peer',
    meaning,
    run: (workload, seed) => {
      const suits = suitsBy(workload.config);
      if (wrongAgent === undefined) return simulate(workload, createBlindRoundRobin(suits), { seed });
      return simulate(workload, createBlindRoundRobin(), { seed, suits, wrongAgent });
    },
  };
}

/** Plain round robin, in three readings: the first is the one that claims are made against. */
export const peerContenders: readonly Contender[] = [
  blind('plain round robin', 'next online agent; one who cannot help finds out in 30 s and hands it on', {
    kind: 'hands-on',
    afterMs: handOnAfterMs,
  }),
  blind(
    '… that struggles',
    'next online agent; one who cannot help answers all the same, and takes 1.5 times as long',
    {
      kind: 'struggles',
      factor: struggleFactor,
    },
  ),
  blind('… with skills', 'next online agent who can help, however many conversations they have'),
];

/** What no dispatcher can be: everybody can do everything, and one that knows how long each conversation takes. */
export const idealContenders: readonly Contender[] = [
  {
    name: 'pooled, in order',
    kind: 'ideal',
    meaning: 'every agent can answer everything, first come first served: the best without knowing the future',
    run: (workload, seed) => {
      const all = pooled(workload);
      return simulate(all, ours(all.config), { seed });
    },
  },
  {
    name: 'pooled, shortest first',
    kind: 'ideal',
    meaning:
      'every agent can answer everything, and how long each takes is known: a schedule that a clairvoyant reaches',
    run: (workload, seed) => {
      const all = pooled(workload);
      return simulate(all, createShortestFirst(all), { seed });
    },
  },
];

/** What one seed comes to, for each contender in their order. */
export interface SeedResult {
  readonly measures: readonly Measures[];
  readonly meanHandlingMs: number;
  readonly bound: BoundFigures | undefined;
}

export interface BoundFigures {
  readonly meanWaitMs: number;
  readonly answeredInTime: number;
}

/** All runs of a comparison: for each contender its measures, seed by seed. */
export interface Comparison {
  readonly scenario: Scenario;
  readonly seeds: number;
  readonly rows: readonly { readonly contender: Contender; readonly runs: readonly Measures[] }[];
  /** The clairvoyant bound of the first seeds; undefined: of none. It is one for a team that stays the same. */
  readonly bound: readonly BoundFigures[] | undefined;
  readonly meanHandlingMs: number;
}

/** Lets every contender meet the same customers. The bound takes longer than all of them. */
export function compareOnce(
  scenario: Scenario,
  contenders: readonly Contender[],
  { seed, withBound = false, ...options }: MeasureOptions & { seed: number; withBound?: boolean },
): SeedResult {
  const workload = drawWorkload(scenario, seed);
  const runs = contenders.map((contender) => contender.run(workload, seed));
  const measures = runs.map((run) => measure(workload, run, options));
  return {
    measures,
    meanHandlingMs: meanOf(workload.customers.map(({ handlingMs }) => handlingMs)),
    bound: withBound ? boundOf(workload, measures, options) : undefined,
  };
}

/** Puts seeds together, in their order. */
export function gather(
  scenario: Scenario,
  contenders: readonly Contender[],
  results: readonly SeedResult[],
): Comparison {
  const bound = results.flatMap((result) => result.bound ?? []);
  return {
    scenario,
    seeds: results.length,
    rows: contenders.map((contender, i) => ({
      contender,
      runs: results.map(({ measures }) => measures[i] as Measures),
    })),
    bound: bound.length === 0 ? undefined : bound,
    meanHandlingMs: meanOf(results.map(({ meanHandlingMs }) => meanHandlingMs)),
  };
}

export function compare(
  scenario: Scenario,
  contenders: readonly Contender[],
  options: MeasureOptions & { seeds: number; firstSeed?: number; boundSeeds?: number },
): Comparison {
  const { seeds, firstSeed = 1, boundSeeds = 0, ...rest } = options;
  const results = Array.from({ length: seeds }, (_, i) =>
    compareOnce(scenario, contenders, { seed: firstSeed + i, withBound: i < boundSeeds, ...rest }),
  );
  return gather(scenario, contenders, results);
}

function boundOf(
  workload: Workload,
  measures: readonly Measures[],
  { withinMs = 20_000 }: MeasureOptions,
): BoundFigures {
  const jobs = workload.customers.map(
    ({ at, handlingMs, patienceMs }): Job => ({ at: at - workload.from, handlingMs, patienceMs }),
  );
  const servers = workload.workers.reduce((sum, { capacity }) => sum + capacity, 0);
  const wait = Math.min(...measures.map(({ meanWaitMs }) => meanWaitMs));
  const late = Math.min(...measures.map(({ answeredInTime }) => 1 - answeredInTime));
  return {
    meanWaitMs: clairvoyantBound(jobs, { aim: { kind: 'wait' }, servers, reached: wait }),
    answeredInTime: 1 - clairvoyantBound(jobs, { aim: { kind: 'late', withinMs }, servers, reached: late }),
  };
}

/** How one contender stands against another over the same seeds. */
export interface Difference {
  /** As parts: -0.4 is 40 % less. */
  readonly meanWait: Interval;
  /** As parts: 0.2 is 20 points more. */
  readonly answeredInTime: Interval;
}

export function difference(after: readonly Measures[], before: readonly Measures[]): Difference {
  const waits = (runs: readonly Measures[]) => runs.map(({ meanWaitMs }) => meanWaitMs);
  const shares = (runs: readonly Measures[]) => runs.map(({ answeredInTime }) => answeredInTime);
  const ratio = pairedRatio(waits(after), waits(before));
  return {
    meanWait: { ...ratio, mean: ratio.mean - 1, low: ratio.low - 1, high: ratio.high - 1 },
    answeredInTime: pairedDifference(shares(after), shares(before)),
  };
}

/** A measure over all seeds, with its interval. */
export const over = (runs: readonly Measures[], of: (measures: Measures) => number): Interval =>
  confidence(runs.map(of));
