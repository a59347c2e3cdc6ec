import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import type { Conversation, Page as ListPage } from '@parley/sdk/protocol.ts';
import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from './support/accessibility.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { chromiumMissing, reply, signInToConsole, startSite } from './support/pages.ts';
import { admin } from './support/server-process.ts';

const shotsDir = process.env.PARLEY_SHOTS;
async function shot(name: string, page: Page): Promise<void> {
  if (shotsDir === undefined) return;
  await mkdir(shotsDir, { recursive: true });
  await page.screenshot({ path: `${shotsDir}/desk-${name}.png` });
}

type Site = Awaited<ReturnType<typeof startSite>>;

/** A customer who has written, and whom the administrator has. */
async function askedBy({ server }: Site, token: string, words: string) {
  const { visitorToken } = await beginVisit(server, await webChannelOf(server, token));
  const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
  const say = async (said: string) =>
    (await socket.request('message.send', { clientId: said, content: text(said) })).message.conversationId as string;
  const id = await say(words);
  const mine = 'GET /api/v1/conversations?status=agent' as const;
  await until(async () => {
    const { items } = await must(call<ListPage<Conversation>>(server, mine, { token }));
    return items.some((one) => one.id === id);
  });
  return { id, say, close: () => socket.close() };
}

test('by keys alone the most urgent comes next, the pages say where one is, and single keys can be switched off', {
  skip: chromiumMissing,
  timeout: 120_000,
}, async (t) => {
  const site = await startSite(t);
  const { server, browser } = site;
  const { token } = await signIn(server);
  const errors: string[] = [];
  const page = await signInToConsole(browser, server, admin, errors);
  page.setDefaultTimeout(15_000);
  const asked = [];
  for (const words of ['first', 'second', 'third']) asked.push(await askedBy(site, token, words));
  const [first, second, third] = asked.map(({ id }) => id);
  // Who has been answered does not wait; of the others the first has waited longest.
  const answer = { clientId: 'a', content: text('soon') };
  await must(call(server, `POST /api/v1/conversations/${second}/messages` as 'POST /', { token, body: answer }));

  await page.goto(`${server.url}/console/conversations/all/${third}`);
  await page.getByRole('log').getByText('third').waitFor();
  const nav = page.getByRole('navigation', { name: 'Main navigation' }).first();
  await nav.locator('a[data-current]').filter({ hasText: 'Conversations' }).waitFor();
  await page.locator('main').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('Shift+E');
  await page.waitForURL(`**/conversations/mine/${first}`);
  await page.getByRole('log').getByText('first').waitFor();
  await page.keyboard.press('Shift+E');
  await page.waitForURL(`**/conversations/mine/${second}`);
  await page.getByRole('log').getByText('second').waitFor();
  await page.keyboard.press('?');
  await page.getByText('Resolve and open the most urgent').waitFor();
  await assertAccessible(page, { within: '[role=dialog]' });
  await shot('sheet', page);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Shift+E');
  await page.waitForURL('**/conversations/mine');

  await page.goto(`${server.url}/console/profile`);
  await page.getByRole('switch', { name: 'Single keys are commands' }).click({ force: true });
  await assertAccessible(page);
  await shot('profile', page);
  await page.goto(`${server.url}/console/conversations/closed/${third}`);
  await page.getByText('This conversation is closed').waitFor();
  await page.keyboard.press('e');
  await page.keyboard.press('n');
  // What is typed afterwards has come after the keys.
  await page.getByRole('textbox', { name: 'Reply', exact: true }).fill('still a reply');
  const { status } = await must(call<Conversation>(server, `GET /api/v1/conversations/${third}` as 'GET /', { token }));
  assert.equal(status, 'closed');
  for (const one of asked) await one.close();
  assert.deepEqual(errors, []);
});

