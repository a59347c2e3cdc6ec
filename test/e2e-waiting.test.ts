import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

describe('customers who wait, in the console', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let ben: string;
  const errors: string[] = [];

  /** A visitor who has written, with their window open; `name` as agents see it. */
  async function visitor(words: string, name: string) {
    const { token } = await signIn(server);
    const { visitorToken, contactId } = await beginVisit(server, await webChannelOf(server, token));
    await must(call(server, `PATCH /api/v1/contacts/${contactId}`, { token, body: { name } }));
    const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
    const { message } = await socket.request('message.send', { clientId: words, content: text(words) });
    return { id: message.conversationId, visitorToken, socket };
  }

  /** As soon as it is offered. */
  async function askForCall(token: string, body: object): Promise<void> {
    for (;;) {
      const answer = await call(server, 'POST /api/v1/visitor/wait/call-back', { token, body });
      if (answer.status === 201) return;
      assert.equal(answer.status, 409);
      await sleep(50);
    }
  }

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-waiting-'));
    server = await startServer({ dataDir });
    const { token } = await signIn(server);
    const overflow = [{ when: { nobodyStaffed: true }, to: { kind: 'call-back' } }];
    const config = { groups: [{ id: 'desk', name: 'Desk', overflow }], defaultGroupId: 'desk' };
    await must(call(server, 'PUT /api/v1/routing/config', { token, body: { config, baseVersion: 0 } }));
    const ann = await visitor('My order 7 has not come', 'Ann Lee');
    await askForCall(ann.visitorToken, { clientId: 'c', phone: '+49 30 123456', name: 'Ann', note: 'After lunch' });
    await ann.socket.close();
    ben = (await visitor('Is anybody there?', 'Ben Ortiz')).visitorToken;
    browser = await launchBrowser();
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('a call-back is counted, taken, called in vain, and is due again', async () => {
    const link = page.getByRole('link', { name: /Call-backs/ }).first();
    await link.getByRole('img', { name: 'Open call-backs: 1' }).waitFor();
    await link.click();
    const card = page.getByRole('listitem').filter({ hasText: 'Call back: Ann' });
    await card.getByRole('link', { name: '+49 30 123456' }).waitFor();
    await card.getByText('After lunch').waitFor();
    const due = await card.getByText(/^Due /).textContent();
    assert.match(due ?? '', /\d:\d\d/);
    assert.doesNotMatch(due ?? '', /:\d\d:/, 'without seconds');
    await assertAccessible(page);
    await card.getByRole('button', { name: 'Take' }).press('Enter');
    await page.getByText('Nobody waits for a call').waitFor();
    await page.getByText('Taken', { exact: true }).click();
    await card.getByText(/With You/).waitFor();
    await assertAccessible(page);
    await card.getByRole('button', { name: 'No answer' }).click();
    await page.getByText('Open', { exact: true }).click();
    await card.getByText(/Not answered: 1/).waitFor();
  });

  test('a customer who asks for a call is seen at once, and is gone when they cancel it', async () => {
    const card = page.getByRole('listitem').filter({ hasText: 'Call back: Ben' });
    await askForCall(ben, { clientId: 'c', phone: '+49 30 654321', name: 'Ben', keepPlace: true });
    await card.getByRole('link', { name: '+49 30 654321' }).waitFor();
    await page.getByRole('img', { name: 'Open call-backs: 2' }).first().waitFor();
    const { items } = await must<{ items: { id: string }[] }>(
      call(server, 'GET /api/v1/visitor/call-backs', { token: ben }),
    );
    await must(call(server, `POST /api/v1/visitor/call-backs/${items[0]?.id}/cancel`, { token: ben }));
    await card.waitFor({ state: 'detached' });
    await page.getByRole('img', { name: 'Open call-backs: 1' }).first().waitFor();
  });

  test('the conversation shows what was promised and what became of it', async () => {
    const card = page.getByRole('listitem').filter({ hasText: 'Call back: Ann' });
    await card.getByRole('link', { name: 'Open the conversation' }).click();
    await page.getByText('The customer chose to be answered later').waitFor();
    await page.getByText('Admin called: nobody answered').waitFor();
    const section = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Call-backs' }) });
    await section.getByRole('button', { name: 'Take' }).click();
    await section.getByRole('button', { name: 'Reached' }).click();
    await page.getByText('Admin reached the customer').waitFor();
    await section.getByText('Done', { exact: true }).waitFor();
  });

  test('a supervisor says of a contact that it is a VIP, and the lists show it', async () => {
    await page.goto(`${server.url}/console/conversations/queue`);
    const row = page.getByRole('option').filter({ hasText: 'Ben Ortiz' });
    await row.click();
    assert.equal(await row.getByRole('img', { name: 'VIP' }).count(), 0);
    await page.getByRole('switch', { name: 'VIP' }).press('Space');
    await row.getByRole('img', { name: 'VIP' }).waitFor();
    await assertAccessible(page, { within: 'aside' });
    await page.getByRole('switch', { name: 'VIP' }).press('Space');
    await row.getByRole('img', { name: 'VIP' }).waitFor({ state: 'detached' });
  });

  test('a conversation that waits is taken with one click where it is read, also on a phone', async () => {
    const take = page.getByRole('button', { name: 'Take it', exact: true });
    await take.waitFor();
    await assertAccessible(page, { within: 'main' });
    await page.setViewportSize({ width: 390, height: 844 });
    await assertAccessible(page, { within: 'main' });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(overflow, 0, 'it fits a phone');
    await take.click();
    await page.getByRole('button', { name: 'Assigned to Admin' }).waitFor();
    await take.waitFor({ state: 'detached' });
    assert.deepEqual(errors, []);
  });
});
