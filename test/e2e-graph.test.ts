import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { writeGraphCsv } from '../server/bot/graph/graph-csv.ts';
import { shopGraph } from '../server/bot/graph/shop-graph-fixture.ts';
import { type RunningProgram, startProgram } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { chromiumMissing, launchBrowser, signInToConsole } from './support/pages.ts';

let server: RunningProgram;
before(async () => {
  server = await startProgram();
});
after(() => server[Symbol.asyncDispose]());

type Item = Record<string, unknown> & { readonly id: string };
const list = (path: string) => server.api<{ items: Item[]; nextCursor: string | null }>('GET', path);

test('a dictionary and a pattern are stored, found in texts, changed, filled from CSV and removed', async () => {
  const colours = await server.api<Item>('POST', '/api/v1/entities', {
    name: 'colour',
    kind: 'dictionary',
    values: [{ value: 'red', synonyms: ['红色'] }],
  });
  const orders = await server.api<Item>('POST', '/api/v1/entities', {
    name: 'order',
    kind: 'pattern',
    pattern: 'DD\\d{8,12}',
  });
  const found = async (text: string) =>
    (
      await server.api<{ items: { type: string; value: string }[] }>('POST', '/api/v1/entities/try', {
        text,
        timeZone: 'Asia/Shanghai',
      })
    ).items.map(({ type, value }) => `${type}=${value}`);
  assert.deepEqual(await found('红色的，订单dd20261128'), ['colour=red', 'order=DD20261128']);
  await server.api('POST', `/api/v1/entities/${colours.id}/import`, {
    csv: 'value,synonyms\nblue,蓝色|navy\nred,scarlet\n',
  });
  assert.deepEqual(await found('蓝色 scarlet 红色'), ['colour=blue', 'colour=red', 'colour=red']);
  await server.api('PATCH', `/api/v1/entities/${orders.id}`, { enabled: false });
  assert.deepEqual(await found('DD20261128'), []);
  assert.equal((await list('/api/v1/entities?limit=1')).items.length, 1);
  await server.api('DELETE', `/api/v1/entities/${orders.id}`);
  assert.deepEqual(
    (await list('/api/v1/entities')).items.map(({ name }) => name),
    ['colour'],
  );
});

test('what cannot be is refused with its field, and nothing changes', async () => {
  const refused = (method: string, path: string, body: unknown, why: RegExp) =>
    assert.rejects(server.api(method, path, body), why);
  await refused('POST', '/api/v1/entities', { name: 'money', kind: 'dictionary' }, /400.*is found always/);
  await refused(
    'POST',
    '/api/v1/entities',
    { name: 'Colour', kind: 'dictionary' },
    /409.*there is \\"Colour\\" already/,
  );
  await refused('POST', '/api/v1/entities', { name: 'no', kind: 'pattern', pattern: '(a+)+' }, /400.*no upper bound/);
  const twice = [
    { value: 'a', synonyms: ['x'] },
    { value: 'b', synonyms: ['Ｘ'] },
  ];
  await refused(
    'POST',
    '/api/v1/entities',
    { name: 'no', kind: 'dictionary', values: twice },
    /is a word of \\"a\\" and of \\"b\\"/,
  );
  await refused('POST', '/api/v1/entities/try', { text: 'x', timeZone: 'Mars/Base' }, /is no time zone/);
  assert.equal((await list('/api/v1/entities')).items.length, 1);
});

