import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupWithDefaults, type RoutingConfig, type SkillGroup } from '@parley/sdk/routing-document.ts';
import { createTestClock } from '../base/clock.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import type { AppendItem } from '../conversation/conversation-store.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { channelId, openTestStore } from '../testing/test-store.ts';
import { createAnswerTimes } from './answer-times.ts';
import { agentNamed, startDispatcher } from './dispatcher-fixture.ts';
import { wordsOfDecision } from './explain-stored.ts';
import { defaultRoutingConfig } from './routing-config.ts';

const minuteMs = 60_000;
const ada = agentNamed('ada');
const bob = agentNamed('bob');
const names = { agent: (id: string) => id.replace(/^0+/, ''), group: (id: string) => id };

function deskWith(times: Partial<SkillGroup>, more: Partial<RoutingConfig> = {}): RoutingConfig {
  const members = [ada, bob].map(({ id }) => ({ agentId: id, level: 3 }));
  const desk = groupWithDefaults({ id: 'desk', name: 'Desk', members, ...times });
  return { ...defaultRoutingConfig, defaultGroupId: 'desk', groups: [desk], ...more };
}

test('without a first answer in time a conversation stands again where it stood, and another agent gets it', async (t) => {
  const desk = await startDispatcher(t, { online: [ada], config: deskWith({ firstAnswerMs: 2 * minuteMs }) });
  const id = await desk.write('a');
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  const queuedAt = (await desk.store.conversations.heads([id]))[0]?.queuedAt;
  await desk.clock.advance(2 * minuteMs - 1);
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  await desk.clock.advance(1);
  await desk.settled();
  const [head] = await desk.store.conversations.heads([id]);
  assert.deepEqual([head?.status, head?.queuedAt], ['queued', queuedAt], 'Ada is there, and is not asked again');
  assert.deepEqual(desk.told, [`ada: ${id} no-first-answer`]);
  assert.ok(desk.counted.includes('requeued no-first-answer'));
  const [decision] = await desk.decisionsOf(id);
  assert.ok(decision);
  assert.deepEqual([decision.kind, decision.why, decision.agentId], ['requeue', 'no-first-answer', ada.id]);
  assert.equal(wordsOfDecision(decision, names)[0]?.text, 'ada gave no first answer within 120 s.');
  const last = (await desk.store.conversations.messages(id, { limit: 9, fromEnd: true })).at(-1);
  assert.equal(last?.private, true);
  assert.ok(last?.content.type === 'system' && last.content.event === 'conversation.no-first-answer');
  assert.match(last.content.text, /^ada did not answer in time/);
  const verdicts = desk.dispatcher.verdicts(id, ada.id);
  assert.equal(verdicts?.[0]?.key, 'not-this-agent');
  desk.online.push(bob);
  desk.agentsChanged();
  await desk.settled();
  assert.equal(await desk.ownerOf(id), bob.id);
  assert.deepEqual(desk.defects, []);
});

test('an answer ends the time, a note and an automatic answer do not, and the next answer has a time of its own', async (t) => {
  const config = deskWith({ firstAnswerMs: 2 * minuteMs, inactivityMs: 10 * minuteMs });
  const desk = await startDispatcher(t, { online: [ada], config });
  const [answered, noted] = [await desk.write('a'), await desk.write('b')];
  await desk.settled();
  await desk.clock.advance(minuteMs);
  await desk.answer(answered, ada);
  const content = { type: 'text' as const, text: 'We are looking into it.' };
  await desk.conversations.fromServer({ conversationId: noted, clientId: 'auto', content });
  await desk.conversations.fromAgent({ author: ada, conversationId: noted, clientId: 'n', content, private: true });
  await desk.clock.advance(2 * minuteMs);
  await desk.settled();
  assert.deepEqual([await desk.ownerOf(answered), await desk.ownerOf(noted)], [ada.id, null]);
  await desk.clock.advance(60 * minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(answered), ada.id, 'it is the customer’s turn');
  await desk.write('a');
  await desk.clock.advance(5 * minuteMs);
  await desk.write('a', { text: 'Are you there?' });
  await desk.clock.advance(5 * minuteMs - 2);
  await desk.settled();
  assert.equal(await desk.ownerOf(answered), ada.id);
  await desk.clock.advance(2);
  await desk.settled();
  assert.equal(await desk.ownerOf(answered), null, 'the time counts from the first word that is not answered');
  assert.ok(desk.counted.includes('requeued inactivity'));
});

test('whoever decides next finds what became late meanwhile, and what is about to', async (t) => {
  const config = deskWith({ firstAnswerMs: 2 * minuteMs });
  const before = await startDispatcher(t, { online: [ada], config });
  const late = await before.write('a');
  await before.settled();
  await before.clock.advance(minuteMs);
  const soon = await before.write('b');
  await before.settled();
  before.dispatcher.stop();
  const at = before.clock.now() + minuteMs;
  const after = await startDispatcher(t, { on: before.store, online: [ada], config, at });
  await after.settled();
  assert.deepEqual([await after.ownerOf(late), await after.ownerOf(soon)], [null, ada.id]);
  await after.clock.advance(minuteMs);
  await after.settled();
  assert.equal(await after.ownerOf(soon), null);
  assert.deepEqual(await after.store.rows("select count(*) as n from routing_decisions where kind = 'requeue'"), [
    { n: 2 },
  ]);
});

