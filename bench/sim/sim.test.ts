import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../server/routing/simulation/random.ts';
import { confidence, type Interval } from '../../server/routing/simulation/statistics.ts';
import { hottestBin, recovery, waitMD1, waitMM1, waitOverQueues, waitQuantileMM1 } from './closed-form.ts';
import { createCrowd, sharesOf } from './crowd.ts';
import { simulateOutage } from './outage.ts';
import { simulateQueue } from './queue.ts';
import { simulateStorm } from './storm.ts';

// Seeds are fixed, so that each of these either always holds or never does.
const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
const over = (run: (seed: number) => number): Interval => confidence(seeds.map(run));
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: Float64Array, share: number) => values.toSorted()[Math.floor(share * values.length)] ?? 0;

/** The interval of the estimate, and a little for what a run that begins empty lacks, holds what theory says. */
function assertNear({ mean, high }: Interval, theory: number, slack = 0.03): void {
  const far = Math.abs(mean - theory);
  assert.ok(
    far <= 1.5 * (high - mean) + slack * theory,
    `${mean.toFixed(4)} ± ${(high - mean).toFixed(4)}, and theory says ${theory.toFixed(4)}`,
  );
}

const crowd = createCrowd({ contacts: 50_000, exponent: 0, hottest: 0, seed: 1 });
const oneWorker = { crowd, partitions: 1, owners: [0], seconds: 10, serviceMs: 1, commitMs: 0, burst: 1 } as const;

test('one worker with exponential service waits as long as Erlang says, on average and in the tail', () => {
  for (const perSecond of [300, 600, 800]) {
    const runs = seeds.map((seed) =>
      simulateQueue({ ...oneWorker, perSecond, seconds: 15, service: 'exponential' }, new Random(seed)),
    );
    assertNear(confidence(runs.map(({ waits }) => mean(waits))), waitMM1(perSecond / 1_000, 1));
    assertNear(
      confidence(runs.map(({ waits }) => quantile(waits, 0.99))),
      waitQuantileMM1(0.99, perSecond / 1_000, 1),
      0.06,
    );
    assertNear(confidence(runs.map(({ utilisations }) => utilisations[0] ?? 0)), perSecond / 1_000);
  }
});

test('… and with constant service half as long', () => {
  for (const perSecond of [300, 800]) {
    const waited = over((seed) =>
      mean(simulateQueue({ ...oneWorker, perSecond, seconds: 30, service: 'constant' }, new Random(seed)).waits),
    );
    assertNear(waited, waitMD1(perSecond / 1_000, 1));
  }
});

test('several workers with unequal shares wait as the formula for each of them says, weighed by what it gets', () => {
  // Of eight partitions three, three and two.
  const owners = [0, 1, 2, 0, 1, 2, 0, 1];
  const perSecond = 2_000;
  const shares = sharesOf(crowd, 8);
  const utilisations = [0, 1, 2].map((worker) =>
    owners.reduce((sum, owner, partition) => sum + (owner === worker ? 2 * (shares[partition] ?? 0) : 0), 0),
  );
  const waited = over((seed) =>
    mean(
      simulateQueue({ ...oneWorker, partitions: 8, owners, perSecond, service: 'exponential' }, new Random(seed)).waits,
    ),
  );
  assertNear(waited, waitOverQueues(utilisations, 1));
});

test('a contact’s entries are begun one after the other, each after the commit of the one before', () => {
  const alone = createCrowd({ contacts: 1, exponent: 0, hottest: 1, seed: 1 });
  const run = (perSecond: number, seed: number) =>
    simulateQueue(
      { ...oneWorker, crowd: alone, perSecond, seconds: 20, commitMs: 4, service: 'constant' },
      new Random(seed),
    );
  // Five milliseconds each: two hundred a second, whoever else is idle.
  assertNear(
    over((seed) => mean(run(150, seed).waits)),
    waitMD1(0.75, 5),
  );
  const above = run(250, 1);
  assert.ok(quantile(above.waits, 0.99) > 2_000, `${quantile(above.waits, 0.99)} ms`);
  assert.ok((above.utilisations[0] ?? 1) < 0.26, 'its worker has time for others meanwhile');
});

