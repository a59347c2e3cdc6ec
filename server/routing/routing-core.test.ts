import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Desk, members, minuteMs } from './routing-core-fixture.ts';

test('best skill first, then the lower load, then who has had nothing new for longest', () => {
  const desk = new Desk([{ id: 'g', members: members('ada:2', 'bob:4', 'cleo:4', 'dan:4') }]);
  for (const id of ['ada', 'bob', 'cleo', 'dan']) desk.agent(id, { capacity: 4 });
  desk.agent('cleo', { capacity: 8 });
  desk.busy('bob', 100);
  desk.now += 1_000;
  desk.busy('cleo', 100);
  desk.busy('dan', 100);
  // 1/4, 1/8 and 1/4 among the best; then 2/8 as the others, who have waited longer.
  assert.deepEqual([desk.agentOf(desk.arrives()), desk.agentOf(desk.arrives())], ['cleo', 'bob']);
});

test('each policy puts another one first', () => {
  const first = (policy: 'best-skill' | 'least-loaded' | 'longest-idle' | 'round-robin') => {
    const desk = new Desk([{ id: 'g', policy, members: members('ada:5', 'bob:1', 'cleo:3') }]);
    for (const id of ['ada', 'bob', 'cleo']) desk.agent(id, { capacity: 4 });
    desk.busy('ada', 200);
    desk.now += 1_000;
    desk.busy('bob', 30);
    desk.core.release(desk.busy('cleo', 100), desk.now);
    desk.now += 1_000;
    return [desk.agentOf(desk.arrives()), desk.agentOf(desk.arrives()), desk.agentOf(desk.arrives())];
  };
  assert.deepEqual(first('best-skill'), ['ada', 'ada', 'cleo']);
  assert.equal(first('least-loaded')[0], 'cleo');
  // Who has nothing comes before who has something, however long ago.
  assert.deepEqual(first('longest-idle').slice(0, 2), ['cleo', 'ada']);
  assert.deepEqual(first('round-robin').toSorted(), ['ada', 'bob', 'cleo']);
});

test('in a group by hand nobody is given anything, and who takes the next one gets the oldest that they may have', () => {
  const desk = new Desk([{ id: 'g', policy: 'manual', members: members('ada:1', 'bob:5') }]);
  desk.agent('ada');
  desk.agent('bob');
  const [hard, easy] = [desk.arrives({ minLevel: 4 }), desk.arrives()];
  assert.deepEqual([desk.decide(), desk.waits[0]?.why], [[], 'picked-by-hand']);
  const picked = desk.core.pick('ada', {}, desk.now);
  assert.ok(picked.kind === 'assign' && picked.conversationId === easy && picked.why === 'picked');
  desk.core.settle(easy, 'done', desk.now);
  const refused = desk.core.pick('ada', { conversationId: hard }, desk.now);
  assert.deepEqual(refused.kind === 'refused' && refused.verdict?.key, 'level-too-low');
  const forced = desk.core.pick('ada', { conversationId: hard, override: true }, desk.now);
  assert.equal(forced.kind === 'assign' && forced.record.overridden, 'level-too-low');
});

test('the same agent as last time gets it, also by waiting for them a while, and not for longer', () => {
  const history = { withinMs: 60 * minuteMs, waitAtMostMs: 2 * minuteMs };
  const desk = new Desk([{ id: 'g', history, members: members('ada', 'bob') }]);
  desk.agent('ada', { capacity: 1 });
  desk.agent('bob', { capacity: 1 });
  const before = { lastAgent: { id: 'bob', at: desk.now - minuteMs } };
  const first = desk.arrives(before);
  assert.equal(desk.given(first)?.why, 'last-agent');
  // Bob is full: the second waits for him although Ada is free, until he is or two minutes are over.
  const second = desk.arrives(before);
  assert.equal(desk.agentOf(second), undefined);
  assert.equal(desk.verdict(second, 'ada'), 'kept-for-another');
  desk.pass(2 * minuteMs - 1);
  assert.equal(desk.agentOf(second), undefined);
  desk.pass(1);
  assert.equal(desk.agentOf(second), 'ada');
  // Who is not there is not waited for, and neither is one from too long ago.
  desk.core.release(second, desk.now);
  desk.agent('bob', { presence: 'away' });
  assert.equal(desk.agentOf(desk.arrives(before)), 'ada');
  desk.agent('cleo');
});

