import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../base/seeded.ts';
import type { Embedder } from './embedder.ts';
import { createPassageIndex } from './passage-index.ts';
import type { IndexedDoc } from './passages-of-doc.ts';
import type { RelationKind, SearchFocus } from './search-focus.ts';

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
  const filler = 'Nothing of interest is told in this sentence about the weather. '.repeat(60);
  index.put([{ id: 'long', title: 'Manual', text: `${filler}\n\nThe battery lasts nine hours.\n\n${filler}` }]);
  const [first, ...rest] = index.search('how long does the battery last', { limit: 5 });
  assert.match(first?.text ?? '', /nine hours/);
  assert.ok((first?.text.length ?? 0) <= 2_400);
  assert.deepEqual(rest, []);
  assert.ok(index.search('weather manual', { limit: 5, passagesOfDoc: 3 }).length === 3);
});

const pots: readonly IndexedDoc[] = [
  { id: 'two', title: 'Washing the Comet Two', text: 'Wipe the Comet Two with a damp cloth.' },
  { id: 'one', title: 'Washing the Comet One', text: 'Wipe the Comet One with a damp cloth.' },
  { id: 'all', title: 'Washing pots', text: 'Pots are wiped with a damp cloth.' },
  { id: 'hours', title: 'Opening hours', text: 'Monday to Friday.' },
];
const about = (kinds: Readonly<Record<string, RelationKind>>, names: SearchFocus['names'] = []): SearchFocus => ({
  names,
  relationOf: ({ doc: { title } }) => ({ kind: kinds[title] ?? 'open', about: [`about ${title}`] }),
});

test('another name of what a question names finds, and counts as a known word, but no more than a word of the question', () => {
  const index = createPassageIndex();
  index.put(pots);
  const names = [{ said: 'wok', isThing: true, others: ['Comet One', 'no such name'] }];
  assert.notEqual(found(index, 'washing the wok')[0], 'one');
  const led = index.search('washing the wok', { limit: 5, focus: about({}, names) });
  assert.equal(led[0]?.docId, 'one');
  const plain = index.search('washing the wok', { limit: 5 }).find(({ docId }) => docId === 'one');
  assert.ok((led[0]?.score ?? 0) > (plain?.score ?? 1), 'surer than by the words alone');
  const said = index.search('washing the Comet One', { limit: 5 });
  assert.ok((led[0]?.parts.bm25 ?? 1) < (said[0]?.parts.bm25 ?? 0), 'and less sure than by its name');
  for (const { parts } of led) for (const part of Object.values(parts)) assert.ok(part >= 0 && part <= 1);
});

test('what is about another thing comes last with little of its score, and its place but for that is told', () => {
  const index = createPassageIndex();
  index.put(pots);
  const question = 'washing the pot with a damp cloth';
  const plain = index.search(question, { limit: 5 });
  const focus = about({ 'Washing the Comet Two': 'other', 'Washing pots': 'other', 'Washing the Comet One': 'named' });
  const led = index.search(question, { limit: 5, focus });
  const kinds = led.map(({ docId, focused }) => [docId, focused?.relation]);
  assert.deepEqual(kinds[0], ['one', 'named']);
  assert.deepEqual(new Set(kinds.slice(-2).map(([id]) => id)), new Set(['two', 'all']));
  for (const [at, { docId, score }] of plain.entries()) {
    const same = led.find((one) => one.docId === docId);
    assert.equal(same?.focused?.place, at);
    if (same?.focused?.relation === 'other') assert.ok(same.score <= 0.3 * score);
  }
});

test('a focus that tells nothing changes no order and no score', () => {
  const index = createPassageIndex();
  index.put([...shop, ...pots]);
  for (const question of ['how do I get a refund', '怎么开发票', 'washing with a cloth', '']) {
    const led = index.search(question, { limit: 5, focus: about({}) }).map(({ focused: _, ...one }) => one);
    assert.deepEqual(led, index.search(question, { limit: 5 }));
  }
});

/** Entries of made-up matters, each with five phrasings in words of its own and some that all have. */
function faq(entries: number): IndexedDoc[] {
  const word = (entry: number, at: number) =>
    `${'bcdfghjklm'[entry % 10]}a${'npqrstvwxz'[Math.floor(entry / 10) % 10]}o${'bcdfgh'[at]}ek`;
  return Array.from({ length: entries }, (_, entry) => ({
    id: `e${entry}`,
    title: `matter ${word(entry, 0)}`,
    questions: [0, 1, 2, 3, 4].map((at) => `how do I ${word(entry, at)} the ${word(entry, (at + 1) % 6)} please`),
  }));
}

