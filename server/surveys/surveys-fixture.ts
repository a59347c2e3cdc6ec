import assert from 'node:assert/strict';
import type { Capabilities, Content } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../base/clock.ts';
import { ownLeases } from '../base/leases.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { channelId, inbound, openTestStore, placed } from '../testing/test-store.ts';
import { createSurveys } from './surveys.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
export const ada = { id: '000000000agent-a', name: 'Ada' };
const url = 'https://chat.example';

/** Surveys over the real store, on a platform that customers answer by messages. */
export async function openSurveys(
  options: { window?: Capabilities['replyWindow']; isOff?: true; onError?: (error: unknown) => void } = {},
) {
  const store = await openTestStore();
  const clock = createTestClock();
  const bus = createEventBus((error) => assert.fail(String(error)));
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000 }),
    ...{ bus, clock },
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 72 * hourMs }),
    onError: (error) => assert.fail(String(error)),
  });
  const counted: string[] = [];
  /** Conversations whose messages cannot be read. */
  const torn = new Set<string>();
  const { conversations: kept } = store;
  const surveys = createSurveys({
    messages: {
      messages: (id, options) => (torn.has(id) ? Promise.reject(new Error('torn')) : kept.messages(id, options)),
      get: (id) => kept.get(id),
      findContact: (...of) => kept.findContact(...of),
      currentConversation: (...of) => kept.currentConversation(...of),
      findByExternalId: (...of) => kept.findByExternalId(...of),
    },
    ...{ store: store.surveys, conversations, meta: store.meta, clock },
    ...{ channelTypeOf: () => 'chat', replyWindowOf: () => options.window, knownTypes: new Set(['chat', 'mail']) },
    ...{ secret: 'a secret of this installation', publicUrl: url, leases: ownLeases },
    events: {
      decided: (type, outcome) => counted.push(`${type} ${outcome}`),
      answered: ({ had, score }) => counted.push(`${had} ${score}`),
    },
    onError: options.onError ?? ((error) => assert.fail(String(error))),
  });
  if (options.isOff === undefined) await surveys.change({ channelTypes: ['chat'], delayMinutes: 0 });

  let n = 0;
  const writes = async (contact: string, text: string) => {
    n += 1;
    const item = inbound(contact, {
      text,
      at: clock.now(),
      externalId: { channelId, id: `m${n}` },
      reopenWithinMs: hourMs,
    });
    return placed((await store.conversations.append([item]))[0]).conversationId;
  };
  const answers = (conversationId: string) => {
    n += 1;
    const content = { type: 'text' as const, text: 'There you are.' };
    return conversations.fromAgent({ author: ada, conversationId, clientId: `a${n}`, content, private: false });
  };
  const closes = (conversationId: string) =>
    conversations.changeOwner({ conversationId, to: 'closed', by: ada, why: 'resolved' });
  /** A conversation that an agent answered and resolved, and what came of it. */
  const resolved = async (contact: string, text = 'Where is my order?') => {
    const id = await writes(contact, text);
    await answers(id);
    await closes(id);
    await surveys.look();
    return id;
  };
  const says = (contact: string, said: { content: Content } | { pressed: string }, more: object = {}) => {
    n += 1;
    const about = { channelId, contactExternalId: contact, threadId: '', externalId: `m${n}` };
    return surveys.takeInbound({ ...about, said, receivedAt: clock.now(), ...more });
  };
  const text = (words: string) => ({ content: { type: 'text' as const, text: words } });
  const timeline = async (id: string) => {
    const entries = await store.conversations.messages(id, { limit: 100 });
    return entries.map(({ content }) => (content.type === 'system' ? content.event : content.type));
  };
  const contactOf = async (id: string) => (await store.conversations.get(id))?.contact.id ?? '';
  return {
    ...{ store, clock, surveys, conversations, counted, torn },
    ...{ writes, answers, closes, resolved, says, text, timeline, contactOf },
  };
}
