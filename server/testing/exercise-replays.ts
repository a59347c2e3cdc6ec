import assert from 'node:assert/strict';
import type { StoredReplay } from '../bot/replay/replay-store.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps of replays. */
export async function exerciseReplays({ replays }: WarmStore): Promise<void> {
  const replay: StoredReplay = {
    ...{ id: 'r1', state: 'running', progress: 0, kind: 'model', candidate: '2', live: '1/0/0', days: 7 },
    ...{ result: null, requestedBy: 'a', createdAt: 1, seenAt: 1 },
  };
  assert.equal((await replays.begin(replay, 0, '{}')).id, 'r1');
  assert.equal((await replays.begin({ ...replay, id: 'r2' }, 0, '{}')).id, 'r1');
  assert.equal(await replays.note('r1', 7, 2), true);
  // Whoever is silent for too long loses the slot.
  assert.equal((await replays.begin({ ...replay, id: 'r3', seenAt: 9 }, 5, '{"gone":1}')).id, 'r3');
  assert.deepEqual(await replays.get('r1'), {
    ...replay,
    ...{ state: 'failed', progress: 7, result: '{"gone":1}', seenAt: 2 },
  });
  assert.equal(await replays.note('r1', 8, 3), false);
  const of = { kind: 'model', candidate: '2', live: '1/0/0' } as const;
  assert.equal(await replays.newest(of), undefined);
  assert.equal(await replays.end('r3', 'done', '{"a":1}', 10), true);
  assert.equal(await replays.end('r3', 'cancelled', null, 11), false);
  assert.equal((await replays.newest(of))?.result, '{"a":1}');
  assert.equal(await replays.newest({ ...of, live: '2/0/0' }), undefined);
  assert.deepEqual(
    (await replays.list(5)).map(({ id, state, progress }) => [id, state, progress]),
    [
      ['r3', 'done', 100],
      ['r1', 'failed', 7],
    ],
  );
  await replays.keepNewest(2);
  assert.equal((await replays.list(5)).length, 2);
  await replays.keepNewest(1);
  assert.equal(await replays.get('r1'), undefined);
  assert.equal(await replays.remove('r3'), true);
  assert.equal(await replays.remove('r3'), false);
}
