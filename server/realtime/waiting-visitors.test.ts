import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation, WaitNotice } from '@parley/sdk/protocol.ts';
import { createTestClock } from '../base/clock.ts';
import { createEventBus } from '../conversation/event-bus.ts';
import type { WaitSeen } from '../routing/wait-notices.ts';
import type { WaitState } from '../routing/wait-store.ts';
import { Connection } from './connection.ts';
import { createConnectionManager } from './connection-manager.ts';
import { createWaitingVisitors, seenEveryMs } from './waiting-visitors.ts';

type Told = { conversationId: string; wait: WaitNotice | null };

/** Visitors of a process; the test says where each conversation stands, and what whoever decides answers. */
function process() {
  const clock = createTestClock();
  const bus = createEventBus((error) => assert.fail(String(error)));
  const connections = createConnectionManager({ later: (run) => run() });
  const queued = new Map<string, WaitState>();
  const answers = new Map<string, WaitSeen>();
  const questions: (readonly string[])[] = [];
  const seen: { ids: string[]; at: number }[] = [];
  const back: string[] = [];
  const errors: unknown[] = [];
  let isAway = false;
  const visitors = createWaitingVisitors({
    connections,
    bus,
    store: {
      states: async (ids) => ids.flatMap((id) => queued.get(id) ?? []),
      seen: async (waits, at) => {
        if (waits.length > 0) seen.push({ ids: waits.map(({ id }) => id), at });
      },
    },
    ask: async (ids) => {
      questions.push(ids);
      if (isAway) throw new Error('nobody decides');
      return ids.flatMap((id) => answers.get(id) ?? []);
    },
    onBack: async (states) => void back.push(...states.map(({ id }) => id)),
    clock,
    onError: (error) => errors.push(error),
  });
  const waits = (id: string, more: Partial<WaitState> = {}) => {
    const none = { abandonedAt: null, isClosed: false, leftQueuedAt: null, groupId: null, epoch: 1 };
    queued.set(id, { id, contactId: `c${id}`, queuedAt: 1, ...none, ...more });
  };
  const stands = (id: string, position: number, more: Partial<WaitNotice> = {}) => {
    answers.set(id, {
      ...{ conversationId: id, position, atLeast: false, estimate: null, movedOn: false, offers: [] },
      ...more,
    });
  };
  /** A window of the visitor of the conversation. */
  const open = (id: string) => {
    const told: Told[] = [];
    const connection = new Connection(
      { role: 'visitor', contactId: `c${id}`, contactName: undefined, channelId: 'web', expiresAt: 0 },
      {
        write: (frames) => {
          for (const frame of frames) if (frame !== '') told.push((JSON.parse(frame) as { data: Told }).data);
        },
        bufferedBytes: () => 0,
        close: () => undefined,
      },
    );
    void connections.add(connection);
    connections.sendFirst(connection, '');
    visitors.opened(`c${id}`, id);
    const close = () => {
      connections.remove(connection);
      visitors.closed(`c${id}`);
    };
    return { told, close, places: () => told.map(({ wait }) => wait?.position ?? wait) };
  };
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) await clock.advance(250);
  };
  const moved = (id: string, status: Conversation['status']) => {
    if (status !== 'queued') queued.set(id, { ...(queued.get(id) as WaitState), queuedAt: null });
    const conversation = { id, contact: { id: `c${id}` }, status } as Conversation;
    bus.publish('conversation.changed', { what: 'updated', conversation, previousAssigneeId: null });
  };
  const leaveDecider = (away: boolean) => {
    isAway = away;
  };
  return { clock, bus, visitors, waits, stands, open, pass, moved, questions, seen, back, errors, leaveDecider };
}

test('a window is told the place when it opens, again when it has changed, and nothing in between', async () => {
  const { waits, stands, open, pass } = process();
  waits('1');
  stands('1', 3);
  const window = open('1');
  await pass(1_000);
  assert.deepEqual(window.places(), [3]);
  await pass(30_000);
  assert.deepEqual(window.places(), [3]);
  stands('1', 2);
  await pass(3_000);
  stands('1', 1);
  await pass(3_000);
  assert.deepEqual(window.places(), [3, 2, 1]);
  const second = open('1');
  await pass(1_000);
  assert.deepEqual(second.places(), [1], 'a further window knows nothing yet');
});