test('who left is waited for no longer, at once', () => {
  const history = { withinMs: 60 * minuteMs, waitAtMostMs: 2 * minuteMs };
  const desk = new Desk([{ id: 'g', history, members: members('ada', 'bob') }]);
  desk.agent('ada');
  desk.agent('bob', { capacity: 1 });
  desk.busy('bob', 100);
  const id = desk.arrives({ lastAgent: { id: 'bob', at: desk.now } });
  assert.equal(desk.agentOf(id), undefined);
  desk.agent('bob', { presence: 'offline' });
  assert.equal(desk.agentOf(id), 'ada');
});

test('a conversation for one agent goes to them, member or not, and to the group when they do not come in time', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada');
  desk.agent('zoe', { capacity: 1 });
  assert.equal(desk.given(desk.arrives({ forAgent: 'zoe' }))?.why, 'named');
  const second = desk.arrives({ forAgent: 'zoe' });
  assert.equal(desk.agentOf(second), undefined);
  desk.pass(minuteMs);
  assert.equal(desk.agentOf(second), 'ada');
});

test('level, language, channel, exclusions and presence keep somebody from it, and each says so', () => {
  const desk = new Desk(
    [{ id: 'g', channels: ['shop'], members: members('ada:1', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus') }],
    { agents: { bob: { languages: ['de'] }, cleo: { languages: ['EN'], channelCaps: { web: 1 } } } },
  );
  for (const id of ['ada', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus', 'out']) desk.agent(id);
  desk.agent('eve', { presence: 'busy' });
  desk.agent('fay', { enabled: false });
  desk.agent('gus', { capacity: 1 });
  desk.busy('cleo', 10);
  desk.busy('gus', 60);
  const id = desk.arrives({ minLevel: 2, language: 'en-GB', notAgents: ['dan'] });
  assert.equal(desk.agentOf(id), undefined);
  const keys = desk.core.verdicts(id, 'all', desk.now).map(({ agentId, key }) => `${agentId} ${key}`);
  assert.deepEqual(keys, [
    'ada level-too-low',
    'bob language-not-spoken',
    'cleo channel-cap',
    'dan not-this-agent',
    'eve busy',
    'fay disabled',
    'gus full',
  ]);
  assert.equal(desk.verdict(id, 'out'), 'not-a-member');
  const mail = desk.arrives({ channelId: 'mail' });
  assert.equal(desk.verdict(mail, 'bob'), 'channel-not-served');
  assert.deepEqual(
    desk.waits.map(({ why }) => why),
    ['nobody-free'],
  );
});

test('e-mails fit three to a chat, a call takes everything, and nothing goes beside it', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 1 });
  const mail = { channelType: 'email', weight: 30 };
  const mails = [desk.arrives(mail), desk.arrives(mail), desk.arrives(mail), desk.arrives(mail)];
  assert.deepEqual(
    mails.map((id) => desk.agentOf(id)),
    ['ada', 'ada', 'ada', undefined],
  );
  desk.core.leave(mails[3] ?? '', desk.now, 'abandoned');
  for (const id of mails) desk.core.release(id, desk.now);
  desk.agent('ada', { capacity: 9 });
  const call = desk.arrives({ channelType: 'call', weight: 500 });
  assert.equal(desk.agentOf(call), 'ada');
  const chat = desk.arrives();
  assert.deepEqual([desk.agentOf(chat), desk.verdict(chat, 'ada')], [undefined, 'on-a-call']);
  desk.core.release(call, desk.now);
  assert.equal(desk.agentOf(chat), 'ada');
});

test('a call is not passed by chats for ever: the agent keeps room for it', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 3 });
  const held = [desk.busy('ada', 100), desk.busy('ada', 100), desk.busy('ada', 100)];
  const call = desk.arrives({ channelType: 'call', weight: 500 });
  desk.decide();
  const chat = desk.arrives();
  desk.core.release(held[0] ?? '', desk.now);
  assert.deepEqual([desk.agentOf(chat), desk.verdict(chat, 'ada')], [undefined, 'keeps-room']);
  desk.core.release(held[1] ?? '', desk.now);
  assert.equal(desk.agentOf(chat), undefined);
  desk.core.release(held[2] ?? '', desk.now);
  assert.equal(desk.given(call)?.why, 'kept-room');
  desk.core.release(call, desk.now);
  assert.equal(desk.agentOf(chat), 'ada');
});

