import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRoutingConfig } from '../routing-config.ts';
import { createCoreRouter } from './core-router.ts';
import { measure, slaMet } from './measures.ts';
import { simulate } from './simulate.ts';
import { customer, worker, workload } from './workload-fixture.ts';

test('waits, shares and work are those of the customers who are counted', () => {
  const customers = [
    customer('before', 0),
    customer('a', 600_000),
    customer('b', 610_000),
    customer('c', 620_000, { patienceMs: 20_000 }),
  ];
  const work = { ...workload(customers, [worker('ada')]), countFrom: 500_000, to: 1_100_000 };
  const run = simulate(work, createCoreRouter(work.config), { seed: 1 });
  const measures = measure(work, run);
  assert.equal(measures.customers, 3);
  // a 0 s, b 50 s, c gave up after 20 s.
  assert.ok(Math.abs(measures.meanWaitMs - 70_000 / 3) < 1e-6);
  assert.equal(measures.medianWaitMs, 20_000);
  assert.equal(measures.answeredInTime, 1 / 3);
  assert.equal(measures.abandonment, 1 / 3);
  // Two conversations of a minute in ten minutes.
  assert.ok(Math.abs(measures.occupancy - 0.2) < 1e-9);
});

test('equal agents are compared with each other alone, by the work of an hour that they were there', () => {
  const half = {
    presence: [
      { at: 0, presence: 'online' as const },
      { at: 1_800_000, presence: 'offline' as const },
    ],
  };
  const outcomes = [
    { worker: worker('a'), onlineMs: 3_600_000, workUnitMs: 100, answered: 1, mostUnits: 100 },
    { worker: worker('b'), onlineMs: 3_600_000, workUnitMs: 300, answered: 1, mostUnits: 100 },
    { worker: worker('c', half), onlineMs: 1_800_000, workUnitMs: 50, answered: 1, mostUnits: 100 },
    { worker: worker('d', half), onlineMs: 1_800_000, workUnitMs: 50, answered: 1, mostUnits: 200 },
  ];
  const work = workload(
    [],
    outcomes.map((one) => one.worker),
  );
  const measures = measure(work, { outcomes: [], workers: outcomes });
  // Of a and b: (300 - 100) / (2 * 400); of c and d: 0.
  assert.ok(Math.abs((measures.gini ?? 1) - 0.25 / 2) < 1e-12);
  // One and one, and two and two an hour.
  assert.equal(measures.assignmentSpread, 0);
  const [one, ...others] = outcomes;
  const uneven = [{ ...(one ?? assert.fail()), answered: 3 }, ...others];
  // Three and one differ by half of their mean, and are half of all agents.
  assert.equal(measure(work, { outcomes: [], workers: uneven }).assignmentSpread, 0.25);
  assert.equal(measures.overCapacity, 1);
  assert.equal(measures.meanWaitMs, 0);
});

test('a first answer is in time by working hours, by the first policy that fits, and never for nobody', () => {
  const policy = {
    id: 'p',
    name: 'P',
    groupId: null,
    priority: null,
    firstAnswerMs: 60_000,
    warnAt: 0.8,
    pauses: [],
    escalate: [],
  };
  const office = { id: 'office', name: 'Office', timeZone: 'UTC', special: [] };
  const config = {
    ...defaultRoutingConfig,
    schedules: [{ ...office, weekly: [{ day: 'thu' as const, from: '08:00', to: '09:00' }] }],
    sla: [
      { ...policy, id: 'urgent', priority: 'urgent' as const, firstAnswerMs: 1_000, scheduleId: null },
      { ...policy, scheduleId: 'office' },
    ],
  };
  // 1 January 1970 was a Thursday. Who comes at night is in time until a minute past eight.
  const eight = 8 * 3_600_000;
  const seen = (priority: 'normal' | 'urgent', answeredAt: number | undefined, typingMs = 0) =>
    slaMet([{ customer: customer('a', 0, { priority, typingMs }), answeredAt }], config);
  assert.equal(seen('normal', eight + 60_000), 1);
  assert.equal(seen('normal', eight + 60_001), 0);
  assert.equal(seen('normal', eight + 30_000, 40_000), 0);
  assert.equal(seen('urgent', 1_001), 0);
  assert.equal(seen('normal', undefined), 0);
  assert.equal(slaMet([{ customer: customer('a', 0), answeredAt: 0 }], defaultRoutingConfig), undefined);
});
