import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestClock } from '../base/clock.ts';
import { createAppendBatcher } from '../conversation/append-batcher.ts';
import { createConversations } from '../conversation/conversations.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { openInlineStore } from '../testing/inline-store.ts';
import { channelId } from '../testing/test-store.ts';
import { createDispatcher } from './dispatcher.ts';
import { defaultRoutingConfig } from './routing-config.ts';

/**
 * Every order of what a few who decide and a person read and write at one time, over the store's own code: a run is done again
 * from its beginning for each order, until all were seen.
 */
async function everyOrder(run: (choose: (among: number) => number) => Promise<void>): Promise<number> {
  let wanted: number[] = [];
  for (let runs = 1; ; runs++) {
    const taken: { choice: number; among: number }[] = [];
    await run((among) => {
      const choice = wanted[taken.length] ?? 0;
      taken.push({ choice, among });
      return choice;
    });
    let last = taken.length - 1;
    while (last >= 0 && (taken[last]?.choice ?? 0) + 1 >= (taken[last]?.among ?? 0)) last -= 1;
    if (last < 0) return runs;
    wanted = taken.slice(0, last + 1).map(({ choice }, at) => (at === last ? choice + 1 : choice));
  }
}

/** Work that waits for its turn: one step at a time is let through, and all that follows from it happens. */
function createTurns() {
  const waiting: (() => void)[] = [];
  let steps = 0;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    gate: async <T>(work: () => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => {
        steps += 1;
        waiting.push(resolve);
      });
      const result = await work();
      steps += 1;
      return result;
    },
    /** Lets one through after the other until nobody waits. */
    runAll: async (choose: (among: number) => number) => {
      for (;;) {
        for (let quiet = 0, seen = steps; quiet < 4; quiet = seen === steps ? quiet + 1 : 0) {
          seen = steps;
          await turn();
        }
        if (waiting.length === 0) return;
        waiting.splice(choose(waiting.length), 1)[0]?.();
      }
    },
  };
}

const gated = <T extends object>(
  part: T,
  methods: readonly string[],
  gate: ReturnType<typeof createTurns>['gate'],
): T =>
  new Proxy(part, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name);
      if (typeof value !== 'function' || !methods.includes(String(name))) return value;
      return (...args: unknown[]) => gate(() => Reflect.apply(value, of, args) as Promise<unknown>);
    },
  });

