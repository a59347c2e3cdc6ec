import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import fc from 'fast-check';
import type { Decision } from '../decision-record.ts';
import { createBlindRoundRobin } from './blind-round-robin.ts';
import { createCoreRouter } from './core-router.ts';
import { measure, waitOf } from './measures.ts';
import { dayScenario, poolScenario, skillsScenario, suitsBy, usualDials } from './presets.ts';
import { drawWorkload } from './scenario.ts';
import { type Outcome, type Run, simulate } from './simulate.ts';
import type { Workload } from './workload.ts';
import { customer, worker, workload } from './workload-fixture.ts';

const ours = (work: Workload, onDecision?: (decision: Decision) => void): Run =>
  simulate(work, createCoreRouter(work.config, onDecision), { seed: 1 });

const brief = ({ outcomes }: Run) =>
  outcomes.map(({ customer: { id }, workerId, answeredAt, abandonedAt }) => ({
    id,
    workerId,
    answeredAt,
    abandonedAt,
  }));

test('who comes while an agent has room is answered at once, the others in the order in which they came', () => {
  const customers = [customer('a', 0), customer('b', 10_000), customer('c', 20_000)];
  assert.deepEqual(brief(ours(workload(customers, [worker('ada')]))), [
    { id: 'a', workerId: 'ada', answeredAt: 0, abandonedAt: undefined },
    { id: 'b', workerId: 'ada', answeredAt: 60_000, abandonedAt: undefined },
    { id: 'c', workerId: 'ada', answeredAt: 120_000, abandonedAt: undefined },
  ]);
});

test('who loses patience leaves the queue, and the next one has the place', () => {
  const customers = [customer('a', 0), customer('b', 10_000, { patienceMs: 30_000 }), customer('c', 20_000)];
  const [, b, c] = brief(ours(workload(customers, [worker('ada')])));
  assert.deepEqual(b, { id: 'b', workerId: undefined, answeredAt: undefined, abandonedAt: 40_000 });
  assert.equal(c?.answeredAt, 60_000);
});

test('what is answered at leisure stays with an agent who vanishes, and is done when they are back', () => {
  const outages = [{ from: 30_000, to: 300_000, isNoticed: true }] as const;
  const mail = customer('m', 0, { channelType: 'email' });
  const day = workload(
    [mail, customer('c', 0)],
    [
      worker('ada', { outages, capacity: 2 }),
      worker('bob', {
        presence: [{ at: 60_000, presence: 'online' }],
      }),
    ],
  );
  const outcomeOf = (config: RoutingConfig) => {
    const { outcomes } = simulate({ ...day, config }, createCoreRouter(config), { seed: 1 });
    return outcomes.map(({ requeues, closedAt }) => [requeues, closedAt]);
  };
  // Ada is gone at 75 s: Bob does the 30 s that are left of the chat, and she does the rest of the e-mail herself.
  assert.deepEqual(outcomeOf(day.config), [
    [0, 330_000],
    [1, 105_000],
  ]);
  const presence = { ...day.config.presence, staysWithAgent: [] };
  assert.deepEqual(
    outcomeOf({ ...day.config, presence }).map(([requeues]) => requeues),
    [1, 1],
  );
});

test('what an agent has who vanishes goes back when it is noticed, with its place and with the work that was done', () => {
  const outages = [{ from: 30_000, to: 3_000_000 }];
  const ada = worker('ada', { outages });
  const bob = worker('bob', { presence: [{ at: 40_000, presence: 'online' }] });
  const customers = [customer('a', 0), customer('b', 20_000), customer('c', 50_000)];
  const [a, b, c] = ours(workload(customers, [ada, bob])).outcomes;
  // Bob has b since 40 s; Ada is missed at 75 s; a goes before c, though c was in the queue first.
  assert.equal(b?.workerId, 'bob');
  assert.deepEqual([a?.requeues, a?.answeredAt, a?.closedAt], [1, 0, 130_000]);
  assert.equal(c?.answeredAt, 130_000);
});

test('a short absence that nobody notices costs time and nothing else', () => {
  const ada = worker('ada', { outages: [{ from: 30_000, to: 50_000 }] });
  const [a] = ours(workload([customer('a', 0)], [ada])).outcomes;
  assert.deepEqual([a?.requeues, a?.closedAt], [0, 80_000]);
});