test('who has not been found yet is told that nothing is known, and the place as soon as it is', async () => {
  const { waits, stands, open, pass } = process();
  waits('1');
  const window = open('1');
  await pass(1_000);
  assert.deepEqual(
    window.told.map(({ wait }) => [wait?.position, wait?.estimate]),
    [[null, null]],
  );
  stands('1', 1);
  await pass(4_000);
  assert.deepEqual(
    window.told.map(({ wait }) => wait?.position),
    [null, 1],
  );
});

test('a conversation that comes to the queue later is told of, and one that leaves it is told to be over', async () => {
  const { waits, stands, open, pass, moved, questions } = process();
  const window = open('1');
  await pass(10_000);
  assert.deepEqual([window.told, questions], [[], []], 'it does not wait: nobody is asked about it');
  waits('1');
  stands('1', 1);
  moved('1', 'queued');
  await pass(1_000);
  assert.deepEqual(window.places(), [1]);
  moved('1', 'agent');
  await pass(1_000);
  assert.deepEqual(window.places(), [1, null]);
  const asked = questions.length;
  await pass(30_000);
  assert.equal(questions.length, asked);
});

test('what another process says of it is heard', async () => {
  const { waits, stands, open, pass, bus } = process();
  const window = open('1');
  await pass(1_000);
  waits('1');
  stands('1', 1);
  const payload =
    '{"type":"event","event":"conversation.updated","data":{"conversation":{"id":"1","status":"queued"}}}';
  bus.publish('heard', { topic: 'contact:c1', payload });
  bus.publish('heard', { topic: 'contact:c1', payload: '{"type":"event","event":"typing","data":{}}' });
  await pass(1_000);
  assert.deepEqual(window.places(), [1]);
});

test('it is stored that the customer is there while a window is open, once more when the last one closes, and not after', async () => {
  const { waits, stands, open, pass, seen, clock } = process();
  waits('1');
  stands('1', 1);
  const [one, two] = [open('1'), open('1')];
  await pass(2 * seenEveryMs + 5_000);
  assert.ok(seen.length >= 3, `${seen.length}`);
  one.close();
  const before = seen.length;
  two.close();
  assert.deepEqual(seen.slice(before), [{ ids: ['1'], at: clock.now() }]);
  await pass(3 * seenEveryMs);
  assert.equal(seen.length, before + 1);
});

test('who had left and is here again is reported back, once', async () => {
  const { waits, stands, open, pass, back } = process();
  waits('1', { abandonedAt: 5 });
  stands('1', 1);
  open('1');
  await pass(1_000);
  assert.deepEqual(back, ['1']);
});

test('while nobody decides what was told stands, and it goes on by itself', async () => {
  const { waits, stands, open, pass, leaveDecider, errors } = process();
  waits('1');
  stands('1', 2);
  const window = open('1');
  await pass(1_000);
  leaveDecider(true);
  stands('1', 1);
  await pass(10_000);
  assert.deepEqual(window.places(), [2]);
  assert.ok(errors.length > 0);
  leaveDecider(false);
  await pass(5_000);
  assert.deepEqual(window.places(), [2, 1]);
});

test('of ten thousand who wait here a look asks about two thousand, in questions of five hundred, and comes to all', async () => {
  const { waits, stands, open, pass, questions } = process();
  const count = 10_000;
  const windows = Array.from({ length: count }, (_, index) => {
    const id = String(index);
    waits(id);
    stands(id, index + 1);
    return open(id);
  });
  await pass(60_000);
  assert.equal(Math.max(...questions.map(({ length }) => length)), 500);
  assert.ok(questions.length <= (60 / 3) * 4 + 8, `${questions.length} questions in a minute`);
  assert.equal(windows.filter(({ told }) => told.length === 1).length, count);
});
