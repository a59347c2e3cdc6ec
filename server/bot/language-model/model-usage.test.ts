import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../../base/clock.ts';
import { Refusal } from '../../gateway/refusal.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createBudget } from './budget.ts';
import { changeSettings, defaultModelSettings } from './model-settings.ts';

const midday = Date.UTC(2026, 10, 29, 12);
const settings = changeSettings(defaultModelSettings, {
  budget: { tokensPerDay: 1_000, tokensPerConversation: 400, costPerDay: 0.01, costPerConversation: null },
  prices: { input: 10, output: 20, embedding: 1, currency: 'USD' },
});

const isSpent = (what: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Refusal);
  assert.equal(error.code, 'too-many-requests');
  assert.match(error.message, what);
  return true;
};

test('two processes reserve from one budget, and together never more than there is', async () => {
  const store = await openTestStore();
  const clock = createTestClock(midday);
  const budgets = [createBudget({ store: store.modelUsage, clock }), createBudget({ store: store.modelUsage, clock })];
  const tries = Array.from({ length: 30 }, (_, n) =>
    (budgets[n % 2] as (typeof budgets)[0]).reserve(settings, { input: 50, output: 10 }, `conversation ${n}`).then(
      () => 60,
      (error: Refusal) => (error.code === 'too-many-requests' ? 0 : Number.NaN),
    ),
  );
  const reserved = (await Promise.all(tries)).reduce((sum: number, one) => sum + one, 0);
  // 60 tokens of 0.7 thousandths each: the money ends first.
  assert.equal(reserved, 14 * 60);
  assert.deepEqual(await budgets[0]?.today(), { day: '2026-11-29', tokens: 840, costMicros: 9_800, calls: 14 });
});

test('what was not used is given back, and what nobody settles stays spent', async () => {
  const store = await openTestStore();
  const clock = createTestClock(midday);
  const budget = createBudget({ store: store.modelUsage, clock });
  const first = await budget.reserve(settings, { input: 100, output: 250 }, '7');
  await assert.rejects(budget.reserve(settings, { input: 51, output: 0 }, '7'), isSpent(/conversation's budget/));
  assert.deepEqual(await first.settle({ input: 90, output: 10 }), { costMicros: 1_100 });
  assert.deepEqual(await store.modelUsage.spent('conversation', '7'), { tokens: 100, costMicros: 1_100, calls: 1 });
  await budget.reserve(settings, { input: 100, output: 100 }, '7');
  const reopened = await store.reopen();
  const after = createBudget({ store: reopened.modelUsage, clock });
  assert.equal((await after.today()).tokens, 300);
  await assert.rejects(after.reserve(settings, { input: 101, output: 0 }, '7'), isSpent(/conversation's budget/));
});

test("a day's budget that is spent says until when, and the next day begins with a whole one", async () => {
  const store = await openTestStore();
  const clock = createTestClock(midday);
  const budget = createBudget({ store: store.modelUsage, clock });
  await budget.reserve(settings, { input: 900, output: 0 }, undefined);
  await assert.rejects(
    budget.reserve(settings, { input: 101, output: 0 }, undefined),
    (error: Refusal) => isSpent(/Today's budget/)(error) && error.retryAfterMs === 12 * 3_600_000,
  );
  clock.set(12 * 3_600_000);
  await budget.reserve(settings, { input: 101, output: 0 }, undefined);
  assert.deepEqual(await budget.today(), { day: '2026-11-30', tokens: 101, costMicros: 1_010, calls: 1 });
  clock.set(100 * 86_400_000);
  await budget.reserve(settings, { input: 1, output: 0 }, '9');
  const rows = await store.rows('select name from model_usage order by name');
  assert.equal(rows.length, 4, 'days are kept for longer than conversations, of which one is left');
});

test('vectors have a price of their own', async () => {
  const store = await openTestStore();
  const budget = createBudget({ store: store.modelUsage, clock: createTestClock(midday) });
  const reservation = await budget.reserve(settings, { input: 200, output: 0, embedding: true }, undefined);
  assert.deepEqual(await reservation.settle({ input: 150, output: 0, embedding: true }), { costMicros: 150 });
});
