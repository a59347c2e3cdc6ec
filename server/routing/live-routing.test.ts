import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Condition,
  groupWithDefaults,
  type RouterRule,
  type RoutingConfig,
} from '@parley/sdk/routing-document.ts';
import { openTestStore, otherChannelId } from '../testing/test-store.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { wordsOfDecision, wordsOfOther } from './explain-stored.ts';
import { createReturns } from './returns.ts';
import { defaultRoutingConfig } from './routing-config.ts';
import { createTransfers } from './transfers.ts';

const ada = agentNamed('ada');
const bob = agentNamed('bob');
const cy = agentNamed('cy');
const names = { agent: (id: string) => id.replace(/^0+/, ''), group: (id: string) => id };
const minuteMs = 60_000;

type Group = Parameters<typeof groupWithDefaults>[0];
function configWith(groups: readonly Omit<Group, 'name'>[], more: Partial<RoutingConfig> = {}): RoutingConfig {
  return {
    ...defaultRoutingConfig,
    defaultGroupId: groups[0]?.id ?? null,
    groups: groups.map((group) => groupWithDefaults({ ...group, name: group.id })),
    ...more,
  };
}
const member = (agent: { id: string }, level = 3) => ({ agentId: agent.id, level });
function rule(id: string, when: Condition, actions: RouterRule['actions'], more: Partial<RouterRule> = {}): RouterRule {
  return { id, name: id, enabled: true, when, actions, stop: false, ...more };
}
const says = (text: string): Condition => ({ kind: 'first-words', match: 'contains', in: [text] });

test('a rule sends a conversation to its group, who has the level gets it, and the record says why and why not', async (t) => {
  const config = configWith(
    [
      { id: 'everybody', members: [member(cy)] },
      { id: 'refunds', members: [member(ada, 5), member(bob, 2)], minLevel: 3 },
    ],
    { rules: [rule('r1', says('refund'), [{ kind: 'to-group', groupId: 'refunds' }])] },
  );
  const desk = await startDispatcher(t, { online: [ada, bob, cy], config });
  const refund = await desk.write('a', { text: 'I want a refund' });
  const other = await desk.write('b', { text: 'hello' });
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(refund), await desk.ownerOf(other)], [ada.id, cy.id]);
  assert.equal((await desk.store.conversations.get(refund))?.skillGroupId, 'refunds');
  const [decision, ...more] = await desk.decisionsOf(refund);
  assert.ok(decision !== undefined);
  assert.deepEqual(more, []);
  const { kind, agentId, groupId, why, epoch, n } = decision;
  assert.deepEqual([kind, agentId, groupId, why, epoch, n], ['assign', ada.id, 'refunds', 'policy', 1, 0]);
  assert.match(wordsOfDecision(decision, names)[0]?.text ?? '', /the only one of refunds/);
  assert.match(wordsOfOther(decision, bob.id, names)[0]?.text ?? '', /level 2 in refunds; level 3/);
  assert.deepEqual(desk.defects, []);
});

test('a customer’s language is asked for, until nobody who speaks it has come in time', async (t) => {
  const config = configWith(
    [{ id: 'desk', members: [member(ada), member(bob)], relax: { dropLanguageAfterMs: minuteMs } }],
    {
      agents: { [ada.id]: { languages: ['en'] }, [bob.id]: { languages: ['zh'] } },
    },
  );
  const desk = await startDispatcher(t, { online: [ada], config });
  const chinese = await desk.write('a', { attributes: { language: 'zh-CN' } });
  await desk.settled();
  assert.deepEqual(
    desk.dispatcher.verdicts(chinese, ada.id)?.map(({ key }) => key),
    ['language-not-spoken'],
  );
  await desk.clock.advance(minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(chinese), ada.id);
  assert.ok(desk.counted.includes('relaxed language'));
  desk.online.push(bob);
  desk.agentsChanged();
  const second = await desk.write('b', { attributes: { language: 'zh' } });
  await desk.settled();
  assert.equal(await desk.ownerOf(second), bob.id);
});

