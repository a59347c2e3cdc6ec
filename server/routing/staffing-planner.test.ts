import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../gateway/refusal.ts';
import { checkStaffing } from './staffing-check.ts';
import { createStaffingPlanner } from './staffing-planner.ts';

const input = {
  perHalfHour: [10, 20],
  handlingMs: 300_000,
  patienceMs: null,
  concurrency: 1,
  target: { share: 0.9, withinMs: 20_000 },
};
const isRefused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;

test('a plan that is made in a thread of its own is the one that is made here', async () => {
  const planner = createStaffingPlanner();
  assert.deepEqual(await planner.plan(input, { days: 3 }), checkStaffing(input, { days: 3 }));
});

test('plans wait for each other, and the fifth at once is told to come again', async () => {
  const planner = createStaffingPlanner();
  const plans = [1, 2, 3, 4].map(() => planner.plan(input, { days: 2 }));
  await assert.rejects(planner.plan(input, { days: 2 }), isRefused('too-many-requests'));
  await Promise.all(plans);
  await planner.plan(input, { days: 0 });
});

test('a plan that makes no sense is an error of its own, and the next one is made', async () => {
  const planner = createStaffingPlanner();
  await assert.rejects(planner.plan({ ...input, handlingMs: -1 }, { days: 0 }), RangeError);
  await planner.plan(input, { days: 0 });
});

test('a server that is stopped waits for no plan', async () => {
  const planner = createStaffingPlanner();
  const plans = [1, 2].map(() => planner.plan({ ...input, perHalfHour: [5_000, 5_000] }, { days: 30 }));
  // By then the first one has its thread, and the second waits for it.
  await new Promise((resolve) => setImmediate(resolve));
  planner.stop();
  for (const plan of plans) await assert.rejects(plan, isRefused('unavailable'));
});
