import assert from 'node:assert/strict';
import type { WarmStore } from '../storage/warm/warm-store.ts';
import { storedArticle, storedReply } from './knowledge-items.ts';

/** Articles and canned replies: written, read, voted for, looked for in vain, removed. */
export async function exerciseKnowledge({ knowledge }: WarmStore): Promise<void> {
  const author = { id: 'ada', name: 'Ada' };
  const reply = storedReply('r1', { shortCode: 'refund', externalKey: 'k1' });
  const article = storedArticle('a1', { externalKey: 'k1' });
  assert.equal(
    await knowledge.apply([
      { kind: 'save-reply', reply, expectRev: 0 },
      { kind: 'save-article', article, expectRev: 0, author },
    ]),
    undefined,
  );
  await knowledge.apply([
    { kind: 'save-reply', reply: { ...reply, rev: 2 }, expectRev: 1 },
    { kind: 'save-article', article: { ...article, rev: 2 }, expectRev: 1, author },
  ]);
  await knowledge.changes(0, 10);
  await knowledge.categoryNames();
  await knowledge.replies(['r1']);
  await knowledge.articles(['a1']);
  await knowledge.used('r1', 5);
  await knowledge.usesOf(['r1']);
  await knowledge.revisions('a1', { before: 9, limit: 5 });
  await knowledge.revision('a1', 1);
  await knowledge.vote({ articleId: 'a1', voter: 'v', helpful: true, at: 1 });
  await knowledge.votesOf(['a1']);
  await knowledge.noteMiss({ text: 'where', language: 'en', at: 1, keep: 1 });
  await knowledge.noteMiss({ text: 'why', language: 'en', at: 2, keep: 1 });
  await knowledge.misses({ limit: 5 });
  await knowledge.misses({ limit: 5, before: { at: 2, text: 'why', language: 'en' } });
  await knowledge.forgetMiss({ text: 'why', language: 'en' });
  await knowledge.apply([
    { kind: 'remove', what: 'canned-reply', id: 'r1' },
    { kind: 'remove', what: 'article', id: 'a1' },
  ]);
}
