import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KnowledgeWrite } from '../../knowledge/knowledge-store.ts';
import { storedArticle, storedReply } from '../../testing/knowledge-items.ts';
import { openTestStore } from '../../testing/test-store.ts';

const author = { id: 'ada', name: 'Ada 💙' };

test('what was saved is read back as it was, with its revisions', async () => {
  const { knowledge } = await openTestStore();
  const reply = storedReply('r1', { shortCode: '退款', body: 'Hi 👋 {{contact.name}}', externalKey: 'sheet:1' });
  const article = storedArticle('a1');
  await knowledge.apply([
    { kind: 'save-reply', reply, expectRev: 0 },
    { kind: 'save-article', article, expectRev: 0, author },
  ]);
  assert.deepEqual(await knowledge.replies(['r1', 'r9']), [reply]);
  assert.deepEqual(await knowledge.articles(['a1']), [article]);
  const second = { ...article, rev: 2, category: 'Returns', updatedAt: 7 };
  await knowledge.apply([{ kind: 'save-article', article: second, expectRev: 1, author }]);
  const revisions = await knowledge.revisions('a1', { before: 9, limit: 5 });
  assert.deepEqual(
    revisions.map(({ rev, at, author: by, text }) => [rev, at, by, text.category]),
    [
      [2, 7, author, 'Returns'],
      [1, 1, author, 'Orders'],
    ],
  );
  assert.deepEqual((await knowledge.revision('a1', 1))?.text.versions, article.versions);
});

test('of two who change the same thing one is told, and a batch with a conflict changes nothing', async () => {
  const { knowledge } = await openTestStore();
  const refund = storedReply('r1', { shortCode: 'refund' });
  await knowledge.apply([{ kind: 'save-reply', reply: refund, expectRev: 0 }]);
  const again: KnowledgeWrite = { kind: 'save-reply', reply: { ...refund, rev: 2, title: 'B' }, expectRev: 1 };
  const both = await Promise.all([knowledge.apply([again]), knowledge.apply([again])]);
  assert.deepEqual(both.filter((conflict) => conflict === undefined).length, 1);
  const fresh: KnowledgeWrite = { kind: 'save-reply', reply: storedReply('r2'), expectRev: 0 };
  const other: KnowledgeWrite = { kind: 'save-reply', reply: storedReply('r3', { shortCode: 'refund' }), expectRev: 0 };
  assert.deepEqual(await knowledge.apply([fresh, other]), { index: 1, why: 'short-code' });
  assert.deepEqual(await knowledge.replies(['r2', 'r3']), []);
  const own = storedReply('r4', { shortCode: 'refund', visibility: 'private', ownerId: 'ben' });
  assert.equal(await knowledge.apply([{ kind: 'save-reply', reply: own, expectRev: 0 }]), undefined);
  assert.deepEqual(await knowledge.apply([{ kind: 'remove', what: 'article', id: 'none' }]), {
    index: 0,
    why: 'overtaken',
  });
});

test('whoever follows the changes from any point ends with what there is, however they were written', async () => {
  const store = await openTestStore();
  const { knowledge } = store;
  const write = fc.record({ id: fc.constantFrom('a', 'b', 'c'), remove: fc.boolean() });
  const revs = new Map<string, number>();
  const seen = new Map<string, number>();
  let lastNo = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 6 }), async (writes) => {
      for (const { id, remove } of writes) {
        const rev = revs.get(id) ?? 0;
        if (remove && rev > 0) {
          await knowledge.apply([{ kind: 'remove', what: 'canned-reply', id }]);
          revs.delete(id);
        } else {
          await knowledge.apply([{ kind: 'save-reply', reply: storedReply(id, { rev: rev + 1 }), expectRev: rev }]);
          revs.set(id, rev + 1);
        }
      }
      const changes = await knowledge.changes(lastNo, 100);
      const there = new Map((await knowledge.replies(changes.map(({ id }) => id))).map(({ id, rev }) => [id, rev]));
      for (const { id, no } of changes) {
        assert.ok(no > lastNo);
        lastNo = no;
        const rev = there.get(id);
        if (rev === undefined) seen.delete(id);
        else seen.set(id, rev);
      }
      assert.deepEqual(new Map([...seen].sort()), new Map([...revs].sort()));
    }),
    { numRuns: 15 },
  );
});

