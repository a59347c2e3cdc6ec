import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole, visitShop, write } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

describe('a proposal on recorded days, in the console', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let token: string;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-dry-run-'));
    server = await startServer({ dataDir });
    browser = await launchBrowser();
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(20_000);
    ({ token } = await signIn(server));
    for (const [i, words] of ['first', 'second'].entries()) {
      const customer = await visitShop(browser, server, errors);
      await write(customer, words);
      await until(async () => {
        const assigned = 'GET /api/v1/conversations?status=agent' as const;
        return (await must(call<{ items: object[] }>(server, assigned, { token }))).items.length > i;
      });
      await customer.context().close();
    }
    await publish({ groups: [{ id: 'desk', name: 'Desk', members: [] }] });
    await publish({ groups: [] });
    await until(isRecorded);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function publish(config: object): Promise<void> {
    const { version } = await must(call<{ version: number }>(server, 'GET /api/v1/routing/config', { token }));
    await must(call(server, 'PUT /api/v1/routing/config', { token, body: { config, baseVersion: version } }));
  }

  /** Who is there is recorded some seconds after they came. */
  async function isRecorded(): Promise<boolean> {
    type Run = { id: string; state: string; result: { all: Record<string, { current: { mean: number } }> } | null };
    const body = { config: {}, days: 1, runs: 2 };
    const { id } = await must(call<Run>(server, 'POST /api/v1/routing/dry-runs', { token, body }));
    const run = await until(async () => {
      const seen = await must(call<Run>(server, `GET /api/v1/routing/dry-runs/${id}`, { token }));
      return seen.state !== 'running' && seen;
    });
    return run.result?.all.answeredInTime?.current.mean === 1;
  }

  const dialog = () => page.getByRole('dialog');
  const row = (name: string | RegExp) => dialog().getByRole('row', { name });

  test('changes are tried before they are published, with the keyboard alone, and are said to be worse', async () => {
    await page.getByRole('link', { name: 'Routing' }).first().click();
    await page.getByRole('button', { name: 'Add a group' }).click();
    await page.getByLabel('Name').fill('Empty');
    await page.getByRole('navigation', { name: 'Parts of the routing' }).getByText('General').click();
    await page.getByRole('combobox', { name: 'Group', exact: true }).click();
    await page.getByRole('option', { name: 'Empty' }).click();
    const open = page.getByRole('button', { name: 'Try on recorded days…' });
    await open.focus();
    await page.keyboard.press('Enter');
    const days = dialog().getByLabel('The last so many days');
    await days.and(page.locator(':focus')).waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('99');
    await dialog().getByText('Enter a whole number from 1 to 31.').waitFor();
    assert.equal(await dialog().getByRole('button', { name: 'Start' }).isDisabled(), true);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('7');
    await page.keyboard.press('Enter');
    await row(/Answered within 20 s 100.0 % 100.0 % 0.0 % -100.0 points worse/).waitFor();
    await dialog().getByText('What is open still is taken to end now.').waitFor();
    await dialog().getByText('It is not recorded for longer.').waitFor();
    // The page beneath is looked at with the other pages.
    await assertAccessible(page, { within: '[role=dialog]' });
    const { config } = await must(call<{ config: { groups: [] } }>(server, 'GET /api/v1/routing/config', { token }));
    assert.deepEqual(config.groups, [], 'nothing was published');
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await open.and(page.locator(':focus')).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
  });

  test('an older version is tried, also on a phone, in the dark and in Chinese', async () => {
    await page.getByRole('navigation', { name: 'Parts of the routing' }).getByText('Versions').click();
    await page.getByRole('button', { name: 'Try version 1 on recorded days' }).click();
    await dialog().getByRole('button', { name: 'Start' }).click();
    await row(/^Mean wait .* no difference$/).waitFor();
    await dialog().getByRole('button', { name: 'Close' }).click();
    const context = await browser.newContext({
      ...{ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
      storageState: await page.context().storageState(),
    });
    const desktop = page;
    page = await context.newPage();
    await page.goto(`${server.url}/console/routing/versions`);
    await page.getByRole('button', { name: '用历史数据试运行版本 1' }).click();
    await dialog().getByRole('button', { name: '开始' }).click();
    await dialog().getByText('平均等待').waitFor();
    const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    assert.equal(isTooWide, false);
    // The page beneath is looked at with the other pages.
    await assertAccessible(page, { within: '[role=dialog]' });
    await context.close();
    page = desktop;
    assert.deepEqual(errors, []);
  });
});
