import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecordAssembly } from './assemble-record.ts';
import type { QueueRow, RecordedDecision, RecordedRow } from './record-store.ts';
import { visitsOf } from './recorded-visits.ts';

const came = (at: number, epoch: number, seq = epoch): QueueRow => {
  return { at, conversationId: 1, epoch, kind: 'came', why: 'created', seq };
};
const left = (at: number, epoch: number, why: string): QueueRow => ({ ...came(at, epoch), kind: 'left', why });
function decided(at: number, epoch: number, kind: string, more: Partial<RecordedDecision> = {}): RecordedDecision {
  return { conversationId: 1, at, epoch, n: 0, kind, agentId: 'ada', groupId: 'desk', why: 'policy', ...more };
}
function shown(queue: QueueRow[], decisions: RecordedDecision[], answers: [number, number][] = [], to = 1_000) {
  return visitsOf(queue, decisions, new Map(answers), to).map(({ cameAt, assignedAt, agentId, endedAt, ended }) => {
    return [cameAt, assignedAt, agentId, endedAt, ended];
  });
}

test('a conversation that comes, is given, closed, and comes again is two visits; one that is open has no end', () => {
  const queue = [came(10, 1), came(100, 4)];
  const decisions = [decided(20, 1, 'assign'), decided(60, 2, 'end'), decided(110, 4, 'assign', { agentId: 'bob' })];
  assert.deepEqual(shown(queue, decisions), [
    [10, 20, 'ada', 60, 'agent'],
    [100, 110, 'bob', null, 'open'],
  ]);
  assert.deepEqual(
    shown(queue, decisions, [], 105)[1],
    [100, null, null, null, 'open'],
    'what comes later is not known',
  );
});

test('who leaves the queue gave up, or was closed by somebody whom nobody knows the reason of', () => {
  assert.deepEqual(shown([came(10, 1), left(30, 2, 'left')], []), [[10, null, null, 30, 'customer-left']]);
  assert.deepEqual(shown([came(10, 1), left(30, 2, 'resolved')], []), [[10, null, null, 30, 'elsewhere']]);
});

test('what comes back from an agent who vanished waits on, also when they had answered; what was sent on comes anew', () => {
  const back = (why: string) => [
    decided(20, 1, 'assign'),
    decided(50, 2, 'requeue', { why }),
    decided(70, 3, 'assign', { agentId: 'bob' }),
    decided(90, 4, 'end', { agentId: 'bob' }),
  ];
  assert.deepEqual(shown([came(10, 1)], back('agent-gone')), [[10, 70, 'bob', 90, 'agent']]);
  const twice = [
    [10, 20, 'ada', 50, 'agent'],
    [50, 70, 'bob', 90, 'agent'],
  ];
  for (const why of ['given-back', 'transferred']) assert.deepEqual(shown([came(10, 1)], back(why)), twice);
  assert.deepEqual(shown([came(10, 1)], back('inactivity'), [[1, 30]]), twice);
  // Ada has helped, and Bob goes on with it.
  assert.deepEqual(shown([came(10, 1)], back('agent-gone'), [[1, 30]]), [[10, 20, 'ada', 90, 'agent']]);
  const [visit] = visitsOf([came(10, 1)], back('agent-gone'), new Map([[1, 30]]), 1_000);
  assert.deepEqual(
    visit?.stints.map(({ agentId, from, to, hasVanished }) => [agentId, from, to, hasVanished]),
    [
      ['ada', 20, 50, true],
      ['bob', 70, 90, false],
    ],
  );
  // Who was helped and does not wait for another one has not given up.
  const leaves = [...back('agent-gone').slice(0, 2)];
  assert.deepEqual(shown([came(10, 1), left(60, 4, 'left')], leaves, [[1, 30]]), [[10, 20, 'ada', 60, 'agent']]);
  assert.deepEqual(shown([came(10, 1), left(60, 4, 'left')], leaves), [[10, null, null, 60, 'customer-left']]);
});

test('what an agent puts off is over for now, and comes back as another visit, to them or to the queue', () => {
  const first = [decided(20, 1, 'assign'), decided(50, 2, 'snooze', { why: 'snoozed' })];
  const woken = decided(90, 3, 'assign', { why: 'woken' });
  assert.deepEqual(shown([came(10, 1)], [...first, woken]), [
    [10, 20, 'ada', 50, 'agent'],
    [90, 90, 'ada', null, 'open'],
  ]);
  assert.deepEqual(shown([came(10, 1)], [...first, decided(90, 3, 'requeue', { why: 'woken' })])[1], [
    ...[90, null, null, null, 'open'],
  ]);
  // Of what began before the record nothing is known.
  assert.deepEqual(shown([], first), []);
});

test('offers and overflows are told of the visit, and who got it from an agent has it as theirs', () => {
  const decisions = [
    decided(12, 1, 'offer-missed', { n: 1 }),
    decided(14, 1, 'overflow', { n: 2, why: 'group', groupId: 'others', agentId: null }),
    decided(20, 1, 'assign', { why: 'accepted', groupId: null }),
    decided(30, 2, 'assign', { agentId: 'bob' }),
    decided(60, 3, 'end', { agentId: 'bob' }),
  ];
  const [visit] = visitsOf([came(10, 1)], decisions, new Map(), 1_000);
  assert.deepEqual(
    [visit?.missed, visit?.accepted, visit?.groupId, visit?.agentId, visit?.isPassedOn, visit?.endedAt],
    [1, 1, 'others', 'ada', true, 60],
  );
});

const row: RecordedRow = {
  ...{ id: 1, channelId: 'c', channelType: 'web', contactId: 'p', groupId: 'now', priority: 'high', tags: '["vip"]' },
  ...{ language: 'nonsense!', attributes: '{"page":"/a"}', isReturning: true, abandonedAt: null, archivedSeq: 0 },
};