test('an agent whose line is seen to be cut is given nothing more, and has what was not given back again later', () => {
  const outages = [{ from: 30_000, to: 90_000, isNoticed: true }] as const;
  const ada = worker('ada', { outages, capacity: 2 });
  const customers = [customer('a', 0), customer('b', 40_000)];
  const conduct = { graceMs: 45_000, givenBack: { lost: [null], left: [null] } };
  const [a, b] = ours(workload(customers, [ada], { conduct })).outcomes;
  assert.deepEqual([a?.requeues, a?.closedAt, b?.answeredAt], [0, 120_000, 90_000]);
});

test('who had answered gives back when the customer writes, and who had not at once and for nothing', () => {
  const outages = [{ from: 30_000, to: 3_000_000, isNoticed: true }] as const;
  const ada = worker('ada', { outages, capacity: 2 });
  const bob = worker('bob', { presence: [{ at: 200_000, presence: 'online' }], capacity: 2 });
  const customers = [
    customer('helped', 0, { typingMs: 10_000 }),
    customer('not-yet', 0, { typingMs: 40_000 }),
    customer('impatient', 10_000, { typingMs: 40_000, patienceMs: 50_000 }),
  ];
  const conduct = { graceMs: 45_000, givenBack: { lost: [20_000], left: [null] } };
  const wide = { ...ada, capacity: 3 };
  const [helped, notYet, impatient] = ours(workload(customers, [wide, bob], { conduct })).outcomes;
  // Ada is gone at 75 s; who was helped writes at 95 s, waits until 200 s and has half of it left.
  assert.deepEqual([helped?.answeredAt, helped?.waitedAgainMs, helped?.closedAt], [0, 105_000, 230_000]);
  assert.deepEqual([notYet?.answeredAt, notYet?.waitedAgainMs, notYet?.closedAt], [200_000, 0, 260_000]);
  assert.deepEqual([notYet?.workerId, impatient?.abandonedAt, impatient?.answeredAt], ['bob', 75_000, undefined]);
});

test('who leaves gives back what they have not answered, and brings the rest to an end', () => {
  const presence = [{ at: 0, presence: 'online' } as const, { at: 30_000, presence: 'offline' } as const];
  const bob = worker('bob', { presence: [{ at: 40_000, presence: 'online' }] });
  const customers = [customer('a', 0, { typingMs: 10_000 }), customer('b', 0, { typingMs: 50_000 })];
  const [a, b] = ours(workload(customers, [worker('ada', { presence, capacity: 2 }), bob])).outcomes;
  assert.deepEqual([a?.requeues, a?.closedAt], [0, 60_000]);
  assert.deepEqual([b?.requeues, b?.answeredAt, b?.workerId], [1, 40_000, 'bob']);
});

test('an offer that is not noticed goes to the next one, and who misses too many rests', () => {
  const group = { offer: { mode: 'ring', timeoutMs: 10_000 } } as const;
  const seen: Decision['kind'][] = [];
  const work = workload([customer('a', 0, { patienceMs: 120_000 })], [worker('ada'), worker('bob'), worker('cid')], {
    group,
    conduct: { missShare: 1, breakMs: 60_000 },
  });
  const run = ours(work, ({ kind }) => seen.push(kind));
  assert.equal(run.outcomes[0]?.missed, 3);
  assert.equal(run.outcomes[0]?.abandonedAt, 120_000);
  const noticed = workload([customer('a', 0)], [worker('ada')], { group, conduct: { acceptMs: 4_000 } });
  assert.equal(ours(noticed).outcomes[0]?.answeredAt, 4_000);
  assert.ok(seen.includes('offer-missed'));
});

