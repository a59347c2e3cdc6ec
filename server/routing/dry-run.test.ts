import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWithDefaults, type RoutingConfig } from '@parley/sdk/routing-document.ts';
import { dryRun, type Figure } from './dry-run.ts';
import type { RecordedConversation, RecordedDays } from './recorded-days.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createCoreRouter } from './simulation/core-router.ts';
import { skillsScenario, usualDials } from './simulation/presets.ts';
import { drawWorkload } from './simulation/scenario.ts';
import { simulate } from './simulation/simulate.ts';
import type { Workload } from './simulation/workload.ts';

/** What a day under a configuration leaves in the store. */
function recordOf(work: Workload): RecordedDays {
  const { outcomes } = simulate(work, createCoreRouter(work.config), { seed: 1 });
  const conversations = outcomes.map(
    ({ customer, answeredAt, abandonedAt, closedAt, workerId }): RecordedConversation => {
      const { id, contactId, channelId, channelType, language, priority, vip, minLevel, groupId } = customer;
      return {
        ...{ id, contactId, channelId, channelType, language, priority, vip, minLevel, groupId },
        queuedAt: customer.at,
        assignedAt: answeredAt ?? null,
        firstAnswerAt: answeredAt ?? null,
        agentId: workerId ?? null,
        stints: answeredAt === undefined ? [] : [{ agentId: workerId ?? '', from: answeredAt, to: closedAt ?? null }],
        endedAt: closedAt ?? abandonedAt ?? null,
        ended: abandonedAt === undefined ? 'agent' : 'customer-left',
        missed: 0,
        requeues: 0,
        facts: null,
      };
    },
  );
  return { countFrom: work.from, to: work.to, conversations, agents: work.workers };
}

const dials = { ...usualDials, agents: 12, hours: 3, load: 0.9 };
const patience = { kind: 'exponential', meanMs: 240_000 } as const;
const day = drawWorkload(skillsScenario({ ...dials, patience }), 5);
const recorded = recordOf(day);
const figure = (one: Figure | undefined): Figure => one ?? assert.fail('the figure is there');

test('replayed with the configuration that held, a day comes to what happened', () => {
  const { all, byGroup, conversations, assumed } = dryRun({
    recorded,
    current: day.config,
    proposed: day.config,
    runs: 5,
  });
  assert.equal(conversations, recorded.conversations.length);
  for (const name of ['meanWaitMs', 'answeredInTime', 'abandonment', 'occupancy'] as const) {
    const { happened, current, proposed, change } = figure(all[name]);
    assert.ok(
      Math.abs(current.mean - happened) <= 1e-6 * Math.max(1, happened),
      `${name}: ${current.mean}, ${happened}`,
    );
    assert.deepEqual(proposed, current);
    assert.deepEqual([change.low, change.high], [0, 0]);
  }
  assert.deepEqual(
    byGroup.map(({ groupId }) => groupId),
    ['sales', 'support', 'billing', 'technology'],
  );
  const left = recorded.conversations.filter(({ ended }) => ended === 'customer-left').length;
  assert.ok(left > 0, 'somebody gave up that day');
  assert.deepEqual(
    assumed.find(({ kind }) => kind === 'handling-drawn'),
    { kind: 'handling-drawn', conversations: left },
  );
});

test('a proposal that lets everybody answer in every group shows shorter waits, and one without half of the agents longer ones', () => {
  const ids = day.workers.map(({ id }) => id);
  const withMembers = (members: readonly string[]): RoutingConfig => ({
    ...day.config,
    groups: day.config.groups.map((group) => ({
      ...group,
      members: members.map((agentId) => ({ agentId, level: 3 })),
    })),
  });
  const open = dryRun({ recorded, current: day.config, proposed: withMembers(ids), runs: 5 });
  assert.ok(figure(open.all.meanWaitMs).change.high < 0);
  assert.ok(figure(open.all.answeredInTime).change.mean > 0);
  const half = dryRun({ recorded, current: day.config, proposed: withMembers(ids.slice(0, 6)), runs: 5 });
  const [wait, leave] = [figure(half.all.meanWaitMs), figure(half.all.abandonment)];
  assert.ok(wait.change.low > 0);
  // Nobody waits for ever: who has to wait longer than in truth gives up as others did.
  assert.ok(leave.change.low > 0.1 && leave.proposed.high < 1, `${leave.proposed.mean}`);
  assert.ok(wait.proposed.high < 240_000 * 1.5);
});

