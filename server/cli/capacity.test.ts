import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Demand, type Plan, planCapacity, primaryCores } from './capacity.ts';
import { planCosts } from './plan-costs.ts';

const small: Demand = {
  visitors: 300,
  agents: 3,
  messagesPerSecond: 2,
  messagesPerDay: 20_000,
  callbackShare: 0.5,
  messagesPerConversation: 12,
  openConversations: 2_000,
  textBytes: 65,
  channels: 4,
  archiveAfterDays: 90,
  years: 1,
  targetUtilisation: 0.6,
  coresPerNode: 8,
  survive: undefined,
  zones: 3,
  primaryLimit: undefined,
};
const planOf = (changes: Partial<Demand> = {}) => planCapacity({ ...small, ...changes }, planCosts);

const demands: fc.Arbitrary<Demand> = fc.record({
  visitors: fc.integer({ min: 0, max: 2_000_000 }),
  agents: fc.integer({ min: 0, max: 50_000 }),
  messagesPerSecond: fc.double({ min: 0, max: 200_000, noNaN: true }),
  messagesPerDay: fc.integer({ min: 0, max: 3_000_000_000 }),
  callbackShare: fc.double({ min: 0, max: 1, noNaN: true }),
  messagesPerConversation: fc.double({ min: 1, max: 100, noNaN: true }),
  openConversations: fc.integer({ min: 0, max: 20_000_000 }),
  textBytes: fc.integer({ min: 1, max: 5_000 }),
  channels: fc.integer({ min: 0, max: 10_000 }),
  archiveAfterDays: fc.constantFrom(0, 30, 90, 400),
  years: fc.double({ min: 0.1, max: 10, noNaN: true }),
  targetUtilisation: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
  coresPerNode: fc.integer({ min: 1, max: 128 }),
  survive: fc.constantFrom(undefined, 'nothing', 'node', 'zone'),
  zones: fc.integer({ min: 2, max: 6 }),
  primaryLimit: fc.option(fc.double({ min: 1, max: 1e6, noNaN: true }), { nil: undefined }),
});

const stages = ['alone', 'together', 'sharded'];
const rolesOf = ({ roles }: Plan) => Object.values(roles);
/** Everything that must not become less when there is more to carry. */
const figures = (plan: Plan): Record<string, number> => ({
  stage: stages.indexOf(plan.stage),
  nodes: plan.nodes.needed + plan.nodes.spare,
  gateways: plan.roles.gateway.needed,
  workers: plan.roles.worker.needed,
  websockets: plan.roles.websocket.needed,
  spare: rolesOf(plan).reduce((sum, { spare }) => sum + spare, 0),
  shards: plan.database.shards,
  databaseCores: plan.database.busyCores,
  stored: plan.database.storedBytes,
  buffer: plan.database.bufferBytes,
  redisNodes: plan.redis.nodes,
  partitions: plan.redis.partitions,
  redisBytes: plan.redis.memoryBytes,
  archived: plan.archive.storedBytes,
  outside: plan.network.outsideBytesPerSecond,
});

test('more of anything never needs less', () => {
  const more = ['visitors', 'agents', 'messagesPerSecond', 'messagesPerDay', 'openConversations', 'years'] as const;
  fc.assert(
    fc.property(
      demands,
      fc.constantFrom(...more),
      fc.double({ min: 1, max: 20, noNaN: true }),
      (demand, name, times) => {
        const before = figures(planCapacity(demand, planCosts));
        const after = figures(planCapacity({ ...demand, [name]: demand[name] * times }, planCosts));
        for (const [figure, value] of Object.entries(before)) {
          // What is reckoned in fractions may differ in the last of its digits.
          assert.ok((after[figure] ?? 0) >= value * (1 - 1e-9), `${figure}: ${value}, then ${after[figure]}`);
        }
      },
    ),
  );
});

test('no primary is planned beyond the share that was asked for of what one was measured, or said, to carry', () => {
  fc.assert(
    fc.property(demands, (demand) => {
      const { database, stage } = planCapacity(demand, planCosts);
      const limit = primaryCores(demand, planCosts);
      assert.ok(database.busyCores / database.shards <= limit * demand.targetUtilisation * (1 + 1e-9));
      if (stage === 'together') assert.equal(database.shards, 1);
    }),
  );
});

