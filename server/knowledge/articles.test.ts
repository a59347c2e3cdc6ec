import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '../base/ids.ts';
import { Refusal } from '../gateway/refusal.ts';
import { articleText, replyText } from '../testing/knowledge-items.ts';
import { openTestStore } from '../testing/test-store.ts';
import { createKnowledge } from './knowledge.ts';
import type { KnowledgeQuery } from './knowledge-search.ts';
import { createPassageIndex } from './search/passage-index.ts';
import type { Viewer } from './viewer.ts';

const sue: Viewer = { id: 'sue', name: 'Sue', email: 's@x', isSupervisor: true, groupIds: new Set() };
const ben: Viewer = { ...sue, id: 'ben', name: 'Ben', isSupervisor: false };

async function open() {
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