test('a contact who comes again gets the agent of the last time, and waits for them a while when they are full', async (t) => {
  const one = agentNamed('one', 1);
  const history = { withinMs: 60 * minuteMs, waitAtMostMs: 2 * minuteMs };
  const config = configWith([{ id: 'desk', members: [member(one, 1), member(bob, 5)], history }]);
  const desk = await startDispatcher(t, { online: [one], config });
  const first = await desk.write('a');
  await desk.settled();
  await desk.close(first);
  desk.online.push(bob);
  desk.agentsChanged();
  await desk.settled();
  const again = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(again), one.id, 'bob has the higher level');
  await desk.close(again);
  await desk.conversations.changeOwner({
    conversationId: await desk.write('c'),
    to: 'agent',
    assignee: one,
    by: one,
    why: 'assigned',
  });
  await desk.settled();
  const waits = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(waits), null);
  await desk.clock.advance(2 * minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(waits), bob.id);
});

test('what weighs less takes less of the capacity, in the decision and in the store', async (t) => {
  const two = agentNamed('two', 2);
  const desk = await startDispatcher(t, { online: [two] });
  const chats = [await desk.write('a')];
  const mails: string[] = [];
  for (const contact of ['m1', 'm2', 'm3', 'm4']) mails.push(await desk.write(contact, { on: otherChannelId }));
  await desk.settled();
  const owners = await Promise.all([...chats, ...mails].map(desk.ownerOf));
  assert.deepEqual(owners, [two.id, two.id, two.id, two.id, null], '100 and three times 30 of 200');
  // By hand it is the store that counts.
  const assign = { conversationId: mails[3] ?? '', to: 'agent' as const, assignee: two, capacity: 2, by: two };
  await assert.rejects(desk.conversations.changeOwner({ ...assign, why: 'assigned' }), { code: 'capacity-reached' });
  await desk.close(mails[0] ?? '');
  await desk.settled();
  assert.equal(await desk.ownerOf(mails[3] ?? ''), two.id);
});

test('a group that is closed gives nothing, and begins by itself when it opens', async (t) => {
  const at = Date.UTC(2026, 5, 1, 6, 59);
  const day = { day: 'mon' as const, from: '09:00', to: '17:00' };
  const hours = { id: 'hours', name: 'Hours', timeZone: 'Europe/Berlin', weekly: [day], special: [] };
  const config = configWith([{ id: 'desk', members: [member(ada)], scheduleId: 'hours' }], { schedules: [hours] });
  const desk = await startDispatcher(t, { online: [ada], config, at });
  const early = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(early), null);
  await desk.clock.advance(minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(early), ada.id);
});

test('what nobody of a group takes in time goes on to another one, and whoever decides next knows it', async (t) => {
  const overflow = [{ when: { afterMs: minuteMs }, to: { kind: 'group' as const, groupId: 'second' } }];
  const config = configWith([
    { id: 'first', members: [member(ada)], overflow },
    { id: 'second', members: [member(bob)] },
  ]);
  const desk = await startDispatcher(t, { config });
  const id = await desk.write('a');
  await desk.settled();
  await desk.clock.advance(minuteMs);
  await desk.settled();
  assert.equal((await desk.store.conversations.get(id))?.skillGroupId, 'second');
  const [note] = await desk.decisionsOf(id);
  assert.deepEqual([note?.kind, note?.groupId, note?.epoch, note?.n], ['overflow', 'second', 1, 1]);
  assert.ok(desk.counted.includes('overflow of first to group'));
  desk.dispatcher.stop();
  const next = await startDispatcher(t, { on: desk.store, online: [ada, bob], config, at: desk.clock.now() });
  await next.settled();
  assert.equal(await next.ownerOf(id), bob.id);
  const kinds = (await next.decisionsOf(id)).map((each) => [each.kind, each.epoch, each.n]);
  assert.deepEqual(kinds, [
    ['overflow', 1, 1],
    ['assign', 1, 0],
  ]);
});

