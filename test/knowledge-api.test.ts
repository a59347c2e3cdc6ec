import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Problem } from '@parley/sdk/protocol.ts';
import {
  beginVisit,
  call,
  FrameSocket,
  must,
  type SignedInAgent,
  signIn,
  text,
  webChannelOf,
} from './support/clients.ts';
import { DescribedApi, routesOf } from './support/described-api.ts';
import { admin, makeDataDir, type ServerProcess, startServer } from './support/server-process.ts';

interface Item {
  readonly id: string;
  readonly rev: number;
}
type List<T> = { items: T[]; nextCursor: string | null };

let server: ServerProcess;
let api: DescribedApi;
let token: string;
let agentToken: string;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  const dataDir = await makeDataDir({ after: (run) => void endings.push(run) });
  server = await startServer({ dataDir, env: { PARLEY_TRUST_PROXY: '127.0.0.1' } });
  api = await DescribedApi.of(server);
  token = (await api.must<SignedInAgent>('POST /api/v1/login', { body: { ...admin } })).token;
  const body = { name: 'Ada', role: 'agent', capacity: 5, email: 'ada@parley.test', password: 'password of ada' };
  await api.must('POST /api/v1/agents', { token, body });
  agentToken = (await signIn(server, body)).token;
});
after(async () => {
  await server?.stop();
  for (const end of endings) await end();
});

const article = (title: string, body: string, over: object = {}) => ({
  versions: [{ language: 'en', title, body }],
  status: 'published',
  audience: 'public',
  category: 'Orders',
  ...over,
});
const visit = (path: string, headers: Record<string, string> = {}) =>
  call<string>(server, `GET ${path}` as 'GET /', { headers });

test('a canned reply is made, found, rendered in a conversation and counted, changed and deleted', async () => {
  const channelId = await webChannelOf(server, token);
  const { visitorToken, contactId } = await beginVisit(server, channelId);
  await api.must(`PATCH /api/v1/contacts/${contactId}`, { token, body: { name: 'Ann' } });
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const { message } = await socket.request('message.send', { clientId: 'c1', content: text('hello') });
  const { conversationId } = message;
  await socket.close();
  const body = {
    title: 'Welcome',
    shortCode: '/hi',
    body: 'Hi {{contact.name|there}}, {{contact.phone}}',
    visibility: 'all',
  };
  const made = await api.must<Item>('POST /api/v1/canned-replies', { token, body });
  const list = await api.must<List<Item & { reads: string }>>(
    `GET /api/v1/canned-replies?scope=usable&q=hi&conversationId=${conversationId}`,
    { token: agentToken },
  );
  assert.deepEqual(
    list.items.map(({ id, reads }) => [id, reads]),
    [[made.id, 'Hi Ann, {{contact.phone}}']],
  );
  const rendered = await api.must<object>(`POST /api/v1/canned-replies/${made.id}/render`, {
    token: agentToken,
    body: { conversationId, use: true },
  });
  assert.deepEqual(rendered, {
    id: made.id,
    text: 'Hi Ann, {{contact.phone}}',
    missing: ['contact.phone'],
    attachments: [],
  });
  const seen = await api.must<Item & { uses: number }>(`GET /api/v1/canned-replies/${made.id}`, { token });
  assert.equal(seen.uses, 1);
  const forbidden = await api.call<Problem>(`PATCH /api/v1/canned-replies/${made.id}`, {
    token: agentToken,
    body: { title: 'x' },
  });
  assert.deepEqual([forbidden.status, forbidden.body.code], [403, 'forbidden']);
  const unknown = await api.call<Problem>(`PATCH /api/v1/canned-replies/${made.id}`, {
    token,
    body: { body: '{{nobody}}' },
  });
  assert.deepEqual([unknown.status, unknown.body.field], [400, 'body']);
  await api.must(`PATCH /api/v1/canned-replies/${made.id}`, { token, body: { body: 'Hello', rev: 1 } });
  const stale = await api.call<Problem>(`PATCH /api/v1/canned-replies/${made.id}`, {
    token,
    body: { body: 'Other', rev: 1 },
  });
  assert.deepEqual([stale.status, stale.body.code], [409, 'conflict']);
  const preview = await api.must<{ problems: unknown[] }>('POST /api/v1/canned-replies/preview', {
    token,
    body: { body: 'a {{x}}' },
  });
  assert.equal(preview.problems.length, 1);
  await api.must(`DELETE /api/v1/canned-replies/${made.id}`, { token });
  assert.equal((await api.call(`GET /api/v1/canned-replies/${made.id}`, { token })).status, 404);
});

