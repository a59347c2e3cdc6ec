import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../base/ids.ts';
import { emptyGraph } from '../bot/graph/graph-content.ts';
import { createKnowledgeGraph, type KnowledgeGraph } from '../bot/graph/knowledge-graph.ts';
import { shopGraph } from '../bot/graph/shop-graph-fixture.ts';
import { Refusal } from '../gateway/refusal.ts';
import { articleText, replyText } from '../testing/knowledge-items.ts';
import { openTestStore } from '../testing/test-store.ts';
import { createKnowledge } from './knowledge.ts';
import type { KnowledgeQuery } from './knowledge-search.ts';
import { createPassageIndex } from './search/passage-index.ts';
import type { Viewer } from './viewer.ts';

const sue: Viewer = { id: 'sue', name: 'Sue', email: 's@x', isSupervisor: true, groupIds: new Set() };
const ben: Viewer = { ...sue, id: 'ben', name: 'Ben', isSupervisor: false };

async function open(graph?: KnowledgeGraph) {
  const store = await openTestStore();
  let now = 1_000;
  const knowledge = createKnowledge({
    store: store.knowledge,
    meta: store.meta,
    secret: 's',
    index: createPassageIndex(),
    clock: { now: () => now } as never,
    newId,
    conversations: { get: async () => undefined, contact: async () => undefined, messages: async () => [] },
    groups: () => [{ id: 'sales', members: [{ agentId: 'ben' }] }],
    channelName: () => '',
    ...(graph === undefined ? {} : { focus: graph.focus }),
    onError: (error) => assert.fail(String(error)),
  });
  const find = async (text: string, over: Partial<KnowledgeQuery> = {}) =>
    (await knowledge.search.search({ text, audience: 'agent', limit: 9, ...over })).map(
      ({ source, language }) => `${source.title}${language === undefined ? '' : ` ${language}`}`,
    );
  return { ...knowledge, find, setNow: (to: number) => (now = to) };
}

test('each save leaves a revision, and a former one holds again with one call', async () => {
  const { articles } = await open();
  const { id } = await articles.create(sue, articleText());
  await articles.change(sue, id, { category: 'Returns' }, 1);
  await assert.rejects(
    articles.change(sue, id, { category: 'Other' }, 1),
    (error) => error instanceof Refusal && error.code === 'conflict' && error.field === 'rev',
  );
  const restored = await articles.restore(ben, id, 1);
  assert.deepEqual([restored.rev, restored.category], [3, 'Orders']);
  const revisions = await articles.revisions(id, { limit: 9 });
  assert.deepEqual(
    revisions.map(({ rev, author }) => [rev, author.name]),
    [
      [3, 'Ben'],
      [2, 'Sue'],
      [1, 'Sue'],
    ],
  );
});

test('agents see what is published alone; lists are filtered', async () => {
  const { articles } = await open();
  const draft = await articles.create(sue, articleText({ status: 'draft' }));
  await articles.create(sue, articleText({ category: 'Sizes', audience: 'agents' }));
  await assert.rejects(articles.get(ben, draft.id), /no such article/);
  assert.equal((await articles.list(ben, { limit: 9 })).items.length, 1);
  assert.equal((await articles.list(sue, { limit: 9 })).items.length, 2);
  assert.equal((await articles.list(sue, { limit: 9, category: 'Sizes' })).items.length, 1);
  assert.equal((await articles.list(sue, { limit: 9, audience: 'public' })).items[0]?.id, draft.id);
  assert.equal((await articles.list(sue, { limit: 9, q: 'siz' })).items.length, 1);
  const page = await articles.list(sue, { limit: 1 });
  const rest = await articles.list(sue, { limit: 1, cursor: page.nextCursor ?? '' });
  assert.notEqual(page.items[0]?.id, rest.items[0]?.id);
  assert.equal(rest.nextCursor, null);
});

