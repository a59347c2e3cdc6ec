import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newId } from '../../base/ids.ts';
import { articleText, replyText } from '../../testing/knowledge-items.ts';
import { openTestStore } from '../../testing/test-store.ts';
import { createKnowledge } from '../knowledge.ts';
import type { KnowledgeKind } from '../knowledge-item.ts';
import { createPassageIndex } from '../search/passage-index.ts';
import type { Viewer } from '../viewer.ts';
import { htmlToMarkdown } from './html-to-markdown.ts';
import type { ImportRequest } from './importer.ts';
import { writeZip } from './zip.ts';

const sue: Viewer = { id: 'sue', name: 'Sue', email: 's@x', isSupervisor: true, groupIds: new Set() };
const defaults = { language: 'en', status: 'draft', audience: 'public', visibility: 'all' } as const;

async function open() {
  const store = await openTestStore();
  const knowledge = createKnowledge({
    store: store.knowledge,
    meta: store.meta,
    secret: 's',
    index: createPassageIndex(),
    clock: { now: () => 1_000 } as never,
    newId,
    conversations: { get: async () => undefined, contact: async () => undefined, messages: async () => [] },
    groups: () => [],
    channelName: () => '',
    onError: (error) => assert.fail(String(error)),
  });
  const run = (kind: KnowledgeKind, files: Record<string, string | Uint8Array>, over: Partial<ImportRequest> = {}) =>
    knowledge.importer.run(sue, {
      kind,
      dryRun: false,
      defaults,
      mapping: {},
      files: Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text as string) })),
      ...over,
    });
  const counts = async (...args: Parameters<typeof run>) =>
    (await run(...args)).map(({ created, updated, unchanged, errors }) =>
      errors.length > 0 ? errors.map(({ line, message }) => `${line}: ${message}`) : [created, updated, unchanged],
    );
  const namesOf = async () => (await knowledge.categories.list(sue, undefined)).map(({ name, names }) => [name, names]);
  const replies = async () => (await knowledge.replies.list(sue, { scope: 'all', limit: 99 })).items;
  const articles = async () => {
    const { items } = await knowledge.articles.list(sue, { limit: 99 });
    return Promise.all(items.map(({ id }) => knowledge.articles.get(sue, id)));
  };
  return { ...knowledge, run, counts, replyList: replies, articleList: articles, namesOf };
}

const csv =
  'Key,Title,Body,Short Code,Language\nr1,Refund,"Money back,\nin 5 days",/refund,en\nr1,Refund,5 天内退款,,zh\n\nr2,Hello,Hi {{contact.name}},,\n';

test('a CSV file is tried, brought in, brought in again without doubling, and updates by its key', async () => {
  const { counts, replyList } = await open();
  assert.deepEqual(await counts('canned-reply', { 'a.csv': csv }, { dryRun: true }), [[2, 0, 0]]);
  assert.deepEqual(await replyList(), []);
  assert.deepEqual(await counts('canned-reply', { 'a.csv': csv }), [[2, 0, 0]]);
  assert.deepEqual(await counts('canned-reply', { 'a.csv': csv }), [[0, 0, 2]]);
  assert.deepEqual(await counts('canned-reply', { 'b.csv': 'key;title;body\nr2;Hello;Good day' }), [[0, 1, 0]]);
  const [hello, refund] = await replyList();
  assert.deepEqual([hello?.body, hello?.rev], ['Good day', 2]);
  assert.deepEqual([refund?.body, refund?.shortCode, refund?.language], ['Money back,\nin 5 days', 'refund', 'en']);
  assert.deepEqual(refund?.variants, [{ language: 'zh', channelType: null, body: '5 天内退款' }]);
});

test('of two files with the same key and language the second is refused, and says which was first', async () => {
  const { run, counts, articleList } = await open();
  const files = {
    'a.md': '# Returns\nIn 14 days',
    'a.html': '<h1>Returns</h1><p>In 30 days',
    'a.de.md': '# Rückgabe\nx',
  };
  const expected = [[1, 0, 0], ['1: a.md has another text for the same (key a): rename one of them.'], [0, 1, 0]];
  assert.deepEqual(await counts('article', files, { dryRun: true }), expected);
  assert.deepEqual(await counts('article', files), expected);
  const [article] = await articleList();
  assert.deepEqual(
    article?.versions.map(({ language, body }) => [language, body]),
    [
      ['en', 'In 14 days'],
      ['de', 'x'],
    ],
  );
  assert.deepEqual(await counts('canned-reply', { 'x.csv': 'title,body\nHi,a', 'y.csv': 'title,body\nHi,a' }), [
    [1, 0, 0],
    [0, 0, 1],
  ]);
  const [, second] = await run('canned-reply', { 'x.csv': 'title,body\nHi,b', 'y.csv': 'title,body\nhi,c' });
  assert.match(second?.errors[0]?.message ?? '', /x\.csv has another text for the same \(title hi\)/);
});

