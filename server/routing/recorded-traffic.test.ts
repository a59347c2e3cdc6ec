import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import type { Figure, Figures } from './dry-run.ts';
import { createDryRuns } from './dry-runs.ts';
import { liveTraffic } from './live-traffic-fixture.ts';
import { skillsScenario, usualDials } from './simulation/presets.ts';
import { drawWorkload } from './simulation/scenario.ts';
import type { Workload } from './simulation/workload.ts';
import { rulesOf } from './workload-rules-fixture.ts';

const minuteMs = 60_000;
const handling = { kind: 'exponential', meanMs: 300_000 } as const;
const patience = { kind: 'exponential', meanMs: 400_000 } as const;
const scenario = skillsScenario({ ...usualDials, agents: 12, hours: 2, load: 0.9, handling, patience });
const drawn = drawWorkload(scenario, 7);
/** Some come later, one goes early. */
const workers = drawn.workers.map((worker, i) => {
  const [from, to] = [drawn.from + (i % 3) * 10 * minuteMs, i === 1 ? drawn.from + 90 * minuteMs : drawn.to];
  const away = to < drawn.to ? [{ at: to, presence: 'offline' } as const] : [];
  return { ...worker, presence: [{ at: from, presence: 'online' } as const, ...away] };
});
const config: RoutingConfig = { ...drawn.config, rules: rulesOf(drawn.config), defaultGroupId: 'sales' };
const day = { ...drawn, workers, config };

const figure = (one: Figure | undefined): Figure => one ?? assert.fail('the figure is there');

/** How near to the truth the documentation says that a replay is. */
const nearness = [
  ['meanWaitMs', 0.02],
  ['p90WaitMs', 0.02],
  ['answeredInTime', 0.01],
  ['abandonment', 0.02],
  ['occupancy', 0.01],
] as const;

function assertAsHappened(all: Figures, wider = 1): void {
  for (const [name, exactly] of nearness) {
    const { happened, current, proposed, change } = figure(all[name]);
    const within = wider * exactly;
    assert.ok(happened > 0, name);
    assert.ok(Math.abs(current.mean / happened - 1) <= within, `${name}: ${current.mean}, and in truth ${happened}`);
    assert.deepEqual([proposed, change.low, change.high], [current, 0, 0]);
  }
}

/** A day happens live; what it answers tries a configuration on it. */
async function lived(t: TestContext, workload: Workload) {
  const live = await liveTraffic(t, workload);
  const dryRuns = createDryRuns({
    store: live.store.dryRuns,
    record: live.store.record,
    marks: live.marks,
    graceMs: live.graceMs,
    configs: {
      current: { version: 0, document: config, publishedAt: 0 },
      check: (proposed) => proposed as RoutingConfig,
      versions: async () => [],
    },
    agents: () => workers,
    clock: live.clock,
    onError: (error) => live.defects.push(error),
  });
  const result = async (proposed: RoutingConfig) => {
    const { id } = await dryRuns.start({ config: proposed, days: 1, runs: 4 }, 'admin');
    for (;;) {
      const view = await dryRuns.get(id);
      if (view.state !== 'running') return view.result ?? assert.fail(JSON.stringify(view));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { ...live, result };
}

test('recorded traffic replayed with the configuration that held comes to what happened, and with twice the capacity to less waiting', async (t) => {
  const live = await lived(t, day);
  const { result } = live;

  const same = await result(config);
  assert.equal(same.conversations, day.customers.length);
  assertAsHappened(same.all);
  assert.deepEqual(
    same.byGroup.map(({ groupId }) => groupId),
    config.groups.map(({ id }) => id),
  );
  for (const { groupId, figures } of same.byGroup) {
    const { happened, current } = figure(figures.meanWaitMs);
    assert.ok(Math.abs(current.mean / happened - 1) <= 0.1, `${groupId}: ${current.mean}, and in truth ${happened}`);
  }
  assert.ok(same.assumed.some(({ kind }) => kind === 'patience-drawn'));
  assert.ok(same.assumed.some(({ kind }) => kind === 'rulesSeeToday'));

  const half = await result({ ...config, weights: { web: 50 } });
  assert.ok(figure(half.all.meanWaitMs).change.high < -0.8 * figure(half.all.meanWaitMs).happened);
  assert.ok(figure(half.all.answeredInTime).change.low > 0.3);
  // A rule that sends everybody to one group of four: its members cannot do it.
  const toOne = { id: 'all', name: 'all', enabled: true, when: { kind: 'always' }, stop: true } as const;
  const rules = [{ ...toOne, actions: [{ kind: 'to-group', groupId: 'billing' } as const] }];
  const crowded = await result({ ...config, rules });
  assert.ok(figure(crowded.all.abandonment).change.low > 0.1);
  assert.deepEqual(live.defects, []);
});

test('agents who vanish with what they have give the same waits and ways back in the replay as they did', async (t) => {
  const vanishing = day.workers.map((worker, i) => {
    const from = day.from + (35 + 5 * i) * minuteMs;
    return { ...worker, outages: [{ from, to: from + (8 + (i % 3) * 6) * minuteMs }] };
  });
  const answered = day.customers.map((one) => ({ ...one, typingMs: Math.min(one.handlingMs, 30_000) }));
  const live = await lived(t, {
    ...day,
    workers: vanishing,
    customers: answered,
    conduct: { ...day.conduct, graceMs: 60_000 },
  });
  const { all } = await live.result(config);
  // When what was answered comes back is drawn from the record: from the first of them on the two ways part.
  assertAsHappened(all, 5);
  const { happened, current } = figure(all.requeuesPer100);
  const givenBack = live.counted.filter((one) => one === 'requeued agent-gone').length;
  assert.ok(givenBack >= 10, `${givenBack} came back`);
  assert.ok(Math.abs((happened * day.customers.length) / 100 - givenBack) < 1e-6, `${happened} of 100 came back`);
  assert.ok(Math.abs(current.mean / happened - 1) <= 0.1, `${current.mean} of 100, and in truth ${happened}`);
  assert.deepEqual(live.defects, []);
});
