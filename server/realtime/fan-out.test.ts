import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation } from '@parley/sdk/protocol.ts';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import { Connection } from './connection.ts';
import { createConnectionManager } from './connection-manager.ts';
import { conversationForContact, startFanOut } from './fan-out.ts';

const fail = (error: unknown) => assert.fail(String(error));

test('a customer is not told that their conversation was put off', () => {
  const snoozed: Conversation = {
    ...{
      id: '1',
      channelId: 'c',
      channelType: 'web',
      contact: { id: 'p', name: '' },
      ownerEpoch: 2,
      assigneeId: 'ada',
    },
    ...{ skillGroupId: null, priority: 'normal', tags: [], lastSeq: 1, changes: 0, contactReadSeq: 0, agentReadSeq: 0 },
    ...{ unread: 0, createdAt: 1, updatedAt: 1, status: 'snoozed', snoozedUntil: 9 },
  };
  const { status, snoozedUntil } = conversationForContact(snoozed);
  assert.deepEqual([status, snoozedUntil], ['agent', undefined]);
});

/** A process whose timers run when they are told to; what it tells the others is noted. */
function openProcess() {
  const bus = createEventBus(fail);
  const told: string[] = [];
  const timers: (() => void)[] = [];
  const read: string[] = [];
  const connections = createConnectionManager({ later: (run) => run() });
  startFanOut({
    bus,
    connections,
    broadcast: {
      publish: (topic, payload) => topic === 'lists' && told.push(payload),
      subscribe: () => ({ ready: undefined, end: () => undefined }),
      onGap: () => undefined,
      close: async () => undefined,
    },
    conversations: { recentHead: assert.fail },
    store: {
      get: async (id) => {
        read.push(id);
        return undefined;
      },
      getAll: async () => [],
    } satisfies Pick<ConversationStore, 'get' | 'getAll'>,
    hasWindows: () => false,
    after: (_, run) => {
      timers.push(run);
      return () => undefined;
    },
    onError: fail,
  });
  const say = (id: string) =>
    bus.publish('message.created', {
      head: {
        id,
        channelId: 'web',
        contactId: 'ann',
        status: 'queued',
        assigneeId: null,
        ownerEpoch: 1,
        queuedAt: 1,
        loadWeight: 100,
        lastSeq: 1,
        lastPublicSeq: 1,
        changes: 0,
      },
      seq: 1,
      previousPublicSeq: 0,
      messageJson: '{}',
      private: false,
      direction: 'in',
      senderType: 'contact',
      origin: undefined,
    });
  const runTimers = async () => {
    for (const run of timers.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { bus, told, read, connections, say, runTimers };
}

test('which conversations the lists have to show anew is told to the other processes gathered, the newest hundred', async () => {
  const { told, say, runTimers } = openProcess();
  for (let n = 1; n <= 250; n++) say(String(n));
  say('200');
  assert.deepEqual(told, []);
  await runTimers();
  const newest = [
    ...Array.from({ length: 100 }, (_, index) => String(151 + index)).filter((id) => id !== '200'),
    '200',
  ];
  assert.deepEqual(told, [`touched\n${newest.join(',')}`]);
  await runTimers();
  assert.equal(told.length, 1);
});

test('what another process tells so is read for the windows that show a list, and for no other', async () => {
  const { bus, read, connections, runTimers } = openProcess();
  const hear = () => bus.publish('heard', { topic: 'lists', payload: 'touched\n7,8' });
  hear();
  await runTimers();
  assert.deepEqual(read, []);
  const principal = { role: 'agent', agentId: 'a', name: 'A', sessionKey: 's', expiresAt: 1 } as const;
  const socket = { write: () => undefined, bufferedBytes: () => 0, close: () => undefined };
  const window = new Connection(principal, socket);
  await connections.add(window);
  await connections.watch(window, 'all');
  hear();
  await runTimers();
  assert.deepEqual(read, ['7', '8']);
});

test('an agent’s window is told of few other agents in a second, of each as it is then, and of all in the end', async () => {
  const { bus, connections, runTimers } = openProcess();
  const seen: string[] = [];
  const write = (frames: readonly string[]) => {
    for (const frame of frames) {
      const { event, data } = JSON.parse(frame) as { event: string; data: { agentId: string; load: number } };
      seen.push(`${event} ${data.agentId} ${data.load}`);
    }
  };
  const principal = { role: 'agent', agentId: 'a', name: 'A', sessionKey: 's', expiresAt: 1 } as const;
  const window = new Connection(principal, { write, bufferedBytes: () => 0, close: () => undefined });
  window.greeted = true;
  await connections.add(window);
  const change = (agentId: number, load: number) =>
    bus.publish('presence', { agentId: String(agentId), status: 'online', load, used: load });
  for (let agentId = 1; agentId <= 50; agentId++) change(agentId, 1);
  for (let agentId = 1; agentId <= 50; agentId++) change(agentId, 2);
  assert.equal(seen.length, 20);
  for (let second = 0; second < 4; second++) await runTimers();
  assert.equal(seen.length, 20 + 50);
  assert.deepEqual(new Set(seen.slice(20)), new Set(Array.from({ length: 50 }, (_, n) => `presence ${n + 1} 2`)));
  await runTimers();
  change(7, 3);
  assert.equal(seen.at(-1), 'presence 7 3', 'at once again');
});

test('of a storm of breaches an owner is told each of their own, and whoever watches the first ones and how many more', async () => {
  const { bus, connections, runTimers } = openProcess();
  const seen: Record<string, string[]> = { owner: [], watcher: [] };
  for (const agentId of ['owner', 'watcher']) {
    const principal = { role: 'agent', agentId, name: agentId, sessionKey: 's', expiresAt: 1 } as const;
    const write = (frames: readonly string[]) => {
      for (const frame of frames) {
        const { event, data } = JSON.parse(frame) as {
          event: string;
          data: { alert?: { toAct: boolean }; count?: number };
        };
        seen[agentId]?.push(`${event} ${data.alert?.toAct ?? data.count}`);
      }
    };
    const window = new Connection(principal, { write, bufferedBytes: () => 0, close: () => undefined });
    window.greeted = true;
    await connections.add(window);
  }
  const alert = { id: '1', conversationId: '1', contactName: 'Ann', target: 'first-answer', dueAt: 1 } as const;
  const breach = () =>
    bus.publish('sla.alert', { event: 'sla.breached', alert, ownerId: 'owner', toAct: [], others: ['watcher'] });
  for (let n = 0; n < 50; n++) breach();
  assert.deepEqual(seen.owner, new Array(50).fill('sla.breached true'));
  assert.deepEqual(seen.watcher, new Array(20).fill('sla.breached false'));
  await runTimers();
  assert.equal(seen.watcher?.at(-1), 'sla.more 30');
  breach();
  assert.equal(seen.watcher?.at(-1), 'sla.breached false', 'one by one again');
});
