import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps for language models. */
export async function exerciseModels({ modelUsage, vectors }: WarmStore): Promise<void> {
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
}