test('a day is one of the server’s time zone, and the last day is one on which it still holds', async () => {
  const { counts, replyList } = await open();
  const rows = 'title,body,valid_from,valid_until\nA,a,2026/12/1,2026-12-31\nB,b,2026-12-01T18:00Z,\n';
  assert.deepEqual(await counts('canned-reply', { 'a.csv': rows }), [[2, 0, 0]]);
  const [a, b] = (await replyList()).toSorted((one, other) => one.title.localeCompare(other.title));
  assert.deepEqual([a?.validFrom, a?.validUntil], [new Date(2026, 11, 1).getTime(), new Date(2027, 0, 1).getTime()]);
  assert.deepEqual([b?.validFrom, b?.validUntil], [Date.UTC(2026, 11, 1, 18), null]);
  for (const day of ['2026-02-31', '2026-13-01', '1.12.2026', 'soon'])
    assert.match(
      String(await counts('canned-reply', { 'a.csv': `title,body,valid_from\nC,c,${day}` })),
      /expected a date/,
    );
});

test('each mistake is told with its line, and nothing of the file comes in', async () => {
  const { counts, replyList } = await open();
  const wrong = 'title,body,visibility\nA,"x\ny",all\nB,{{contact.nmae}},all\nC,,all\nD,fine,everyone\n';
  assert.deepEqual(await counts('canned-reply', { 'a.csv': wrong, 'b.csv': 'title,body\nGood,fine' }), [
    [
      '4: body: line 1, column 1: There is no variable {{contact.nmae}}. Did you mean {{contact.name}}?',
      '5: body: is empty.',
      '6: visibility: expected private, groups, all, got "everyone".',
    ],
    [1, 0, 0],
  ]);
  assert.deepEqual(
    (await replyList()).map(({ title }) => title),
    ['Good'],
  );
  const told = async (text: string) => String((await counts('canned-reply', { 'a.csv': text }))[0]);
  assert.match(await told(''), /1: The file is empty/);
  assert.match(await told('title,colour\nA,b'), /1: The column "colour" is not known. Known are key, title/);
  assert.match(await told('title\nA'), /1: The column body is missing/);
  assert.match(await told('title,body\nA,b\nB'), /3: This row has 1 values, and the header 2 columns/);
  assert.match(await told('title,body\nA,"b'), /: This is no CSV/);
  assert.match(await told('title,body,code\nA,b,x\nB,b,x'), /3: code: another canned reply has \/x/);
  assert.match(String((await counts('canned-reply', { 'a.doc': 'x' }))[0]), /expected a file that ends in/);
  const pictures = writeZip([{ name: 'a.png', bytes: Buffer.from('x') }]);
  assert.match(String((await counts('canned-reply', { 'a.zip': pictures }))[0]), /In the archive is no file/);
  const table = writeZip([{ name: 'a.tsv', bytes: Buffer.from('title\tbody\nTabs\tfine') }]);
  assert.deepEqual(await counts('canned-reply', { 'a.zip': table }), [[1, 0, 0]]);
  assert.deepEqual(
    await counts('canned-reply', { 'a.csv': 'Frage,Antwort\nA,b' }, { mapping: { Frage: 'title', Antwort: 'body' } }),
    [[1, 0, 0]],
  );
});

