import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { shopIntents } from '../server/bot/intent/shop-intents-fixture.ts';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

/** Few, so that the trainings are over soon. */
const file = shopIntents
  .slice(0, 4)
  .flatMap(({ intent, utterances }) => utterances.map((utterance) => `${utterance}\t${intent}`))
  .join('\n');

describe('intents in the console: from a file to a model that serves', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-intents-'));
    server = await startServer({ dataDir });
    browser = await launchBrowser();
    await open();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/console/bot/intents`);
  }

  const shots = process.env.BOT_SHOTS;
  const shot = async (name: string) => {
    if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  /** @returns how far the bar was seen to come on the way */
  async function train(version: number): Promise<Set<string>> {
    const seen = new Set<string>();
    await button('Train').click();
    await until(async () => {
      const bar = page.getByRole('progressbar', { name: 'Progress of the training' });
      const now = await bar.getAttribute('aria-valuenow', { timeout: 200 }).catch(() => null);
      if (now !== null) seen.add(now);
      return page.getByRole('button', { name: `Use version ${version}`, exact: true }).isVisible();
    });
    await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 });
    return seen;
  }

  async function tries(text: string, verdict: string | RegExp): Promise<void> {
    await page.getByRole('textbox', { name: 'What a customer might write' }).fill(text);
    await button('Recognise').click();
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'Try it' }) });
    await panel.locator('strong').getByText(verdict, { exact: true }).waitFor();
  }

  test('a file with a mistake is refused by its line, and one without is taken, its conflict shown with links', async () => {
    await button('Import a file').click();
    const pasted = page.getByRole('textbox', { name: 'Or paste the lines here' });
    await pasted.fill(`${file}\nwithout an intent`);
    await button('Import').last().click();
    await page.getByRole('alert').getByText('line 25: expected utterance<TAB>intent').waitFor();
    await pasted.fill(`${file}\nI want my money back!\tcancel\ncancel it\tcancel\nhave a nice day\tout-of-scope`);
    await button('Import').last().click();
    await page.getByText('5 intents, 26 utterances').waitFor();
    const conflict = page.getByRole('alert').filter({ hasText: 'stands in several intents' });
    await conflict.getByRole('link', { name: 'cancel' }).click();
    await page.getByText('Also in refund').waitFor();
    await assertAccessible(page);
    await button('Remove “I want my money back!”').click();
    await page.getByText('Also in refund').waitFor({ state: 'detached' });
    await page
      .getByRole('textbox', { name: 'New utterances' })
      .fill('stop the order\nplease cancel my order\n取消订单');
    await button('Add 3').click();
    await page.getByText('取消订单').waitFor();
    await page.getByRole('link', { name: 'All intents' }).click();
    await page.getByText('5 intents, 28 utterances').waitFor();
    assert.equal(await page.getByText('stands in several intents').count(), 0);
  });

  test('training shows how far it is; what it made is used with one click and tells why it recognises', async () => {
    const seen = await train(1);
    assert.ok(seen.size > 0, 'the bar was seen');
    await page.getByText('No model serves yet').waitFor();
    await page.getByRole('button', { name: 'Use version 1', exact: true }).click();
    await page.getByText('Version 1 serves', { exact: true }).waitFor();
    await tries('please give me my money back', 'refund');
    await page.getByText('i want my money back').waitFor();
    await tries('我要退款可以吗', 'refund');
    await tries('🎉🎉', 'Nothing recognised');
    await page.getByText('There is no word in it.').waitFor();
    await assertAccessible(page);
  });

  test('it still serves after a restart, a renamed intent needs a second version, and the first is one click back', async () => {
    await page.context().close();
    await server.stop();
    server = await startServer({ dataDir });
    await open();
    await page.getByText('Version 1 serves', { exact: true }).waitFor();
    await tries('please give me my money back', 'refund');
    await page.getByRole('link', { name: /^refund/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('money-back');
    await button('Save').click();
    await page.getByRole('heading', { name: 'money-back' }).waitFor();
    await page.getByRole('link', { name: 'All intents' }).click();
    await page.getByText('have changed since the last training').waitFor();
    await train(2);
    await page.getByRole('button', { name: 'Use version 2', exact: true }).click();
    await page.getByRole('heading', { name: 'Replay: Model version 2' }).waitFor();
    await page.getByText('No past turns').waitFor();
    await page.getByText('Not clearly worse than what is live').waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Use version 2', exact: true }).click();
    await page.getByText('Version 2 serves', { exact: true }).waitFor();
    await page.getByRole('navigation', { name: 'Parts of the bot' }).getByText('Intents').click();
    await tries('please give me my money back', 'money-back');
    await button('Back to version 1').click();
    await page.getByText('Version 1 serves', { exact: true }).waitFor();
    await tries('please give me my money back', 'refund');
  });

  test('the evaluation shows figures beside the former version’s, pictures, and what a change would turn over', async () => {
    await page.getByRole('navigation', { name: 'Parts of the bot' }).getByText('Evaluation').click();
    await page.getByRole('row', { name: /^Right, however unsure \d+\.\d % \d+\.\d %$/ }).waitFor();
    await page.getByRole('row', { name: /^Left alone of your 1 out of scope/ }).waitFor();
    await page.getByRole('img', { name: 'Confusion matrix of the intents' }).waitFor();
    await page.getByRole('img', { name: 'How often answers are right, by their confidence' }).waitFor();
    await page.getByRole('textbox', { name: 'Texts of customers' }).fill('can i have my money back');
    await button('Compare').click();
    await page.getByText(/\d+ of 29 texts change their intent/).waitFor();
    await page.getByRole('row', { name: /can i have my money back – refund .* money-back/ }).waitFor();
    await assertAccessible(page);
  });

  test('thresholds are proposed with their curve, taken over with one click, and taken back with one', async () => {
    const { token } = await signIn(server);
    // Of so few utterances nothing could be said for a share that one would want.
    const none = page.getByText('Nothing can be proposed: 52 answers at least are needed');
    await none.waitFor();
    const document = { thresholds: { precision: 0.5, ask: 0 } };
    await must(call(server, 'PUT /api/v1/bot/settings', { token, body: { document, baseVersion: 0 } }));
    await page.reload();
    const panel = page.locator('section', { has: page.getByRole('heading', { name: 'From how sure on it acts' }) });
    await panel.getByText('Version 2 does not serve: what is taken over here holds as soon as it does.').waitFor();
    await panel.getByRole('row', { name: /^Right, of what it acts upon/ }).waitFor();
    await panel
      .getByRole('button', { name: /^Curve: / })
      .first()
      .click();
    const curve = page.getByRole('dialog', { name: /^Curve: / });
    await curve.getByRole('img', { name: /^How many answers are right/ }).waitFor();
    await assertAccessible(page, { where: 'the curve', within: '[role=dialog]' });
    await shot('curve');
    await page.keyboard.press('Escape');
    await curve.waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: /^Take over all that is new \(\d+\)$/ }).click();
    await panel.getByText(/^\d+ thresholds hold with this version, taken over by/).waitFor();
    await panel.getByText('Taken over.').first().waitFor();
    await assertAccessible(page, { where: 'thresholds' });
    await shot('thresholds');
    await panel.getByRole('button', { name: 'Back to the 0 before' }).click();
    await panel.getByText('Nothing was taken over: it acts from 0.8 on').waitFor();
    await panel
      .getByRole('button', { name: /^Take over: / })
      .first()
      .click();
    await panel.getByText(/^1 thresholds hold with this version/).waitFor();
    await page.getByRole('combobox', { name: 'Version' }).click();
    await page.getByRole('option', { name: 'Version 1' }).click();
    await panel.getByText('Version 2 has 1 of its own').waitFor();
    assert.equal(await panel.getByText('does not serve').count(), 0);
  });

  test('the same on a phone, in the dark and in Chinese, without anything that is too wide', async () => {
    const context = await browser.newContext({
      ...{ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
      storageState: await page.context().storageState(),
    });
    page = await context.newPage();
    for (const [part, text] of [
      ['intents', '版本 1 正在服务'],
      ['evaluation', '意图混淆矩阵'],
    ] as const) {
      await page.goto(`${server.url}/console/bot/${part}`);
      await page
        .getByText(text)
        .or(page.getByRole('img', { name: text }))
        .first()
        .waitFor();
      await shot(`phone-${part}`);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false, part);
      await assertAccessible(page);
    }
    assert.deepEqual(errors, []);
  });

  test('only administrators reach it', async () => {
    const { token } = await signIn(server);
    const account = { email: 'agent@parley.test', name: 'Agent', capacity: 1, password: 'agent-password-1' };
    await must(call(server, 'POST /api/v1/agents', { token, body: account }));
    const agent = await signIn(server, account);
    for (const path of ['GET /api/v1/intents', 'GET /api/v1/bot/models', 'POST /api/v1/bot/trainings'] as const) {
      const answer = await call(server, path, { token: agent.token, ...(path.startsWith('POST') ? { body: {} } : {}) });
      assert.equal(answer.status, 403, path);
    }
  });
});
