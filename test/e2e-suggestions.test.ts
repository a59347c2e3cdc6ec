import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Conversation, ConversationContext, Page as ListPage, Suggestion } from '@parley/sdk/protocol.ts';
import type { Page } from 'playwright-core';
import { buildPages } from '../scripts/build-pages.ts';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import {
  chromiumMissing,
  launchBrowser,
  log,
  reply,
  signInToConsole,
  timeline,
  visitShop,
  write,
} from './support/pages.ts';
import { admin, makeDataDir, startServer } from './support/server-process.ts';

const shots = process.env.PARLEY_SHOTS;
const returns = 'You can send it back within 30 days, free of charge.';

test('an agent sees what is known and answers with one key: what was answered before is recommended, told to nobody else, and becomes a canned reply', {
  skip: chromiumMissing,
  timeout: 600_000,
}, async (t) => {
  buildPages();
  const endings: (() => Promise<void>)[] = [];
  const shop = createServer((_, response) => {
    response.end(JSON.stringify({ orders: [{ id: 'KA10023', status: 'shipped', total: '49.90', title: 'Kettle' }] }));
  });
  await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done));
  const server = await startServer({ dataDir: await makeDataDir({ after: (run) => void endings.push(run) }) });
  const browser = await launchBrowser();
  t.after(async () => {
    await browser.close();
    await server.stop();
    shop.close();
    for (const end of endings) await end();
  });
  const { token } = await signIn(server, admin);
  const errors: string[] = [];
  const desk = await signInToConsole(browser, server, admin, errors);
  const strip = (page: Page) => page.getByRole('region', { name: 'Recommended replies' });
  const known = desk.locator('section').filter({ has: desk.getByRole('heading', { name: 'What is known' }) });
  const shot = async (page: Page, name: string) => {
    if (shots !== undefined) await page.screenshot({ path: `${shots}/${name}.png` });
  };
  const idOf = async (preview: string) => {
    const list = await must(call<ListPage<Conversation>>(server, 'GET /api/v1/conversations', { token }));
    return list.items.find(({ lastMessage }) => lastMessage?.preview === preview)?.id as string;
  };

  // Three customers ask, and are answered by hand.
  for (const item of ['shoes', 'shirt', 'hat']) {
    const customer = await visitShop(browser, server, errors);
    await write(customer, `How can I return my ${item}?`);
    await desk.goto(`${server.url}/console/conversations/all`);
    await desk.getByText(`How can I return my ${item}?`).first().click();
    await timeline(desk).getByText(`How can I return my ${item}?`).waitFor();
    await reply(desk, returns);
    await log(customer).getByText(returns).waitFor();
    await customer.context().close();
  }

  // The next one is recommended the answer as soon as it was kept.
  const customer = await visitShop(browser, server, errors);
  await write(customer, 'Hello, how do I return my order KA10023? Call me on 138 1234 5678');
  await desk.goto(`${server.url}/console/conversations/all`);
  await desk.getByText('Hello, how do I return').first().click();
  const id = await idOf('Hello, how do I return my order KA10023? Call me on 138 1234 5678');
  const recommended = () =>
    must(call<ListPage<Suggestion>>(server, `GET /api/v1/conversations/${id}/suggestions`, { token }));
  await until(async () => (await recommended()).items.length > 0);
  const [best] = (await recommended()).items;
  assert.equal(best?.source.kind, 'past-answer');
  const context = await must(call<ConversationContext>(server, `GET /api/v1/conversations/${id}/context`, { token }));
  assert.ok(context.known.entities.some(({ value }) => value.includes('KA10023')));
  assert.deepEqual(
    context.known.openQuestions.map(({ text }) => text),
    ['Hello, how do I return my order KA10023?'],
  );

  // What is known stands beside it, and the orders once somebody has said where they are.
  await desk.reload();
  await strip(desk).getByText(returns).waitFor();
  await known.getByText('KA10023').first().waitFor();
  await known.getByText('Hello, how do I return my order KA10023?').waitFor();
  await desk.getByRole('button', { name: 'Set up orders…' }).click();
  const dialog = desk.getByRole('dialog', { name: 'How orders are looked up' });
  await dialog.getByRole('textbox', { name: 'Address' }).fill('http://127.0.0.1/orders');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText(/all customers had the same orders/).waitFor();
  const { port } = shop.address() as AddressInfo;
  await dialog.getByRole('textbox', { name: 'Address' }).fill(`http://127.0.0.1:${port}/orders?contact={contactId}`);
  await assertAccessible(desk, { where: 'the dialog' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await desk.getByText('shipped').waitFor();
  await assertAccessible(desk, { where: 'the strip' });
  await shot(desk, 'wide-light');
  await desk.emulateMedia({ colorScheme: 'dark' });
  await assertAccessible(desk, { where: 'the strip, dark' });
  await shot(desk, 'wide-dark');
  await desk.emulateMedia({ colorScheme: 'light' });

  // Alt+1 puts it into the composer, and changed it is noted as changed.
  const composer = desk.getByRole('textbox', { name: 'Reply', exact: true });
  await composer.focus();
  await desk.keyboard.press('Alt+Digit1');
  await until(async () => (await composer.inputValue()) === returns);
  await composer.press('Enter');
  await log(customer).getByText(returns).waitFor();
  await strip(desk).waitFor({ state: 'detached' });
  const counted = async () => (await recommended()).items;
  assert.deepEqual(await counted(), [], 'the last word was ours');

  // Alt+Shift+1 sends it, after some seconds in which it can be undone.
  await write(customer, 'And how can I return my shoes?');
  await strip(desk).getByText(returns).waitFor();
  await desk.keyboard.press('Alt+Shift+Digit1');
  await desk.getByText(/^Is being sent/).waitFor();
  await shot(desk, 'sending');
  await desk.getByRole('button', { name: 'Undo' }).click();
  await strip(desk).getByText(returns).waitFor();
  assert.equal(await log(customer).getByText(returns).count(), 1, 'nothing has left');
  await desk.keyboard.press('Alt+Shift+Digit1');
  await until(async () => (await log(customer).getByText(returns).count()) === 2);

  // On a phone it fits, and it can be folded away.
  await write(customer, 'How can I return my hat, please?');
  await strip(desk).getByText(returns).waitFor();
  await desk.setViewportSize({ width: 390, height: 844 });
  await strip(desk).getByText(returns).waitFor();
  await assertAccessible(desk, { where: 'a phone' });
  await shot(desk, 'phone');
  const overflow = await desk.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(overflow, 0, 'it fits a phone');
  await strip(desk)
    .getByRole('button', { name: /^Recommended replies/ })
    .click();
  await strip(desk).getByText(returns).waitFor({ state: 'detached' });
  await desk.setViewportSize({ width: 1440, height: 900 });

  // The shortcut is in the sheet; where it is switched off it does nothing.
  await desk.getByRole('log').or(timeline(desk)).first().click();
  await desk.keyboard.press('?');
  await desk.getByText('Take a recommended reply').waitFor();
  await shot(desk, 'sheet');
  await desk.keyboard.press('Escape');

  // Three customers got it: it is proposed as a canned reply, and approved.
  await desk.goto(`${server.url}/console/knowledge/proposals`);
  await desk.getByText(returns).first().waitFor();
  await assertAccessible(desk, { where: 'proposals' });
  await shot(desk, 'proposals');
  await desk.getByRole('textbox', { name: 'Title' }).first().fill('Returns');
  await desk.getByRole('button', { name: 'Keep as canned reply' }).first().click();
  await desk.getByText('There is nothing to decide').waitFor();
  const replies = await must(
    call<ListPage<{ title: string; body: string }>>(server, 'GET /api/v1/canned-replies', { token }),
  );
  assert.deepEqual(
    replies.items.map(({ title, body }) => [title, body]),
    [['Returns', returns]],
  );
  await until(async () => (await recommended()).items[0]?.source.kind === 'canned-reply');

  // Erased customers leave nothing behind that is recommended.
  assert.deepEqual(errors, []);
});
