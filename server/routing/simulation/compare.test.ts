import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsOf, weaknesses } from './claims.ts';
import { compare, dispatcherContenders, idealContenders, peerContenders } from './compare.ts';
import { dayScenario, poolScenario, skillsScenario, usualDials } from './presets.ts';
import {
  describeChecks,
  describeClaims,
  describeComparison,
  describeContenders,
  describeWeaknesses,
} from './report.ts';
import { validate } from './validation.ts';

/** Few and short runs: what they cannot tell apart is not claimed here. The whole is `npm run sim:dispatch`. */
const small = { ...usualDials, agents: 20, hours: 3 };

test('one pool with one skill is what Erlang C and Erlang A say, within the interval', () => {
  const checks = validate({ ...small, hours: 7, load: 0.85 }, { seeds: 12, warmUpMs: 2 * 3_600_000 });
  assert.equal(checks.length, 7);
  for (const { model, figure, exact, simulated } of checks) {
    // Of seven intervals of 95 % one may well miss; half as wide again, all seven hold but once in a hundred times.
    const far = 1.5 * (simulated.high - simulated.mean);
    assert.ok(
      Math.abs(simulated.mean - exact) <= far,
      `${model}, ${figure}: ${exact}, simulated ${simulated.mean} ± ${far}`,
    );
  }
  assert.match(describeChecks(checks), /Erlang A +give up/);
});

for (const [make, load, dials] of [
  [poolScenario, 0.8, small],
  [skillsScenario, 0.9, { ...small, agents: 12, capacity: 3, hours: 1 }],
] as const) {
  test(`${make(small).name} at a load of ${load}: less waiting than plain round robin by what is claimed, and fairly`, () => {
    const contenders = [...peerContenders, ...dispatcherContenders, ...idealContenders];
    const comparison = compare(make({ ...dials, load }), contenders, { seeds: 8, boundSeeds: 1 });
    for (const { contender } of comparison.rows.filter((row) => row.contender.kind === 'ours')) {
      const claims = claimsOf(comparison, contender.name);
      const holds = (start: string) => claims.find(({ text }) => text.startsWith(start))?.holds;
      assert.equal(holds('mean wait against plain round robin'), true, contender.name);
      assert.equal(holds('answered in time against plain round robin'), true, contender.name);
      assert.equal(holds('agents over capacity'), true, contender.name);
    }
    // The bound is one: whatever the dispatcher, and the schedule that knows all lengths, reach.
    const [bound] = comparison.bound ?? [];
    for (const { contender, runs } of comparison.rows) {
      const first = runs[0] ?? assert.fail();
      assert.ok((bound?.meanWaitMs ?? Infinity) <= first.meanWaitMs, contender.name);
      assert.ok((bound?.answeredInTime ?? 0) >= first.answeredInTime, contender.name);
    }
    const table = describeComparison(comparison);
    assert.equal(table.split('\n').length, 1 + contenders.length + 1);
    assert.doesNotMatch(table, /NaN|undefined/);
    assert.match(describeClaims(comparison, 'best-skill'), /holds {2}mean wait against plain round robin: −\d/);
    assert.match(describeContenders(comparison), /plain round robin +next online agent/);
  });
}

test('work is spread evenly among equal agents by every policy but those that say otherwise', () => {
  const comparison = compare(poolScenario({ ...small, hours: 6 }), dispatcherContenders, { seeds: 4 });
  for (const policy of ['best-skill', 'least-loaded', 'longest-idle']) {
    const gini = claimsOf(comparison, policy).find(({ unit }) => unit === 'Gini');
    assert.equal(gini?.holds, true, `${policy}: ${gini?.value.high}`);
  }
  assert.equal(describeWeaknesses(comparison).split('\n').length, Math.max(1, weaknesses(comparison).length));
});

test('over a shift of chats equal agents are given alike for each hour online, whatever the policy and the load', () => {
  for (const load of [0.6, 0.85, 0.95]) {
    const scenario = poolScenario({ ...usualDials, capacity: 3, hours: 8, load });
    for (const { contender, runs } of compare(scenario, dispatcherContenders, { seeds: 3 }).rows) {
      for (const { assignmentSpread = 1 } of runs) {
        assert.ok(assignmentSpread < 0.1, `${contender.name} at ${load}: ${assignmentSpread}`);
      }
    }
  }
});

test('a day with breaks, bursts of absence, missed offers and lost patience: still far before plain round robin', () => {
  const dials = { ...usualDials, agents: 9, capacity: 2, patience: { kind: 'exponential', meanMs: 300_000 } as const };
  const contenders = [...peerContenders.slice(0, 1), ...dispatcherContenders.slice(0, 1)];
  const { rows } = compare(dayScenario({ ...dials, load: 0.8, slowdown: 0.15 }), contenders, { seeds: 4 });
  const [plain, ours] = rows.map(({ runs }) => runs);
  for (const [i, run] of (ours ?? []).entries()) {
    assert.ok(run.meanWaitMs < 0.6 * (plain?.[i]?.meanWaitMs ?? 0));
    assert.ok(run.abandonment < (plain?.[i]?.abandonment ?? 0));
    assert.ok(run.missedPer100 > 0 && run.requeuesPer100 > 0, 'the day has what it says');
    assert.equal(run.overCapacity, 0);
  }
});
