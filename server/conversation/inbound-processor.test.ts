import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import type { ChannelEvent } from '../gateway/channel-adapter.ts';
import { type QueuedEntry, Unprocessable } from '../gateway/message-queue.ts';
import { channelId, openTestStore } from '../testing/test-store.ts';
import { createAppendBatcher } from './append-batcher.ts';
import { createConversations } from './conversations.ts';
import { createEventBus } from './event-bus.ts';
import { createInboundProcessor } from './inbound-processor.ts';

const onError = (error: unknown) => assert.fail(error as Error);

async function openConversations() {
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
  return { store, bus, conversations };
}

test('a picture that the platform repeats is fetched and kept once, also when its contact was erased meanwhile', async () => {
  const { store, bus, conversations } = await openConversations();
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

test('a message is edited and recalled in the name of its own contact alone, whoever the event was meant for', async () => {
  const { store, bus, conversations } = await openConversations();
  const files = { keep: () => Promise.reject(new Error('nothing is kept here')) };
  const { process } = createInboundProcessor({
    ...{ conversations, store: store.conversations, bus, files, instance: () => undefined },
  });
  const queued = { id: 'q', channelId, lane: 'l', attempts: 0, enqueuedAt: 1 };
  const say = (contact: string, externalId: string) =>
    process({
      ...queued,
      entry: {
        kind: 'message',
        externalId,
        contact: { externalId: contact },
        content: { type: 'text', text: 'as said' },
      },
    });
  const change = (contact: string, event: ChannelEvent) =>
    process({ ...queued, entry: { kind: 'event', externalId: 'e', contact: { externalId: contact }, event } });
  await say('ann', 'm1');
  await say('ben', 'm2');
  const place = await store.conversations.findByExternalId(channelId, 'm1');
  const said = async () => (await store.conversations.messages(place?.conversationId ?? '', { limit: 9 }))[0];
  const edited: ChannelEvent = { type: 'edited', of: 'm1', content: { type: 'text', text: 'mended' } };
  const before = await said();
  for (const stranger of ['ben', 'nobody']) {
    for (const event of [edited, { type: 'recalled', of: 'm1' } as const]) {
      await assert.rejects(change(stranger, event), (error) => {
        assert.ok(error instanceof Unprocessable);
        assert.match(error.message, /^contact\.externalId: .*another contact/);
        return true;
      });
    }
  }
  assert.deepEqual(await said(), before);
  await change('ann', edited);
  assert.deepEqual((await said())?.content, { type: 'text', text: 'mended' });
  await change('ann', { type: 'recalled', of: 'm1' });
  assert.notEqual((await said())?.recalledAt ?? null, null);
});
