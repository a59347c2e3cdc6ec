import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { erlangA, erlangB, erlangC, type Offered, offeredLoad } from './erlang.ts';

const near = (actual: number, expected: number, digit: number) =>
  assert.ok(Math.abs(actual - expected) <= digit, `expected ${expected} ± ${digit}, got ${actual}`);

test('Erlang B meets published figures: 15 lines carry 8.108 erlangs at a blocking of 1 %', () => {
  // Westbay Engineers, "How much traffic can a trunk group handle?", erlang.com/calculatormanual
  near(erlangB(15, 8.108), 0.01, 0.000_005);
});

test('Erlang C meets published worked examples', () => {
  // Mitan, "The Erlang-C formula": 360 calls in half an hour of 4 minutes, 55 agents, target 15 s
  const mitan = erlangC({ servers: 55, arrivalsPerHour: 720, handlingMs: 240_000 });
  near(mitan.waitProbability, 0.239, 0.000_5);
  near(mitan.meanWaitMs, 8_200, 50);
  near(mitan.answeredWithin(15_000), 0.846, 0.000_5);
  // Call Centre Helper, "Erlang C formula, made simple with a worked example": 10 erlangs of 3 minutes, 14 agents
  const helper = erlangC({ servers: 14, arrivalsPerHour: 200, handlingMs: 180_000 });
  near(helper.waitProbability, 0.174, 0.000_5);
  near(helper.meanWaitMs, 7_800, 50);
  near(helper.answeredWithin(20_000), 0.888, 0.000_5);
  near(helper.occupancy, 0.714, 0.000_5);
});

test('Erlang A and C meet the published comparison of a pool with and without people who give up', () => {
  // O. Garnett, A. Mandelbaum, M. Reiman, "Designing a call center with impatient customers" (2002): 50 agents,
  // 48 calls a minute of one minute each, patience of two minutes
  const pool = { servers: 50, arrivalsPerHour: 48 * 60, handlingMs: 60_000 };
  const patient = erlangC(pool);
  const impatient = erlangA({ ...pool, patienceMs: 120_000 });
  near(impatient.abandonment, 0.031, 0.000_5);
  near(patient.meanWaitMs, 20_800, 50);
  near(impatient.meanWaitMs, 3_700, 50);
  near(patient.answeredWithin(58_100), 0.9, 0.001);
  near(impatient.endsWithin(12_500), 0.9, 0.001);
  near(impatient.meanWaiting, 3, 0.05);
  near(patient.occupancy, 0.96, 0.001);
  near(impatient.occupancy, 0.93, 0.001);
});

/** The chain solved as it stands in a textbook, state by state, with the waits by integrating its equations in time. */
function solveChain({ servers, arrivalsPerHour, handlingMs, patienceMs }: Offered & { patienceMs: number }) {
  const [arrive, serve, leave] = [arrivalsPerHour / 3_600_000, 1 / handlingMs, 1 / patienceMs];
  const departures = (n: number) => Math.min(n, servers) * serve + Math.max(0, n - servers) * leave;
  const states = [1];
  for (let n = 1; n < servers + 400; n += 1) states.push(((states[n - 1] as number) * arrive) / departures(n));
  const total = states.reduce((a, b) => a + b);
  const found = states.map((p) => p / total);
  const waiting = found.slice(servers).map((p, k) => p * k);
  /** One who comes now, by how many are before them: answered at the next departure where nobody is. */
  const follow = (ms: number, isPatient: boolean) => {
    let ahead = found.slice(servers);
    let answered = found.slice(0, servers).reduce((a, b) => a + b, 0);
    let gone = 0;
    const stepMs = 5;
    for (let at = 0; at < ms; at += stepMs) {
      const next = [...ahead];
      ahead.forEach((p, k) => {
        const moves = p * departures(servers + k) * stepMs;
        const givesUp = isPatient ? 0 : p * leave * stepMs;
        next[k] = (next[k] as number) - moves - givesUp;
        gone += givesUp;
        if (k === 0) answered += moves;
        else next[k - 1] = (next[k - 1] as number) + moves;
      });
      ahead = next;
    }
    return { answered, gone };
  };
  const abandonment = (waiting.reduce((a, b) => a + b, 0) * leave) / arrive;
  return { abandonment, waitProbability: found.slice(servers).reduce((a, b) => a + b, 0), follow };
}

for (const [servers, load, patience] of [
  [1, 0.7, 0.5],
  [3, 2.5, 1],
  [3, 5, 2],
  [20, 19, 0.4],
  [60, 66, 1],
] as const) {
  test(`Erlang A is what the chain of ${servers} servers, ${load} erlangs and a patience of ${patience} handling times says`, () => {
    const pool = { servers, arrivalsPerHour: load * 12, handlingMs: 300_000, patienceMs: patience * 300_000 };
    const chain = solveChain(pool);
    const figures = erlangA(pool);
    near(figures.abandonment, chain.abandonment, 1e-9);
    near(figures.waitProbability, chain.waitProbability, 1e-9);
    for (const ms of [0, 5_000, 20_000]) {
      const { answered, gone } = chain.follow(ms, false);
      near(figures.answeredWithin(ms), answered, 2e-4);
      near(figures.endsWithin(ms), answered + gone, 2e-4);
    }
  });
}