test('after learning from the corpus alone, what it answers is answered surely and what it does not is not', async () => {
  const docs = faq(60);
  const index = createPassageIndex();
  index.put(docs.slice(0, 45));
  await index.refresh();
  const surest = (doc: IndexedDoc) => index.search(doc.questions?.[1] ?? '', { limit: 1 })[0]?.score ?? 0;
  const known = docs.slice(0, 45).filter((doc) => surest(doc) >= 0.5).length;
  const unknown = docs.slice(45).filter((doc) => surest(doc) >= 0.5).length;
  assert.ok(known >= 43, `${known} of 45 are answered`);
  assert.ok(unknown <= 1, `${unknown} of 15 are answered that have no answer`);
});

test('what was put, replaced and removed while the index learns counts, and holes are closed', async () => {
  const index = createPassageIndex();
  index.put(faq(160));
  await index.refresh();
  index.remove(faq(110).map(({ id }) => id));
  const before = index.bytes;
  const learning = index.refresh({ sliceMs: 1 });
  await new Promise((resolve) => setImmediate(resolve));
  index.put([{ id: 'new', title: 'parcel shelf' }]);
  index.put([{ id: 'e130', title: 'replaced lantern' }]);
  index.remove(['e140']);
  await learning;
  assert.equal(index.size, 50);
  assert.equal(index.passages, 50);
  assert.ok(index.bytes <= before);
  assert.equal(found(index, 'parcel shelf')[0], 'new');
  assert.equal(found(index, 'replaced lantern')[0], 'e130');
  const all = faq(160);
  assert.ok(!found(index, all[140]?.title ?? '').includes('e140'));
  assert.ok(!found(index, all[10]?.title ?? '').includes('e10'));
  assert.equal(found(index, all[150]?.title ?? '')[0], 'e150');
});

/** Texts by what they are about; what is unlike all of it is near everything. */
const meanings = [/refund|money|退款/i, /parcel|delivery|ship/i, /invoice|发票/i];
function byMeaning(tell: (as: string, texts: readonly string[]) => void = () => undefined): Embedder {
  return {
    embed: async (texts, { as }) => {
      tell(as, texts);
      return texts.map((text) => Float32Array.from(meanings, (meaning) => (meaning.test(text) ? 2 : 0.1)));
    },
  };
}
async function asked(embedder: Embedder, text: string) {
  const [vector = new Float32Array()] = await embedder.embed([text], { as: 'question' });
  return { of: embedder, vector };
}

test('an embedder of another make finds what shares no word with the question, once all passages have their vectors', async () => {
  const passages: string[] = [];
  const embedder = byMeaning((as, texts) => as === 'passage' && passages.push(...texts));
  const index = createPassageIndex();
  index.put(shop);
  const vector = await asked(embedder, '退款');
  index.useEmbedder(embedder);
  assert.deepEqual([found(index, '退款', { vector }), index.servingEmbedder], [[], undefined]);
  await index.refresh();
  assert.equal(index.servingEmbedder, embedder);
  assert.equal(found(index, '退款', { vector })[0], 'refund');
  assert.deepEqual(found(index, '退款'), [], 'without a vector the words alone count');
  const before = passages.length;
  index.put([{ id: 'more', title: 'Reimbursement of money' }]);
  await index.refresh();
  assert.equal(passages.slice(before).filter((text) => text.startsWith('Reimbursement')).length > 0, true);
  assert.ok(found(index, '退款', { vector, limit: 5 }).includes('more'));
});

test('a vector of another embedder than serves counts for nothing, though it is as long', async () => {
  const [one, other] = [byMeaning(), byMeaning()];
  const index = createPassageIndex();
  index.put(shop);
  index.useEmbedder(one);
  await index.refresh();
  const vector = await asked(one, '退款');
  index.useEmbedder(other);
  assert.equal(found(index, '退款', { vector })[0], 'refund', 'the former serves until the new one is there');
  await index.refresh();
  assert.deepEqual(found(index, '退款', { vector }), []);
  assert.equal(found(index, '退款', { vector: await asked(other, '退款') })[0], 'refund');
  index.useEmbedder(undefined);
  await index.refresh();
  assert.deepEqual([index.servingEmbedder, found(index, '退款', { vector })], [undefined, []]);
  assert.equal(found(index, 'refund')[0], 'refund');
});

