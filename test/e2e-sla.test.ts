import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, launchBrowser, reply, signInToConsole, visitShop, write } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

type Policy = {
  name: string;
  groupId: string | null;
  firstAnswerMs?: number;
  resolveMs?: number;
  warnAt: number;
  pauses: string[];
  escalate: { on: string; actions: { kind: string }[] }[];
};
type Published = { version: number; config: { sla: Policy[] } };

describe('service levels in the console', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let customer: Page;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-sla-'));
    server = await startServer({ dataDir });
    browser = await launchBrowser();
    customer = await visitShop(browser, server, errors);
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const button = (name: string | RegExp, within: Page | Locator = page) =>
    within.getByRole('button', { name, exact: true });
  const published = async () => {
    const { token } = await signIn(server);
    return must(call<Published>(server, 'GET /api/v1/routing/config', { token }));
  };
  async function publish(version: number, change: string): Promise<void> {
    await button('Publish…').click();
    const dialog = page.getByRole('dialog', { name: `Publish as version ${version}` });
    await dialog.getByText(change).waitFor();
    await button('Publish', dialog).click();
    await page.getByText(`Version ${version} is in force.`).waitFor();
  }
  const timer = (name: RegExp) => page.getByRole('img', { name });

  test('an administrator sets targets; what lacks is said at its field, and then they are published', async () => {
    await page.goto(`${server.url}/console/routing/sla`);
    await button('Add targets').click();
    const name = page.getByLabel('Name');
    await name.fill('Everybody');
    const first = page.getByRole('textbox', { name: 'First answer' });
    await first.fill('');
    await button('Publish…').click();
    await page.getByText('Say at least one time.').waitFor();
    await first.fill('6');
    await page.getByRole('combobox', { name: 'Unit of First answer' }).click();
    await page.getByRole('option', { name: 'seconds' }).click();
    await first.fill('6');
    await page.getByRole('textbox', { name: 'Resolution' }).fill('8');
    await page.getByRole('textbox', { name: 'Warn after' }).fill('50');
    await page.getByLabel('it is snoozed').uncheck();
    await button('Add what is to be done').click();
    await button('Add an action').click();
    await page.getByRole('menuitem', { name: 'Tell people' }).click();
    await button('Add an action').click();
    await page.getByRole('menuitem', { name: 'Priority' }).click();
    await publish(1, 'Targets “Everybody” is new');
    const [policy] = (await published()).config.sla;
    assert.deepEqual(
      [policy?.firstAnswerMs, policy?.resolveMs, policy?.warnAt, policy?.pauses],
      [6_000, 8 * 3_600_000, 0.5, ['waiting-for-customer']],
    );
    assert.deepEqual(
      policy?.escalate.map(({ on, actions }) => [on, actions.map(({ kind }) => kind)]),
      [['breach', ['notify', 'priority']]],
    );
    await page.getByRole('link', { name: 'Service levels' }).last().click();
    await page.getByText('All groups · All priorities · All hours').waitFor();
    await page.getByText('First answer in 6s, Resolution in 8h').waitFor();
  });

  test('a conversation shows its clock: calm, then amber, then red, and who watches is told', async () => {
    await page.goto(`${server.url}/console/conversations/all`);
    await write(customer, 'Is anybody there?');
    const row = page.getByRole('option').first();
    const mark = row.getByRole('img', { name: /First answer/ });
    await mark.waitFor();
    assert.equal(await mark.getAttribute('data-tone'), 'calm');
    await row.click();
    const header = timer(/^First answer .*\. Resolution due/);
    await header.and(page.locator('[data-tone="warned"]')).waitFor();
    await header.and(page.locator('[data-tone="breached"]')).waitFor();
    assert.match((await header.getAttribute('aria-label')) ?? '', /^First answer late by/);
    await page.getByText('Time is over', { exact: true }).waitFor();
    await page.getByText('Time is over: First answer').waitFor();
    await page.getByText('Time is running out: First answer').waitFor();
  });

  test('a late answer ends its clock, and while it is the customer’s turn the other one stands still', async () => {
    await reply(page, 'Here I am');
    const still = timer(/^Resolution paused, the customer’s turn: 7h left/).last();
    await still.waitFor();
    assert.equal(await still.getAttribute('data-tone'), 'paused');
    await write(customer, 'Thanks, one more thing');
    await timer(/^Resolution due in 7h/)
      .last()
      .waitFor();
  });

  test('a supervisor sees how each group stands and what is due first', async () => {
    await page.getByRole('link', { name: 'Service levels' }).first().click();
    const row = page.getByRole('row', { name: /Everybody/ });
    await row.waitFor();
    const cells = await row.getByRole('cell').allInnerTexts();
    assert.deepEqual(cells, ['1', '0', '0', '1', '0%', '0%']);
    await page.getByRole('heading', { name: 'Due first' }).waitFor();
    await page.getByRole('link', { name: /Resolution due in/ }).click();
    await page.getByText('Thanks, one more thing').last().waitFor();
  });

  for (const [colorScheme, width] of [
    ['light', 1_440],
    ['dark', 390],
  ] as const) {
    test(`axe-core objects to nothing in ${colorScheme}, and every page fits into ${width} px`, async () => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { id } = (await published()).config.sla[0] as unknown as { id: string };
      for (const path of ['routing/sla', `routing/sla?open=${id}`, 'service-levels', 'conversations/all']) {
        await page.goto(`${server.url}/console/${path}`);
        await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
        await assertAccessible(page, { where: path });
        const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(isTooWide, false, `${path} is too wide`);
      }
    });
  }

  test('no page has told an error', () => assert.deepEqual(errors, []));
});
