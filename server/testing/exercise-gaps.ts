import assert from 'node:assert/strict';
import type { Findings } from '../bot/learning/gap-store.ts';
import type { WarmStore } from '../storage/warm/warm-store.ts';

/** Asks a store for all that it keeps of what the bot could not answer. */
export async function exerciseGaps(
  { gaps, conversations }: WarmStore,
  conversationId: string,
  contactId: string,
): Promise<void> {
  const start = { at: 0, no: 0, seq: 0 };
  const decided = await gaps.decisionsAfter(start, 9_000_000, 9);
  assert.ok(decided.length >= 2);
  assert.equal((await gaps.lastWordsAfter(start, 9_000_000, 9)).length, 1);
  const gap = { conversationId, contactId, why: 'not-understood', language: 'en', question: 'what?' } as const;
  const found = [1, 2, 3].map((seq) => ({ ...gap, seq, askedAt: 1_000 + seq }));
  const hits = [{ answerId: 'a', hits: 2, lastAt: 7 }];
  const findings: Findings = { look: 'gaps', from: null, to: '1', gaps: found, hits };
  assert.equal(await gaps.keep(findings), true);
  assert.equal(await gaps.keep(findings), false, 'what was kept is not kept again');
  const gone = { ...gap, contactId: 'nobody', seq: 9, askedAt: 1 };
  assert.equal(await gaps.keep({ ...findings, from: '1', to: '2', gaps: [...found, gone] }), true);
  assert.deepEqual(
    (await gaps.open(9)).map(({ seq }) => seq),
    [3, 2, 1],
  );
  const kept = await gaps.inConversations([conversationId, '999999']);
  assert.deepEqual([kept.length, kept[0]], [3, { conversationId, question: 'what?' }]);
  assert.deepEqual(await gaps.hitsOf(['a', 'b']), [{ answerId: 'a', hits: 4, lastAt: 7 }]);
  assert.deepEqual(await gaps.counts(), { open: 3, corrected: 0, newestAt: 1_003, dismissed: 0 });
  const [first, second, third] = found;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const decision = { id: 'd1', by: 'Ada', at: 5 };
  assert.equal(await gaps.areOpen([first, second]), true);
  assert.equal(await gaps.decide([first, second], 'dismissed', decision), true);
  assert.equal(await gaps.decide([second, third], 'learnt', { ...decision, id: 'd2' }), false, 'all or none');
  assert.deepEqual(await gaps.counts(), { open: 1, corrected: 0, newestAt: 1_003, dismissed: 2 });
  const dismissed = { decisionId: 'd1', decidedBy: 'Ada', decidedAt: 5, meant: null };
  assert.deepEqual((await gaps.dismissed(1))[0], { ...second, ...dismissed });
  assert.equal(await gaps.reopen('d1'), 2);
  assert.equal(await gaps.areOpen(found), true);
  await gaps.trim('open', { before: 1_002, keep: 1 });
  assert.deepEqual(
    (await gaps.open(9)).map(({ seq }) => seq),
    [3],
  );
  await gaps.forgetHits('a');
  assert.deepEqual(await gaps.hitsOf(['a']), []);
  const places = [1, 2].map((seq) => ({ conversationId, seq }));
  assert.equal((await conversations.warmMessagesUpTo(places, 30)).length, 2);
  const said = await conversations.messagesUpTo(places, 30);
  assert.deepEqual(
    said.map((messages) => messages.at(-1)?.seq),
    [1, 2],
  );
}