test('a table tells what its columns are taken for, also where it cannot be read; each can be taken otherwise, or left out', async () => {
  const { run, replyList } = await open();
  const table = { 'a.csv': '事项,Answer,title,备注\nA,b,c,d' };
  const [before] = await run('canned-reply', table, { dryRun: true });
  assert.match(before?.errors[0]?.message ?? '', /"事项" is not known/);
  assert.deepEqual(before?.columns, [
    { name: '事项', as: null, example: 'A' },
    { name: 'Answer', as: 'body', example: 'b' },
    { name: 'title', as: 'title', example: 'c' },
    { name: '备注', as: null, example: 'd' },
  ]);
  const [twice] = await run('canned-reply', table, { mapping: { 事项: 'title', 备注: '' } });
  assert.match(twice?.errors[0]?.message ?? '', /The column title is there twice/);
  const [good] = await run('canned-reply', table, { mapping: { 事项: 'title', Title: '', 备注: '' } });
  assert.deepEqual(good?.errors, []);
  assert.deepEqual(
    good?.columns.map(({ as }) => as),
    ['title', 'body', '', ''],
  );
  assert.deepEqual(
    (await replyList()).map(({ title, body }) => [title, body]),
    [['A', 'b']],
  );
  const [page] = await run('canned-reply', { 'a.html': '<h1>A</h1><p>b</p>' }, { dryRun: true });
  assert.deepEqual(page?.columns, []);
});

test('Markdown files and saved pages become articles, languages by the file’s name, also out of an archive', async () => {
  const { counts, articleList } = await open();
  const page =
    '<html lang="zh-CN"><head><title>站点</title><link rel="canonical" href="https://shop.example/help/1"></head><body><nav>Menu</nav><main><h1>退货</h1><p>在 <b>30 天</b>内。<script>x()</script></p><ul><li>一</li><li><p>二</p></li></ul></main></body></html>';
  const zip = writeZip([
    { name: 'guide/returns.md', bytes: Buffer.from('---\ntitle: Returns\nstatus: published\n---\n\nSend it back.') },
    { name: 'guide/returns.zh-CN.md', bytes: Buffer.from('# 退货\n\n寄回。') },
    { name: 'guide/logo.png', bytes: Buffer.from('no text') },
    { name: 'page.html', bytes: Buffer.from(page) },
  ]);
  assert.deepEqual(await counts('article', { 'site.zip': zip }), [
    [1, 0, 0],
    [0, 1, 0],
    [1, 0, 0],
  ]);
  assert.deepEqual((await counts('article', { 'site.zip': zip })).flat(), [0, 0, 1, 0, 0, 1, 0, 0, 1]);
  const articles = await articleList();
  const returns = articles.find(({ externalKey }) => externalKey === 'guide/returns');
  assert.deepEqual(returns?.versions, [
    { language: 'en', title: 'Returns', body: 'Send it back.' },
    { language: 'zh-CN', title: '退货', body: '寄回。' },
  ]);
  assert.equal(returns?.status, 'published');
  const saved = articles.find(({ externalKey }) => externalKey === 'https://shop.example/help/1');
  assert.deepEqual(saved?.versions, [{ language: 'zh-CN', title: '退货', body: '在 **30 天**内。\n\n- 一\n- 二' }]);
  const wrong = '---\ntitle: A\nstatus: ready\n---\nx';
  assert.deepEqual(await counts('article', { 'a.md': wrong, 'b.md': '---\ntitel: A\n---\nx', 'c.zip': 'no' }), [
    ['3: status: expected draft, published, archived, got "ready".'],
    [
      '2: "titel" is not known. Known are key, title, body, language, channels, valid_from, valid_until, category, category_name, status, audience.',
    ],
    ['1: This is no ZIP archive, or its end is missing.'],
  ]);
});