test('a record is put together from its pages, with what it lacks counted', () => {
  const assembly = createRecordAssembly();
  const nothing = { conversations: [], decisions: [], words: [], answers: [] };
  assembly.addQueue([came(10, 1, 1), { ...came(15, 1), conversationId: 2 }], {
    ...nothing,
    conversations: [row],
    words: [{ conversationId: 1, seq: 1, content: '{"type":"text","text":"refund"}' }],
    answers: [{ conversationId: 1, seq: 1, at: 30 }],
    decisions: [decided(20, 1, 'assign'), decided(40, 2, 'requeue', { why: 'transferred' })],
  });
  assembly.addQueue([came(200, 9, 9)], { ...nothing, conversations: [{ ...row, archivedSeq: 9 }] });
  const presence = { agentId: 'ada', presence: 'online', reason: null, capacity: 2 };
  assembly.addPresences([
    { ...presence, at: -50 },
    { ...presence, at: -20, presence: 'offline' },
    { ...presence, at: -10 },
    { ...presence, at: 25, capacity: 3 },
    { ...presence, at: 30, presence: 'finishing', capacity: 3 },
    { ...presence, at: 40, agentId: 'never', presence: 'away' },
  ]);
  const { recorded, gaps } = assembly.finish(
    { from: 0, countFrom: 5, to: 1_000 },
    { names: new Map([['ada', 'Ada']]), graceMs: 5, keep: [] },
  );
  assert.deepEqual(recorded.agents, [
    {
      ...{ id: 'ada', name: 'Ada', capacity: 3 },
      presence: [
        { at: 0, presence: 'online' },
        { at: 30, presence: 'busy' },
      ],
    },
  ]);
  const [first, second, third] = recorded.conversations;
  assert.deepEqual(
    [first?.id, first?.groupId, first?.language, first?.vip, first?.firstAnswerAt, first?.facts?.firstWords],
    ['1', 'desk', null, true, 30, 'refund'],
  );
  assert.deepEqual([first?.facts?.page, first?.facts?.returning, first?.facts?.at], ['/a', true, 10]);
  assert.deepEqual([second?.id, second?.facts, second?.queuedAt], ['1.1', null, 40]);
  assert.deepEqual([third?.id, third?.groupId, third?.facts?.firstWords], ['1.2', 'now', null]);
  const gone = createRecordAssembly();
  gone.addQueue([came(10, 1, 1), left(90, 2, 'left')], {
    ...nothing,
    conversations: [{ ...row, abandonedAt: 30 }],
  });
  const [leaver] = gone.finish({ from: 0, countFrom: 5, to: 1_000 }, { names: new Map(), graceMs: 5, keep: [] })
    .recorded.conversations;
  assert.deepEqual([leaver?.ended, leaver?.endedAt], ['customer-left', 30], 'noticed a minute later');
  assert.deepEqual(gaps, { removed: 1, archived: 2, sentOn: 1, passedOn: 0, cameBack: 0, capacityChanged: 1 });
});

test('of answered conversations whose agent went it is known which came back, and how long afterwards', () => {
  const assembly = createRecordAssembly();
  const of = (conversationId: number) => ({ conversationId });
  const ids = [1, 2, 3, 4];
  /** An e-mail that rested says nothing of when customers of chats write again. */
  const mail = 5;
  assembly.addQueue(
    [...ids, mail].map((id) => ({ ...came(10, 1), ...of(id) })),
    {
      conversations: [...ids.map((id) => ({ ...row, id })), { ...row, id: mail, channelType: 'email' }],
      words: [],
      // The fourth is not answered before Ada is gone.
      answers: [1, 2, 3, mail].map((id) => ({ ...of(id), seq: 1, at: 30 })),
      decisions: [
        ...[decided(20, 1, 'assign'), decided(190, 2, 'requeue', { why: 'agent-gone' })].map((one) => ({
          ...one,
          ...of(1),
        })),
        ...[2, mail].flatMap((id) =>
          [decided(20, 1, 'assign'), decided(300, 2, 'end')].map((one) => ({ ...one, ...of(id) })),
        ),
        ...[decided(20, 1, 'assign'), decided(110, 2, 'end')].map((one) => ({ ...one, ...of(3) })),
        ...[decided(20, 1, 'assign'), decided(150, 2, 'requeue', { why: 'agent-gone' })].map((one) => ({
          ...one,
          ...of(4),
        })),
      ],
    },
  );
  const presence = { agentId: 'ada', reason: null, capacity: 4 };
  assembly.addPresences([
    { ...presence, at: 5, presence: 'online' },
    { ...presence, at: 100, presence: 'offline', reason: 'lost' },
    { ...presence, at: 200, presence: 'online' },
    { ...presence, at: 250, presence: 'offline', reason: 'unseen' },
    { ...presence, at: 260, presence: 'online' },
    { ...presence, at: 280, presence: 'offline' },
  ]);
  const { recorded } = assembly.finish(
    { from: 0, countFrom: 5, to: 1_000 },
    { names: new Map(), graceMs: 50, keep: ['email'] },
  );
  assert.deepEqual(recorded.givenBack, { lost: [40, null], left: [null] });
  assert.deepEqual(
    recorded.agents[0]?.presence.map(({ presence: is, lost = false }) => [is, lost]),
    [
      ['online', false],
      ['offline', true],
      ['online', false],
      ['away', false],
      ['online', false],
      ['offline', false],
    ],
  );
  assert.deepEqual(
    recorded.conversations.map(({ isUnanswered = false }) => isUnanswered),
    [false, false, false, true, false],
  );
});