test('the urgent and VIPs come before those who came a little earlier, and not before those who wait long', async (t) => {
  const one = agentNamed('one', 1);
  const desk = await startDispatcher(t, {});
  const long = await desk.write('long');
  await desk.clock.advance(56 * minuteMs);
  const normal = await desk.write('normal');
  const vip = await desk.write('vip', { attributes: { vip: 'yes' } });
  const urgent = await desk.write('urgent');
  await desk.settled();
  await desk.conversations.patch(urgent, { priority: 'urgent' });
  await desk.settled();
  desk.online.push(one);
  desk.agentsChanged();
  for (const id of [long, urgent, vip, normal]) {
    await desk.settled();
    assert.equal(await desk.ownerOf(id), one.id);
    await desk.close(id);
  }
});

test('rules tag, answer and call once for a conversation; one for the bot waits for its group', async (t) => {
  const config = configWith([{ id: 'desk', members: [member(ada)] }], {
    rules: [
      rule('greet', { kind: 'always' }, [
        { kind: 'to-bot' },
        { kind: 'tag', tag: 'seen' },
        { kind: 'priority', priority: 'high' },
        { kind: 'auto-answer', texts: { default: 'A moment, please.', zh: '请稍候。' } },
        { kind: 'webhook', url: 'https://example.com/hook' },
      ]),
    ],
  });
  const desk = await startDispatcher(t, { config, online: [ada] });
  const id = await desk.write('a', { attributes: { language: 'zh-CN' } });
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  desk.online.splice(0);
  desk.agentsChanged();
  await desk.dispatcher.agentGone(ada.id);
  await desk.settled();
  const conversation = await desk.store.conversations.get(id);
  assert.deepEqual(
    [conversation?.status, conversation?.tags, conversation?.priority, conversation?.skillGroupId],
    ['queued', ['seen'], 'high', 'desk'],
  );
  const texts = (await desk.store.conversations.messages(id, { limit: 50, publicOnly: true })).flatMap(({ content }) =>
    content.type === 'text' ? content.text : [],
  );
  assert.deepEqual(texts, ['hello', '请稍候。']);
  assert.deepEqual(
    desk.webhooks.map(({ url, body }) => [url, body.ruleId, body.conversationId]),
    [['https://example.com/hook', 'greet', id]],
  );
  assert.ok(desk.counted.includes('requeued agent-gone'));
});

test('a rule keeps a contact’s conversations from an agent, whoever had them and however they come back', async (t) => {
  const feud: Condition = { kind: 'attribute', name: 'customer', is: 'equal', value: '4711' };
  const notAda = rule('feud', feud, [{ kind: 'not-to-agent', agentId: ada.id }]);
  const groups = [
    { id: 'desk', members: [member(ada, 5), member(bob)], history: { withinMs: 3_600_000, waitAtMostMs: 600_000 } },
    { id: 'other', members: [member(ada)] },
  ];
  const config = configWith(groups, { rules: [notAda] });
  const desk = await startDispatcher(t, { online: [ada], config });
  const id = await desk.write('a', { attributes: { customer: '4711' } });
  const next = await desk.write('b');
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(id), await desk.ownerOf(next)], [null, ada.id]);
  const [verdict] = desk.dispatcher.verdicts(id, ada.id) ?? [];
  assert.equal(verdict?.key, 'not-this-agent');
  const refused = await desk.dispatcher.take(ada.id, { conversationId: id });
  assert.equal('refused' in refused && refused.refused?.key, 'not-this-agent');

  // Given to Bob, passed on to another group, and taken up after a pause: never hers.
  desk.online.push(bob);
  desk.agentsChanged();
  await desk.settled();
  assert.equal(await desk.ownerOf(id), bob.id);
  const transfers = createTransfers({
    conversations: desk.conversations,
    store: desk.store.assignments,
    agent: (agentId) => desk.known.get(agentId),
    presence: () => 'online',
    group: (groupId) => config.groups.find((one) => one.id === groupId),
    margin: () => 0,
    now: desk.clock.now,
    newId: () => 'note',
  });
  await transfers.transfer({ conversationId: id, by: bob, toGroupId: 'other' });
  await desk.settled();
  assert.equal(await desk.ownerOf(id), null);
  assert.equal(desk.dispatcher.verdicts(id, ada.id)?.[0]?.key, 'not-this-agent');

  // By hand she goes against the rule, which is kept; of the next wait the rules speak anew.
  await desk.dispatcher.take(ada.id, { conversationId: id, override: true });
  const [taken] = await desk.decisionsOf(id);
  assert.equal((JSON.parse(taken?.record ?? '{}') as { overridden?: string }).overridden, 'not-this-agent');
  const returns = createReturns({
    conversations: desk.conversations,
    store: desk.store.assignments,
    agents: { get: () => undefined, presence: () => 'offline' },
    now: desk.clock.now,
  });
  const { ownerEpoch } = await desk.conversations.changeOwner({
    conversationId: id,
    to: 'snoozed',
    until: desk.clock.now() + 1_000,
    by: ada,
    why: 'snoozed',
  });
  const routing = await desk.store.assignments.routingOf(id);
  await returns.bringBack({ id, agentId: ada.id, epoch: ownerEpoch, routing });
  await desk.settled();
  assert.equal(await desk.ownerOf(id), null, 'it comes back to the queue, and not to who snoozed it');
  desk.configure(configWith(groups));
  await desk.close(id);
  const again = await desk.write('a', { attributes: { customer: '4711' } });
  await desk.settled();
  assert.equal(await desk.ownerOf(again), ada.id, 'the rule is gone');
  assert.deepEqual(desk.defects, []);
});