test('articles are written by supervisors alone, keep revisions, and are found by agents', async () => {
  const body = article('Parcel tracking', 'Look under **My orders** for the parcel number.', { audience: 'agents' });
  assert.equal((await api.call('POST /api/v1/articles', { token: agentToken, body })).status, 403);
  const made = await api.must<Item>('POST /api/v1/articles', { token, body });
  const changed = await api.must<Item>(`PATCH /api/v1/articles/${made.id}`, {
    token,
    body: { category: 'Parcels', rev: 1 },
  });
  assert.equal(changed.rev, 2);
  assert.equal((await api.must<Item>(`GET /api/v1/articles/${made.id}`, { token: agentToken })).rev, 2);
  const restored = await api.must<Item & { category: string }>(`POST /api/v1/articles/${made.id}/restore`, {
    token,
    body: { rev: 1 },
  });
  assert.deepEqual([restored.rev, restored.category], [3, 'Orders']);
  const revisions = await api.must<List<Item>>(`GET /api/v1/articles/${made.id}/revisions?limit=2`, { token });
  assert.deepEqual([revisions.items.map(({ rev }) => rev), revisions.nextCursor], [[3, 2], '2']);
  const path = 'GET /api/v1/knowledge/search?q=parcel%20tracking&language=en' as const;
  const found = await api.must<List<{ source: { title: string }; helpPath?: string }>>(path, { token: agentToken });
  assert.equal(found.items[0]?.source.title, 'Parcel tracking');
  assert.equal(found.items[0]?.helpPath, undefined);
  const titles = async (q: string) =>
    (await api.must<{ items: object[] }>(`GET /api/v1/knowledge/titles?q=${q}&language=en`, { token: agentToken }))
      .items;
  assert.deepEqual(await titles('TRACK'), [{ kind: 'article', id: made.id, title: 'Parcel tracking', language: 'en' }]);
  assert.deepEqual(await titles('acking'), []);
  const { html } = await api.must<{ html: string }>('POST /api/v1/articles/preview', {
    token,
    body: { body: '<script>x</script>\n\n**b**' },
  });
  assert.equal(html.trim(), '<p><strong>b</strong></p>');
  await api.must(`DELETE /api/v1/articles/${made.id}`, { token });
});

