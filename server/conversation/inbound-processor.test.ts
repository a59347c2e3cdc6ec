import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import type { QueuedEntry } from '../gateway/message-queue.ts';
import { channelId, openTestStore } from '../testing/test-store.ts';
import { createAppendBatcher } from './append-batcher.ts';
import { createConversations } from './conversations.ts';
import { createEventBus } from './event-bus.ts';
import { createInboundProcessor } from './inbound-processor.ts';

const onError = (error: unknown) => assert.fail(error as Error);

test('a picture that the platform repeats is fetched and kept once, also when its contact was erased meanwhile', async () => {
  const store = await openTestStore();
  const bus = createEventBus(onError);
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 8, maxWaiting: 8 }),
    bus,
    clock: systemClock,
    channelPolicy: () => ({ outbox: true, reopenWithinMs: 0 }),
    onError,
  });
  let downloads = 0;
  const kept: string[] = [];
  const processor = createInboundProcessor({
    conversations,
    store: store.conversations,
    bus,
    files: {
      keep: async ({ name }) => {
        kept.push(name);
        return { url: `/files/${kept.length}`, fileName: name, mimeType: 'image/png', sizeBytes: 1 };
      },
    },
    instance: () => ({
      send: () => Promise.reject(new Error('nothing is sent here')),
      download: async () => {
        downloads += 1;
        return { bytes: new Uint8Array([1]), mimeType: 'image/png', fileName: 'cat.png' };
      },
    }),
  });
  const picture: QueuedEntry = {
    id: 'q',
    channelId,
    lane: 'l',
    attempts: 0,
    enqueuedAt: 1,
    entry: {
      kind: 'message',
      externalId: 'm1',
      contact: { externalId: 'ann' },
      content: { type: 'image', url: '' },
      mediaRef: 'media 1',
    },
  };
  await processor.process(picture);
  await processor.process(picture);
  const contactId = (await store.conversations.findContact(channelId, 'ann')) as string;
  await store.archive.erase(contactId, { agentId: 'admin', at: 1 });
  await processor.process(picture);
  assert.deepEqual([downloads, kept], [1, ['cat.png']]);
  assert.equal(await store.conversations.findContact(channelId, 'ann'), undefined);
});
