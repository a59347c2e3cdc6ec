import assert from 'node:assert/strict';
import type { IntentLabel } from '../bot/labels/label-store.ts';
import type { CorrectedGap } from '../bot/learning/gap-store.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps of what people say that messages were about. */
export async function exerciseLabels({ labels, gaps }: WarmStore, conversationId: string, contactId: string) {
  const by = { id: 'a', name: 'Ada' };
  const label: IntentLabel = { conversationId, seq: 5, intent: 'refund', takenFor: 'delivery', by, at: 2_000 };
  const asked = { conversationId, seq: 5, contactId, askedAt: 1_900, why: 'corrected', language: 'en' } as const;
  const lesson: CorrectedGap = { ...asked, question: 'my money', meant: 'refund' };
  assert.equal(await labels.put(label, lesson), true);
  assert.equal(await labels.put({ ...label, conversationId: '999999' }, null), false, 'there is no such conversation');
  assert.deepEqual(await labels.of([conversationId, '999999']), [label]);
  assert.deepEqual(await gaps.corrected(9), [lesson]);
  assert.deepEqual(await labels.counts({ from: 2_000, to: 2_001 }), { right: 0, wrong: 1 });
  assert.deepEqual(await labels.counts({ from: 0, to: 2_000 }), { right: 0, wrong: 0 });
  assert.deepEqual(await labels.within(2_000, 9), [{ conversationId, seq: 5, isRight: false }]);

  assert.equal(await labels.put({ ...label, intent: null }, { ...lesson, meant: 'out-of-scope' }), true);
  assert.deepEqual((await gaps.corrected(9))[0]?.meant, 'out-of-scope', 'said otherwise');
  assert.equal(await labels.put({ ...label, intent: 'delivery' }, null), true);
  assert.deepEqual(await gaps.corrected(9), [], 'it is right: nothing is to be learnt');
  assert.deepEqual(await labels.counts({ from: 0, to: 9_000 }), { right: 1, wrong: 0 });

  // A question that the bot could not answer stays one, whatever is said of it and taken back.
  const [open] = await gaps.open(9);
  assert.ok(open !== undefined);
  assert.equal(await labels.put({ ...label, seq: open.seq }, { ...lesson, seq: open.seq }), true);
  assert.deepEqual(await gaps.corrected(9), [{ ...open, meant: 'refund' }]);
  const { open: all, corrected } = await gaps.counts();
  assert.deepEqual([all, corrected, await gaps.open(9)], [1, 1, []]);
  assert.equal(await labels.remove(conversationId, open.seq), true);
  assert.equal(await labels.remove(conversationId, open.seq), false);
  assert.deepEqual([await gaps.open(9), await gaps.corrected(9)], [[open], []]);
}