test('the room that was kept is free again when the call is given up', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 2 });
  const held = desk.busy('ada', 100);
  desk.busy('ada', 100);
  const call = desk.arrives({ channelType: 'call', weight: 500 });
  const chat = desk.arrives();
  desk.core.release(held, desk.now);
  assert.equal(desk.agentOf(chat), undefined);
  desk.core.leave(call, desk.now, 'abandoned');
  assert.equal(desk.agentOf(chat), 'ada');
});

test('a conversation that weighs less now leaves room, and takes it back when the customer does', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 1 });
  const first = desk.arrives();
  assert.equal(desk.agentOf(first), 'ada');
  const mail = desk.arrives({ channelType: 'email', weight: 30 });
  assert.equal(desk.agentOf(mail), undefined);
  desk.core.setWeight(first, 20, desk.now);
  assert.equal(desk.agentOf(mail), 'ada');
  desk.core.setWeight(first, 100, desk.now);
  const more = desk.arrives({ channelType: 'email', weight: 30 });
  assert.deepEqual([desk.agentOf(more), desk.verdict(more, 'ada')], [undefined, 'full']);
});

test('a priority is worth minutes of waiting: it comes before what is a little older, not before what is much older', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 1 });
  const held = desk.busy('ada', 100);
  const ids = new Map<string, string>();
  const add = (name: string, more: object) => ids.set(desk.arrives(more), name);
  add('normal, 12 minutes old', { enqueuedAt: desk.now - 12 * minuteMs });
  add('normal, 5 minutes old', { enqueuedAt: desk.now - 5 * minuteMs });
  add('high', { priority: 'high' });
  add('low VIP', { priority: 'low', vip: true });
  add('low', { priority: 'low' });
  add('normal', {});
  const order: (string | undefined)[] = [];
  for (let last = held; order.length < ids.size; ) {
    desk.core.release(last, desk.now);
    desk.decide();
    const decision = desk.said.at(-1);
    last = decision?.kind === 'assign' ? decision.conversationId : '';
    order.push(ids.get(last));
  }
  // high is worth 10 minutes more than normal, a VIP 10, and low 5 less.
  assert.deepEqual(order, ['normal, 12 minutes old', 'high', 'normal, 5 minutes old', 'low VIP', 'normal', 'low']);
});

test('what comes back to the queue stands where it stood', () => {
  const desk = new Desk([{ id: 'g', members: members('ada') }]);
  desk.agent('ada', { capacity: 1 });
  const first = desk.arrives();
  desk.decide();
  desk.now += minuteMs;
  const second = desk.arrives();
  desk.agent('ada', { presence: 'offline' });
  desk.arrives({ conversationId: first, epoch: 2, enqueuedAt: desk.now - minuteMs });
  desk.decide();
  assert.deepEqual(
    [first, second].map((id) => desk.core.position(id, desk.now)?.position),
    [1, 2],
  );
  desk.agent('ada', { presence: 'online' });
  assert.deepEqual([desk.agentOf(first), desk.agentOf(second)], ['ada', undefined]);
});