test('a rule asks for a level: who has less waits for it, also when an expert who has answered is gone, until the group asks for less', async (t) => {
  const config = configWith(
    [{ id: 'desk', members: [member(ada, 5), member(bob, 3)], relax: { lowerLevelAfterMs: minuteMs } }],
    {
      rules: [
        rule('hard', { kind: 'attribute', name: 'plan', is: 'equal', value: 'bank' }, [
          { kind: 'min-level', minLevel: 4 },
        ]),
      ],
    },
  );
  const desk = await startDispatcher(t, { config, online: [bob] });
  const hard = await desk.write('a', { attributes: { plan: 'bank' } });
  const easy = await desk.write('b');
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(hard), await desk.ownerOf(easy)], [null, bob.id]);
  const [verdict] = desk.dispatcher.verdicts(hard, bob.id) ?? [];
  assert.deepEqual([verdict?.key, verdict?.data], ['level-too-low', { level: 3, minLevel: 4 }]);
  desk.online.push(ada);
  desk.agentsChanged();
  await desk.settled();
  assert.equal(await desk.ownerOf(hard), ada.id);

  await desk.answer(hard, ada);
  await desk.write('a', { attributes: { plan: 'bank' } });
  desk.online.pop();
  desk.agentsChanged();
  await desk.dispatcher.agentGone(ada.id);
  await desk.settled();
  assert.equal(await desk.ownerOf(hard), null);
  assert.equal(desk.dispatcher.verdicts(hard, bob.id)?.[0]?.key, 'level-too-low');
  await desk.clock.advance(minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(hard), bob.id);
  assert.deepEqual(desk.defects, []);
});

test('two who decide at once let the rules speak once', async (t) => {
  const store = await openTestStore();
  const config = configWith([{ id: 'desk', members: [member(ada)] }], {
    rules: [rule('call', { kind: 'always' }, [{ kind: 'webhook', url: 'https://example.com/hook' }])],
  });
  const writer = await startDispatcher(t, { on: store });
  writer.dispatcher.stop();
  const ids = [await writer.write('a'), await writer.write('b')];
  const at = writer.clock.now();
  const both = await Promise.all([
    startDispatcher(t, { on: store, config, online: [ada], at }),
    startDispatcher(t, { on: store, config, online: [ada], at }),
  ]);
  for (const desk of both) await desk.settled();
  for (const desk of both) await desk.dispatcher.lookAgain();
  for (const desk of both) await desk.settled();
  const called = both.flatMap(({ webhooks }) => webhooks.map(({ body }) => body.conversationId));
  assert.deepEqual(called.toSorted(), ids.toSorted());
  for (const id of ids) {
    assert.equal(await writer.ownerOf(id), ada.id);
    assert.deepEqual(
      (await writer.decisionsOf(id)).map(({ kind }) => kind),
      ['assign'],
    );
  }
});

