import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWaitingQueue, type Waiting } from './waiting-queue.ts';

const nobody = () => false;
const isBefore = (a: Waiting, b: Waiting) =>
  a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && Number(a.id) < Number(b.id));

/** A store of those who wait, read as SQL reads it; a read can be held up between looking and answering. */
function openStore() {
  const stored: Waiting[] = [];
  let held: Promise<void> | undefined;
  return {
    stored,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    read: async (after: Waiting | undefined, limit: number) => {
      const found = stored
        .filter((entry) => after === undefined || isBefore(after, entry))
        .sort((a, b) => (isBefore(a, b) ? -1 : 1))
        .slice(0, limit);
      await held;
      return found;
    },
  };
}

test('a queue longer than memory is known in part, and served in its order to the last', async () => {
  const { stored, read } = openStore();
  for (let id = 1; id <= 100; id++) stored.push({ id: String(id), queuedAt: 1_000 - id });
  const queue = createWaitingQueue(read, 10);
  await queue.lookAgain(nobody);
  assert.deepEqual([queue.size, queue.hasMore], [10, true]);
  const served: string[] = [];
  for (;;) {
    if (queue.wantsMore) await queue.fill(nobody);
    const next = queue.first();
    if (next === undefined) break;
    served.push(next.id);
    queue.remove(next.id);
    stored.splice(stored.indexOf(next), 1);
    assert.ok(queue.size <= 20);
  }
  assert.deepEqual(
    served,
    Array.from({ length: 100 }, (_, i) => String(100 - i)),
  );
  assert.equal(queue.hasMore, false);
});

test('who comes while the store is read, and finds no place, is found by the next read', async () => {
  const { stored, read, hold } = openStore();
  const come = (id: string, queuedAt: number) => {
    const entry = { id, queuedAt };
    stored.push(entry);
    return entry;
  };
  for (let id = 1; id <= 4; id++) come(String(id), id);
  const queue = createWaitingQueue(read, 4);
  await queue.lookAgain(nobody);
  queue.remove('1');
  queue.remove('2');
  const release = hold();
  const filling = queue.fill(nobody);
  // Read as empty, and not yet answered.
  await Promise.resolve();
  for (const id of ['5', '6', '7']) queue.add(come(id, Number(id)));
  release();
  await filling;
  for (const id of ['3', '4']) queue.remove(id);
  while (queue.wantsMore) await queue.fill(nobody);
  const rest: string[] = [];
  for (let next = queue.first(); next !== undefined; next = queue.first()) {
    rest.push(next.id);
    queue.remove(next.id);
    if (queue.wantsMore) await queue.fill(nobody);
  }
  assert.deepEqual(rest, ['5', '6', '7']);
});

test('whoever comes and goes, told or untold, is served once and in order after the store was looked at', async () => {
  const step = fc.record({ what: fc.constantFrom('come', 'come', 'untold', 'go', 'look', 'fill'), at: fc.nat(20) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 2, max: 6 }), async (script, limit) => {
      const { stored, read } = openStore();
      const queue = createWaitingQueue(read, limit);
      await queue.lookAgain(nobody);
      for (const [index, { what, at }] of script.entries()) {
        const entry = { id: String(index + 1), queuedAt: at };
        const leaving = stored[at % Math.max(1, stored.length)];
        if (what === 'come' || what === 'untold') stored.push(entry);
        if (what === 'come') queue.add(entry);
        if (what === 'go' && leaving !== undefined) {
          stored.splice(stored.indexOf(leaving), 1);
          queue.remove(leaving.id);
        }
        if (what === 'look') await queue.lookAgain(nobody);
        if (what === 'fill' && queue.wantsMore) await queue.fill(nobody);
      }
      const expected = stored.toSorted((a, b) => (isBefore(a, b) ? -1 : 1)).map(({ id }) => id);
      const served: string[] = [];
      await queue.lookAgain(nobody);
      for (;;) {
        if (queue.wantsMore) await queue.fill(nobody);
        const next = queue.first();
        if (next === undefined) break;
        served.push(next.id);
        stored.splice(
          stored.findIndex(({ id }) => id === next.id),
          1,
        );
        queue.remove(next.id);
      }
      assert.deepEqual(served, expected);
    }),
  );
});