test('an offer that nobody answers goes to the next one, and who misses too many goes on a break until they come back', () => {
  const desk = new Desk([{ id: 'g', offer: { mode: 'ring', timeoutMs: 20_000 }, members: members('ada:5', 'bob:1') }], {
    presence: { autoAwayMs: null, missesToBreak: 2, missWindowMs: 10 * minuteMs, staysWithAgent: [] },
  });
  desk.agent('ada', { capacity: 5 });
  desk.agent('bob', { capacity: 5 });
  const id = desk.arrives();
  desk.decide();
  assert.equal(desk.offered().agentId, 'ada');
  desk.pass(19_999);
  assert.equal(desk.offered().agentId, 'ada');
  desk.pass(1);
  assert.equal(desk.offered().agentId, 'bob');
  assert.equal(desk.verdict(id, 'ada'), 'missed');
  const accepted = desk.core.accept(id, 'bob', desk.now);
  assert.deepEqual([accepted?.agentId, accepted?.why, desk.core.whereabouts(id)], ['bob', 'accepted', 'assigned']);
  desk.core.settle(id, 'done', desk.now);
  const second = desk.arrives();
  desk.decide();
  assert.equal(desk.offered().agentId, 'ada');
  desk.pass(20_000);
  assert.equal(
    desk.said.some(({ kind }) => kind === 'agent-break'),
    true,
  );
  assert.equal(desk.verdict(second, 'ada'), 'on-a-break');
  desk.agent('ada', { presence: 'away' });
  desk.agent('ada', { presence: 'online' });
  desk.arrives();
  desk.decide();
  assert.equal(desk.offered().agentId, 'ada');
});

test('who says no is not asked again for this wait, who missed is when the window is over, and nobody is asked twice at once', () => {
  const desk = new Desk([{ id: 'g', offer: { mode: 'ring', timeoutMs: 20_000 }, members: members('ada') }], {
    presence: { autoAwayMs: null, missesToBreak: 9, missWindowMs: 3 * minuteMs, staysWithAgent: [] },
  });
  desk.agent('ada', { capacity: 5 });
  const [first, second] = [desk.arrives(), desk.arrives()];
  desk.decide();
  assert.deepEqual([desk.offered().conversationId, desk.verdict(second, 'ada')], [first, 'being-asked']);
  desk.core.declined(first, 'ada', desk.now);
  desk.decide();
  assert.equal(desk.offered().conversationId, second);
  desk.pass(20_000);
  assert.deepEqual([desk.verdict(first, 'ada'), desk.verdict(second, 'ada')], ['declined', 'missed']);
  desk.pass(3 * minuteMs);
  assert.deepEqual([desk.offered().conversationId, desk.offered().at], [second, desk.now]);
});

test('an agent who goes while being asked is asked no longer, and somebody else is', () => {
  const desk = new Desk([{ id: 'g', offer: { mode: 'ring', timeoutMs: 20_000 }, members: members('ada:5', 'bob:1') }]);
  desk.agent('ada');
  desk.agent('bob');
  const id = desk.arrives();
  desk.decide();
  desk.agent('ada', { presence: 'offline' });
  const kinds = desk.decide().map((decision) => [decision.kind, 'agentId' in decision && decision.agentId]);
  assert.deepEqual(kinds, [
    ['offer-withdrawn', 'ada'],
    ['offer', 'bob'],
  ]);
  assert.equal(desk.core.accept(id, 'ada', desk.now), undefined);
});

test('what is asked for becomes less: the language, a level at a time, then other groups', () => {
  const relax = {
    dropLanguageAfterMs: minuteMs,
    lowerLevelAfterMs: minuteMs,
    widenAfterMs: 4 * minuteMs,
    widenTo: ['h'],
  };
  const desk = new Desk(
    [
      { id: 'g', minLevel: 3, relax, members: members('ada:1') },
      { id: 'h', members: members('bob:5') },
    ],
    { agents: { ada: { languages: ['en'] } } },
  );
  desk.agent('ada', { capacity: 1 });
  const first = desk.arrives({ language: 'de' });
  desk.decide();
  const steps = desk.pass(2 * minuteMs).flatMap((decision) => (decision.kind === 'relax' ? [decision.step] : []));
  assert.deepEqual(steps, [{ kind: 'language' }, { kind: 'level', lowerBy: 1 }, { kind: 'level', lowerBy: 2 }]);
  const given = desk.given(first);
  assert.deepEqual([given?.agentId, given?.record.relaxed], ['ada', { language: true, levels: 2, groupIds: [] }]);
  desk.agent('bob');
  const second = desk.arrives();
  desk.pass(4 * minuteMs - 1);
  assert.equal(desk.agentOf(second), undefined);
  desk.pass(1);
  assert.deepEqual([desk.agentOf(second), desk.given(second)?.groupId], ['bob', 'h']);
});

