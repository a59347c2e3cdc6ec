import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { sealWebhook } from '../server/channels/webhook/webhook-fixture.ts';
import { assertAccessible } from './support/accessibility.ts';
import { chromiumMissing, signInToConsole, startSite } from './support/pages.ts';
import { admin } from './support/server-process.ts';

/** A folder for pictures of the pages, to look at; nothing is kept without it. */
const shotsDir = process.env.PARLEY_SHOTS;
async function shot(name: string, page: Page): Promise<void> {
  if (shotsDir === undefined) return;
  await mkdir(shotsDir, { recursive: true });
  await page.screenshot({ path: `${shotsDir}/channels-${name}.png`, fullPage: true });
}
const textOf = async (field: Locator): Promise<string> => (await field.textContent()) ?? '';

test('a secret that both sides share is made in the console, shown until the page is left, and holds for the other side', {
  skip: chromiumMissing,
  timeout: 120_000,
}, async (t) => {
  const { server, browser } = await startSite(t);
  const errors: string[] = [];
  const page = await signInToConsole(browser, server, admin, errors);
  page.setDefaultTimeout(15_000);

  await page.goto(`${server.url}/console/channels/new/webhook`);
  const field = page.locator('input[name="settings.inboundSecret"]');
  await field.waitFor();
  // What is replaced, and what the other side issues, is not for us to make.
  assert.equal(await page.getByRole('button', { name: /^Make one: / }).count(), 3);
  await page.getByRole('button', { name: 'Make one: Secret for incoming requests' }).click();
  const shown = page.getByLabel('Secret for incoming requests', { exact: true }).and(page.locator('code'));
  const secret = await textOf(shown);
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(await field.inputValue(), secret);
  await assertAccessible(page);
  await shot('made', page);
  await page.getByRole('button', { name: 'Create channel' }).click();

  await page.getByText('Stored. Enter it on the other side, too').waitFor();
  assert.equal(await textOf(shown), secret);
  assert.equal(await field.inputValue(), '');
  const callbackUrl = await textOf(page.getByLabel('Callback address', { exact: true }).and(page.locator('code')));
  await shot('stored', page);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 844 });
  await assertAccessible(page);
  await shot('stored-phone', page);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  const event = JSON.stringify({
    type: 'message.created',
    data: { contact: { externalId: 'user-1' }, externalId: 'm-1', content: { type: 'text', text: 'Hello' } },
  });
  const { headers, body } = sealWebhook(event, { callback: 'c1', at: Date.now() }, secret);
  const sent = await fetch(new URL(new URL(callbackUrl).pathname, server.url), {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: new Uint8Array(body),
  });
  assert.ok(sent.ok, `${sent.status} ${await sent.text()}`);

  // Another one is stored with the next save only, and typing takes what was made away.
  await page.getByRole('button', { name: 'Make one: Secret for incoming requests' }).click();
  await page.getByText('It replaces the stored one when you save').waitFor();
  assert.notEqual(await textOf(shown), secret);
  await field.fill('');
  await shown.waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'Channels' }).first().click();
  await page
    .getByRole('link', { name: /Webhook/ })
    .first()
    .click();
  await field.waitFor();
  assert.equal(await shown.count(), 0);
  assert.ok(!(await page.content()).includes(secret));
  assert.deepEqual(errors, []);
});