test('nothing is found that is a draft, over, for other eyes, another channel or a group that one is not in', async () => {
  const { articles, replies, find, setNow } = await open();
  const titled = (title: string) => ({ versions: [{ language: 'en', title, body: 'about vouchers' }] });
  await articles.create(sue, articleText(titled('open')));
  await articles.create(sue, articleText({ ...titled('draft'), status: 'draft' }));
  await articles.create(sue, articleText({ ...titled('inside'), audience: 'agents' }));
  await articles.create(sue, articleText({ ...titled('mail'), channelTypes: ['email'] }));
  const short = await articles.create(sue, articleText({ ...titled('short'), validUntil: 2_000 }));
  const groups = { visibility: 'groups', groupIds: ['sales'] } as const;
  await replies.create(sue, replyText({ title: 'group', body: 'vouchers', ...groups }));
  await replies.create(sue, replyText({ title: 'blank', body: 'vouchers {{contact.name}}' }));
  const customer = { audience: 'customer', channelType: 'web' } as const;
  assert.deepEqual((await find('vouchers', customer)).sort(), ['open en', 'short en']);
  assert.deepEqual((await find('vouchers', { agentId: 'ben', channelType: 'web' })).sort(), [
    'blank',
    'group',
    'inside en',
    'open en',
    'short en',
  ]);
  assert.deepEqual((await find('vouchers', { agentId: 'eve', channelType: 'email' })).includes('group'), false);
  setNow(2_000);
  assert.deepEqual(await find('vouchers', customer), ['open en']);
  setNow(1_999);
  await articles.change(sue, short.id, { status: 'archived' });
  assert.deepEqual(await find('vouchers', customer), ['open en']);
});

test('of an article’s languages the one asked for is found, else its first', async () => {
  const { articles, find } = await open();
  const versions = [
    { language: 'en', title: 'Returns', body: 'send back 退货' },
    { language: 'zh-CN', title: '退货', body: '寄回 退货' },
  ];
  const { id } = await articles.create(sue, articleText({ versions }));
  assert.deepEqual(await find('退货', { language: 'zh-TW' }), ['退货 zh-CN']);
  assert.deepEqual(await find('退货', { language: 'en-GB' }), ['Returns en']);
  assert.deepEqual(await find('退货', { language: 'fr' }), ['Returns en']);
  assert.equal((await find('退货')).length, 2);
  await articles.change(sue, id, { versions: versions.slice(0, 1) });
  assert.deepEqual(await find('退货'), ['Returns en']);
});

test('bad articles are refused with the field', async () => {
  const { articles } = await open();
  const refused = (over: Parameters<typeof articleText>[0], field: string) =>
    assert.rejects(
      articles.create(sue, articleText(over)),
      (error) => error instanceof Refusal && error.code === 'content-invalid' && error.field === field,
    );
  await refused({ versions: [] }, 'versions');
  const en = { language: 'en', title: 'A', body: '' };
  await refused({ versions: [en, { ...en, language: 'EN' }] }, 'versions[1].language');
  await refused({ versions: [{ ...en, title: '' }] }, 'versions[0].title');
  await refused({ versions: [{ ...en, body: 'x'.repeat(200_001) }] }, 'versions[0].body');
});

test('a category is called what its reader speaks; where it has no such name, the nearest, else its own stands in', async () => {
  const { articles, categories, help } = await open();
  await articles.create(sue, articleText({ category: 'Orders' }));
  await articles.create(
    sue,
    articleText({ category: '订单', versions: [{ language: 'zh-CN', title: '退货', body: '寄回' }] }),
  );
  await articles.create(sue, articleText({ category: 'Drafts', status: 'draft' }));
  await categories.change(sue, ' Orders ', { 'zh-cn': ' 订单 ', fr: 'Commandes' });
  const namesFor = async (language: string) => (await help.categories(language)).map(({ name }) => name);
  // What is called the same in a language is one category to its readers.
  assert.deepEqual(await namesFor('zh-CN'), ['订单']);
  assert.deepEqual(await namesFor('zh'), ['订单']);
  assert.deepEqual(await namesFor('fr-CA'), ['Commandes', '订单']);
  assert.deepEqual(await namesFor('en'), ['Orders', '订单']);
  const listed = await categories.list(ben, 'zh');
  assert.deepEqual(
    listed.map(({ name, shown, articles: count }) => [name, shown, count]),
    [
      ['Orders', '订单', 1],
      ['订单', '订单', 1],
    ],
  );
  assert.deepEqual(
    (await categories.list(sue, 'en')).map(({ name }) => name),
    ['Drafts', 'Orders', '订单'],
  );
  assert.equal((await articles.list(ben, { q: 'command', limit: 9 })).items.length, 1);
  assert.deepEqual((await categories.change(sue, 'Orders', { 'zh-CN': '' })).names, { fr: 'Commandes' });
  await assert.rejects(categories.change(sue, 'Orders', { 'no tag': 'x' }), /names\.no tag: expected a language tag/);
  await assert.rejects(categories.change(sue, '  ', {}), /name: is empty/);
});