test('what is exported is, brought in again, what there is already; elsewhere it is the same', async () => {
  const { counts, exported, replies, articles } = await open();
  await replies.create(
    sue,
    replyText({
      body: '=1+1\n"quoted", {{contact.name|there}}',
      variants: [{ language: 'zh-CN', channelType: 'web', body: '- 好' }],
    }),
  );
  await articles.create(
    sue,
    articleText({ versions: [{ language: 'en', title: '"A": b', body: '# x\n\n- y' }], validUntil: 5_000 }),
  );
  const [replyCsv] = await exported('canned-reply', 'csv');
  const [articleCsv] = await exported('article', 'csv');
  const [markdown] = await exported('article', 'markdown');
  assert.match(String(replyCsv), /"'=1\+1\n/);
  assert.deepEqual(await counts('canned-reply', { 'a.csv': String(replyCsv) }), [[0, 0, 1]]);
  assert.deepEqual(await counts('article', { 'a.csv': String(articleCsv), 'a.zip': markdown as Buffer }), [
    [0, 0, 1],
    [0, 0, 1],
  ]);
  const other = await open();
  assert.deepEqual(await other.counts('canned-reply', { 'a.csv': String(replyCsv) }), [[1, 0, 0]]);
  assert.deepEqual(await other.counts('article', { 'a.csv': String(articleCsv) }), [[1, 0, 0]]);
  const [article] = await other.articleList();
  assert.deepEqual(article?.versions, [{ language: 'en', title: '"A": b', body: '# x\n\n- y' }]);
});

test('any page at all becomes text without an error, and no script of it', () => {
  const piece = fc.constantFrom(
    '<main>',
    '</main>',
    '<p>',
    '</p>',
    '<ul><li>',
    '</li></ul>',
    '<table><tr><td>',
    '</td></tr></table>',
    '<a href="https://a.example">',
    '</a>',
    '<script>bad()</script>',
    '<pre>',
    '</pre>',
    // Not right behind a "<": what begins so is a tag, and of a script's tag in it an attribute, as in a browser.
    ' word ',
    '<h1>',
    '</h1>',
    '<',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      assert.doesNotMatch(htmlToMarkdown(pieces.join('')).markdown, /bad\(\)/);
    }),
  );
  assert.equal(
    htmlToMarkdown(
      '<h2>A</h2><ol><li>x <a href="https://a.example/b">y</a></li></ol><table><tr><th>a</th></tr><tr><td>1|2</td></tr></table><pre>a\n b</pre>',
    ).markdown,
    '## A\n\n1. x [y](https://a.example/b)\n\n| a |\n| --- |\n| 1\\|2 |\n\n```\na\n b\n```',
  );
});

test('an import names categories by language, an export brings the names along, and one name per language holds', async () => {
  const { run, counts, namesOf, exported } = await open();
  const table =
    'key,language,title,body,category,category_name\nr,en,Returns,x,Orders,\nr,zh-CN,退货,x,Orders,订单\ns,zh-CN,发货,x,Orders,订单\n';
  const [dry] = await run('article', { 'a.csv': table }, { dryRun: true });
  assert.deepEqual([dry?.categoryNames, await namesOf()], [1, []]);
  const [done] = await run('article', { 'a.csv': table });
  assert.deepEqual([done?.created, done?.categoryNames], [2, 1]);
  assert.deepEqual(await namesOf(), [['Orders', { 'zh-CN': '订单' }]]);
  const [again] = await run('article', { 'a.csv': table });
  assert.deepEqual([again?.unchanged, again?.categoryNames], [2, 0]);

  // What is the same but for its category's name is left alone, and the name is set.
  const renamed = table.replaceAll('订单', '订单与发货');
  assert.deepEqual(
    (await run('article', { 'a.csv': renamed })).map((file) => [file.unchanged, file.categoryNames]),
    [[2, 1]],
  );
  assert.deepEqual(await namesOf(), [['Orders', { 'zh-CN': '订单与发货' }]]);
  assert.match(String((await exported('article', 'csv'))[0]), /zh-CN,退货,x,Orders,订单与发货,/);
  const [zip] = await exported('article', 'markdown');
  const other = await open();
  const brought = await other.run('article', { 'all.zip': zip as Buffer });
  assert.deepEqual(
    brought.flatMap(({ errors }) => errors),
    [],
  );
  assert.deepEqual(await other.namesOf(), [['Orders', { 'zh-CN': '订单与发货' }]]);

  const torn = table.replace('订单\n', '订购\n');
  const twice = '"Orders" is called "订购" in zh-CN on line 3: give it one name.';
  assert.deepEqual(await counts('article', { 'b.csv': torn }), [[`4: category_name: ${twice}`]]);
  const files = {
    'c.md': '---\ncategory: Orders\ncategory_name: A\n---\n# C\n\nx',
    'd.md': '---\ncategory: Orders\ncategory_name: B\n---\n# D\n\nx',
    'e.md': '---\ncategory_name: B\n---\n# E\n\nx',
  };
  assert.deepEqual(await counts('article', files), [
    [1, 0, 0],
    ['3: category_name: "Orders" is called "A" in en in c.md: give it one name.'],
    ['2: category_name: the article is in no category: name it, too.'],
  ]);
});
