import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, signInToConsole, startSite } from './support/pages.ts';
import { admin } from './support/server-process.ts';

/** A folder for pictures of the pages, to look at; nothing is kept without it. */
const shotsDir = process.env.PARLEY_SHOTS;
async function shot(name: string, page: Page): Promise<void> {
  if (shotsDir === undefined) return;
  await mkdir(shotsDir, { recursive: true });
  await page.screenshot({ path: `${shotsDir}/phone-${name}.png` });
}

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

test('every page of the wide navigation can be opened on a phone, whoever one is', {
  skip: chromiumMissing,
  timeout: 180_000,
}, async (t) => {
  const { server, browser } = await startSite(t);
  const errors: string[] = [];
  const { token } = await signIn(server);
  const people: { email: string; password: string; role: string }[] = [{ ...admin, role: 'admin' }];
  for (const role of ['supervisor', 'agent']) {
    const body = { name: role, role, capacity: 5, email: `${role}@parley.test`, password: `password of a ${role}` };
    await must(call(server, 'POST /api/v1/agents', { token, body }));
    people.push(body);
  }
  for (const person of people) {
    const page = await signInToConsole(browser, server, person, errors);
    page.setDefaultTimeout(15_000);
    const nav = page.getByRole('navigation', { name: 'Main navigation' });
    await page.setViewportSize(wide);
    const pages = await nav.getByRole('link').allTextContents();
    assert.ok(pages.length >= 3, `${person.role}: ${pages.join(', ')}`);
    await page.setViewportSize(phone);
    for (const name of pages) {
      const link = nav.getByRole('link', { name });
      if ((await link.count()) === 0) await nav.getByRole('button', { name: /^More/ }).click();
      await link.waitFor();
      if (name === 'Service levels' && person.role === 'admin') {
        await assertAccessible(page, { where: 'the menu on a phone' });
        await shot('more', page);
      }
      const address = (await link.getAttribute('href')) ?? '';
      const box = await link.boundingBox();
      assert.ok(
        box !== null && box.height >= 44 && box.x >= 0 && box.x + box.width <= phone.width,
        `${name} is too small`,
      );
      await link.click();
      await nav.getByRole('list').waitFor({ state: 'detached' });
      await page.waitForURL((url) => url.pathname.startsWith(address));
      // Where one is, is said in the row as well.
      await (name === pages.at(-1) && pages.length > 5
        ? nav.getByRole('button', { name: `More (${name})` })
        : nav.locator(':scope > [data-status=active]')
      ).waitFor();
    }
    await assertAccessible(page, { where: `${person.role} on a phone` });
    await shot(person.role, page);
    await page.context().close();
  }
  assert.deepEqual(errors, []);
});
