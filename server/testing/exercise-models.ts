import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps for language models. */
export async function exerciseModels({ modelUsage, vectors, tallies }: WarmStore): Promise<void> {
  const day = { scope: 'day' as const, name: '2026-01-01', mostTokens: 10, mostCostMicros: null };
  const conversation = { scope: 'conversation' as const, name: '7', mostTokens: null, mostCostMicros: 5 };
  assert.equal(await modelUsage.reserve([day, conversation], { tokens: 10, costMicros: 2 }, 1), undefined);
  await modelUsage.settle([day, conversation], { tokens: -4, costMicros: 1 }, 2);
  assert.deepEqual(await modelUsage.spent('day', day.name), { tokens: 6, costMicros: 3, calls: 1 });
  assert.equal(await modelUsage.forget('conversation', 3), 1);
  await vectors.add([{ hash: 'a', vector: 'AACAPw==' }], 1);
  const found = await vectors.find(['a', 'b']);
  assert.deepEqual(
    found.map(({ vector }) => vector),
    ['AACAPw=='],
  );
  assert.equal(await vectors.forget(2), 1);
  await tallies.add('2026-01-01', new Map([['asked', 2]]));
  await tallies.add(
    '2026-01-02',
    new Map([
      ['held', 1],
      ['asked', 1],
    ]),
  );
  await tallies.add('2026-01-02', new Map([['asked', 4]]));
  const rows = [
    { day: '2026-01-02', name: 'asked', n: 5 },
    { day: '2026-01-02', name: 'held', n: 1 },
  ];
  assert.deepEqual(await tallies.between('2026-01-02', '2026-01-09'), rows);
  await tallies.forget('2026-01-02');
  assert.deepEqual(await tallies.between('2026-01-01', '2026-01-09'), rows);
}