const pools = fc.record({
  servers: fc.integer({ min: 1, max: 300 }),
  arrivalsPerHour: fc.double({ min: 0.1, max: 5_000, noNaN: true }),
  handlingMs: fc.double({ min: 10_000, max: 1_200_000, noNaN: true }),
  patienceMs: fc.double({ min: 5_000, max: 3_600_000, noNaN: true }),
});

test('every figure of Erlang A is a share or a time, and they agree with each other', () => {
  fc.assert(
    fc.property(pools, fc.double({ min: 0, max: 600_000, noNaN: true }), (pool, ms) => {
      const figures = erlangA(pool);
      const { abandonment, meanWaitMs, meanWaitServedMs, waitProbability, occupancy } = figures;
      for (const share of [
        abandonment,
        waitProbability,
        occupancy,
        figures.answeredWithin(ms),
        figures.endsWithin(ms),
      ]) {
        assert.ok(share >= 0 && share <= 1 + 1e-9, `${share}`);
      }
      // Rate in is rate out, and those who wait give up at one rate.
      near(meanWaitMs / pool.patienceMs, abandonment, 1e-9);
      near(occupancy * pool.servers, offeredLoad(pool) * (1 - abandonment), 1e-6 * pool.servers);
      assert.ok(figures.endsWithin(ms) >= figures.answeredWithin(ms) - 1e-9);
      near(figures.servedWithin(Number.MAX_SAFE_INTEGER), 1, 1e-9);
      assert.ok(meanWaitServedMs <= meanWaitMs / Math.max(1e-12, 1 - abandonment) + 1e-6);
    }),
  );
});

test('one more server never makes waiting, giving up or the service level worse; one more customer never better', () => {
  fc.assert(
    fc.property(pools, (pool) => {
      const now = erlangA(pool);
      const more = erlangA({ ...pool, servers: pool.servers + 1 });
      const busier = erlangA({ ...pool, arrivalsPerHour: pool.arrivalsPerHour * 1.1 });
      for (const [better, worse] of [
        [more, now],
        [now, busier],
      ] as const) {
        assert.ok(better.abandonment <= worse.abandonment + 1e-12);
        assert.ok(better.meanWaitMs <= worse.meanWaitMs * (1 + 1e-9) + 1e-9);
        assert.ok(better.answeredWithin(20_000) >= worse.answeredWithin(20_000) - 1e-9);
      }
    }),
  );
});

test('with endless patience Erlang A is Erlang C, with none it is Erlang B', () => {
  for (const servers of [1, 7, 100]) {
    const pool = { servers, arrivalsPerHour: servers * 0.9 * 12, handlingMs: 300_000 };
    const patient = erlangA({ ...pool, patienceMs: 1e15 });
    near(patient.meanWaitMs / erlangC(pool).meanWaitMs, 1, 1e-5);
    near(patient.answeredWithin(20_000), erlangC(pool).answeredWithin(20_000), 1e-6);
    near(erlangA({ ...pool, patienceMs: 0.001 }).abandonment, erlangB(servers, servers * 0.9), 1e-6);
  }
});

test('thousands of servers neither overflow nor lose digits, in too little work, just enough and too much', () => {
  const at = (servers: number, load: number) =>
    erlangA({ servers, arrivalsPerHour: load * 12, handlingMs: 300_000, patienceMs: 120_000 });
  near(at(5_000, 4_000).answeredWithin(0), 1, 1e-12);
  near(at(5_000, 8_000).abandonment, 3 / 8, 1e-9);
  const balanced = at(5_000, 5_000);
  // Garnett, Mandelbaum, Reiman, theorem 1: at load = servers, P(W > 0) tends to 1 / (1 + sqrt(θ/μ)).
  near(balanced.waitProbability, 1 / (1 + Math.sqrt(300 / 120)), 0.005);
  assert.ok(balanced.answeredWithin(20_000) > 0.99 && balanced.answeredWithin(20_000) < 1);
});

test('a pool that nobody comes to, one without servers and one that cannot keep up have their plain answers', () => {
  const idle = { servers: 3, arrivalsPerHour: 0, handlingMs: 60_000 };
  assert.equal(erlangA({ ...idle, patienceMs: 60_000 }).answeredWithin(0), 1);
  assert.equal(erlangC(idle).meanWaitMs, 0);
  const empty = erlangA({ servers: 0, arrivalsPerHour: 10, handlingMs: 60_000, patienceMs: 60_000 });
  near(empty.abandonment, 1, 1e-12);
  near(empty.meanWaitMs, 60_000, 1e-6);
  assert.equal(empty.answeredWithin(1e9), 0);
  assert.equal(erlangC({ servers: 2, arrivalsPerHour: 120, handlingMs: 60_000 }).meanWaitMs, Infinity);
});