test('where the help centre has nothing, a person gets a page in their language, and a program a problem', async () => {
  const inChinese = { accept: 'text/html,*/*;q=0.8', 'accept-language': 'zh-CN,zh;q=0.9' };
  const forPerson = async (path: string) => {
    const { status, headers, body } = await visit(path, inChinese);
    return [status, headers.get('content-type'), /<h1>(.*)<\/h1>/.exec(body)?.[1], body.includes('role="search"')];
  };
  const page = [404, 'text/html; charset=utf-8', '此地址没有内容'];
  await api.must('PATCH /api/v1/help-centre', { token, body: { enabled: false } });
  assert.deepEqual(await forPerson('/help'), [...page, false], 'closed: there is nothing to search');
  await api.must('PATCH /api/v1/help-centre', { token, body: { enabled: true } });
  for (const path of ['/help/xx', '/help/xx/articles/1', '/help/zh-CN/no/such/page'])
    assert.deepEqual(await forPerson(path), [...page, true], path);
  const program = await visit('/help/xx', { accept: '*/*' });
  assert.equal(program.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  await api.must('PATCH /api/v1/help-centre', { token, body: { enabled: null } });
});

test('the help centre opens with its first public article, and shows what is public and valid alone', async () => {
  assert.equal((await visit('/help/en')).status, 404);
  const hostile =
    '<img src=x onerror=alert(1)><script>alert(1)</script>[x](javascript:alert(1))\n\nSend it back within **30 days**.';
  const versions = [
    { language: 'en', title: 'Returns <b>&', body: hostile },
    { language: 'zh-CN', title: '退货', body: '30 天内寄回。' },
  ];
  const { id } = await api.must<Item>('POST /api/v1/articles', { token, body: article('', '', { versions }) });
  await api.must('POST /api/v1/articles', { token, body: article('Inside', 'secret words', { audience: 'agents' }) });
  await api.must('POST /api/v1/articles', { token, body: article('Over', 'secret words', { validUntil: 1_000 }) });
  const home = await visit('/help/en');
  assert.equal(home.status, 200);
  assert.match(home.body, /<h2>Orders<\/h2>.*Returns &lt;b&gt;&amp;/s);
  assert.doesNotMatch(home.body, /Inside|Over</);
  assert.match(
    home.headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'self'; img-src 'self' https:/,
  );
  // Named in the reader's language as soon as somebody says how; until then, and elsewhere, by its own name.
  assert.match((await visit('/help/zh-CN')).body, /<h2>Orders<\/h2>/);
  const naming = { name: 'Orders', names: { 'zh-CN': '订单 <1>' } };
  await api.must('PATCH /api/v1/article-categories', { token, body: naming });
  assert.match((await visit('/help/zh-CN')).body, /<h2>订单 &lt;1&gt;<\/h2>/);
  assert.match((await visit(`/help/zh-CN/articles/${id}`)).body, /› *<\/span> 订单 &lt;1&gt;<\/nav>/);
  assert.match((await visit('/help/en')).body, /<h2>Orders<\/h2>/);
  const named = await api.must<List<object>>('GET /api/v1/article-categories?language=zh', { token: agentToken });
  assert.deepEqual(
    named.items.find((one) => 'name' in one && one.name === 'Orders'),
    { ...naming, shown: '订单 <1>', articles: 3 },
  );
  assert.equal((await api.call('PATCH /api/v1/article-categories', { token: agentToken, body: naming })).status, 403);
  const again = await visit('/help/en', { 'if-none-match': home.headers.get('etag') ?? '' });
  assert.deepEqual([again.status, again.body], [304, '']);
  const page = await visit(`/help/en/articles/${id}`);
  assert.match(page.body, /<h1>Returns &lt;b&gt;&amp;<\/h1>/);
  assert.match(page.body, /<strong>30 days<\/strong>/);
  assert.doesNotMatch(page.body, /<script|onerror|javascript:/);
  assert.match(page.body, new RegExp(`hreflang="zh-CN" href="http[^"]+/help/zh-CN/articles/${id}"`));
  assert.match((await visit('/help/sitemap.xml')).body, new RegExp(`<loc>http[^<]+/help/zh-CN/articles/${id}</loc>`));
  const chosen = await visit('/help', { 'accept-language': 'fr;q=0.9, zh;q=0.8' });
  assert.deepEqual([chosen.status, chosen.headers.get('location')], [302, '/help/zh-CN']);
  for (const path of ['/help/xx', `/help/en/articles/none`, '/help/%00', '/help/en/articles/%3Cscript%3E'])
    assert.equal((await visit(path)).status, 404, path);
  const found = await visit('/help/en/search?q=send%20back%20within%2030%20days');
  assert.match(found.body, /Results for .*Returns &lt;b&gt;/s);
  assert.match(
    home.body,
    /<input id="q"[^>]* list="titles"[^>]*><datalist id="titles"><option value="Returns &lt;b&gt;&amp;">/,
  );
  const begun = await visit('/help/en/search?q=ret');
  assert.match(begun.body, /Titles with these words.*Returns &lt;b&gt;/s);
  const completed = async (q: string) =>
    (await api.must<{ items: object[] }>(`GET /help/zh-CN/titles?q=${encodeURIComponent(q)}`)).items;
  assert.deepEqual(await completed('货'), [
    { id, title: '退货', language: 'zh-CN', path: `/help/zh-CN/articles/${id}` },
  ]);
  assert.deepEqual(await completed('ret'), [
    { id, title: 'Returns <b>&', language: 'en', path: `/help/en/articles/${id}` },
  ]);
  assert.deepEqual(await completed('ins'), []);
  assert.equal((await visit('/help/xx/titles?q=ret')).status, 404);
  const ask = (times: number) => Promise.all(Array.from({ length: times }, () => visit('/help/en/titles?q=ret')));
  const few = await ask(230);
  assert.ok(few.every(({ status }) => status === 200));
  let refused: Awaited<ReturnType<typeof visit>> | undefined;
  while (refused === undefined) refused = (await ask(60)).find(({ status }) => status === 429);
  assert.match(JSON.stringify(refused.body), /try again in a moment/);
  const askFrom = async (address: string) =>
    (await call(server, 'GET /help/en/titles?q=ret', { headers: { 'x-forwarded-for': address } })).status;
  const hosts = Array.from({ length: 480 }, (_, i) => `2001:db8:0:1::${(i + 1).toString(16)}`);
  const statuses = await Promise.all(hosts.map(askFrom));
  assert.ok(statuses.includes(429), 'the addresses of one network count as one');
  assert.equal(await askFrom('2001:db8:0:2::1'), 200);
  const inChat = '/api/v1/visitor/help';
  const hits = await api.must<List<{ id: string; title: string; excerpt: string }>>(
    `GET ${inChat}?q=send%20back%20within%2030%20days&language=en`,
  );
  assert.deepEqual(
    hits.items.map(({ title }) => title),
    ['Returns <b>&'],
  );
  const read = await api.must<{ text: string; path: string }>(`GET ${inChat}/articles/${id}?language=zh-Hans`);
  assert.deepEqual([read.text, read.path], ['30 天内寄回。', `/help/zh-CN/articles/${id}`]);
  assert.doesNotMatch((await api.must<{ text: string }>(`GET ${inChat}/articles/${id}?language=en`)).text, /</);
  assert.equal((await api.call(`GET ${inChat}/articles/none?language=en`)).status, 404);
  const begunInChat = await api.must<List<{ title: string }>>(`GET ${inChat}?q=ret&language=en`);
  assert.deepEqual(
    begunInChat.items.map(({ title }) => title),
    ['Returns <b>&'],
  );
  await api.must('PATCH /api/v1/help-centre', { token, body: { enabled: false } });
  assert.equal((await visit('/help/en')).status, 404);
  assert.equal((await api.call(`GET ${inChat}?q=returns&language=en`)).status, 404);
  await api.must('PATCH /api/v1/help-centre', { token, body: { enabled: true, titles: { en: 'Shop <help>' } } });
  assert.match((await visit('/help/en')).body, /Shop &lt;help&gt;/);
  assert.equal((await api.call('PATCH /api/v1/help-centre', { token: agentToken, body: {} })).status, 403);
});

test('a reader counts once for an article, without a word about them; a search in vain is noted, not what is personal', async () => {
  const { items } = await api.must<List<Item & { audience: string }>>('GET /api/v1/articles?q=returns', { token });
  const id = items[0]?.id;
  const vote = (helpful: string, headers: Record<string, string> = {}) =>
    call(server, `POST /help/en/articles/${id}/vote` as 'POST /', {
      raw: new URLSearchParams({ helpful }),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  const first = await vote('yes');
  assert.deepEqual([first.status, first.headers.get('location')], [303, `/help/en/articles/${id}?thanks`]);
  const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
  assert.match(first.headers.get('set-cookie') ?? '', /HttpOnly; SameSite=Lax/);
  await vote('no', { cookie });
  await vote('no', { cookie });
  const votes = await api.must<List<{ helpful: number; unhelpful: number }>>('GET /api/v1/articles?q=returns', {
    token,
  });
  assert.deepEqual([votes.items[0]?.helpful, votes.items[0]?.unhelpful], [0, 1]);
  assert.equal((await vote('yes', { origin: 'https://evil.example' })).status, 403);
  assert.equal((await vote('perhaps')).status, 400);
  for (const q of ['quantum xylophone', 'ann@example.com zzz', 'zzz 5551234567']) {
    const { status, body } = await visit(`/help/en/search?q=${encodeURIComponent(q)}`);
    assert.equal(status, 200);
    assert.match(body, /Nothing was found/);
  }
  const misses = await api.must<List<{ text: string; count: number }>>('GET /api/v1/knowledge/searches', { token });
  assert.deepEqual(
    misses.items.map(({ text: words, count }) => [words, count]),
    [['quantum xylophone', 1]],
  );
  await api.must('DELETE /api/v1/knowledge/searches?text=quantum%20xylophone&language=en', { token });
  assert.deepEqual((await api.must<List<object>>('GET /api/v1/knowledge/searches', { token })).items, []);
});

test('what no version in the reader’s language says is found in another one, and is not noted as missed', async () => {
  const versions = [
    { language: 'en', title: 'Shipping costs', body: 'Parcels are free from fifty euros on.' },
    { language: 'zh-CN', title: '运费说明', body: '偏远地区需要另付快递费用。' },
  ];
  const { id } = await api.must<Item>('POST /api/v1/articles', { token, body: article('', '', { versions }) });
  const inChinese = `href="/help/zh-CN/articles/${id}" lang="zh-CN">运费说明`;
  const bodyOf = async (language: string, q: string) =>
    (await visit(`/help/${language}/search?q=${encodeURIComponent(q)}`)).body;
  assert.ok((await bodyOf('en', '偏远地区快递费用')).includes(inChinese));
  assert.ok((await bodyOf('en', '运费')).includes(inChinese));
  assert.match(await bodyOf('zh-CN', 'are parcels free'), new RegExp(`/help/en/articles/${id}"`));
  const own = await bodyOf('en', 'shipping costs');
  assert.match(own, new RegExp(`/help/en/articles/${id}"`));
  assert.ok(!own.includes(inChinese));
  const inChat = await api.must<List<{ id: string; language: string }>>(
    `GET /api/v1/visitor/help?q=${encodeURIComponent('偏远地区快递费用')}&language=en`,
  );
  assert.deepEqual(
    inChat.items.map((item) => [item.id, item.language]),
    [[id, 'zh-CN']],
  );
  assert.deepEqual((await api.must<List<object>>('GET /api/v1/knowledge/searches', { token })).items, []);
  await api.must(`DELETE /api/v1/articles/${id}`, { token });
});

test('zh and zh-CN are one language to the reader: one entry, one title, the articles of both', async () => {
  const ids: string[] = [];
  for (const language of ['zh', 'zh-CN', 'zh-TW']) {
    const versions = [{ language, title: `文章 ${language}`, body: '正文' }];
    ids.push((await api.must<Item>('POST /api/v1/articles', { token, body: article('', '', { versions }) })).id);
  }
  const { titles } = await api.must<{ titles: object }>('GET /api/v1/help-centre', { token });
  await api.must('PATCH /api/v1/help-centre', { token, body: { titles: { ...titles, zh: '小店帮助', fr: '' } } });
  const offered = (body: string) =>
    [...(body.split('<footer>')[1] ?? '').matchAll(/lang="([^"]+)"(?: hreflang="[^"]+")?>/g)].map(([, tag]) => tag);
  for (const [language, entries] of [
    ['zh-CN', ['en', 'zh-CN', 'zh-TW']],
    ['zh', ['en', 'zh', 'zh-TW']],
  ] as const) {
    const { body } = await visit(`/help/${language}`);
    assert.match(body, /<h1 class="site">小店帮助<\/h1>/);
    assert.deepEqual(offered(body), entries);
    assert.match(body, /文章 zh<.*文章 zh-CN</s);
    assert.equal(body.match(/aria-current="true"/g)?.length, 1);
  }
  await api.must('PATCH /api/v1/help-centre', { token, body: { titles } });
  for (const id of ids) await api.must(`DELETE /api/v1/articles/${id}`, { token });
});

test('files are tried, brought in, and taken out again over the API', async () => {
  const data = Buffer.from('title,body\nOpening hours,9 to 5\n').toString('base64');
  const body = { kind: 'canned-reply', files: [{ name: 'a.csv', data }] };
  assert.equal((await api.call('POST /api/v1/knowledge/import', { token: agentToken, body })).status, 403);
  const tried = await api.must<{ files: { created: number }[] }>('POST /api/v1/knowledge/import', {
    token,
    body: { ...body, dryRun: true },
  });
  assert.equal(tried.files[0]?.created, 1);
  await api.must('POST /api/v1/knowledge/import', { token, body });
  const exported = await must(
    call<string>(server, 'GET /api/v1/knowledge/export?kind=canned-reply&format=csv', { token }),
  );
  assert.match(exported, /Opening hours,,9 to 5,en/);
});

test('the help centre’s settings are told, and what is written can be taken along', async () => {
  await api.must('GET /api/v1/help-centre', { token });
  const csv = await api.must<string>('GET /api/v1/knowledge/export?kind=canned-reply&format=csv', { token });
  assert.match(csv, /title/);
});

test('every route of the knowledge base was called with success here', () => {
  const names = api.operations().map(([name]) => name);
  const missing = names.filter((name) => routesOf.knowledge.test(name) && !api.succeeded.has(name));
  assert.deepEqual(missing, []);
});
