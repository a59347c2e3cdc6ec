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

/** Contacts of a channel who write, and what a platform tells of them afterwards. */
async function openChannelOf(...contacts: readonly string[]) {
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
  for (const [at, contact] of contacts.entries()) await say(contact, `m${at + 1}`);
  return { store, conversations, change };
}

const refusedFor = (reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Unprocessable);
  assert.match(error.message, reason);
  return true;
};

/** An agent answers in the conversation of a customer's message, and the platform has called the answer so. */
async function answered(
  { store, conversations }: Pick<Awaited<ReturnType<typeof openChannelOf>>, 'store' | 'conversations'>,
  of: string,
  externalId: string,
) {
  const { conversationId = '' } = (await store.conversations.findByExternalId(channelId, of)) ?? {};
  const { seq } = await conversations.fromAgent({
    ...{ author: { id: 'ada', name: 'Ada' }, conversationId, clientId: externalId, private: false },
    content: { type: 'text', text: 'good day' },
  });
  const { deliveries } = await store.outbox.due(channelId, systemClock.now(), 9);
  const delivery = deliveries.find((one) => one.message.conversationId === conversationId && one.message.seq === seq);
  assert.ok(delivery !== undefined);
  await store.outbox.begin(delivery.id, delivery.attempts);
  await store.outbox.finish(delivery, { kind: 'sent', externalId }, systemClock.now());
  const conversation = async () => store.conversations.get(conversationId);
  const answer = async () => (await store.conversations.messages(conversationId, { after: seq - 1, limit: 1 }))[0];
  return { answer, conversation };
}

test('a message is edited and recalled in the name of its own contact alone, whoever the event was meant for', async () => {
  const { store, change } = await openChannelOf('ann', 'ben');
  const place = await store.conversations.findByExternalId(channelId, 'm1');
  const said = async () => (await store.conversations.messages(place?.conversationId ?? '', { limit: 9 }))[0];
  const edited: ChannelEvent = { type: 'edited', of: 'm1', content: { type: 'text', text: 'mended' } };
  const before = await said();
  for (const stranger of ['ben', 'nobody']) {
    for (const event of [edited, { type: 'recalled', of: 'm1' } as const]) {
      await assert.rejects(change(stranger, event), refusedFor(/^contact\.externalId: .*another contact/));
    }
  }
  assert.deepEqual(await said(), before);
  await change('ann', edited);
  assert.deepEqual((await said())?.content, { type: 'text', text: 'mended' });
  await change('ann', { type: 'recalled', of: 'm1' });
  assert.notEqual((await said())?.recalledAt ?? null, null);
});

test('that a message was delivered or read is told by its own contact alone', async () => {
  const { change, ...channel } = await openChannelOf('ann', 'ben');
  const { answer, conversation } = await answered(channel, 'm1', 'sent-1');
  const before = [await answer(), await conversation()];
  const delivered: ChannelEvent = { type: 'delivered', of: 'sent-1' };
  const read: ChannelEvent = { type: 'read', of: 'sent-1' };
  const failed: ChannelEvent = { type: 'failed', of: 'sent-1', reason: 'blocked' };
  for (const stranger of ['ben', 'nobody']) {
    for (const event of [delivered, read, { ...read, upTo: true } as const, failed])
      await assert.rejects(change(stranger, event), refusedFor(/^contact\.externalId: .*another contact/));
  }
  assert.deepEqual([await answer(), await conversation()], before);
  await change('ann', delivered);
  assert.equal((await answer())?.state, 'delivered');
  await change('ann', read);
  assert.equal((await answer())?.state, 'read');
  await change('ann', { ...read, upTo: true });
  assert.equal((await conversation())?.contactReadSeq, (await answer())?.seq);
});

test('what was sent to a contact is neither edited nor deleted in their name', async () => {
  const { change, ...channel } = await openChannelOf('ann');
  const { answer } = await answered(channel, 'm1', 'sent-1');
  const before = await answer();
  const edited: ChannelEvent = {
    type: 'edited',
    of: 'sent-1',
    content: { type: 'text', text: 'words put in a mouth' },
  };
  for (const event of [edited, { type: 'recalled', of: 'sent-1' } as const])
    await assert.rejects(change('ann', event), refusedFor(/^externalId: .*sent to the contact/));
  assert.deepEqual(await answer(), before);
});
