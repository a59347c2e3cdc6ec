import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPages } from '../../scripts/build-pages.ts';
import { makeDataDir, startServer } from './server-process.ts';

/** The same browser without its own windows takes a third less of the processor for a suite. */
const executablePath = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find((path) => existsSync(path));
/** Why suites in the browser are skipped, or false. */
export const chromiumMissing =
  executablePath === undefined ? 'needs Chromium: apt-get install chromium-headless-shell' : false;
if (chromiumMissing !== false && process.env.CI === 'true') throw new Error(chromiumMissing);

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: quiet });

/**
 * A server on a data folder of its own, with its pages, and a browser. At the end of the test they go in turn: the browser, the
 * server, its folder.
 */
export async function startSite(t: { after(run: () => Promise<void>): void }) {
  buildPages();
  const endings: (() => Promise<void>)[] = [];
  const server = await startServer({ dataDir: await makeDataDir({ after: (run) => void endings.push(run) }) });
  const browser = await launchBrowser();
  t.after(async () => {
    await browser.close();
    await server.stop();
    for (const end of endings) await end();
  });
  return { server, browser };
}

/** Errors of a page's own: a request that breaks while the server restarts is part of the test. */
function watch(page: Page, errors: string[]): void {
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    const isNetwork = /ERR_|Failed to load resource|WebSocket connection/.test(message.text());
    if (message.type() === 'error' && !isNetwork) errors.push(message.text());
  });
}

export const log = (page: Page) => page.getByRole('log', { name: 'Conversation' });
export const timeline = (page: Page) => page.getByLabel('Messages', { exact: true });

export async function write(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Write a message…' });
  await field.fill(text);
  await field.press('Enter');
}
export async function reply(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Reply', exact: true });
  await field.fill(text);
  await field.press('Enter');
}

/** Where the pages are. */
type Site = { readonly url: string };

export async function signInToConsole(
  browser: Browser,
  server: Site,
  admin: { readonly email: string; readonly password: string },
  errors: string[],
): Promise<Page> {
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

export async function visitShop(browser: Browser, server: Site, errors: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  watch(page, errors);
  await page.goto(`${server.url}/demo`);
  await openChat(page);
  return page;
}

export async function openChat(page: Page): Promise<void> {
  if (await page.getByRole('dialog').isVisible()) return;
  await page.getByRole('button', { name: /chat/i }).first().click();
  await page.getByRole('dialog').waitFor();
}

/** Each text stands on the page exactly once: nothing is missing, nothing is there twice. */
export async function assertOnce(where: ReturnType<typeof log>, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await where.getByText(text, { exact: true }).first().waitFor();
    assert.equal(
      await where.getByText(text, { exact: true }).count(),
      1,
      `"${text}" stands there ${await where.getByText(text, { exact: true }).count()} times`,
    );
  }
}