test('a time that is published holds for what agents have already, and counts in the hours of the group alone', async (t) => {
  const weekly = [{ day: 'mon' as const, from: '09:00', to: '18:00' }];
  const hours = { id: 'office', name: 'Office', timeZone: 'UTC', weekly, special: [] };
  const config = deskWith({}, { schedules: [hours] });
  // Monday, two minutes before six.
  const desk = await startDispatcher(t, { online: [ada], config, at: Date.UTC(2026, 10, 30, 17, 58) });
  const id = await desk.write('a');
  await desk.settled();
  desk.configure(deskWith({ scheduleId: 'office', firstAnswerMs: 5 * minuteMs }, { schedules: [hours] }));
  await desk.settled();
  await desk.clock.advance(3 * 24 * 60 * minuteMs);
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id, 'two of the five minutes are over');
  await desk.clock.advance(Date.UTC(2026, 11, 7, 9, 2) - desk.clock.now());
  await desk.settled();
  assert.equal(await desk.ownerOf(id), ada.id);
  await desk.clock.advance(minuteMs + 1);
  await desk.settled();
  assert.equal(await desk.ownerOf(id), null);
});

test('what is answered at the very moment stays with its agent', async (t) => {
  const desk = await startDispatcher(t, { online: [ada], config: deskWith({}) });
  const id = await desk.write('a');
  await desk.settled();
  const [row] = await desk.store.assignments.owed(null, false, 10);
  const [inGroup] = await desk.store.assignments.owed('desk', false, 10);
  const owed = row ?? inGroup;
  assert.equal(owed?.id, id);
  await desk.answer(id, ada);
  const back = desk.conversations.changeOwner({
    conversationId: id,
    to: 'queued',
    assignee: null,
    from: ['agent'],
    expectEpoch: owed?.epoch ?? 0,
    owedSince: owed?.owedSince ?? 0,
    why: 'no-first-answer',
  });
  await assert.rejects(back, { code: 'conflict' });
  assert.equal(await desk.ownerOf(id), ada.id);
});

test('of ten thousand that agents have, those that are late go back once each, and no others are read for it', async () => {
  const store = await openTestStore();
  const clock = createTestClock();
  const bus = createEventBus(assert.ifError);
  let shown = 0;
  bus.subscribe('conversation.changed', () => {
    shown += 1;
  });
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 512, maxWaiting: 50_000 }),
    bus,
    clock,
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError: assert.ifError,
  });
  const total = 10_000;
  const given = (n: number): AppendItem => ({
    target: { contact: { externalId: `c${n}` }, channelId, threadId: '' },
    direction: 'in',
    senderType: 'contact',
    content: '{"type":"text","text":"hello"}',
    preview: 'hello',
    private: false,
    state: 'received',
    at: clock.now() + n,
    transition: {
      to: 'agent',
      assigneeId: `agent ${n % 1_000}`,
      queue: { groupId: n % 2 === 0 ? 'desk' : 'other', routing: '{}' },
    },
  });
  for (let from = 0; from < total; from += 500) {
    await store.conversations.append(Array.from({ length: 500 }, (_, n) => given(from + n)));
  }
  let rowsRead = 0;
  const times = createAnswerTimes({
    conversations,
    store: {
      owed: async (lane, isAnswered, limit) => {
        const rows = await store.assignments.owed(lane, isAnswered, limit);
        rowsRead += rows.length;
        return rows;
      },
    },
    config: deskWith({ firstAnswerMs: minuteMs, inactivityMs: 5 * minuteMs }),
    nameOf: (id) => id,
    tell: () => undefined,
    now: clock.now,
  });
  const next = await times.giveBackLate();
  assert.equal(next, clock.now() + minuteMs, 'when the first one is due');
  assert.ok(rowsRead <= 500, `${rowsRead} rows`);
  await clock.advance(minuteMs + 2_000);
  await Promise.all([times.giveBackLate(), times.giveBackLate()]);
  const count = async (where: string) =>
    Number((await store.rows(`select count(*) as n from conversations where ${where}`))[0]?.n);
  assert.equal(await count("status = 'queued'"), 1_001);
  await clock.advance(60 * minuteMs);
  await times.giveBackLate();
  assert.equal(await count("status = 'queued' and skill_group_id = 'desk'"), total / 2);
  assert.equal(await count("status = 'agent' and skill_group_id = 'other'"), total / 2);
  const [requeues] = await store.rows("select count(*) as n from routing_decisions where kind = 'requeue'");
  assert.equal(Number(requeues?.n), total / 2, 'each of them once');
  // What screens are shown is read after the change, and nobody waits for it.
  while (shown < total / 2) await new Promise((resolve) => setTimeout(resolve, 5));
});
