import type { TestContext } from 'node:test';
import type { Flows } from '@parley/sdk/flow-document.ts';
import type { Message } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../../base/clock.ts';
import type { Leases } from '../../base/leases.ts';
import { createAppendBatcher } from '../../conversation/append-batcher.ts';
import { createConversations } from '../../conversation/conversations.ts';
import { createEventBus, type EventBus } from '../../conversation/event-bus.ts';
import { channelId, openTestStore, type TestStore } from '../../testing/test-store.ts';
import { createIdentityCodes, type SendMail } from '../identity-check/identity-codes.ts';
import { type BotDeps, createBot } from './at-work.ts';
import type { BotSettings } from './bot-settings.ts';
import { shopRecognizer, shopSettings, trackFlow } from './dialogue-fixture.ts';
import type { DialogueStore } from './dialogue-store.ts';
import type { BotParts } from './think.ts';

/** Messages of all customers: whoever starts again on the same store repeats none. */
let words = 0;

/** Every process holds everything at once: as for a moment after a lease was lost and its holder has not noticed. */
export const everybodysLeases: Leases = { whileHeld: (_, work, signal) => work(signal) };

/** The bot over the real store, once or in several processes that hear of each other. */
export async function startBots(
  t: TestContext,
  options: {
    on?: TestStore;
    processes?: number;
    settings?: BotSettings;
    parts?: BotParts;
    call?: BotDeps['call'];
    dialogues?: (store: DialogueStore) => DialogueStore;
    lookAgainMs?: number;
    leases?: Leases;
    flows?: Flows;
    /** What the mail server gets; absent: there is none. */
    mail?: SendMail;
    makeCode?: () => string;
  } = {},
) {
  const store = options.on ?? (await openTestStore());
  const clock = createTestClock();
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const counted: string[] = [];
  const stopped = new AbortController();
  const settings = { version: 1, document: options.settings ?? shopSettings, publishedAt: 0 };
  const processes = Array.from({ length: options.processes ?? 1 }, () => {
    const bus = createEventBus(onError);
    const conversations = createConversations({
      store: store.conversations,
      batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 1_000 }),
      bus,
      clock,
      channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
      isShared: true,
      onError,
    });
    const call: BotDeps['call'] =
      options.call ?? (async () => ({ kind: 'answered', status: 200, body: { order: { status: 'sent' } } }));
    const identity = createIdentityCodes({
      ...{ store: store.identity, secret: 'a secret of the tests', clock, mail: options.mail, call, evenMs: 0 },
      onUndelivered: (why) => counted.push(`undelivered: ${why}`),
      ...(options.makeCode === undefined ? {} : { makeCode: options.makeCode }),
    });
    const bot = createBot({
      identity,
      store: options.dialogues?.(store.dialogues) ?? store.dialogues,
      messages: store.conversations,
      conversations,
      settings: {
        get current() {
          return settings;
        },
        onChange: () => undefined,
      },
      flows: { current: { version: 1, document: options.flows ?? { flows: [trackFlow] }, publishedAt: 0 } },
      parts: options.parts ?? { intents: shopRecognizer() },
      hours: { isOpen: () => true, opensAt: () => null, timeZone: () => 'UTC' },
      channelTypeOf: () => 'web',
      canRate: () => true,
      call,
      bus,
      leases: options.leases ?? everybodysLeases,
      clock,
      lookAgainMs: options.lookAgainMs ?? 60_000,
      events: {
        turn: (band) => counted.push(band),
        handedOff: (reason) => counted.push(`handed off: ${reason}`),
        took: () => undefined,
        repaired: () => counted.push('repaired'),
        rated: (helped) => counted.push(`rated ${helped}`),
      },
      onError,
    });
    return { bus, conversations, bot, identity };
  });
  // What one process says, the others hear.
  let repeating = false;
  const tellOthers = (bus: EventBus, tell: (other: EventBus) => void) => {
    if (repeating) return;
    repeating = true;
    for (const other of processes) if (other.bus !== bus) tell(other.bus);
    repeating = false;
  };
  for (const { bus } of processes) {
    bus.subscribe('bot.asked', (data) => tellOthers(bus, (other) => other.publish('bot.asked', data)));
    bus.subscribe('owner.changed', (data) => tellOthers(bus, (other) => other.publish('owner.changed', data)));
  }
  const running = processes.map(({ bot }) => bot.run(stopped.signal));
  const stop = async () => {
    stopped.abort();
    await Promise.all(running);
  };
  t.after(stop);
  const first = processes[0] as (typeof processes)[number];

  /** A customer writes. */
  const write = async (contact: string, text: string, by = first) => {
    const contactId = await store.conversations.ensureContact(
      channelId,
      { externalId: contact },
      { verified: false, at: 1 },
    );
    words += 1;
    const { head } = await by.conversations.fromVisitor({
      ...{ contactId, contactName: undefined, channelId, clientId: `w${words}` },
      content: { type: 'text', text },
    });
    return head.id;
  };
  const give = (conversationId: string, by = first) =>
    by.conversations.changeOwner({ conversationId, to: 'bot', why: 'to-bot' });
  const agent = { id: 'agent-a', name: 'Ada' };
  const takeOver = (conversationId: string, by = first) =>
    by.conversations.changeOwner({ conversationId, to: 'agent', assignee: agent, why: 'assigned' });
  /** Twice quiet is quiet: what follows a commit runs in later turns. */
  const settled = async () => {
    for (let round = 0; round < 3; round++) {
      for (const { bot } of processes) await bot.settled();
      await store.conversations.counts('');
    }
  };
  const said = async (id: string) => {
    const messages = await store.conversations.messages(id, { limit: 500 });
    return linesOf(messages);
  };
  /** The same without what the bot said in a second message of one answer. */
  const turns = async (id: string) => {
    const messages = await store.conversations.messages(id, { limit: 500 });
    return linesOf(
      messages.filter(({ sender, clientId }) => sender.type !== 'bot' || clientId?.endsWith('-0') === true),
    );
  };
  const linesOf = (messages: readonly Message[]) =>
    messages.map(({ sender, content }) => {
      const text = content.type === 'text' || content.type === 'choices' ? content.text : '';
      return content.type === 'system' ? content.event : `${sender.type}: ${text}`;
    });
  return {
    store,
    clock,
    processes,
    first,
    defects,
    counted,
    settings,
    write,
    give,
    takeOver,
    agent,
    settled,
    said,
    turns,
    stop,
  };
}