test('plain round robin gives the next one in turn however busy they are, and a wrong one hands it on', () => {
  const customers = [customer('a', 0, { handlingMs: 600_000 }), customer('b', 1_000), customer('c', 2_000)];
  const work = workload(customers, [worker('ada'), worker('bob')], {
    group: { members: [{ agentId: 'ada', level: 3 }] },
  });
  const blind = simulate(work, createBlindRoundRobin(), { seed: 1 });
  // c waits in Ada's line though Bob is free from 61 s on.
  assert.deepEqual(
    brief(blind).map(({ workerId, answeredAt }) => [workerId, answeredAt]),
    [
      ['ada', 0],
      ['bob', 1_000],
      ['ada', 600_000],
    ],
  );
  const suits = suitsBy(work.config);
  const handsOn = simulate(work, createBlindRoundRobin(), {
    seed: 1,
    suits,
    wrongAgent: { kind: 'hands-on', afterMs: 30_000 },
  });
  // Bob hands b on at 31 s, and as it is his turn has it again; then it is behind c in Ada's line.
  assert.deepEqual([handsOn.outcomes[1]?.transfers, handsOn.outcomes[1]?.answeredAt], [2, 660_000]);
  const struggles = simulate(work, createBlindRoundRobin(), {
    seed: 1,
    suits,
    wrongAgent: { kind: 'struggles', factor: 2 },
  });
  assert.deepEqual([struggles.outcomes[1]?.answeredAt, struggles.outcomes[1]?.closedAt], [1_000, 121_000]);
});

test('round robin that looks at skills asks those who can help only', () => {
  const work = workload([customer('a', 0), customer('b', 1_000)], [worker('ada'), worker('bob')], {
    group: { members: [{ agentId: 'bob', level: 3 }] },
  });
  const run = simulate(work, createBlindRoundRobin(suitsBy(work.config)), { seed: 1 });
  assert.deepEqual(
    brief(run).map(({ workerId }) => workerId),
    ['bob', 'bob'],
  );
});

test('a novice takes longer, and a hindered agent too', () => {
  const members = [{ agentId: 'ada', level: 1 }];
  const slow = workload([customer('a', 0)], [worker('ada')], { group: { members }, conduct: { noviceSlower: 0.5 } });
  assert.equal(ours(slow).outcomes[0]?.closedAt, 90_000);
  const two = workload([customer('a', 0), customer('b', 0)], [worker('ada', { capacity: 2 })], {
    conduct: { slowdown: 0.25 },
  });
  assert.equal(ours(two).outcomes[1]?.closedAt, 75_000);
});

const scenarios = [poolScenario, skillsScenario, dayScenario] as const;
const dials = fc.record({
  make: fc.constantFrom(...scenarios),
  seed: fc.integer({ min: 0, max: 1_000_000 }),
  agents: fc.integer({ min: 2, max: 9 }),
  load: fc.double({ min: 0.3, max: 1.3, noNaN: true }),
  capacity: fc.integer({ min: 1, max: 3 }),
  slowdown: fc.constantFrom(0, 0.3),
  pattern: fc.constantFrom('steady' as const, 'day' as const, 'bursts' as const),
});

test('everybody comes to one end, nobody has more than their capacity, and the same seed gives the same run', () => {
  const patience = { kind: 'exponential', meanMs: 300_000 } as const;
  fc.assert(
    fc.property(dials, ({ make, seed, ...turned }) => {
      const work = drawWorkload(make({ ...usualDials, hours: 1, patience, ...turned }), seed);
      const run = ours(work);
      assert.equal(run.outcomes.length, work.customers.length);
      for (const outcome of run.outcomes) checkEnd(outcome);
      assert.equal(measure(work, run).overCapacity, 0);
      assert.deepEqual(brief(ours(work)), brief(run));
    }),
    { numRuns: 25 },
  );
});

function checkEnd(outcome: Outcome): void {
  const { answeredAt, abandonedAt, closedAt, customer: one } = outcome;
  const wait = (waitOf(outcome) ?? Number.NaN) - outcome.waitedAgainMs;
  assert.ok(wait >= 0 && wait <= one.patienceMs + 0.01, `${one.id} waited ${wait} of ${one.patienceMs}`);
  assert.equal(answeredAt === undefined, abandonedAt !== undefined, `${one.id} was answered or gave up`);
  if (answeredAt === undefined) return;
  // Whoever had it vanished, and when that was noticed all had gone home.
  if (closedAt === undefined) assert.ok(outcome.requeues > 0, `${one.id} was lost`);
  else assert.ok(closedAt - answeredAt >= one.handlingMs - 0.01, `${one.id} got all of its time`);
}