test('the processes can do their work within the share that was asked for, and fit on the machines', () => {
  fc.assert(
    fc.property(demands, (demand) => {
      const plan = planCapacity(demand, planCosts);
      for (const { busyCores, needed } of rolesOf(plan))
        assert.ok(busyCores <= needed * demand.targetUtilisation + 1e-9);
      const all = rolesOf(plan).reduce((sum, { needed, spare }) => sum + needed + spare, 0);
      assert.ok(all <= (plan.nodes.needed + plan.nodes.spare) * demand.coresPerNode);
      const windows = demand.visitors + demand.agents;
      assert.ok(windows / plan.roles.websocket.needed <= planCosts.alone.connections);
    }),
  );
});

test('what may be lost leaves as many processes as are needed', () => {
  fc.assert(
    fc.property(demands, (demand) => {
      const plan = planCapacity(demand, planCosts);
      const machines = plan.nodes.needed + plan.nodes.spare;
      for (const { needed, spare } of rolesOf(plan)) {
        const all = needed + spare;
        if (demand.survive === 'nothing') assert.equal(spare, 0);
        else if (demand.survive === 'zone') assert.ok(all - Math.ceil(all / demand.zones) >= needed - 1e-9);
        // Spread over the machines, and none has more than it has cores.
        else assert.ok(machines >= 2 && all - Math.min(Math.ceil(all / 2), demand.coresPerNode) >= needed);
      }
    }),
  );
});

test('the sums agree: messages of the web, callbacks and answers are all messages; what is kept is warm or archived', () => {
  fc.assert(
    fc.property(demands, (demand) => {
      const { rates, database, archive } = planCapacity(demand, planCosts);
      const all = rates.messages + rates.callbacks + rates.replies;
      assert.ok(Math.abs(all - demand.messagesPerSecond) <= 1e-6 * Math.max(1, all));
      const unarchived = planCapacity({ ...demand, archiveAfterDays: 0 }, planCosts);
      assert.equal(unarchived.archive.storedBytes, 0);
      assert.ok(database.storedBytes <= unarchived.database.storedBytes * (1 + 1e-9));
      if (demand.archiveAfterDays > demand.years * 365) assert.equal(archive.storedBytes, 0);
    }),
  );
});

test('the stage is one process until its load, its windows or what must survive says otherwise, and says why', () => {
  assert.deepEqual([planOf().stage, planOf().reasons], ['alone', []]);
  const { alone, units } = planCosts;
  const cases: [Partial<Demand>, RegExp][] = [
    [{ survive: 'node' }, /the loss of a node has to be survived/],
    [{ visitors: alone.connections + 1 }, /10,000 open windows/],
    [{ messagesPerSecond: alone.messagesPerSecond }, /one process on SQLite would be 100 % busy, more than 60 %/],
  ];
  for (const [changes, why] of cases) {
    const { stage, reasons } = planOf({ ...changes, primaryLimit: 1e9 });
    assert.notEqual(stage, 'alone');
    assert.match(reasons.join('\n'), why);
  }
  const tooMuch = planOf({
    survive: 'node',
    messagesPerSecond: units.message.perSecond,
    primaryLimit: units.message.perSecond,
    callbackShare: 0,
  });
  assert.equal(tooMuch.stage, 'sharded');
  assert.match(tooMuch.reasons.join('\n'), /beyond one: one primary of the database/);
});

test('a plan for a hundred thousand messages a second names every single thing that is not enough', () => {
  const { stage, limits } = planOf({
    visitors: 1_000_000,
    agents: 20_000,
    messagesPerSecond: 100_000,
    messagesPerDay: 1_728_000_000,
    openConversations: 10_000_000,
    survive: 'zone',
  });
  assert.equal(stage, 'sharded');
  const over = limits.filter(({ wanted, most }) => wanted > most).map(({ what }) => what);
  for (const what of [/one primary/, /size of one primary/, /new conversations/, /directory/, /deliveries/]) {
    assert.ok(
      over.some((one) => what.test(one)),
      `${what}: ${over.join('; ')}`,
    );
  }
  assert.ok(limits.every(({ beyond }) => beyond !== ''));
});
