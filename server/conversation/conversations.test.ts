import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { append, inbound, openTestStore, reply } from '../testing/test-store.ts';
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
  const conversations = createConversations({
    store: slow,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 8, maxWaiting: 8 }),
    bus: createEventBus(onError),
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
