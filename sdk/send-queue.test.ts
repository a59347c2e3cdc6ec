import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientOptions, PendingMessage } from './client-api.ts';
import { createSendQueue } from './send-queue.ts';

function entry(clientId: string, more: Partial<PendingMessage> = {}): PendingMessage {
  const content = { type: 'text', text: clientId } as const;
  return { clientId, conversationId: 'c', content, private: false, createdAt: 0, state: 'waiting', ...more };
}
function createStorage(): NonNullable<ClientOptions['storage']> {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
}
const openQueue = (storage: ClientOptions['storage'], storageKey = 'me') =>
  createSendQueue({ role: 'agent', storageKey, ...(storage && { storage }) }, () => {});
const idsOf = (queue: { of(key: string): readonly PendingMessage[] }) => queue.of('c').map(({ clientId }) => clientId);

const windowSteps = fc.array(
  fc.record({
    window: fc.nat({ max: 2 }),
    act: fc.constantFrom('add', 'sent', 'discard', 'adopt', 'reload'),
    which: fc.nat(),
  }),
  { maxLength: 60 },
);

test('windows that share a storage lose nothing and bring nothing back, whatever they do in whatever order', () => {
  fc.assert(
    fc.property(windowSteps, (steps) => {
      const storage = createStorage();
      const windows = [0, 1, 2].map(() => openQueue(storage));
      const owed = new Set<string>();
      const discarded = new Set<string>();
      steps.forEach(({ window, act, which }, index) => {
        const queue = windows[window] ?? openQueue(storage);
        const chosen = idsOf(queue)[which % Math.max(1, idsOf(queue).length)];
        if (act === 'add') {
          queue.add(entry(`m${index}`));
          owed.add(`m${index}`);
        } else if (act === 'adopt') queue.adopt();
        else if (act === 'reload') {
          windows[window] = openQueue(storage);
          windows[window]?.adopt();
        } else if (chosen !== undefined) {
          queue.remove(chosen, act === 'discard');
          owed.delete(chosen);
          if (act === 'discard') discarded.add(chosen);
        }
        assert.deepEqual(idsOf(queue), [...new Set(idsOf(queue))]);
      });
      const last = openQueue(storage);
      last.adopt();
      for (const clientId of owed) assert.ok(idsOf(last).includes(clientId), `${clientId} is lost`);
      for (const clientId of discarded) assert.ok(!idsOf(last).includes(clientId), `${clientId} came back`);
    }),
  );
});

test('the order of typing outlives a reload, whichever window wrote last', () => {
  const storage = createStorage();
  const [window, other] = [openQueue(storage), openQueue(storage)];
  window.add(entry('one'));
  other.adopt();
  window.add(entry('two'));
  other.add(entry('elsewhere'));
  window.add(entry('three'));
  const reloaded = openQueue(storage);
  reloaded.adopt();
  assert.deepEqual(idsOf(reloaded), ['one', 'two', 'elsewhere', 'three']);
});

test('two people in one browser do not get each other’s messages', () => {
  const storage = createStorage();
  openQueue(storage, 'ann').add(entry('from ann'));
  const other = openQueue(storage, 'bob');
  other.adopt();
  assert.deepEqual(idsOf(other), []);
});

test('a storage that is full, forbidden or filled with something else costs nothing but the memory over a reload', () => {
  const broken = {
    get: () => '{"entries": [{"clientId": 7}, nonsense',
    set: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
    remove: () => {},
  };
  const queue = openQueue(broken);
  queue.adopt();
  queue.add(entry('one'));
  assert.deepEqual(idsOf(queue), ['one']);
});

test('a lost connection puts back in line what was on the wire, in its place', () => {
  const queue = openQueue(undefined);
  queue.add(entry('one'));
  queue.add(entry('two'));
  queue.update('one', { state: 'sending' });
  queue.rewind();
  assert.deepEqual(
    queue.of('c').map(({ clientId, state }) => [clientId, state]),
    [
      ['one', 'waiting'],
      ['two', 'waiting'],
    ],
  );
});