test('a visitor counts once for an article, and may think otherwise', async () => {
  const { knowledge } = await openTestStore();
  await knowledge.vote({ articleId: 'a1', voter: 'v1', helpful: true, at: 1 });
  await knowledge.vote({ articleId: 'a1', voter: 'v1', helpful: false, at: 2 });
  await knowledge.vote({ articleId: 'a1', voter: 'v2', helpful: true, at: 2 });
  assert.deepEqual(await knowledge.votesOf(['a1', 'a2']), [{ id: 'a1', helpful: 1, unhelpful: 1 }]);
});

test('searches in vain are counted, listed newest first page by page, bounded, and forgotten', async () => {
  const { knowledge } = await openTestStore();
  for (const [at, text] of [...'abcab'].entries()) await knowledge.noteMiss({ text, language: 'en', at, keep: 10 });
  const first = await knowledge.misses({ limit: 2 });
  assert.deepEqual(
    first.map(({ text, count }) => [text, count]),
    [
      ['b', 2],
      ['a', 2],
    ],
  );
  const before = { at: 3, text: 'a', language: 'en' };
  assert.deepEqual(
    (await knowledge.misses({ limit: 2, before })).map(({ text }) => text),
    ['c'],
  );
  assert.equal(await knowledge.forgetMiss({ text: 'c', language: 'en' }), true);
  assert.equal(await knowledge.forgetMiss({ text: 'c', language: 'en' }), false);
  await knowledge.noteMiss({ text: 'z', language: 'en', at: 9, keep: 1 });
  assert.deepEqual(
    (await knowledge.misses({ limit: 9 })).map(({ text }) => text),
    ['z'],
  );
});

test('uses are counted without touching what a reply says', async () => {
  const { knowledge } = await openTestStore();
  await knowledge.apply([{ kind: 'save-reply', reply: storedReply('r1'), expectRev: 0 }]);
  await Promise.all([knowledge.used('r1', 5), knowledge.used('r1', 5)]);
  assert.deepEqual(await knowledge.usesOf(['r1']), [{ id: 'r1', uses: 2, usedAt: 5 }]);
  await knowledge.apply([{ kind: 'save-reply', reply: storedReply('r1', { rev: 2 }), expectRev: 1 }]);
  assert.equal((await knowledge.replies(['r1']))[0]?.uses, 2);
});

test('a category is named language by language, and two who name one at once lose nothing', async () => {
  const { knowledge } = await openTestStore();
  const name = (category: string, names: Record<string, string | null>) =>
    knowledge.apply([{ kind: 'name-category', category, names }]);
  await Promise.all([
    name('Orders', { 'zh-CN': '订单' }),
    name('Orders', { fr: 'Commandes' }),
    name('orders', { fr: 'x' }),
  ]);
  await name('Orders', { 'zh-CN': '订单与发货', de: 'Bestellungen' });
  await name('Orders', { fr: null, it: null });
  assert.deepEqual(await knowledge.categoryNames(), [
    { category: 'Orders', language: 'de', name: 'Bestellungen' },
    { category: 'Orders', language: 'zh-CN', name: '订单与发货' },
    { category: 'orders', language: 'fr', name: 'x' },
  ]);
  const conflict: KnowledgeWrite = { kind: 'remove', what: 'article', id: 'none' };
  await knowledge.apply([{ kind: 'name-category', category: 'Orders', names: { de: null } }, conflict]);
  assert.equal((await knowledge.categoryNames()).length, 3);
});