test('a graph is imported from CSV, asked, edited and exported; an import with a fault changes nothing', async () => {
  const csv = writeGraphCsv(shopGraph);
  assert.deepEqual(await server.api('POST', '/api/v1/graph/import', { format: 'csv', ...csv }), {
    nodes: 15,
    relations: 11,
    answers: 14,
  });
  await assert.rejects(
    server.api('POST', '/api/v1/graph/import', { format: 'csv', relations: 'from,type,to\nshop,is-a,p-one\n' }),
    /relations, line 2, to: closes a circle/,
  );
  assert.equal((await list('/api/v1/graph/relations')).items.length, 11);
  const ask = async (text: string, rest: object = {}) =>
    (
      await server.api<{ answer: { kind: string; text?: string; choices?: { id: string; label: string }[] } }>(
        'POST',
        '/api/v1/graph/try',
        { text, ...rest },
      )
    ).answer;
  assert.equal((await ask('极光一号多少钱')).text, '极光一号售价2999元。');
  const question = await ask('How much is the Max?');
  const chosen = question.choices?.find(({ label }) => label === 'Borealis Max')?.id;
  assert.equal((await ask('How much is the Max?', { chosen })).text, 'Borealis Max costs ¥899.');

  const node = await server.api<Item>('POST', '/api/v1/graph/nodes', { type: 'product', names: { en: 'Comet' } });
  await server.api('POST', '/api/v1/graph/relations', { from: node.id, type: 'is-a', to: 'phones' });
  await assert.rejects(
    server.api('POST', '/api/v1/graph/relations', { from: node.id, type: 'is-a', to: 'phones' }),
    /409/,
  );
  await assert.rejects(
    server.api('POST', '/api/v1/graph/relations', { from: 'shop', type: 'part-of', to: node.id }),
    /circle/,
  );
  const answer = await server.api<Item>('POST', '/api/v1/graph/answers', {
    node: node.id,
    attribute: 'price',
    language: 'en',
    text: 'Free.',
  });
  assert.equal((await ask('price of the Comet')).text, 'Free.');
  await server.api('PATCH', `/api/v1/graph/answers/${answer.id}`, { validTo: 1 });
  assert.equal((await ask('price of the Comet')).kind, 'nothing');
  assert.equal((await ask('warranty of the Comet')).text, 'Electronics have two years of warranty.');
  await server.api('DELETE', `/api/v1/graph/nodes/${node.id}`);
  assert.equal((await list('/api/v1/graph/relations')).items.length, 11);
  assert.equal((await list('/api/v1/graph/answers?limit=200')).items.length, 14);

  const exported = await server.api<typeof csv>('GET', '/api/v1/graph/export?format=csv');
  assert.equal(exported.nodes.split('\n').length, csv.nodes.split('\n').length);
  const around = await server.api<{ nodes: Item[]; total: number }>(
    'GET',
    '/api/v1/graph/picture?around=headphones&steps=1',
  );
  assert.deepEqual(around.nodes.map(({ id }) => id).toSorted(), ['electronics', 'h-air', 'h-max', 'headphones']);
});

