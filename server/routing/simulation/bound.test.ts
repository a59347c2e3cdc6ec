import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clairvoyantBound, type Job } from './bound.ts';

const jobs = (...all: readonly (readonly [at: number, handlingMs: number, patienceMs?: number])[]): Job[] =>
  all.map(([at, handlingMs, patienceMs = Infinity]) => ({ at, handlingMs, patienceMs }));

/**
 * The best of all schedules, by trying: every choice of who is served, in every order, each as early as what stands allows.
 * Any schedule can be moved to one of these without anybody beginning later.
 */
function best(all: readonly Job[], servers: number, cost: (job: Job, start: number | undefined) => number): number {
  let least = Infinity;
  const place = (left: readonly Job[], placed: readonly { start: number; end: number }[], so: number): void => {
    if (so >= least) return;
    if (left.length === 0) {
      least = so;
      return;
    }
    for (const job of left) {
      const others = left.filter((other) => other !== job);
      const start = earliest(job, placed, servers);
      place(others, [...placed, { start, end: start + job.handlingMs }], so + cost(job, start));
      place(others, placed, so + cost(job, undefined));
    }
  };
  place(all, [], 0);
  return least / all.length;
}

function earliest(job: Job, placed: readonly { start: number; end: number }[], servers: number): number {
  const starts = [job.at, ...placed.map(({ end }) => end).filter((end) => end > job.at)].sort((a, b) => a - b);
  const fits = (start: number) => {
    const within = [start, ...placed.map((one) => one.start).filter((at) => at > start && at < start + job.handlingMs)];
    return within.every((at) => placed.filter((one) => one.start <= at && at < one.end).length < servers);
  };
  return starts.find(fits) as number;
}

const waitCost = (job: Job, start: number | undefined) =>
  start === undefined || start - job.at > job.patienceMs ? job.patienceMs : start - job.at;
const lateCost = (job: Job, start: number | undefined) =>
  start === undefined || start - job.at > Math.min(20, job.patienceMs) ? 1 : 0;

const small = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 60 }),
    handlingMs: fc.integer({ min: 1, max: 80 }),
    patienceMs: fc.constantFrom(15, 60, Infinity),
  }),
  { minLength: 1, maxLength: 5 },
);

test('no schedule is better than the bound, in waits or in customers who are late', () => {
  fc.assert(
    fc.property(small, fc.integer({ min: 1, max: 2 }), (all, servers) => {
      const wait = best(all, servers, waitCost);
      const waitBound = clairvoyantBound(all, { aim: { kind: 'wait' }, servers, reached: wait });
      assert.ok(waitBound <= wait + 1e-6, `wait ${wait}, bound ${waitBound}`);
      const late = best(all, servers, lateCost);
      const lateBound = clairvoyantBound(all, { aim: { kind: 'late', withinMs: 20 }, servers, reached: late });
      assert.ok(lateBound <= late + 1e-9, `late ${late}, bound ${lateBound}`);
    }),
    { numRuns: 150 },
  );
});

test('the bound comes near to the best: it is no empty promise', () => {
  // One agent, three at once: shortest first, waits of 0, 100 and 300.
  const queue = jobs([0, 100], [0, 200], [0, 300], [600, 50]);
  const bound = clairvoyantBound(queue, { aim: { kind: 'wait' }, servers: 1, reached: 100, rounds: 400 });
  assert.ok(bound > 0.85 * 100 && bound <= 100, `${bound}`);
});

test('where nobody has to wait the bound is nothing, and of nobody it is nothing', () => {
  const apart = jobs([0, 100], [200, 100], [400, 100]);
  assert.equal(clairvoyantBound(apart, { aim: { kind: 'wait' }, servers: 1, reached: 0 }), 0);
  assert.equal(clairvoyantBound([], { aim: { kind: 'wait' }, servers: 1, reached: 0 }), 0);
});
