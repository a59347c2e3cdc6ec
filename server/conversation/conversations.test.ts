import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { append, channelId, inbound, openTestStore, reply } from '../testing/test-store.ts';
import { createAppendBatcher } from './append-batcher.ts';
import type { ConversationStore } from './conversation-store.ts';
import { createConversations } from './conversations.ts';
import { createEventBus } from './event-bus.ts';

const onError = (error: unknown) => assert.fail(error as Error);
const ada = { id: '000000000agent-a', name: 'Ada' };

test('what is known of a conversation never goes back, also where reading it took longer than the next message', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  const held = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  const slow: ConversationStore = new Proxy(store.conversations, {
    get: (target, name) => {
      if (name !== 'heads') return Reflect.get(target, name);
      return async (ids: readonly string[]) => {
        const seen = await target.heads(ids);
        read.resolve();
        await held.promise;
        return seen;
      };
    },
  });
  const bus = createEventBus(onError);
  const shown = new Promise((resolve) => bus.subscribe('conversation.changed', resolve));
  const conversations = createConversations({
    store: slow,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 8, maxWaiting: 8 }),
    bus,
    clock: createTestClock(),
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError: onError,
  });
  const one = conversations.head(id);
  const many = conversations.heads([id]);
  await read.promise;
  await conversations.changeOwner({ conversationId: id, to: 'agent', assignee: ada, why: 'assigned' });
  held.resolve();
  assert.deepEqual([(await one).lastSeq, (await many).get(id)?.lastSeq], [2, 2]);
  assert.equal((await conversations.head(id)).assigneeId, ada.id);
  await shown;
});

test('a repeat is answered with the message as it was stored first', async () => {
  const store = await openTestStore();
  const [first] = await append(store, inbound('ann'));
  const id = first?.conversationId ?? '';
  await append(store, reply(id, { claimFor: ada.id }));
  const told: number[] = [];
  const bus = createEventBus(onError);
  bus.subscribe('message.created', ({ seq }) => told.push(seq));
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 8, maxWaiting: 8 }),
    bus,
    clock: createTestClock(),
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError: onError,
  });
  const say = (text: string) =>
    conversations.fromAgent({
      author: ada,
      conversationId: id,
      clientId: 'c1',
      content: { type: 'text', text },
      private: false,
    });
  const [said, again] = [await say('first'), await say('second')];
  assert.deepEqual([said.duplicate, again.duplicate, again.seq], [false, true, said.seq]);
  assert.equal(again.messageJson, said.messageJson);
  assert.deepEqual(told, [3], 'nobody is told twice');
});

test('a repeat of what was erased or removed after its time changes nothing, and what comes next is stored', async () => {
  const store = await openTestStore();
  const told: string[] = [];
  const bus = createEventBus(onError);
  bus.subscribe('message.created', ({ messageJson }) => told.push(messageJson));
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 8, maxWaiting: 8 }),
    bus,
    clock: createTestClock(),
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError,
  });
  const say = async (contact: string, externalId: string) => {
    await store.queue.push([[externalId, channelId, contact, '{}', 0, 1]]);
    await conversations.fromChannel({
      channelId,
      externalId,
      contact: { externalId: contact },
      threadId: '',
      content: { type: 'text', text: `${contact} says ${externalId}` },
      sentAt: undefined,
      queueEntryId: externalId,
    });
  };
  const conversationOf = async (contact: string) => {
    const contactId = (await store.conversations.findContact(channelId, contact)) as string;
    return { contactId, id: (await store.conversations.currentConversation(contactId, channelId, '')) as string };
  };
  for (const contact of ['erased', 'old', 'older']) await say(contact, `${contact} 1`);
  await store.archive.erase((await conversationOf('erased')).contactId, { agentId: ada.id, at: 1 });
  await conversations.changeOwner({ conversationId: (await conversationOf('old')).id, to: 'closed', why: 'resolved' });
  assert.equal(await store.archive.dropClosed(2 ** 45, 10), 1);
  // A conversation that goes on, whose archived months went.
  await store.run(`delete from messages where conversation_id = ${(await conversationOf('older')).id}`);
  told.length = 0;

  for (const contact of ['erased', 'old', 'older']) await say(contact, `${contact} 1`);
  assert.deepEqual(told, []);
  assert.deepEqual(await store.rows('select * from messages'), []);
  assert.equal(await store.conversations.findContact(channelId, 'erased'), undefined);
  assert.deepEqual(await store.rows('select * from inbound_queue'), [], 'its row has left the queue');

  for (const contact of ['erased', 'old', 'older']) await say(contact, `${contact} 2`);
  assert.equal(told.length, 3);
  assert.equal((await store.rows('select * from messages')).length, 3);
});