test('an embedder that answers with something else is named, and search goes on as before', async () => {
  const index = createPassageIndex();
  index.put(shop);
  const answers = { zeros: [new Float32Array(3)], short: [], unequal: [Float32Array.of(1, 2, 3), Float32Array.of(1)] };
  for (const vectors of Object.values(answers)) {
    const embed = async (texts: readonly string[]) => texts.map((_, at) => vectors[at] as Float32Array);
    index.useEmbedder({ embed });
    await assert.rejects(index.refresh());
    assert.deepEqual([found(index, 'refund')[0], index.servingEmbedder], ['refund', undefined]);
  }
});

test('an index that refreshes itself asks the embedder when nothing changes any more, and tells of errors', async () => {
  const told = Promise.withResolvers<unknown>();
  const index = createPassageIndex({ autoRefresh: { afterMs: 1, onError: told.resolve } });
  index.useEmbedder({ embed: () => Promise.reject(new Error('away')) });
  index.put(shop);
  const keepAlive = setInterval(() => undefined, 1_000);
  assert.match(String(await told.promise), /away/);
  clearInterval(keepAlive);
});

test('vectors are kept when lists are built anew without holes', async () => {
  let passages = 0;
  const numbersOf = (text: string) => {
    const random = seeded([...text].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521, 7));
    const noise = Array.from({ length: 8 }, () => random() - 0.5);
    return Float32Array.from([...meanings.map((meaning) => (meaning.test(text) ? 9 : 0)), ...noise]);
  };
  const embedder: Embedder = {
    embed: async (texts, { as }) => {
      if (as === 'passage') passages += texts.length;
      return texts.map(numbersOf);
    },
  };
  const index = createPassageIndex();
  const many = faq(300);
  index.put(many);
  index.useEmbedder(embedder);
  await index.refresh();
  index.put(shop);
  await index.refresh();
  index.remove(many.slice(0, 200).map(({ id }) => id));
  await index.refresh();
  const vector = await asked(embedder, '退款');
  const nearness = () => {
    const hits = index.search('退款', { limit: 20, vector });
    return hits.find(({ docId }) => docId === 'refund')?.parts.vector;
  };
  const [before, near] = [passages, nearness()];
  assert.ok(near !== undefined && near > 0.9, String(near));
  await index.refresh();
  assert.deepEqual([passages, nearness()], [before, near], 'none of them was asked for again');
});

test('loading many and learning stop when they are told to', async () => {
  const index = createPassageIndex();
  const stop = new AbortController();
  const loading = index.load(faq(500), { signal: stop.signal, sliceMs: 0 });
  stop.abort();
  await assert.rejects(loading, { name: 'AbortError' });
  assert.ok(index.size < 500);
});

test('whatever is asked, nothing is thrown, and scores lie between 0 and 1 in falling order of passages', () => {
  const index = shopIndex();
  for (const text of ['', ' \n', '😀🎉', '\uD800', 'a'.repeat(10_000), '发'.repeat(10_000), 'Ｒｅｆｕｎｄ发票🎉\u0000'])
    for (const { score } of index.search(text, { limit: 3 })) assert.ok(score >= 0 && score <= 1);
  fc.assert(
    fc.property(fc.array(fc.nat(0xff_ff), { maxLength: 300 }), (codes) => {
      const text = String.fromCharCode(...codes);
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
          const doc = { id, title: words.join(' '), text: words.map((word) => `${word} money.`).join(' ') };
          docs.set(id, doc);
          changed.put([doc]);
        }
      }
      const built = createPassageIndex();
      built.put([...docs.values()]);
      const scores = (index: typeof built) =>
        index
          .search('refund my money 发票', { limit: 9 })
          .map(
            ({ docId, parts: { bm25, tfidf, unit } }) =>
              `${docId} ${[bm25, tfidf, unit].map((part) => part.toFixed(6))}`,
          )
          .sort();
      assert.deepEqual(scores(changed), scores(built));
    }),
  );
});
