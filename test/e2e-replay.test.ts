import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { shopIntents } from '../server/bot/intent/shop-intents-fixture.ts';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

/** Few, so that the trainings are over soon. */
const shop = shopIntents.slice(0, 3);
const [refund, delivery] = shop;
const daysBack = 3;

type Intents = { items: { id: string; name: string }[] };
type Training = { id: string; state: string; version: number | null };

describe('a deliberately worse model is caught before it is published', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let token: string;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-replay-'));
    server = await startServer({ dataDir });
    ({ token } = await signIn(server));
    for (const { intent: name, utterances } of shop)
      await post('intents', { name, utterances, answer: { default: `About ${name}.` } });
    await train();
    await post('bot/models/1/publish', {});
    const document = { enabled: true };
    await must(call(server, 'PUT /api/v1/bot/settings', { token, body: { document, baseVersion: 0 } }));
    await customersWrite([...(refund?.utterances ?? []), ...(delivery?.utterances ?? [])]);
    await swapUtterances();
    await train();
    browser = await launchBrowser();
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(30_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const post = <T>(path: string, body: object) => must(call<T>(server, `POST /api/v1/${path}`, { token, body }));
  const get = <T>(path: string) => must(call<T>(server, `GET /api/v1/${path}`, { token }));

  async function train(): Promise<void> {
    const { id } = await post<Training>('bot/trainings', {});
    await until(async () => (await get<Training>(`bot/trainings/${id}`)).state === 'done');
  }

  /** Each in a conversation of their own; the bot answers, nobody comes back, and that was some days ago. */
  async function customersWrite(words: readonly string[]): Promise<void> {
    const channel = await webChannelOf(server, token);
    for (const said of words) {
      const { visitorToken } = await beginVisit(server, channel);
      const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
      const { message } = await socket.request('message.send', { clientId: said, content: text(said) });
      await until(async () => {
        const { items } = await get<{ items: object[] }>(`conversations/${message.conversationId}/bot-decisions`);
        return items.length > 0;
      });
      await socket.close();
    }
    const db = new DatabaseSync(join(dataDir, 'parley.db'), { timeout: 5_000 });
    db.exec(`update bot_decisions set at = at - ${daysBack * 24 * 3_600_000}`);
    db.close();
  }

  async function swapUtterances(): Promise<void> {
    const { items } = await get<Intents>('intents');
    for (const [from, to] of [
      [refund, delivery],
      [delivery, refund],
    ]) {
      const { id } = items.find(({ name }) => name === from?.intent) ?? assert.fail('it is there');
      const { items: there } = await get<{ items: { id: string }[] }>(`intents/${id}/utterances`);
      await post(`intents/${id}/utterances/remove`, { ids: there.map((utterance) => utterance.id) });
      await post(`intents/${id}/utterances`, { utterances: to?.utterances });
    }
  }

  async function serving(): Promise<number | null> {
    return (await get<{ serving: number | null }>('bot/models')).serving;
  }

  const button = (name: string) => page.getByRole('button', { name, exact: true });

  test('“use this version” replays it first, says why it is worse, and leaves what serves', async () => {
    await page.goto(`${server.url}/console/bot/intents`);
    await button('Use version 2').click();
    await page.getByRole('heading', { name: 'Replay: Model version 2' }).waitFor();
    const alert = page.getByRole('alert').filter({ hasText: 'Clearly worse than what is live' });
    await alert.getByText('12 get a worse answer and 0 a better one: 12 were right, and 0 would be').waitFor();
    await page.getByRole('row', { name: 'Right, of 12 known 12 (100.0 %) 0 (0.0 %)' }).waitFor();
    await page.getByText('answers: refund → answers: delivery').waitFor();
    assert.equal(await button('Use version 2').count(), 0);
    await assertAccessible(page);
    assert.equal(await serving(), 1);
    const refused = await call<{ code: string; detail: string }>(server, 'POST /api/v1/bot/models/2/publish', {
      ...{ token, body: {} },
    });
    assert.deepEqual([refused.status, refused.body.code], [409, 'worse-than-live']);
    assert.match(refused.body.detail, /12 get a worse answer/);
  });

  test('an example leads to its conversation, and the list has the replay', async () => {
    await page.getByText('answers: refund → answers: delivery').click();
    const example = page.getByRole('listitem').filter({ hasText: refund?.utterances[0] ?? '' });
    await example.getByRole('link', { name: /^Conversation of/ }).click();
    await page
      .getByLabel('Messages', { exact: true })
      .getByText(refund?.utterances[0] ?? '')
      .waitFor();
    await page.goto(`${server.url}/console/bot/replay`);
    await page.getByRole('link', { name: /^Model version 2/ }).click();
    await page.getByText('Clearly worse than what is live').waitFor();
    await page.getByRole('combobox', { name: 'What would be otherwise' }).click();
    await page.getByRole('option', { name: 'Better' }).waitFor({ state: 'detached' });
    await page.getByRole('option', { name: 'Worse' }).click();
    await page.getByText('answers: delivery → answers: refund').waitFor();
  });

  test('who insists publishes it under their name, and one click goes back', async () => {
    await button('Publish anyway').click();
    await page.getByRole('dialog').getByText('Customers get its answers from now on.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish anyway' }).click();
    await page.getByText('Something else is live by now than').waitFor();
    assert.equal(await serving(), 2);
    await button('Replay again').click();
    await page.getByText('12 turns from').waitFor();
    await page.getByText('Something else is live by now than').waitFor({ state: 'detached' });
    await page.goto(`${server.url}/console/bot/intents`);
    await page.getByText(/^Published by .* although it was worse$/).waitFor();
    await button('Back to version 1').click();
    await page.getByText('Version 1 serves', { exact: true }).waitFor();
    assert.equal(await serving(), 1);
  });

  test('a draft of the settings is replayed where it is written, and says what becomes worse', async () => {
    await page.goto(`${server.url}/console/bot/settings`);
    await page.getByRole('textbox', { name: 'Acts from' }).fill('1');
    await button('Replay over past conversations').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await dialog.getByText('Clearly worse than what is live').waitFor();
    await dialog.getByRole('row', { name: /^Acts on an intent 12 \(100\.0 %\) 0 \(0\.0 %\)$/ }).waitFor();
    await dialog.getByRole('button', { name: 'Publish anyway' }).waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await button('Publish').click();
    await page.getByText('It is clearly worse than what is live, and was not published.').waitFor();
    await page.getByText('Changed, and not published yet.').waitFor();
  });

  test('the same on a phone, in the dark and in Chinese, without anything that is too wide', async () => {
    const context = await browser.newContext({
      ...{ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
      storageState: await page.context().storageState(),
    });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/console/bot/replay`);
    await page
      .getByRole('link', { name: /^模型版本 2/ })
      .last()
      .click();
    await page.getByText('明显不如线上版本').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false);
    await assertAccessible(page);
    assert.deepEqual(errors, []);
  });
});