test('lists come in pages, and who is not an administrator changes nothing', async () => {
  const first = await list('/api/v1/graph/nodes?limit=10');
  assert.equal(first.items.length, 10);
  const second = await list(`/api/v1/graph/nodes?limit=10&cursor=${first.nextCursor}`);
  assert.equal(second.items.length, 5);
  assert.equal(second.nextCursor, null);
  assert.deepEqual((await list('/api/v1/graph/nodes?q=%E6%9E%81%E5%85%89')).items.length, 5);
  const agent = { email: 'agent@example.com', name: 'Agent', role: 'agent', password: 'correct horse battery' };
  await server.api('POST', '/api/v1/agents', agent);
  const { token } = await server.api<{ token: string }>('POST', '/api/v1/login', agent);
  const as = (method: string, path: string, body: object) =>
    fetch(server.address + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  assert.equal((await as('POST', '/api/v1/graph/nodes', { type: 'x', names: { en: 'X' } })).status, 403);
  assert.equal((await as('POST', '/api/v1/graph/import', { format: 'json', mode: 'replace' })).status, 403);
  assert.equal((await as('POST', '/api/v1/entities', { name: 'x', kind: 'dictionary' })).status, 403);
  assert.equal((await as('POST', '/api/v1/graph/try', { text: 'x' })).status, 200);
});

describe('entities and graph in the console', { skip: chromiumMissing }, () => {
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];
  const button = (name: string, within: Page | Locator = page) => within.getByRole('button', { name, exact: true });

  before(async () => {
    browser = await launchBrowser();
    page = await signInToConsole(browser, { url: server.address }, server.account, errors);
    page.setDefaultTimeout(15_000);
  });
  after(() => browser?.close());

  async function look(name: string): Promise<void> {
    await assertAccessible(page, { where: name });
    const dir = process.env.PARLEY_SCREENSHOTS;
    if (dir !== undefined) await page.screenshot({ path: join(dir, `${name}.png`), fullPage: true });
  }

  test('an administrator defines a dictionary and sees what is found in a message', async () => {
    await page.goto(`${server.address}/console/bot/entities`);
    await button('Add entity').click();
    const dialog = page.getByRole('dialog', { name: 'Add entity' });
    await dialog.getByLabel('Name').fill('money');
    await dialog.getByLabel('Values').fill('backpack | 双肩包 | rucksack\ntote | 帆布袋');
    await button('Save', dialog).click();
    await dialog.getByText('is found always: take another name').waitFor();
    await dialog.getByLabel('Name').fill('bag');
    await button('Save', dialog).click();
    await page.getByText('2 values').first().waitFor();
    await page.getByLabel('A message as a customer writes it').fill('昨天买的双肩包，320元');
    await button('Find').click();
    await page.locator('mark', { hasText: '双肩包' }).waitFor();
    await page.getByText('320 CNY').waitFor();
    await look('entities');
  });

  test('an administrator sees the graph, adds and connects a node, attaches an answer, and asks', async () => {
    await page.goto(`${server.address}/console/bot/graph`);
    const nodes = page.getByRole('list', { name: 'Nodes' });
    await nodes.getByRole('button', { name: /Aurora One case/ }).waitFor();
    await page.getByRole('region', { name: 'Picture of the graph' }).getByText('Borealis Max').waitFor();
    await button('Add node').click();
    const adding = page.getByRole('dialog', { name: 'Add node' });
    await adding.getByLabel('Name (English)').fill('Comet');
    await button('Save', adding).click();
    await page.getByRole('heading', { name: 'Comet' }).waitFor();
    await button('Connect').click();
    const connecting = page.getByRole('dialog', { name: 'Connect' });
    await connecting.getByRole('combobox', { name: 'To' }).fill('phones');
    await page.getByRole('option', { name: 'phones', exact: true }).click();
    await button('Connect', connecting).click();
    await button('phones').waitFor();
    await button('Add answer').click();
    const answering = page.getByRole('dialog', { name: 'Add answer' });
    await answering.getByRole('combobox', { name: 'Attribute' }).click();
    await page.getByRole('option', { name: 'price' }).click();
    await answering.getByRole('textbox', { name: 'Answer' }).fill('The Comet costs ¥1.');
    await button('Save', answering).click();
    await page.getByText('The Comet costs ¥1.').waitFor();
    const question = page.getByLabel('A question as a customer asks it');
    await question.fill('warranty of the Comet?');
    await button('Ask').click();
    await page.getByText('Electronics have two years of warranty.').waitFor();
    await question.fill('How much is the Max?');
    await button('Ask').click();
    await button('Borealis Max').click();
    await page.getByText('Borealis Max costs ¥899.').waitFor();
    await look('graph');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await look('graph-phone-dark');
  });

  test('an import with a fault says where, and nothing else went wrong on the way', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await button('Import').click();
    const dialog = page.getByRole('dialog', { name: 'Import' });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      dialog.getByRole('button', { name: /Files/ }).click(),
    ]);
    await chooser.setFiles({
      name: 'relations.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('from,type,to\nshop,is-a,nowhere\n'),
    });
    await button('Import', dialog).click();
    await dialog.getByText('relations, line 2, to: there is no node "nowhere"').waitFor();
    assert.deepEqual(
      errors.filter((error) => !/400/.test(error)),
      [],
    );
  });
});
