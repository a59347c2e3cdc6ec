import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerFrame } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../base/clock.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { noVisitorLimits } from '../identity/visitor-limits.ts';
import { createPresenceBoard } from '../routing/presence.ts';
import { openInlineStore } from '../testing/inline-store.ts';
import { Connection, type Principal } from './connection.ts';
import { createConnectionManager } from './connection-manager.ts';
import { createFrameHandler } from './frames.ts';

const fail = (error: unknown) => assert.fail(String(error));
const channelId = '0000000000000web';
const expiresAt = Number.MAX_SAFE_INTEGER;

/** The real handler over the real store, of which is counted what it is asked. A visitor has said three things. */
async function openHub(t: { after: (run: () => void) => void }) {
  const clock = createTestClock();
  const store = await openInlineStore();
  t.after(() => store.close());
  const channel = { id: channelId, type: 'web', name: 'Web', settings: {}, enabled: true, createdAt: 0, updatedAt: 0 };
  await store.channels.save(channel);
  const bus = createEventBus(fail);
  const asked = { own: 0, read: 0 };
  const counted = Object.create(store.conversations, {
    currentConversation: {
      value: (...args: Parameters<typeof store.conversations.currentConversation>) => {
        asked.own += 1;
        return store.conversations.currentConversation(...args);
      },
    },
    markRead: {
      value: (...args: Parameters<typeof store.conversations.markRead>) => {
        asked.read += 1;
        return store.conversations.markRead(...args);
      },
    },
  }) as typeof store.conversations;
  const conversations = createConversations({
    ...{ store: counted, batcher: createAppendBatcher(counted, { maxBatch: 64, maxWaiting: 1_000 }), bus, clock },
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError: fail,
  });
  const connections = createConnectionManager({ later: (run) => run() });
  const events = { changed: () => undefined, gone: () => undefined };
  const frames = createFrameHandler({
    ...{ connections, conversations, store: counted, bus, clock, limits: noVisitorLimits, epoch: 'epoch' },
    presence: createPresenceBoard({ clock, graceMs: 1, events }),
    onDefect: fail,
  });
  let lastId = 0;
  const open = (principal: Principal) => {
    const answers = new Map<string, ServerFrame>();
    const connection = new Connection(principal, {
      write: (written) => {
        for (const text of written) {
          const frame = JSON.parse(text) as ServerFrame;
          if (frame.type === 'ack' || frame.type === 'error') answers.set(frame.id ?? '', frame);
        }
      },
      bufferedBytes: () => 0,
      close: () => undefined,
    });
    connection.greeted = true;
    void connections.add(connection);
    const say = (type: string, data: object) => {
      const id = `${++lastId}`;
      frames.receive(connection, JSON.stringify({ id, type, data }));
      return id;
    };
    return { connection, answers, say };
  };
  const contactId = await store.conversations.ensureContact(
    channelId,
    { externalId: 'ann' },
    { verified: false, at: clock.now() },
  );
  const visitor = open({ role: 'visitor', contactId, contactName: undefined, channelId, expiresAt });
  const agent = open({ role: 'agent', agentId: 'ada', name: 'Ada', sessionKey: 'k', expiresAt });
  for (const text of ['one', 'two', 'three'])
    await conversations.fromVisitor({
      ...{ contactId, contactName: undefined, channelId, clientId: text, content: { type: 'text', text } },
      origin: {},
    });
  const id = (await store.conversations.currentConversation(contactId, channelId, '')) ?? '';
  const typed: [string, boolean][] = [];
  bus.subscribe('typing', ({ by, on }) => typed.push([by, on]));
  const read: number[] = [];
  bus.subscribe('read', ({ seq }) => read.push(seq));
  const settle = () => clock.advance(0);
  return { clock, store: store.conversations, asked, visitor, agent, id, typed, read, open, settle };
}

test('ten thousand frames that say that a visitor types become two events, of which the second is the last that was said', async (t) => {
  const { clock, visitor, typed, asked, settle } = await openHub(t);
  for (let i = 0; i < 10_000; i++) {
    // A client waits for answers; this one does not, but stays below what may wait.
    if (visitor.connection.underway > 200) visitor.connection.underway = 0;
    visitor.say('typing', { on: i < 9_999 });
  }
  await settle();
  assert.deepEqual([typed, asked.own], [[['contact', true]], 1]);
  await clock.advance(1_000);
  await settle();
  const both = [
    ['contact', true],
    ['contact', false],
  ];
  assert.deepEqual([typed, asked.own], [both, 2]);
  await clock.advance(10_000);
  assert.deepEqual(typed, both, 'nothing follows');
});

test('an agent who types in two conversations is seen in both, and in each once in a second', async (t) => {
  const { clock, agent, visitor, id, typed, settle } = await openHub(t);
  for (let i = 0; i < 100; i++) agent.say('typing', { conversationId: id, on: true });
  const elsewhere = agent.say('typing', { conversationId: '99', on: true });
  visitor.say('typing', { on: true });
  await settle();
  assert.deepEqual(typed, [
    ['agent', true],
    ['contact', true],
  ]);
  assert.equal(agent.answers.get(elsewhere)?.type, 'error', 'there is no such conversation');
  await clock.advance(1_000);
  await settle();
  assert.equal(typed.length, 3);
});

test('what somebody has written says by itself that they do not type any more', async (t) => {
  const { clock, visitor, typed, settle } = await openHub(t);
  for (const on of [true, false, true]) visitor.say('typing', { on });
  visitor.say('message.send', { clientId: 'four', content: { type: 'text', text: 'four' } });
  await settle();
  await clock.advance(1_000);
  await settle();
  assert.deepEqual(typed, [['contact', true]]);
});

test('of many read marks the furthest is stored, and none is acknowledged before it is', async (t) => {
  const { clock, store, visitor, id, read, asked, settle } = await openHub(t);
  const marks = [1, 3, 2, 1].map((seq) => visitor.say('read', { seq }));
  for (let i = 0; i < 200; i++) visitor.say('read', { seq: 2 });
  await settle();
  const acked = () => marks.filter((mark) => visitor.answers.get(mark)?.type === 'ack').length;
  assert.deepEqual([read, asked.read, acked()], [[1], 1, 1]);
  await clock.advance(1_000);
  await settle();
  assert.deepEqual([read, asked.read, acked()], [[1, 3], 2, 4]);
  assert.equal((await store.get(id))?.contactReadSeq, 3);
});

test('a read mark that is none is refused at once, and keeps no other from being stored', async (t) => {
  const { visitor, read, settle } = await openHub(t);
  const wrong = visitor.say('read', { seq: -1 });
  visitor.say('read', { seq: 3 });
  await settle();
  assert.deepEqual([visitor.answers.get(wrong)?.type, read], ['error', [3]]);
});
