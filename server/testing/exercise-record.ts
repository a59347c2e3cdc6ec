import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { inbound } from './test-store.ts';

/** Asks a store for all that it keeps for dry runs. */
export async function exerciseRecord({ conversations, record, dryRuns }: WarmStore): Promise<void> {
  await conversations.append([inbound('gil', { at: 7_770_000 }), inbound('hal', { at: 7_770_000 })]);
  const span = { from: 7_770_000, to: 7_780_000 };
  const [first] = await record.queueRecord(span, { limit: 1 });
  assert.ok(first !== undefined);
  const [second] = await record.queueRecord(span, { after: first, limit: 1 });
  assert.ok(second !== undefined && second.conversationId !== first.conversationId);
  assert.equal(await record.countQueueRecord(span, 10), 2);
  const wanted = { from: 0, attributes: true, words: true };
  const { conversations: rows, words } = await record.visitRows([first, second], wanted);
  assert.deepEqual([rows.length, words.length], [2, 2]);
  await record.visitRows([first], { ...wanted, attributes: false });
  const presence = { at: 1, agentId: 'a', presence: 'online', reason: null, capacity: 2 };
  await record.addPresences([presence, { ...presence, agentId: 'b' }, { ...presence, agentId: 'b' }]);
  const [one] = await record.presences({ from: 0, to: 2 }, { limit: 1 });
  assert.ok(one !== undefined);
  assert.equal((await record.presences({ from: 0, to: 2 }, { after: one, limit: 9 })).length, 1);
  assert.equal(await record.forget(2, 1), true);
  assert.equal(await record.forget(2, 9), false);
  const run = { id: 'r', state: 'running' as const, progress: 0, days: 1, baseVersion: 0, result: null };
  await dryRuns.add({ ...run, requestedBy: 'a', createdAt: 1, seenAt: 1 });
  assert.equal(await dryRuns.note('r', 5, 2), true);
  await dryRuns.end('r', 'done', '{}', 3);
  assert.equal((await dryRuns.get('r'))?.result, '{}');
  assert.equal(await dryRuns.remove('r'), true);
  assert.equal(await dryRuns.note('r', 6, 2), false);
  await dryRuns.removeBefore(1);
}