test('the hottest of the partitions is as hot as the largest of as many normal values', () => {
  for (const { exponent, hottest: share } of [
    { exponent: 0, hottest: 0 },
    { exponent: 0.3, hottest: 0 },
    { exponent: 0, hottest: 0.1 },
  ]) {
    const crowds = seeds.map((seed) => createCrowd({ contacts: 5_000, exponent, hottest: share, seed }));
    for (const partitions of [16, 64]) {
      const hottest = confidence(crowds.map((one) => Math.max(...sharesOf(one, partitions)) * partitions));
      const { weights } = crowds[0] as (typeof crowds)[number];
      assertNear(hottest, hottestBin(weights, partitions), 0.04);
    }
  }
});

test('contacts are drawn as often as they write', () => {
  const zipf = createCrowd({ contacts: 1_000, exponent: 1, hottest: 0.2, seed: 5 });
  const random = new Random(1);
  const drawn = new Float64Array(zipf.size);
  const times = 400_000;
  for (let i = 0; i < times; i++) {
    const contact = zipf.draw(random);
    drawn[contact] = (drawn[contact] ?? 0) + 1 / times;
  }
  for (const contact of [0, 1, 2, 10]) {
    const weight = zipf.weights[contact] ?? 0;
    assert.ok(Math.abs((drawn[contact] ?? 0) - weight) < 5 * Math.sqrt(weight / times), `contact ${contact}`);
  }
});

test('what piles up while a worker is away is what came, and is gone when theory says', () => {
  const shares = new Float64Array(8).fill(1 / 8);
  const runs = seeds.map((seed) =>
    simulateOutage(
      {
        shares,
        perSecond: 4_000,
        serviceMs: 0.5,
        workers: 4,
        ownerAt: (partition) => partition % 4,
        closureOf: (partition) => (partition % 4 === 0 ? { from: 1_000, until: 11_000 } : undefined),
        bound: Number.POSITIVE_INFINITY,
        retryMs: [0, 0],
        seconds: 40,
      },
      new Random(seed),
    ),
  );
  assertNear(confidence(runs.map(({ peakBacklog }) => peakBacklog)), 1_000 * 10, 0.02);
  // 1,000 a second came for ten seconds; 2,000 a second are served.
  assertNear(
    confidence(runs.map(({ recoveredMs }) => (recoveredMs - 11_000) / 1_000)),
    recovery(1_000, 2_000, 10),
    0.1,
  );
  assert.ok(runs.every(({ refused }) => refused === 0));
});

test('beyond its bound a partition refuses, and what comes again is served in the end', () => {
  const shares = new Float64Array(2).fill(1 / 2);
  const closureOf = (partition: number) => (partition === 0 ? { from: 0, until: 5_000, refuses: true } : undefined);
  const common = { shares, perSecond: 1_000, serviceMs: 0.5, workers: 2, ownerAt: (partition: number) => partition };
  const away = simulateOutage(
    { ...common, closureOf, bound: 1e9, retryMs: [5_000, 10_000], seconds: 30 },
    new Random(1),
  );
  assert.ok(Math.abs(away.refused - 2_500) < 250, `${away.refused}`);
  assert.ok(away.recoveredMs < 20_000);
  const small = simulateOutage(
    { ...common, closureOf: () => ({ from: 0, until: 5_000 }), bound: 100, retryMs: [1_000, 2_000], seconds: 30 },
    new Random(1),
  );
  assert.ok(small.peakOfPartition <= 100);
  assert.ok(small.refused > 2 * 5_000 - 200);
});

test('clients that all come at once are greeted in the time that it takes to greet them', () => {
  const storm = { clients: 10_000, processes: 4, connectMs: 1, utilisation: 0.5, wereAsked: false };
  const results = seeds.map((seed) => simulateStorm(storm, new Random(seed)));
  // A process needs two milliseconds for each beside its other work, and they come within half a second.
  assertNear(confidence(results.map(({ allMs }) => allMs)), (10_000 * 2) / 4, 0.03);
  assert.ok(results.every(({ givenUp }) => givenUp === 0));
  const [asked] = seeds.map((seed) => simulateStorm({ ...storm, clients: 1_000, wereAsked: true }, new Random(seed)));
  assert.ok((asked?.p99Ms ?? 0) > 3_800 && (asked?.peakPerSecond ?? 0) < 400, 'a restart in order spreads them');
});

test('clients that are not greeted in time give up, come again later, and are greeted in the end', () => {
  const storm = { clients: 10_000, processes: 1, connectMs: 2, utilisation: 0.5, wereAsked: false };
  const { givenUp, allMs } = simulateStorm(storm, new Random(1));
  assert.ok(givenUp > 1_000);
  assert.ok(allMs > 10_000 * 4, 'what was done for those who gave up is done twice');
});
