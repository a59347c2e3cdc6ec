import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

const executablePath = '/usr/bin/chromium';
const missing = existsSync(executablePath) ? false : 'needs Chromium: apt-get install chromium';
if (missing !== false && process.env.CI === 'true') throw new Error(missing);

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Errors of a page's own: a request that breaks while the server restarts is part of the test. */
function watch(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    const isNetwork = /ERR_|Failed to load resource|WebSocket connection/.test(message.text());
    if (message.type() === 'error' && !isNetwork) errors.push(message.text());
  });
}

const log = (page: Page) => page.getByRole('log', { name: 'Conversation' });
const timeline = (page: Page) => page.getByLabel('Messages', { exact: true });

async function write(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Write a message…' });
  await field.fill(text);
  await field.press('Enter');
}
async function reply(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Reply', exact: true });
  await field.fill(text);
  await field.press('Enter');
}

async function signIn(browser: Browser, server: ServerProcess, errors: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  watch(page, errors);
  await page.goto(`${server.url}/console/`);
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
  return page;
}

async function visitShop(browser: Browser, server: ServerProcess, errors: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  watch(page, errors);
  await page.goto(`${server.url}/demo`);
  await openChat(page);
  return page;
}

async function openChat(page: Page): Promise<void> {
  if (await page.getByRole('dialog').isVisible()) return;
  await page.getByRole('button', { name: /chat/i }).first().click();
  await page.getByRole('dialog').waitFor();
}

/** Each text stands on the page exactly once: nothing is missing, nothing is there twice. */
async function assertOnce(where: ReturnType<typeof log>, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await where.getByText(text, { exact: true }).first().waitFor();
    assert.equal(
      await where.getByText(text, { exact: true }).count(),
      1,
      `"${text}" stands there ${await where.getByText(text, { exact: true }).count()} times`,
    );
  }
}

test('a customer in the demo shop and an agent in the console talk both ways, with a file, a reload and a restart of the server, and miss and repeat nothing', {
  skip: missing,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-browser-'));
  let server = await startServer({ dataDir });
  const browser = await chromium.launch({ executablePath, args: quiet });
  t.after(async () => {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const errors: string[] = [];
  const agent = await signIn(browser, server, errors);
  const customer = await visitShop(browser, server, errors);

  await write(customer, 'Is the kettle in stock?');
  await agent.getByText('Is the kettle in stock?').first().click();
  await assertOnce(timeline(agent), ['Is the kettle in stock?']);
  await reply(agent, 'Yes, five of them.');
  await assertOnce(log(customer), ['Is the kettle in stock?', 'Yes, five of them.']);

  await customer
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('order 88231') });
  await log(customer).getByText('receipt.txt').first().waitFor();
  await timeline(agent).getByText('receipt.txt').first().waitFor();

  await customer.reload();
  await openChat(customer);
  await assertOnce(log(customer), ['Is the kettle in stock?', 'Yes, five of them.']);

  const { port } = server;
  await server.kill();
  await agent
    .getByText(/Offline/)
    .first()
    .waitFor();
  await write(customer, 'Written while the server was away');
  await reply(agent, 'Answered while it was away');
  server = await startServer({ dataDir, port });
  await agent.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });

  const all = [
    'Is the kettle in stock?',
    'Yes, five of them.',
    'Written while the server was away',
    'Answered while it was away',
  ];
  await assertOnce(timeline(agent), all);
  await assertOnce(log(customer), all);
  await agent.reload();
  await customer.reload();
  await openChat(customer);
  await assertOnce(timeline(agent), all);
  await assertOnce(log(customer), all);

  await agent.getByRole('button', { name: 'Resolve' }).click();
  await log(customer)
    .getByText(/closed/)
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
});
