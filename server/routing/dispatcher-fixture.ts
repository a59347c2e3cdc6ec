import type { TestContext } from 'node:test';
import type { RoutingConfig } from '@parley/sdk/routing-document.ts';
import { createTestClock } from '../base/clock.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { channelId, openTestStore, otherChannelId, type TestStore } from '../testing/test-store.ts';
import type { AssignmentStore } from './assignment-store.ts';
import { createDispatcher } from './dispatcher.ts';
import { defaultRoutingConfig, weightOf } from './routing-config.ts';

export type OnlineAgent = { id: string; name: string; capacity: number };
export const agentNamed = (name: string, capacity = 10): OnlineAgent => ({
  id: name.padStart(16, '0'),
  name,
  capacity,
});

const typeOf = (id: string) => (id === otherChannelId ? 'email' : 'web');

/** A dispatcher over the real store; `online` is who can take work now. */
export async function startDispatcher(
  t: TestContext,
  options: {
    on?: TestStore;
    online?: OnlineAgent[];
    config?: RoutingConfig;
    assignments?: (store: AssignmentStore) => AssignmentStore;
    isGone?: (agentId: string) => boolean;
    isLost?: (agentId: string) => boolean;
    /** Where the clock stands; else at a time of its own. */
    at?: number;
    /** A customer who writes within this time after the end goes on with the conversation. */
    reopenWithinMs?: number;
  } = {},
) {
  let config = options.config ?? defaultRoutingConfig;
  let version = 0;
  const store = options.on ?? (await openTestStore());
  const clock = createTestClock(options.at);
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const bus = createEventBus(onError);
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000 }),
    bus,
    clock,
    channelPolicy: (id) => ({
      outbox: false,
      reopenWithinMs: options.reopenWithinMs ?? 0,
      loadWeight: weightOf(config, typeOf(id)),
    }),
    onError,
  });
  const webhooks: { url: string; body: Readonly<Record<string, unknown>> }[] = [];
  const counted: string[] = [];
  const online = options.online ?? [];
  /** Everybody who was ever there. */
  const known = new Map(online.map((agent) => [agent.id, { ...agent, enabled: true }]));
  const dispatcher = createDispatcher({
    conversations,
    store: options.assignments?.(store.assignments) ?? store.assignments,
    waits: store.waits,
    canAnswer: (id) => id === otherChannelId,
    agents: {
      all: () => known.values(),
      get: (id) => known.get(id),
      presence: (id) => (online.some((agent) => agent.id === id) ? 'online' : 'offline'),
    },
    config: () => ({ version, config }),
    channelTypeOf: typeOf,
    effects: {
      answer: async (conversationId, clientId, text) => {
        await conversations.fromServer({ conversationId, clientId, content: { type: 'text', text } });
      },
      callWebhook: (url, body) => webhooks.push({ url, body }),
    },
    bus,
    clock,
    onError,
    ...(options.isGone === undefined ? {} : { isGone: options.isGone }),
    ...(options.isLost === undefined ? {} : { isLost: options.isLost }),
    events: {
      load: () => undefined,
      decided: (outcome) => counted.push(outcome),
      assigned: ({ groupId }) => counted.push(`assigned in ${groupId}`),
      toldWait: ({ groupId, outcome }) => counted.push(`told in ${groupId}: ${outcome}`),
      requeued: (why) => counted.push(`requeued ${why}`),
      weighed: (as) => counted.push(`counts ${as}`),
      breaks: (agentId) => counted.push(`break of ${agentId}`),
      relaxed: (step) => counted.push(`relaxed ${step}`),
      overflowed: ({ groupId, to }) => counted.push(`overflow of ${groupId} to ${to}`),
      repaired: (what) => counted.push(`repaired ${what}`),
    },
  });
  const agentsChanged = () => {
    for (const agent of online) known.set(agent.id, { ...agent, enabled: true });
    dispatcher.agentsChanged();
  };
  await dispatcher.start();
  t.after(() => dispatcher.stop());
  /** What follows a commit runs in later turns, and the next decision may begin there: three times quiet is quiet. */
  const settled = async () => {
    for (let round = 0; round < 3; round++) {
      await dispatcher.settled();
      await store.conversations.counts('');
    }
  };
  let words = 0;
  const write = async (
    contact: string,
    how: { text?: string; on?: string; attributes?: Record<string, string> } = {},
  ) => {
    await clock.advance(1);
    const { text = 'hello', on = channelId, attributes = {} } = how;
    const contactId = await store.conversations.ensureContact(
      on,
      { externalId: contact, attributes },
      { verified: false, at: 1 },
    );
    words += 1;
    const { head } = await conversations.fromVisitor({
      contactId,
      contactName: undefined,
      channelId: on,
      clientId: `w${words}`,
      content: { type: 'text', text },
    });
    return head.id;
  };
  const answer = (conversationId: string, author: OnlineAgent) => {
    words += 1;
    const content = { type: 'text' as const, text: 'good day' };
    return conversations.fromAgent({ author, conversationId, clientId: `a${words}`, content, private: false });
  };
  const close = (conversationId: string) =>
    conversations.changeOwner({ conversationId, to: 'closed', why: 'resolved' });
  const ownerOf = async (id: string) => (await store.conversations.get(id))?.assigneeId ?? null;
  const configure = (next: RoutingConfig) => {
    config = next;
    version += 1;
    dispatcher.configChanged();
  };
  /** What the agents' windows were told of offers. */
  const told: string[] = [];
  bus.subscribe('offer', ({ agentId, what }) => {
    const name = agentId.replace(/^0+/, '');
    if (what.event === 'offer.made') told.push(`${name} is asked about ${what.data.offer.conversationId}`);
    else told.push(`${name}: ${what.data.conversationId} ${what.data.why}`);
  });
  const decisionsOf = (id: string) => store.assignments.decisions(id, { limit: 100 });
  return {
    configure,
    decisionsOf,
    told,
    known,
    webhooks,
    counted,
    store,
    bus,
    clock,
    conversations,
    dispatcher,
    agentsChanged,
    online,
    settled,
    write,
    answer,
    close,
    ownerOf,
    defects,
  };
}
