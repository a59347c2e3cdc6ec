import type { TestContext } from 'node:test';
import type { SystemContent } from '@parley/sdk/protocol.ts';
import { groupWithDefaults, type RoutingConfig, type SlaPolicy } from '@parley/sdk/routing-document.ts';
import { createTestClock, type TestClock } from '../../base/clock.ts';
import { ownLeases } from '../../base/leases.ts';
import { createAppendBatcher } from '../../conversation/append-batcher.ts';
import { type Conversations, createConversations } from '../../conversation/conversations.ts';
import { createEventBus, type DomainEvents } from '../../conversation/event-bus.ts';
import { channelId, openTestStore, type TestStore } from '../../testing/test-store.ts';
import { defaultRoutingConfig } from '../routing-config.ts';
import type { RoutingConfigs } from '../routing-configs.ts';
import { createTransfers } from '../transfers.ts';
import { createSla } from './sla.ts';

export const ada = { id: 'ada', name: 'Ada', capacity: 1_000 };
const supervisor = 'sue';

export function policy(of: Partial<SlaPolicy>): SlaPolicy {
  return {
    id: 'p',
    name: of.id ?? 'p',
    groupId: null,
    priority: null,
    scheduleId: null,
    warnAt: 0.8,
    pauses: ['waiting-for-customer', 'snoozed'],
    escalate: [],
    ...of,
  };
}

export function configWith(sla: readonly SlaPolicy[]): RoutingConfig {
  const groups = ['first', 'second'].map((id) => groupWithDefaults({ id, name: id }));
  return { ...defaultRoutingConfig, groups, defaultGroupId: 'first', sla };
}

/** The clocks of a store, kept by one process; nobody is given anything by itself. */
export async function startSla(
  t: TestContext,
  options: {
    sla: readonly SlaPolicy[];
    on?: TestStore;
    clock?: TestClock;
    /** Whatever is to be said of a breach fails, as if the process had ended. */
    breakEscalation?: boolean;
    /** By which what is to be done of a breach is done. */
    escalateBy?: (conversations: Conversations) => Pick<Conversations, 'fromServer' | 'patch'>;
  },
) {
  const store = options.on ?? (await openTestStore());
  const clock = options.clock ?? createTestClock();
  const defects: unknown[] = [];
  const onError = (error: unknown) => defects.push(error);
  const bus = createEventBus(onError);
  const conversations = createConversations({
    store: store.conversations,
    batcher: createAppendBatcher(store.conversations, { maxBatch: 64, maxWaiting: 10_000 }),
    bus,
    clock,
    channelPolicy: () => ({ outbox: false, reopenWithinMs: 0 }),
    onError,
  });
  let config = configWith(options.sla);
  const onChange: (() => void)[] = [];
  const configs = {
    get current() {
      return { version: 1, document: config, publishedAt: 0 };
    },
    onChange: (listener: () => void) => {
      onChange.push(listener);
    },
  } as unknown as RoutingConfigs;
  const webhooks: { url: string; body: Readonly<Record<string, unknown>> }[] = [];
  const counted: string[] = [];
  const alerts: DomainEvents['sla.alert'][] = [];
  bus.subscribe('sla.alert', (alert) => alerts.push(alert));
  const broken = { fromServer: () => Promise.reject(new Error('ended')), patch: conversations.patch };
  const sla = await createSla({
    store: store.sla,
    notes: store.meta,
    configs,
    conversations: options.breakEscalation === true ? broken : (options.escalateBy?.(conversations) ?? conversations),
    show: (id) => store.conversations.get(id),
    transfers: createTransfers({
      conversations,
      store: store.assignments,
      agent: () => undefined,
      presence: () => 'online',
      group: (id) => config.groups.find((group) => group.id === id),
      margin: () => config.capacity.transferMargin,
      now: clock.now,
      newId: () => 'n',
    }),
    effects: { answer: async () => undefined, callWebhook: (url, body) => webhooks.push({ url, body }) },
    supervisors: () => [supervisor],
    leases: ownLeases,
    bus,
    clock,
    isShared: false,
    gatherMs: 0,
    counted: ({ outcome, target }) => counted.push(`${outcome} ${target}`),
    onError,
  });
  const ends = new AbortController();
  const running = sla.run(ends.signal);
  const stop = async () => {
    ends.abort();
    await running;
  };
  t.after(stop);

  /** Nothing is left to do at this moment. */
  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < 3 && !ends.signal.aborted; ) {
      await clock.sleeping();
      await store.conversations.counts('');
      const isQuiet =
        (await store.sla.events(1)).length === 0 && (await store.sla.due(clock.now() - 250, 1)).length === 0;
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }
  let words = 0;
  return {
    store,
    clock,
    conversations,
    defects,
    webhooks,
    counted,
    alerts,
    supervisor,
    stop,
    settled,
    /** Time goes on in steps, and all that it brings is done. */
    advance: async (ms: number) => {
      await settled();
      for (let left = ms; left > 0; left -= 60_000) {
        await clock.advance(Math.min(left, 60_000));
        await settled();
      }
    },
    /** Publishes, and waits until all that is open is measured by it. */
    configure: async (next: RoutingConfig) => {
      const before = await store.meta.get('sla-walk');
      config = next;
      for (const listener of onChange) listener();
      for (let note = before; note === before || !/"at":null/.test(note ?? ''); )
        note = await store.meta.get('sla-walk');
      await settled();
    },
    write: async (contact: string) => {
      words += 1;
      const contactId = await store.conversations.ensureContact(
        channelId,
        { externalId: contact },
        { verified: false, at: 1 },
      );
      const content = { type: 'text' as const, text: 'hello' };
      const message = { contactId, contactName: undefined, channelId, clientId: `w${words} ${clock.now()}`, content };
      return (await conversations.fromVisitor(message)).head.id;
    },
    answer: (conversationId: string) => {
      words += 1;
      const content = { type: 'text' as const, text: 'good day' };
      const clientId = `a${words} ${clock.now()}`;
      return conversations.fromAgent({ author: ada, conversationId, clientId, content, private: false });
    },
    give: (conversationId: string, assignee: typeof ada) =>
      conversations.changeOwner({ conversationId, to: 'agent', assignee, why: 'assigned' }),
    snooze: (conversationId: string) =>
      conversations.changeOwner({
        conversationId,
        to: 'snoozed',
        assignee: ada,
        until: clock.now() + 365 * 86_400_000,
        from: ['agent'],
        why: 'snoozed',
      }),
    close: (conversationId: string) => conversations.changeOwner({ conversationId, to: 'closed', why: 'resolved' }),
    clocksOf: async (id: string) => (await store.conversations.get(id))?.sla ?? [],
    systemEntriesOf,
    entriesOf: async (id: string) =>
      (await systemEntriesOf(id)).map(({ event }) => event).filter((event) => event.startsWith('sla.')),
  };

  async function systemEntriesOf(id: string): Promise<SystemContent[]> {
    const messages = await store.conversations.messages(id, { limit: 100 });
    return messages.flatMap(({ content }) => (content.type === 'system' ? [content] : []));
  }
}
