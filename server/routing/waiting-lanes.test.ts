import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWaitingLanes, type LaneId, type Place } from './waiting-lanes.ts';

type Stored = Place & { readonly lane: LaneId };
const isBefore = (a: Place, b: Place) =>
  a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && Number(a.id) < Number(b.id));

/** A store of those who wait, read as SQL reads it; a read can be held up between looking and answering. */
function openStore() {
  const stored: Stored[] = [];
  let held: Promise<void> | undefined;
  return {
    stored,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    read: async (lane: LaneId, after: Place | undefined, limit: number) => {
      const found = stored
        .filter((entry) => entry.lane === lane && (after === undefined || isBefore(after, entry)))
        .sort((a, b) => (isBefore(a, b) ? -1 : 1))
        .slice(0, limit);
      await held;
      return found;
    },
    leave: (id: string) =>
      stored.splice(
        stored.findIndex((entry) => entry.id === id),
        1,
      ),
  };
}

test('of a queue longer than memory a part is known at a time, and all are found in their order as places become free', async () => {
  const { stored, read, leave } = openStore();
  for (let id = 1; id <= 100; id++) stored.push({ id: String(id), queuedAt: 1_000 - id, lane: null });
  const lanes = createWaitingLanes(read, 10);
  const waiting = [...(await lanes.lookAgain([null], 'all')).found];
  assert.deepEqual([waiting.length, lanes.hasMore(null)], [10, true]);
  const served: string[] = [];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    served.push(next);
    lanes.remove(next);
    leave(next);
    for (const lane of lanes.wanting()) waiting.push(...(await lanes.fill(lane)));
    assert.ok(waiting.length <= 15);
  }
  assert.deepEqual(
    served,
    Array.from({ length: 100 }, (_, i) => String(100 - i)),
  );
  assert.deepEqual([lanes.hasMore(null), lanes.lanes], [false, []]);
});

test('a long queue of one group hides nobody of another, and its own newcomers but for those whose priority puts them before', async () => {
  const { stored, read } = openStore();
  for (let id = 1; id <= 20; id++) stored.push({ id: String(id), queuedAt: id * 1_000, lane: 'sales' });
  stored.push({ id: '21', queuedAt: 21_000, lane: 'support' });
  const lanes = createWaitingLanes(read, 10);
  assert.deepEqual((await lanes.lookAgain(['sales', 'support'], 'all')).found.includes('21'), true);
  assert.equal(lanes.add('support', { id: '22', queuedAt: 22_000 }, 0), true);
  assert.equal(lanes.add('sales', { id: '23', queuedAt: 23_000 }, 0), false);
  assert.equal(lanes.add('sales', { id: '24', queuedAt: 24_000 }, 15_000), true);
});

test('who comes while the store is read, and finds no place, is found by the next read', async () => {
  const { stored, read, hold } = openStore();
  const come = (id: string, queuedAt: number) => {
    const entry = { id, queuedAt, lane: null };
    stored.push(entry);
    return entry;
  };
  for (let id = 1; id <= 4; id++) come(String(id), id);
  const lanes = createWaitingLanes(read, 4);
  await lanes.lookAgain([null], 'all');
  lanes.remove('1');
  lanes.remove('2');
  const release = hold();
  const filling = lanes.fill(null);
  // Read as empty, and not yet answered.
  await Promise.resolve();
  await Promise.resolve();
  for (const id of ['5', '6', '7']) assert.equal(lanes.add(null, come(id, Number(id)), 0), false);
  release();
  assert.deepEqual(await filling, []);
  assert.deepEqual(lanes.wanting(), [null]);
  assert.deepEqual(await lanes.fill(null), ['5', '6', '7']);
});

test('whoever comes, goes and moves, told or untold, is known once the store was looked at, and nobody else near the front', async () => {
  const step = fc.record({
    what: fc.constantFrom('come', 'come', 'untold', 'go', 'go-untold', 'move', 'look', 'fill'),
    at: fc.nat(20),
    lane: fc.constantFrom(null, 'sales'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 2, max: 6 }), async (script, limit) => {
      const { stored, read, leave } = openStore();
      const lanes = createWaitingLanes(read, limit);
      /** Those that whoever asked holds for waiting. */
      const known = new Map<string, Stored>();
      const learn = (ids: readonly string[]) => {
        for (const id of ids) known.set(id, stored.find((entry) => entry.id === id) as Stored);
      };
      const look = async () => {
        const { found, gone } = await lanes.lookAgain([null, 'sales'], 'all');
        learn(found);
        for (const id of gone) {
          known.delete(id);
          lanes.remove(id);
        }
      };
      await look();
      for (const [index, { what, at, lane }] of script.entries()) {
        const entry = { id: String(index + 1), queuedAt: at, lane };
        const one = stored[at % Math.max(1, stored.length)];
        if (what === 'come' || what === 'untold') stored.push(entry);
        if (what === 'come' && lanes.add(lane, entry, 0)) known.set(entry.id, entry);
        if (what.startsWith('go') && one !== undefined) {
          leave(one.id);
          if (what === 'go') {
            lanes.remove(one.id);
            known.delete(one.id);
          }
        }
        if (what === 'move' && one !== undefined && known.has(one.id)) {
          const moved = { ...one, lane };
          stored[stored.indexOf(one)] = moved;
          lanes.move(lane, moved);
          known.set(one.id, moved);
        }
        if (what === 'look') await look();
        if (what === 'fill') for (const wanting of lanes.wanting()) learn(await lanes.fill(wanting));
      }
      // All of them leave in their order, each when it is known.
      const expected = stored.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
      for (let round = 0; expected.some(({ id }) => !known.has(id)) && round < 100; round++) {
        await look();
        for (const { id } of [...known.values()].toSorted((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, 1)) {
          leave(id);
          lanes.remove(id);
          known.delete(id);
          expected.splice(
            expected.findIndex((each) => each.id === id),
            1,
          );
        }
        for (const wanting of lanes.wanting()) learn(await lanes.fill(wanting));
      }
      await look();
      const ids = new Set(expected.map(({ id }) => id));
      assert.deepEqual(
        [...ids].filter((id) => !known.has(id)),
        [],
      );
      // Who left unheard behind what is looked at is found there later, or by the store that gives them to nobody.
      for (const stale of [...known.values()].filter(({ id }) => !ids.has(id))) {
        const ahead = expected.filter((each) => each.lane === stale.lane && isBefore(each, stale));
        assert.ok(ahead.length >= limit, `${stale.id} is held for waiting`);
      }
    }),
    { numRuns: 300 },
  );
});