test('who waits is moved by hand to another group, and by another configuration when theirs is no more', async (t) => {
  const groups = [
    { id: 'first', members: [] },
    { id: 'second', members: [member(bob)] },
  ];
  const desk = await startDispatcher(t, { config: configWith(groups), online: [bob, cy] });
  const [moved, stays] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  await desk.conversations.patch(moved, { skillGroupId: 'second' });
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(moved), await desk.ownerOf(stays)], [bob.id, null]);
  desk.configure(configWith([{ id: 'third', members: [member(cy)] }]));
  await desk.settled();
  assert.equal(await desk.ownerOf(stays), cy.id);
  const [decision] = await desk.decisionsOf(stays);
  assert.equal((JSON.parse(decision?.record ?? '{}') as { configVersion?: number }).configVersion, 1);
});

test('what people do by hand is kept with who did it', async (t) => {
  const desk = await startDispatcher(t, {});
  const [taken, answered] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  const change = { conversationId: taken, assignee: ada, why: 'assigned' as const };
  await desk.conversations.changeOwner({ ...change, to: 'agent', capacity: 10, by: ada });
  await desk.conversations.changeOwner({ ...change, to: 'agent', assignee: bob, by: ada });
  await desk.answer(answered, bob);
  await desk.close(answered);
  await desk.settled();
  const said = async (id: string) =>
    (await desk.decisionsOf(id)).map((row) => `${row.kind}: ${wordsOfDecision(row, names).map(({ text }) => text)}`);
  assert.deepEqual(await said(taken), [
    'assign: ada gave it to bob, whatever they had already.',
    'assign: ada took it by hand.',
  ]);
  assert.deepEqual(await said(answered), ['end: Parley closed it.', 'assign: bob answered it.']);
});

test('each group’s queue is known, with the agents who could have something of it', async (t) => {
  const config = configWith([
    { id: 'first', members: [member(ada)] },
    { id: 'second', members: [member(bob)] },
  ]);
  const desk = await startDispatcher(t, { config, online: [bob, ada] });
  desk.online.pop();
  desk.agentsChanged();
  const id = await desk.write('a');
  await desk.write('b');
  await desk.clock.advance(5_000);
  await desk.settled();
  const queues = (await desk.dispatcher.queues()).map(({ groupId, waiting, oldestMs, staffed, freeUnits, ...of }) => {
    return [groupId, waiting, oldestMs, staffed, freeUnits, of.utilisation];
  });
  assert.deepEqual(queues, [
    ['first', 2, 5_001, 0, 0, undefined],
    ['second', 0, 0, 1, 1_000, 0],
  ]);
  assert.deepEqual(
    desk.dispatcher.verdicts(id, 'all')?.map(({ agentId, key }) => [agentId, key]),
    [[ada.id, 'offline']],
  );
  assert.equal(desk.dispatcher.verdicts('999', 'all'), undefined);
});

test('how much agents have of what they can take is told of their group, and how unequally they had it', async (t) => {
  const config = configWith([{ id: 'first', members: [member(ada), member(bob)] }]);
  const desk = await startDispatcher(t, { config, online: [ada] });
  await desk.write('a');
  await desk.settled();
  const stats = async () => {
    const [of] = await desk.dispatcher.queues();
    return [of?.utilisation, of?.workSpread];
  };
  assert.deepEqual(await stats(), [0.1, undefined]);
  desk.online.push(bob);
  desk.agentsChanged();
  assert.deepEqual(await stats(), [0.05, undefined], 'he has just come');
  await desk.clock.advance(60 * minuteMs);
  // One had all of it.
  assert.deepEqual(await stats(), [0.05, 1]);
  await desk.write('b');
  await desk.settled();
  const [utilisation, spread] = await stats();
  assert.equal(utilisation, 0.1);
  // He has had as much in an hour as she in a day: for each hour that is more than five times as much.
  assert.ok((spread ?? 0) > 0.5, `${spread}`);
});