/** The same article about each of some products. */
async function openWithProducts(graph?: KnowledgeGraph) {
  const opened = await open(graph);
  for (const [en, zh] of [
    ['Aurora Two', '极光二号'],
    ['Aurora Air', '极光耳机'],
    ['Aurora One', '极光一号'],
  ])
    await opened.articles.create(
      sue,
      articleText({
        versions: [
          { language: 'en', title: `Cleaning the ${en}`, body: `Wipe the ${en} with a soft cloth.` },
          { language: 'zh-CN', title: `${zh}的清洁`, body: `请用软布擦拭${zh}。` },
        ],
      }),
    );
  const query = { audience: 'customer', limit: 2, language: 'zh-CN' } as const;
  return { ...opened, explained: (text: string) => opened.search.explained({ ...query, text }) };
}

test('by another name the right one of nearly equal articles comes first, the others last, and the path says so', async () => {
  const { explained } = await openWithProducts(createKnowledgeGraph(shopGraph));
  const { passages, path } = await explained('极光手机怎么清洁');
  assert.deepEqual(
    passages.map(({ source, relation }) => [source.title, relation]),
    [
      ['极光一号的清洁', 'named'],
      ['极光耳机的清洁', 'other'],
    ],
  );
  assert.ok((passages[1]?.score ?? 1) < 0.5);
  assert.deepEqual(path?.linked[0], { said: '极光手机', names: ['极光一号'], above: ['手机', '电子产品', '本店'] });
  assert.deepEqual(path?.widened, ['Aurora One', '极光一号']);
  assert.ok((path?.putDown.length ?? 0) > 0);
  for (const { title, about } of path?.putDown ?? []) assert.equal(title, `${about.join()}的清洁`);
});

test('where the question names nothing, or there is no graph, what is found is the same to the last bit', async () => {
  const texts = ['怎么清洁', '软布', '请问营业时间', 'cleaning'];
  const plain = await openWithProducts();
  const led = await openWithProducts(createKnowledgeGraph(shopGraph));
  const empty = await openWithProducts(createKnowledgeGraph(emptyGraph));
  // Ids are drawn anew in each store.
  const told = async ({ explained }: typeof plain, text: string) => {
    const { passages, path } = await explained(text);
    return [path, passages.map(({ id: _, source: { id: __, ...source }, ...rest }) => ({ ...rest, source }))];
  };
  for (const text of texts) {
    const expected = await told(plain, text);
    assert.deepEqual(await told(led, text), expected, text);
    assert.deepEqual(await told(empty, text), expected, text);
  }
  assert.deepEqual(await told(empty, '极光一号怎么清洁'), await told(plain, '极光一号怎么清洁'));
});

test('where an article is read is told in the language that fits best, and only while everybody can read it', async () => {
  const { articles, help, setNow } = await open();
  const versions = [
    { language: 'en', title: 'Returns', body: 'x' },
    { language: 'zh-CN', title: '退货', body: 'x' },
  ];
  const { id } = await articles.create(sue, articleText({ versions, validUntil: 5_000 }));
  const inside = await articles.create(sue, articleText({ audience: 'agents' }));
  assert.equal(await help.pathOf(id, 'zh'), `/help/zh-CN/articles/${id}`);
  assert.equal(await help.pathOf(id, undefined), `/help/en/articles/${id}`);
  assert.equal(await help.pathOf(inside.id, 'en'), undefined);
  assert.equal(await help.pathOf('nothing', 'en'), undefined);
  await help.change({ enabled: false });
  assert.equal(await help.pathOf(id, 'en'), undefined, 'the help centre is closed');
  await help.change({ enabled: null });
  setNow(6_000);
  assert.equal(await help.pathOf(id, 'en'), undefined, 'it is over');
});
