import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './support/accessibility.ts';
import { chromiumMissing, signInToConsole, startSite, visitShop, write } from './support/pages.ts';
import { admin } from './support/server-process.ts';

test('a fresh installation says what to do next, until somebody writes; a page that cannot be fetched comes when the server answers', {
  skip: chromiumMissing,
  timeout: 120_000,
}, async (t) => {
  const { server, browser } = await startSite(t);
  const errors: string[] = [];
  const desk = await signInToConsole(browser, server, admin, errors);
  desk.setDefaultTimeout(15_000);

  const steps = desk.getByRole('region', { name: 'Nobody has written yet' });
  await steps.waitFor();
  assert.equal(await steps.getByRole('link').count(), 5);
  await assertAccessible(desk, { where: 'first steps' });
  await desk.emulateMedia({ colorScheme: 'dark' });
  await assertAccessible(desk, { where: 'first steps, dark' });
  await desk.emulateMedia({ colorScheme: 'light' });
  await desk.setViewportSize({ width: 390, height: 844 });
  await steps.waitFor();
  await assertAccessible(desk, { where: 'first steps on a phone' });
  await desk.setViewportSize({ width: 1440, height: 900 });

  // Without the server there is no code of a page that was not open before; what was opened stays.
  const away = ['**/console/assets/**', '**/api/v1/me'];
  for (const what of away) await desk.route(what, (route) => route.abort());
  await steps.getByRole('link', { name: /colleagues/ }).click();
  await desk.getByText('The server does not answer. As soon as it does, the page comes by itself.').waitFor();
  await assertAccessible(desk, { where: 'a page that is missing' });
  for (const what of away) await desk.unroute(what);
  await desk.getByRole('heading', { name: 'Agents' }).waitFor();

  const customer = await visitShop(browser, server, errors);
  await write(customer, 'Is anybody there?');
  await desk.goto(`${server.url}/console/`);
  await desk.getByText('No conversation is open').waitFor();
  assert.equal(await steps.count(), 0);
  // The router tells the console of the browser what the page tells the person.
  const unexpected = errors.filter((error) => !error.startsWith('PageMissing: '));
  assert.deepEqual(unexpected, []);
});