test('a conversation goes where the proposed rules send it, and where its group is no more to the default one', () => {
  const one = groupWithDefaults({
    id: 'one',
    name: 'One',
    members: day.workers.map(({ id }) => ({ agentId: id, level: 3 })),
  });
  const proposed = { ...defaultRoutingConfig, groups: [one], defaultGroupId: 'one' };
  const { byGroup } = dryRun({ recorded, current: day.config, proposed, runs: 2 });
  assert.equal(byGroup.at(-1)?.name, 'One');
  // All of it to the sales people alone, by a rule that looks at the language.
  const rule = { id: 'r', name: 'R', enabled: true, when: { kind: 'channel-type', in: ['web'] }, stop: true } as const;
  const toSales = { ...day.config, rules: [{ ...rule, actions: [{ kind: 'to-group', groupId: 'sales' } as const] }] };
  const facts = (one: RecordedConversation) => ({
    ...{
      channelId: one.channelId,
      channelType: one.channelType,
      at: one.queuedAt,
      language: one.language,
      vip: one.vip,
    },
    ...{
      page: null,
      attributes: {},
      tags: [],
      intent: null,
      firstWords: null,
      returning: false,
      hops: 0,
      doneRules: [],
    },
    fromBot: false,
  });
  const conversations = recorded.conversations.map((one) => ({ ...one, facts: facts(one) }));
  const sellers = (day.config.groups.find(({ id }) => id === 'sales')?.members ?? []).map(({ agentId }) => agentId);
  const routed = dryRun({ recorded: { ...recorded, conversations }, current: day.config, proposed: toSales, runs: 2 });
  const sales = routed.byGroup.find(({ groupId }) => groupId === 'sales');
  assert.ok((sales?.figures.abandonment?.proposed.low ?? 0) > 0.2, 'they are far too few');
  const kept = sellers.map((agentId) => ({ kind: 'not-to-agent', agentId }) as const);
  const toNobody = {
    ...toSales,
    rules: [{ ...rule, actions: [{ kind: 'to-group', groupId: 'sales' } as const, ...kept] }],
  };
  const refused = dryRun({ recorded: { ...recorded, conversations }, current: toSales, proposed: toNobody, runs: 2 });
  assert.equal(refused.all.occupancy?.proposed.mean, 0, 'each of them is kept from all of it');
  const support = routed.byGroup.find(({ groupId }) => groupId === 'support');
  assert.equal(support?.figures.meanWaitMs?.proposed.mean, 0, 'nobody comes there any more');
});

const conversation = (id: string, what: Partial<RecordedConversation>): RecordedConversation => ({
  id,
  contactId: id,
  channelId: 'web',
  channelType: 'web',
  language: null,
  priority: 'normal',
  vip: false,
  minLevel: 1,
  groupId: null,
  queuedAt: 0,
  assignedAt: null,
  firstAnswerAt: null,
  agentId: null,
  stints:
    what.assignedAt == null || what.agentId == null
      ? []
      : [{ agentId: what.agentId, from: what.assignedAt, to: what.endedAt ?? null }],
  endedAt: null,
  ended: 'open',
  missed: 0,
  requeues: 0,
  facts: null,
  ...what,
});

test('who was helped by an agent who vanished waits again, in truth and in the replay; who was not waits on', () => {
  const minute = 60_000;
  const online = { at: 0, presence: 'online' } as const;
  const record: RecordedDays = {
    countFrom: 0,
    to: 60 * minute,
    conversations: [
      // Ada has both at once and is cut off at 10; what she had not answered goes back at 11, the other at 13.
      conversation('helped', {
        ...{ assignedAt: 0, firstAnswerAt: minute, agentId: 'ada', endedAt: 33 * minute, ended: 'agent', requeues: 1 },
        stints: [
          { agentId: 'ada', from: 0, to: 13 * minute },
          { agentId: 'bob', from: 30 * minute, to: 33 * minute },
        ],
      }),
      conversation('not-yet', {
        ...{ queuedAt: 9 * minute, assignedAt: 30 * minute, firstAnswerAt: 32 * minute, agentId: 'bob' },
        ...{ endedAt: 40 * minute, ended: 'agent', requeues: 1 },
        stints: [
          { agentId: 'ada', from: 9 * minute, to: 11 * minute },
          { agentId: 'bob', from: 30 * minute, to: 40 * minute },
        ],
      }),
    ],
    agents: [
      { id: 'ada', name: 'Ada', capacity: 2, presence: [online, { at: 10 * minute, presence: 'offline', lost: true }] },
      { id: 'bob', name: 'Bob', capacity: 2, presence: [{ at: 30 * minute, presence: 'online' }] },
    ],
    givenBack: { lost: [2 * minute], left: [] },
  };
  const config = defaultRoutingConfig;
  const { all } = dryRun({ recorded: record, current: config, proposed: config, runs: 2, graceMs: minute });
  // The one waits from 13 to 30, the other from 9 to 30.
  for (const replayed of [figure(all.meanWaitMs).happened, figure(all.meanWaitMs).current.mean])
    assert.equal(replayed, 19 * minute);
  assert.deepEqual([figure(all.requeuesPer100).happened, figure(all.requeuesPer100).current.mean], [100, 100]);
});