test('whoever writes while a colleague answers is asked before the customer gets two answers', {
  skip: chromiumMissing,
  timeout: 120_000,
}, async (t) => {
  const site = await startSite(t);
  const { server, browser } = site;
  const { token } = await signIn(server);
  const errors: string[] = [];
  const page = await signInToConsole(browser, server, admin, errors);
  page.setDefaultTimeout(15_000);
  const { id, close } = await askedBy(site, token, 'Where is my parcel?');
  const body = { name: 'Sue', role: 'supervisor', capacity: 5, email: 'sue@parley.test', password: 'password of sue' };
  await must(call(server, 'POST /api/v1/agents', { token, body }));
  const sue = await signIn(server, body);

  await page.goto(`${server.url}/console/conversations/mine/${id}`);
  const field = page.getByRole('textbox', { name: 'Reply', exact: true });
  await page.getByRole('log').getByText('Where is my parcel?').waitFor();
  await field.fill('It comes tomorrow.');
  const answer = { clientId: 's', content: text('It is at your door.') };
  const path = `POST /api/v1/conversations/${id}/messages` as 'POST /';
  await must(call(server, path, { token: sue.token, body: answer }));
  await page.getByRole('log').getByText('It is at your door.').waitFor();
  await field.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Sue has just answered' });
  await dialog.getByText('It is at your door.').waitFor();
  await assertAccessible(page, { within: '[role=dialog]' });
  await shot('overtaken', page);
  await dialog.getByRole('button', { name: 'Look at mine again' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('log').getByText('It comes tomorrow.').count(), 0);
  assert.equal(await field.inputValue(), 'It comes tomorrow.');
  // Asked once: what one has seen by now is one's own decision.
  await field.press('Enter');
  await page.getByRole('log').getByText('It comes tomorrow.').waitFor();
  await reply(page, 'And nothing is asked without a colleague.');
  await page.getByRole('log').getByText('And nothing is asked').waitFor();
  await close();
  assert.deepEqual(errors, []);
});

/** Windows behind others, whose notices and tones are noted down in place of being shown. */
async function inBackground(context: BrowserContext): Promise<{ notices: string[]; tones: number[] }> {
  const notices: string[] = [];
  const tones: number[] = [];
  await context.exposeBinding('noted', (_, what: string) => {
    if (what === 'tone') tones.push(1);
    else notices.push(what);
  });
  await context.addInitScript(() => {
    const { noted } = window as unknown as { noted: (what: string) => void };
    document.hasFocus = () => false;
    class Notice {
      static permission = 'granted';
      onclick?: () => void;
      constructor(title: string, { body = '', tag = '' }: NotificationOptions) {
        noted(`${title} | ${body} | ${tag}`);
        Object.assign(window, { lastNotice: this });
      }
      close() {}
    }
    Object.assign(window, { Notification: Notice });
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when) {
      noted('tone');
      start.call(this, when);
    };
  });
  return { notices, tones };
}

test('a message is told over other programs where one wants it, and of two windows one rings', {
  skip: chromiumMissing,
  timeout: 120_000,
}, async (t) => {
  const site = await startSite(t);
  const { server, browser } = site;
  const { token } = await signIn(server);
  const errors: string[] = [];
  const page = await signInToConsole(browser, server, admin, errors);
  page.setDefaultTimeout(15_000);
  const asked = await askedBy(site, token, 'Hello');
  const { notices, tones } = await inBackground(page.context());
  await page.goto(`${server.url}/console/profile`);
  await page.getByRole('switch', { name: 'Notices of the system' }).click({ force: true });
  const other = await page.context().newPage();
  await other.goto(`${server.url}/console/call-backs`);
  for (const each of [page, other]) await each.getByText('Live', { exact: true }).waitFor();

  await asked.say('Is anybody there?');
  await until(() => notices.length === 2 && tones.length >= 2);
  // The browser shows one: what has the same tag takes the place of the former.
  const [notice] = new Set(notices);
  assert.equal(new Set(notices).size, 1);
  assert.match(notice ?? '', new RegExp(`\\| Is anybody there\\? \\| parley-${asked.id}$`));
  await other.evaluate(() => (window as unknown as { lastNotice: { onclick(): void } }).lastNotice.onclick());
  await other.waitForURL(`**/conversations/mine/${asked.id}`);
  // Two notes are one tone.
  assert.equal(tones.length, 2);
  await asked.close();
  assert.deepEqual(errors, []);
});
