import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { writeTinyModel } from '../server/bot/embeddings/tiny-model-fixture.ts';
import { type ModelServer, startModelServer } from '../server/testing/model-server.ts';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole, visitShop, write } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

describe('help of a language model, in the console', { skip: chromiumMissing, timeout: 180_000 }, () => {
  let dataDir: string;
  let model: ModelServer;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-assist-'));
    model = await startModelServer({ apiKey: 'sk-right' });
    const folder = join(dataDir, 'tiny-model');
    await writeTinyModel(folder, {
      groups: [
        ['refund', 'money'],
        ['parcel', 'package'],
      ],
    });
    server = await startServer({
      dataDir,
      env: { PARLEY_OUTBOUND_ALLOW: model.host, PARLEY_EMBEDDING_MODEL_DIR: folder },
    });
    browser = await launchBrowser();
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(20_000);
    const customer = await visitShop(browser, server, errors);
    await write(customer, 'Where is my parcel?');
    const { token } = await signIn(server);
    await until(async () => {
      const path = 'GET /api/v1/conversations?status=agent' as const;
      return (await must(call<{ items: object[] }>(server, path, { token }))).items.length > 0;
    });
    await customer.context().close();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await model?.[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  const preview = () => page.getByRole('region', { name: 'Suggested text' });
  const field = () => page.getByRole('textbox', { name: 'Reply', exact: true });

  async function choose(item: string): Promise<void> {
    await page.getByRole('button', { name: 'Assist' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  async function openConversation(): Promise<void> {
    await page.goto(`${server.url}/console/`);
    await page.getByText('Where is my parcel?').first().click();
    await field().waitFor();
  }

  test('an administrator tries a server, is told what is wrong, and switches it on', async () => {
    await openConversation();
    assert.equal(await page.getByRole('button', { name: 'Assist' }).count(), 0, 'nothing is offered without a model');
    await page.goto(`${server.url}/console/bot/language-model`);
    await page.getByLabel('Base URL').fill(model.baseUrl);
    await page.getByRole('textbox', { name: 'Model', exact: true }).fill('small');
    await page.getByRole('textbox', { name: 'API key' }).fill('sk-wrong');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('It does not work').waitFor();
    await page.getByRole('textbox', { name: 'API key' }).fill('sk-right');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('It answers', { exact: true }).waitFor();
    await page.getByRole('switch', { name: 'Switched on' }).check({ force: true });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A key is stored.').waitFor();
    await assertAccessible(page, { within: 'main' });
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/model.png` });
  });

  test('the knowledge base goes by a local model where that is chosen, and the page says how it is', async () => {
    const { token } = await signIn(server);
    const body = { status: 'published', versions: [{ language: 'en', title: 'Money', body: 'It comes soon.' }] };
    await must(call(server, 'POST /api/v1/articles' as const, { token, body }));
    await page.goto(`${server.url}/console/bot/language-model`);
    const state = page.getByRole('region', { name: 'State of the embeddings' });
    await state.getByText(/Local model: tiny-model@\w+, 4 numbers a text/).waitFor();
    await state.getByText('The knowledge base goes by what was learnt from your own texts.').waitFor();
    const chosen = page.getByRole('combobox', { name: 'Knowledge base' });
    await chosen.click();
    await page.getByRole('option', { name: 'From the local model' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await state.getByText(/The knowledge base goes by tiny-model@/).waitFor();
    await assertAccessible(page, { within: 'main' });
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/embeddings.png`, fullPage: true });
  });

  test('text is shown as it comes; Escape ends it, at the model too', async () => {
    await openConversation();
    model.answer({ kind: 'text', text: 'The customer waits for a parcel. '.repeat(200), pieceMs: 20 });
    const before = model.abandoned;
    await choose('Summarise the conversation');
    await preview().getByText('The customer waits').waitFor();
    await field().and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Escape');
    await preview().waitFor({ state: 'detached' });
    await until(() => model.abandoned === before + 1);
  });

  test('a draft is rewritten, looked at, and taken over in its place', async () => {
    await field().fill('come monday');
    model.answer({ kind: 'text', text: 'Your parcel comes on Monday, for 20 USD!' });
    await choose('Friendlier');
    await preview().getByText('Check before you send').waitFor();
    await assertAccessible(page, { within: '[aria-label="Suggested text"]' });
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/preview.png` });
    assert.equal(await field().inputValue(), 'come monday', 'nothing is in the message before the agent says so');
    await preview().getByRole('button', { name: 'Replace my text' }).click();
    await preview().waitFor({ state: 'detached' });
    assert.equal(await field().inputValue(), 'Your parcel comes on Monday, for 20 USD!');
  });

  test('what the knowledge base does not have is said, on a phone, in the dark and in Chinese', async () => {
    const context = await browser.newContext({
      ...{ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
      storageState: await page.context().storageState(),
    });
    const desktop = page;
    page = await context.newPage();
    await page.goto(desktop.url());
    await page.getByRole('button', { name: '智能助手' }).click();
    await page.getByRole('menuitem', { name: '起草回答' }).click();
    await page.getByText('知识库里没有相关内容。').waitFor();
    const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    assert.equal(isTooWide, false);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/phone.png` });
    await context.close();
    page = desktop;
    assert.deepEqual(errors, []);
  });
});
