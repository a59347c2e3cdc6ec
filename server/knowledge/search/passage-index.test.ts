import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPassageIndex } from './passage-index.ts';
import type { IndexedDoc } from './passages-of-doc.ts';

const shop: readonly IndexedDoc[] = [
  { id: 'refund', title: 'Refunds', questions: ['how do I get my money back', 'I want a refund'], language: 'en' },
  { id: 'delivery', title: 'Delivery times', text: 'We ship within two days. Abroad it takes a week.', language: 'en' },
  { id: 'invoice', title: '发票', text: '下单后可以在订单页面申请电子发票。发票会发送到您的邮箱。', language: 'zh-CN' },
  { id: 'address', title: '修改收货地址', questions: ['地址填错了怎么办', '我要改地址'], language: 'zh-CN' },
  { id: 'hours', title: 'Opening hours 营业时间', text: 'Monday to Friday, 9 to 18. 周一至周五，九点到十八点。' },
];

function shopIndex() {
  const index = createPassageIndex();
  index.put(shop);
  return index;
}

const found = (index: ReturnType<typeof createPassageIndex>, text: string, options = {}) =>
  index.search(text, { limit: 5, ...options }).map(({ docId }) => docId);

test('a question finds the document that answers it, in English and Chinese, inflected or misspelt', () => {
  const index = shopIndex();
  assert.equal(found(index, 'can i have a refund?')[0], 'refund');
  assert.equal(found(index, 'how long does shipping take')[0], 'delivery');
  assert.equal(found(index, 'recieve my refnud')[0], 'refund');
  assert.equal(found(index, '怎么开电子发票')[0], 'invoice');
  assert.equal(found(index, '收货地址写错了')[0], 'address');
  assert.equal(found(index, 'when are you open 营业')[0], 'hours');
});

test('a document that was removed or replaced is not found by what it said', () => {
  const index = shopIndex();
  index.remove(['refund', 'no such id']);
  assert.ok(!found(index, 'I want a refund').includes('refund'));
  index.put([{ id: 'delivery', title: 'Parcels', text: 'They travel by night.' }]);
  assert.deepEqual(found(index, 'ship within two days abroad'), []);
  assert.equal(found(index, 'parcels travel')[0], 'delivery');
  assert.equal(index.size, 4);
});

test('only documents that are accepted, and are in the language or in none, are found', () => {
  const index = shopIndex();
  assert.deepEqual(found(index, 'refund', { accepts: (id: string) => id !== 'refund' }), []);
  assert.ok(!found(index, '发票 refund', { language: 'en' }).includes('invoice'));
  assert.equal(found(index, '发票 refund', { language: 'zh-TW' })[0], 'invoice');
  assert.equal(found(index, '营业时间', { language: 'fr' })[0], 'hours');
});

test('of a long document the passage that fits is given, and one passage of each document unless more are asked for', () => {
  const index = createPassageIndex();
  const filler = 'Nothing of interest is told in this sentence about the weather. '.repeat(30);
  index.put([{ id: 'long', title: 'Manual', text: `${filler}\n\nThe battery lasts nine hours.\n\n${filler}` }]);
  const [first, ...rest] = index.search('how long does the battery last', { limit: 5 });
  assert.match(first?.text ?? '', /nine hours/);
  assert.ok((first?.text.length ?? 0) < 2_000);
  assert.deepEqual(rest, []);
  assert.ok(index.search('weather manual', { limit: 5, passagesOfDoc: 3 }).length === 3);
});

test('whatever is asked, nothing is thrown, and scores lie between 0 and 1 in falling order of passages', () => {
  const index = shopIndex();
  for (const text of ['', ' \n', '😀🎉', '\uD800', 'a'.repeat(10_000), '发'.repeat(10_000), 'Ｒｅｆｕｎｄ发票🎉\u0000'])
    for (const { score } of index.search(text, { limit: 3 })) assert.ok(score >= 0 && score <= 1);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.ok(index.search(text, { limit: 3 }).every(({ score }) => score >= 0 && score <= 1));
    }),
  );
});

test('an index that was changed bit by bit answers as one that was built at once', () => {
  const ids = fc.constantFrom('a', 'b', 'c', 'd');
  const words = fc.array(fc.constantFrom('refund', 'money', 'parcel', '发票', '地址', 'open'), { minLength: 1 });
  const change = fc.record({ id: ids, words, isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const changed = createPassageIndex();
      const docs = new Map<string, IndexedDoc>();
      for (const { id, words, isRemoval } of changes) {
        docs.delete(id);
        if (isRemoval) changed.remove([id]);
        else {
          docs.set(id, { id, title: words.join(' ') });
          changed.put([{ id, title: words.join(' ') }]);
        }
      }
      const built = createPassageIndex();
      built.put([...docs.values()]);
      const scores = (index: typeof built) =>
        index
          .search('refund my money 发票', { limit: 9 })
          .map(({ docId, parts }) => `${docId} ${parts.bm25.toFixed(6)} ${parts.unit.toFixed(6)}`)
          .sort();
      assert.deepEqual(scores(changed), scores(built));
    }),
  );
});