test('overflow follows time, length of the queue, closing and an empty group, each once and no further than the hops allow', () => {
  const to = (groupId: string) => ({ kind: 'group' as const, groupId });
  const desk = new Desk(
    [
      {
        id: 'g',
        scheduleId: 's',
        members: members('ada'),
        overflow: [
          { when: { waiting: 2 }, to: to('h') },
          { when: { outOfHours: true }, to: { kind: 'message-form' } },
          { when: { afterMs: 5 * minuteMs }, to: { kind: 'agent', agentId: 'zoe' } },
        ],
      },
      { id: 'h', members: members('bob'), maxHops: 1, overflow: [{ when: { nobodyStaffed: true }, to: to('i') }] },
      { id: 'i', members: members('cleo') },
    ],
    {
      schedules: [
        { id: 's', name: 'S', timeZone: 'UTC', weekly: [{ day: 'mon', from: '09:00', to: '10:03' }], special: [] },
      ],
    },
  );
  desk.agent('ada', { capacity: 1 });
  desk.busy('ada', 100);
  const ids = [desk.arrives(), desk.arrives(), desk.arrives()];
  const said = desk
    .decide()
    .map((decision) => decision.kind === 'overflow' && [decision.conversationId, decision.to, decision.hops]);
  // The third one: two wait before it. Nobody is in h either, but it has been sent on once already.
  assert.deepEqual(said, [[ids[2], to('h'), 1]]);
  const closing = desk
    .pass(3 * minuteMs)
    .map((decision) => decision.kind === 'overflow' && [decision.conversationId, decision.to.kind]);
  assert.deepEqual(closing, [
    [ids[0], 'message-form'],
    [ids[1], 'message-form'],
  ]);
  desk.agent('zoe', { capacity: 1 });
  assert.equal(desk.agentOf(ids[0] ?? ''), undefined);
  desk.pass(2 * minuteMs);
  assert.deepEqual([desk.given(ids[0] ?? '')?.why, desk.agentOf(ids[1] ?? '')], ['overflow-agent', undefined]);
  desk.agent('bob');
  assert.equal(desk.agentOf(ids[2] ?? ''), 'bob');
  // The last one of h goes: what comes new there goes on.
  desk.agent('bob', { presence: 'away' });
  const last = desk.arrives({ groupId: 'h' });
  desk.agent('cleo');
  assert.equal(desk.agentOf(last), 'cleo');
});

test('a conversation that goes to the bot is out of the queue, and one that the last agent left goes where it is said', () => {
  const desk = new Desk([
    { id: 'g', members: members('ada'), overflow: [{ when: { nobodyStaffed: true }, to: { kind: 'bot' } }] },
  ]);
  desk.agent('ada', { capacity: 1 });
  desk.busy('ada', 100);
  const id = desk.arrives();
  desk.decide();
  assert.equal(desk.core.whereabouts(id), 'waiting');
  desk.agent('ada', { presence: 'offline' });
  assert.deepEqual(
    desk.decide().map(({ kind }) => kind),
    ['overflow'],
  );
  assert.equal(desk.core.whereabouts(id), 'gone');
});

test('what the bot has handed over is passed over by an overflow to the bot, and follows the next line', () => {
  const desk = new Desk([
    {
      id: 'g',
      members: members('ada'),
      overflow: [
        { when: { nobodyStaffed: true }, to: { kind: 'bot' } },
        { when: { nobodyStaffed: true }, to: { kind: 'group', groupId: 'h' } },
      ],
    },
    { id: 'h', members: members('bob') },
  ]);
  const fresh = desk.arrives();
  const handedOver = desk.arrives({ staysFromBot: true });
  const sent = desk.decide().flatMap((decision) => (decision.kind === 'overflow' ? [decision.to.kind] : []));
  assert.deepEqual(sent, ['bot', 'group']);
  assert.deepEqual([desk.core.whereabouts(fresh), desk.core.whereabouts(handedOver)], ['gone', 'waiting']);
});

