import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { claimsOf, weaknesses } from '../server/routing/simulation/claims.ts';
import {
  type Comparison,
  dispatcherContenders,
  gather,
  type SeedResult,
} from '../server/routing/simulation/compare.ts';
import type { Measures } from '../server/routing/simulation/measures.ts';
import { type Dials, usualDials } from '../server/routing/simulation/presets.ts';
import {
  describeChecks,
  describeClaims,
  describeComparison,
  describeContenders,
  describeWeaknesses,
} from '../server/routing/simulation/report.ts';
import { checksOf, models } from '../server/routing/simulation/validation.ts';
import { contendersOf, type Job, type JobResult, type ScenarioName, scenarios, warmUpMs } from './sim-dispatch-jobs.ts';

// What `npm run sim:dispatch` runs: the dispatcher's own code on simulated time, first held against what queueing theory
// knows exactly, then beside plain round robin and beside what nobody can do better than.
const usage = `npm run sim:dispatch -- [options]

  --scenario pool,skills,day   one pool, one skill, one conversation at a time; skills and languages, chats three at a time;
                               a working day of such chats with all that happens
  --load 0.8,0.9               work that comes over work that can be done (0.1 to 1.5); a day has the mean of them
  --agents N                   of a team (20)
  --capacity N                 conversations that an agent has at once (pool 1, skills and day 3)
  --pattern P                  how customers of pool and skills come: steady (usual), day, bursts
  --seeds N                    runs of each, over which the intervals are taken (30)
  --first-seed N               (1)
  --hours H                    simulated in each run (pool 6, skills 3; a day has 10)
  --policy P                   that the claims are made of: best-skill (usual), least-loaded, longest-idle, round-robin
  --quick                      fewer and shorter runs, at one load: a look, in some seconds
  --json                       answers in JSON
`;

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${usage}`);
  process.exit(2);
}

function number(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= from && value <= to)) fail(`--${name}: expected ${from} to ${to}, got ${text}.`);
  return value;
}

function integer(name: string, text: string, from: number, to: number): number {
  const value = number(name, text, from, to);
  return Number.isInteger(value) ? value : fail(`--${name}: expected a whole number, got ${text}.`);
}

function oneOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  return choices.find((choice) => choice === text) ?? fail(`--${name}: expected ${choices.join(', ')}, got ${text}.`);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        scenario: { type: 'string', default: 'pool,skills,day' },
        load: { type: 'string' },
        agents: { type: 'string', default: '20' },
        capacity: { type: 'string' },
        pattern: { type: 'string', default: 'steady' },
        seeds: { type: 'string' },
        'first-seed': { type: 'string', default: '1' },
        hours: { type: 'string' },
        policy: { type: 'string', default: 'best-skill' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const options = readOptions();
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const { quick } = options;
const names = options.scenario
  .split(',')
  .map((name) => oneOf('scenario', name, Object.keys(scenarios) as ScenarioName[]));
const loads = (options.load ?? (quick ? '0.85' : '0.8,0.9')).split(',').map((text) => number('load', text, 0.1, 1.5));
const seeds = integer('seeds', options.seeds ?? (quick ? '6' : '30'), 2, 10_000);
const firstSeed = integer('first-seed', options['first-seed'], 0, 1_000_000_000);
const policy = oneOf(
  'policy',
  options.policy,
  dispatcherContenders.map(({ name }) => name),
);
const common = {
  ...usualDials,
  agents: integer('agents', options.agents, 1, 2_000),
  pattern: oneOf('pattern', options.pattern, ['steady', 'day', 'bursts'] as const),
};
const hours = options.hours === undefined ? undefined : number('hours', options.hours, 0.5, 240);
const capacity = options.capacity === undefined ? undefined : integer('capacity', options.capacity, 1, 100);
/** The bound takes longer than all the runs of a seed. */
const boundSeeds = Math.min(seeds, quick ? 2 : 10);

/** Chats hinder each other a little, and their lengths are as they are found to be. */
function dialsOf(name: ScenarioName, load: number): Dials {
  const chats = { ...common, load, capacity: capacity ?? 3, hours: hours ?? (quick ? 1 : 3) };
  switch (name) {
    case 'pool':
      return { ...chats, capacity: capacity ?? 1, hours: hours ?? (quick ? 2 : 6) };
    case 'skills':
      return { ...chats, handling: { kind: 'lognormal', meanMs: 300_000, variation: 1.2 } };
    case 'day':
      return {
        ...chats,
        slowdown: 0.15,
        handling: { kind: 'lognormal', meanMs: 360_000, variation: 1.2 },
        patience: { kind: 'lognormal', meanMs: 420_000, variation: 1 },
      };
    default:
      return name satisfies never;
  }
}

const workers = Array.from(
  { length: Math.max(1, availableParallelism()) },
  () => new Worker(new URL('./sim-dispatch-worker.ts', import.meta.url)),
);

function runOn(worker: Worker, job: Job): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      worker.off('message', answered);
      worker.off('error', failed);
      then();
    };
    const answered = (result: JobResult) => settle(() => resolve(result));
    const failed = (error: Error) => settle(() => reject(error));
    worker.on('message', answered);
    worker.on('error', failed);
    worker.postMessage(job);
  });
}

/** The results of some jobs, in their order: each thread takes the next one when it has done one. */
async function runAll(jobs: readonly Job[]): Promise<JobResult[]> {
  const results: JobResult[] = [];
  let next = 0;
  const work = async (worker: Worker) => {
    for (let job = jobs[next]; job !== undefined; job = jobs[next]) {
      const at = next;
      next += 1;
      results[at] = await runOn(worker, job);
    }
  };
  await Promise.all(workers.map(work)).catch((error: Error) => {
    process.stderr.write(`A run failed: ${error.stack ?? error.message}\n`);
    process.exit(1);
  });
  return results;
}

const all = Array.from({ length: seeds }, (_, i) => firstSeed + i);
const say = (text: string) => {
  if (!options.json) process.stdout.write(`${text}\n`);
};

const startedAt = performance.now();
const poolHours = dialsOf('pool', 0.85).hours;
const poolDials = { ...dialsOf('pool', 0.85), hours: poolHours + warmUpMs / 3_600_000 };
const validations = models.flatMap((model) =>
  all.map((seed): Job => ({ kind: 'validation', model, dials: poolDials, seed })),
);
const validated = (await runAll(validations)) as Measures[];
const checks = models.flatMap((model, i) => checksOf(model, poolDials, validated.slice(i * seeds, (i + 1) * seeds)));
say(
  `One pool of ${common.agents} agents, conversations of 5 min, ${seeds} runs of ${poolHours} h after 2 h that are not counted,`,
);
say(`beside exact results: Erlang C at a load of 85 %, Erlang A at 100 % with a patience of 3 min.\n`);
say(`${describeChecks(checks)}\n`);

const comparisons: Comparison[] = [];
for (const name of names) {
  const contenders = contendersOf(name);
  // A day has hours of every load.
  const ofIt = name === 'day' ? [loads.reduce((sum, load) => sum + load, 0) / loads.length] : loads;
  for (const load of ofIt) {
    const dials = dialsOf(name, load);
    const jobs = all.map((seed, i): Job => {
      return { kind: 'comparison', scenario: name, dials, seed, withBound: name !== 'day' && i < boundSeeds };
    });
    const scenario = scenarios[name](dials);
    const comparison = gather(scenario, contenders, (await runAll(jobs)) as SeedResult[]);
    comparisons.push(comparison);
    if (comparisons.length === 1) say(`${describeContenders(comparison)}\n`);
    const team = `${dials.agents} agents with ${dials.capacity} at once`;
    const runs = `${seeds} runs of ${scenario.lengthMs / 3_600_000} h`;
    say(`${scenario.name}: ${team}, load ${(load * 100).toFixed(0)} %, ${runs}\n`);
    say(describeComparison(comparison));
    say(`\n  ${policy}:`);
    say(describeClaims(comparison, policy));
    say(`\n  Our policies beside each other:\n${describeWeaknesses(comparison)}\n`);
  }
}
await Promise.all(workers.map((worker) => worker.terminate()));
if (options.json) {
  const results = comparisons.map((comparison) => ({
    scenario: comparison.scenario.name,
    load: comparison.scenario.load,
    seeds: comparison.seeds,
    rows: comparison.rows.map(({ contender, runs }) => ({ name: contender.name, kind: contender.kind, runs })),
    bound: comparison.bound ?? null,
    claims: claimsOf(comparison, policy),
    weaknesses: weaknesses(comparison),
  }));
  process.stdout.write(`${JSON.stringify({ firstSeed, checks, results }, undefined, 2)}\n`);
}
say(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s.`);
