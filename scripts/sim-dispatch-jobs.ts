import {
  type Contender,
  compareOnce,
  dispatcherContenders,
  idealContenders,
  peerContenders,
  type SeedResult,
} from '../server/routing/simulation/compare.ts';
import type { Measures } from '../server/routing/simulation/measures.ts';
import { type Dials, dayScenario, poolScenario, skillsScenario } from '../server/routing/simulation/presets.ts';
import { type Check, validationRun } from '../server/routing/simulation/validation.ts';

// What the simulation of the dispatcher is cut into: a seed is a job, so that every processor has something to do.

export const scenarios = { pool: poolScenario, skills: skillsScenario, day: dayScenario } as const;
export type ScenarioName = keyof typeof scenarios;

export type Job =
  | { readonly kind: 'validation'; readonly model: Check['model']; readonly dials: Dials; readonly seed: number }
  | {
      readonly kind: 'comparison';
      readonly scenario: ScenarioName;
      readonly dials: Dials;
      readonly seed: number;
      readonly withBound: boolean;
    };

export type JobResult = Measures | SeedResult;

/** In a validation the first hours are not counted: a pool that begins empty is not yet in its steady state. */
export const warmUpMs = 2 * 3_600_000;

/** The ideals are the dispatcher itself where there is one pool; in a day the team changes, which they do not do. */
export function contendersOf(scenario: ScenarioName): readonly Contender[] {
  return [...peerContenders, ...dispatcherContenders, ...(scenario === 'day' ? [] : idealContenders)];
}

export function runJob(job: Job): JobResult {
  const { seed, dials } = job;
  if (job.kind === 'validation') return validationRun(job.model, dials, { seed, warmUpMs });
  const { scenario, withBound } = job;
  return compareOnce(scenarios[scenario](dials), contendersOf(scenario), { seed, withBound });
}