test('who has just come online gets so many a minute, oldest first, until they have had time to be full', () => {
  const desk = new Desk([{ id: 'g', floodPerMinute: 2, members: members('ada', 'bob') }]);
  const ids = Array.from({ length: 12 }, () => {
    desk.now += 1;
    return desk.arrives();
  });
  desk.agent('ada', { capacity: 6 });
  const given = () => ids.filter((id) => desk.agentOf(id) !== undefined);
  assert.deepEqual(given(), ids.slice(0, 2));
  assert.equal(desk.verdict(ids[2] ?? '', 'ada'), 'just-online');
  desk.pass(minuteMs);
  // Another one comes: the queue is theirs as well.
  desk.agent('bob', { capacity: 6 });
  assert.deepEqual(given(), ids.slice(0, 6));
  desk.pass(minuteMs);
  assert.equal(given().length, 10);
  for (const id of ids.slice(0, 4)) desk.core.release(id, desk.now);
  desk.pass(minuteMs);
  assert.equal(given().length, 12);
});

test('a place that the store does not give is tried again, later or with somebody else', () => {
  const desk = new Desk([{ id: 'g', members: members('ada:5', 'bob:1') }]);
  desk.agent('ada');
  desk.agent('bob');
  const id = desk.arrives();
  assert.equal(desk.core.decide(desk.now).find(({ kind }) => kind === 'assign')?.kind, 'assign');
  desk.core.settle(id, 'refused-capacity', desk.now);
  assert.equal(desk.verdict(id, 'ada'), 'store-says-full');
  assert.equal(desk.agentOf(id), 'bob');
  const second = desk.arrives();
  desk.core.decide(desk.now);
  desk.core.settle(second, 'failed', desk.now);
  assert.equal(desk.agentOf(second), undefined);
  desk.pass(1_000);
  assert.equal(desk.agentOf(second), 'bob');
  desk.pass(4_000);
  assert.equal(desk.agentOf(desk.arrives()), 'ada');
  const third = desk.arrives();
  desk.core.decide(desk.now);
  desk.core.settle(third, 'gone', desk.now);
  assert.equal(desk.core.whereabouts(third), 'gone');
});

test('another configuration holds at once: who waits keeps the place, and a group that is no more gives to the default one', () => {
  const desk = new Desk([
    { id: 'g', members: members('ada') },
    { id: 'h', members: members('bob') },
  ]);
  desk.agent('bob', { capacity: 1 });
  desk.busy('bob', 100);
  const [first, second] = [desk.arrives(), desk.arrives({ groupId: 'h' })];
  desk.decide();
  const [, h] = desk.config.groups;
  assert.ok(h !== undefined);
  desk.core.configure({ ...desk.config, groups: [h], defaultGroupId: 'h' }, 8, desk.now);
  desk.decide();
  assert.deepEqual(
    [first, second].map((id) => desk.core.position(id, desk.now)?.position),
    [1, 2],
  );
  desk.agent('bob', { capacity: 2 });
  const given = desk.given(first);
  assert.deepEqual([given?.agentId, given?.record.configVersion], ['bob', 8]);
});

test('before anything is configured everybody is asked, and each gets the same', () => {
  const desk = new Desk([]);
  for (const id of ['ada', 'bob', 'cleo']) desk.agent(id, { capacity: 2 });
  const agents = Array.from({ length: 6 }, () => desk.agentOf(desk.arrives()));
  assert.deepEqual(agents.toSorted(), ['ada', 'ada', 'bob', 'bob', 'cleo', 'cleo']);
  assert.deepEqual(new Set(agents.slice(0, 3)).size, 3);
});