const all = ['holders', 'waiting', 'waitingRows'];
const some = ['waiting', 'waitingRows'];
for (const { name, person, reads, areTold } of [
  { name: 'nobody else', person: 'nobody' as const, reads: all, areTold: false },
  { name: 'each hears of the other', person: 'nobody' as const, reads: some, areTold: true },
  { name: 'somebody closes one', person: 'closes' as const, reads: some, areTold: false },
  { name: 'somebody takes one by hand', person: 'takes' as const, reads: some, areTold: false },
]) {
  test(`whatever the order, two who decide about two conversations and one place give it once: ${name}`, async (t) => {
    const store = await openInlineStore();
    const channel = {
      id: channelId,
      type: 'web',
      name: 'Web',
      settings: {},
      enabled: true,
      createdAt: 1,
      updatedAt: 1,
    };
    await store.channels.save(channel);
    const clock = createTestClock();
    const defects: unknown[] = [];
    const onError = (error: unknown) => defects.push(error);
    const policy = { outbox: false, reopenWithinMs: 0 };
    const converse = (of: typeof store.conversations) => {
      const bus = createEventBus(onError);
      const batcher = createAppendBatcher(of, { maxBatch: 64, maxWaiting: 1_000 });
      const channelPolicy = () => policy;
      const deps = { store: of, batcher, bus, clock, channelPolicy, isShared: true, onError };
      return { bus, conversations: createConversations(deps) };
    };
    let run = 0;
    const runs = await everyOrder(async (choose) => {
      run += 1;
      const { gate, runAll } = createTurns();
      const plain = converse(store.conversations);
      const agent = { id: `agent ${run}`, name: 'Ada', capacity: 1, enabled: true };
      const { id: agentId } = agent;
      const { id, email, name: agentName, capacity, enabled } = { ...agent, email: `${run}@example.com` };
      const record = { id, email, name: agentName, role: 'agent' as const, passwordHash: 'h', enabled };
      await store.agents.insert({ ...record, capacity, createdAt: 1 });
      const ids: string[] = [];
      for (const n of [1, 2]) {
        const contact = { externalId: `${n} of ${run}` };
        const contactId = await store.conversations.ensureContact(channelId, contact, { verified: false, at: 1 });
        const said = {
          channelId,
          contactName: undefined,
          clientId: 'c',
          content: { type: 'text' as const, text: 'hi' },
        };
        ids.push((await plain.conversations.fromVisitor({ ...said, contactId })).head.id);
      }
      const [first = ''] = ids;
      const heard = new Set<unknown>();
      const parts = [1, 2].map(() => converse(gated(store.conversations, ['append'], gate)));
      // What one has done the other hears of some time later, and says it to nobody.
      for (const [at, { bus }] of areTold ? parts.entries() : []) {
        bus.subscribe('owner.changed', (event) => {
          if (heard.has(event)) return;
          const other = parts[1 - at];
          void gate(async () => {
            const copy = { ...event };
            heard.add(copy);
            other?.bus.publish('owner.changed', copy);
          });
        });
      }
      const deciders = parts.map(({ bus, conversations }) => {
        return createDispatcher({
          conversations,
          waits: store.waits,
          store: gated(store.assignments, reads, gate),
          agents: { all: () => [agent], get: () => agent, presence: () => 'online' },
          config: () => ({ version: 0, config: defaultRoutingConfig }),
          channelTypeOf: () => 'web',
          effects: { answer: async () => undefined, callWebhook: () => undefined },
          canAnswer: () => false,
          bus,
          clock,
          onError,
          events: {
            load: () => undefined,
            decided: () => undefined,
            assigned: () => undefined,
            requeued: () => undefined,
            weighed: () => undefined,
            toldWait: () => undefined,
            breaks: () => undefined,
          },
        });
      });
      const starting = Promise.all(deciders.map((decider) => decider.start()));
      const change = { conversationId: first, by: agent };
      const acting =
        person === 'nobody'
          ? undefined
          : gate(() =>
              person === 'closes'
                ? plain.conversations.changeOwner({ ...change, to: 'closed', why: 'resolved' })
                : plain.conversations.changeOwner({
                    ...change,
                    to: 'agent',
                    assignee: agent,
                    capacity: 1,
                    why: 'assigned',
                  }),
            ).catch((error: { code?: string }) => assert.equal(error.code, 'capacity-reached'));
      await runAll(choose);
      await Promise.all([starting, acting]);
      // Whoever was not told looks again, and then nobody can be given anything more.
      const looking = Promise.all(deciders.map((decider) => decider.lookAgain()));
      await runAll(() => 0);
      await looking;
      for (const decider of deciders) decider.stop();
      const found = await Promise.all(ids.map((each) => store.conversations.get(each)));
      const held = found.filter((one) => one?.status === 'agent').length;
      assert.equal(held, 1, 'the place is taken, and once');
      assert.equal((await store.conversations.counts(agentId)).mine, 1);
      for (const one of found) {
        const rows = await store.assignments.decisions(one?.id ?? '', { limit: 10 });
        const assigns = rows.filter(({ kind }) => kind === 'assign');
        const epochs = assigns.map(({ epoch }) => epoch);
        assert.deepEqual([...new Set(epochs)], epochs, 'one record for each assignment');
        const told = await store.conversations.messages(one?.id ?? '', { limit: 50 });
        const joined = told.filter(
          ({ content }) => content.type === 'system' && content.event === 'conversation.assigned',
        );
        assert.equal(joined.length, assigns.length, 'and one entry of the timeline');
        assert.equal(one?.status === 'agent', assigns.length > 0 && rows[0]?.kind === 'assign');
      }
      // Out of the way of the next run.
      for (const each of ids) {
        await plain.conversations.changeOwner({ conversationId: each, to: 'closed', why: 'resolved' });
      }
    });
    t.diagnostic(`${runs} orders`);
    assert.deepEqual(defects, []);
    assert.ok(runs > 10);
    store.close();
  });
}