test('what the record does not say is assumed, and told; targets are held against the first answer', () => {
  const minute = 60_000;
  const handled = {
    assignedAt: 0,
    firstAnswerAt: 30_000,
    agentId: 'ada',
    endedAt: 10 * minute,
    ended: 'agent',
  } as const;
  const record: RecordedDays = {
    countFrom: 0,
    to: 60 * minute,
    conversations: [
      conversation('a', handled),
      conversation('open', { queuedAt: minute, assignedAt: 50 * minute, agentId: 'ada' }),
      conversation('bot', { queuedAt: minute, endedAt: 2 * minute, ended: 'elsewhere' }),
      conversation('left', { queuedAt: 2 * minute, endedAt: 5 * minute, ended: 'customer-left', missed: 2 }),
    ],
    agents: [
      {
        id: 'ada',
        name: 'Ada',
        capacity: 1,
        presence: [
          { at: 0, presence: 'online' },
          { at: 20 * minute, presence: 'offline', lost: true },
          { at: 50 * minute, presence: 'online' },
        ],
      },
    ],
  };
  const target = {
    id: 't',
    name: 'T',
    groupId: null,
    priority: null,
    firstAnswerMs: 20_000,
    warnAt: 0.8,
    pauses: [],
    escalate: [],
  };
  const current = { ...defaultRoutingConfig, sla: [{ ...target, scheduleId: null }] };
  const { conversations, all, assumed, byGroup } = dryRun({ recorded: record, current, proposed: current, runs: 3 });
  assert.equal(conversations, 3);
  assert.deepEqual(
    assumed.map((one) => [one.kind, one.conversations]),
    [
      ['handling-drawn', 1],
      ['still-open', 1],
      ['left-out', 1],
      ['patience-drawn', 2],
    ],
  );
  // The one answer in half a minute is late, the other two have none in time.
  assert.equal(figure(all.slaMet).happened, 0);
  assert.ok(Math.abs(figure(all.missedPer100).happened - 200 / 3) < 1e-9);
  // 10 minutes of a, 10 of the open one, in the 20 and 10 minutes that Ada was there.
  assert.ok(Math.abs(figure(all.occupancy).happened - 20 / 30) < 1e-9, `${figure(all.occupancy).happened}`);
  assert.deepEqual(
    byGroup.map(({ name }) => name),
    ['Everyone'],
  );
  const none = dryRun({ recorded: { ...record, conversations: [] }, current, proposed: current, runs: 2 });
  assert.deepEqual([none.conversations, none.all, none.byGroup], [0, {}, []]);
});

test('where every offer of a short record was missed, the replay tells of no thousands of them', () => {
  const { groups } = day.config;
  const ringing = {
    ...day.config,
    groups: groups.map((group) => ({ ...group, offer: { mode: 'ring', timeoutMs: 10_000 } as const })),
  };
  const few = recorded.conversations.slice(0, 7).map((one, at) => ({ ...one, missed: at < 2 ? 1 : 0 }));
  const last = few.at(-1)?.queuedAt ?? assert.fail('there are some');
  const short: RecordedDays = {
    ...recorded,
    to: last + 60_000,
    conversations: few,
    offers: { missed: 2, accepted: 0 },
  };
  const { all, assumed } = dryRun({ recorded: short, current: ringing, proposed: ringing, runs: 4 });
  const { happened, current } = figure(all.missedPer100);
  assert.ok(Math.abs(happened - 200 / 7) < 1e-9);
  assert.ok(current.mean > 0 && current.mean < 150, `${current.mean} of 100`);
  const share = assumed.find(({ kind }) => kind === 'misses-drawn');
  assert.ok(share?.kind === 'misses-drawn' && share.share > 0.2 && share.share < 0.5);
});
