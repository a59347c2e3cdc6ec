import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type { Conversation, Page as ListPage, Message } from '@parley/sdk/protocol.ts';
import { subprotocol } from '@parley/sdk/protocol.ts';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildPages } from '../scripts/build-pages.ts';
import { assertAccessible } from '../test/support/accessibility.ts';
import { chromiumMissing, launchBrowser } from '../test/support/pages.ts';
import { type ParleyProcess, startHostPage, startParley } from './testing/parley-process.ts';

type CallBack = {
  id: string;
  kind: string;
  state: string;
  phone: string | null;
  email: string | null;
  note: string | null;
};

describe('waiting in the widget in Chromium, against the real server', {
  skip: chromiumMissing,
  timeout: 300_000,
}, () => {
  let parley: ParleyProcess;
  let host: { url: string; stop(): void };
  let browser: Browser;

  before(async () => {
    buildPages();
    parley = await startParley();
    host = await startHostPage(parley.url, parley.channelId);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    host?.stop();
    await parley?.stop();
  });

  async function visit(options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    await page.goto(host.url);
    await page.getByRole('button', { name: 'Open chat' }).click();
    return { page, context };
  }
  /** Says something and waits until it stands in the queue. */
  async function begin(page: Page, text: string): Promise<Conversation> {
    await page.getByRole('textbox').fill(text);
    await page.keyboard.press('Enter');
    for (;;) {
      const { items } = await parley.call<ListPage<Conversation>>('GET', '/api/v1/conversations?limit=5');
      const found = items.find(({ lastMessage }) => lastMessage?.preview === text);
      if (found !== undefined) return found;
    }
  }
  async function publish(config: object): Promise<void> {
    const { version } = await parley.call<{ version: number }>('GET', '/api/v1/routing/config');
    await parley.call('PUT', '/api/v1/routing/config', { config, baseVersion: version });
  }
  const offering = (kind: string) => ({
    groups: [{ id: 'desk', name: 'Desk', overflow: [{ when: { nobodyStaffed: true }, to: { kind } }] }],
    defaultGroupId: 'desk',
  });
  const callBacksOf = async ({ id }: Conversation) =>
    (await parley.call<ListPage<CallBack>>('GET', `/api/v1/call-backs?conversationId=${id}`)).items;
  const close = ({ id }: Conversation) => parley.call('PATCH', `/api/v1/conversations/${id}`, { status: 'closed' });

  test('the place goes down while others are served, no wait is made up, and all of it goes when an agent has it', async () => {
    const first = await visit();
    const before = await begin(first.page, 'I was here first');
    await first.page.getByText('You are number 1.').waitFor();
    const { page, context } = await visit();
    const mine = await begin(page, 'And I came second');
    await page.getByText('You are number 2.').waitFor();
    await page.getByText('We cannot say yet how long it takes.').waitFor();
    const region = page.getByRole('status').filter({ hasText: 'You are number' });
    assert.equal(await region.count(), 1, 'it is read out');
    await assertAccessible(page, { within: 'html' });
    await close(before);
    await page.getByText('You are number 1.').waitFor();
    await parley.answer(mine.id, { type: 'text', text: 'Here I am' });
    await page.getByRole('log').getByText('Here I am', { exact: true }).waitFor();
    await page.getByText('You are number').waitFor({ state: 'detached' });
    await close(mine);
    for (const each of [context, first.context]) await each.close();
  });

  test('a wait is told once enough were served while others waited', async () => {
    const { token } = await parley.call<{ token: string }>('POST', '/api/v1/login', {
      email: 'admin@example.com',
      password: 'parley-demo-1',
    });
    await parley.call('PATCH', `/api/v1/agents/${parley.agent.id}`, { capacity: 1 });
    const agent = new WebSocket(`${parley.url.replace('http', 'ws')}/ws/agent`, [subprotocol, `bearer.${token}`]);
    await once(agent, 'message');
    const contexts = [];
    for (let i = 0; i < 8; i++) {
      const { page, context } = await visit();
      await begin(page, `Number ${i} of the morning`);
      contexts.push(context);
    }
    const { page, context } = await visit();
    const last = await begin(page, 'The last of the morning');
    for (let served = 0; served < 8; ) {
      const { items } = await parley.call<ListPage<Conversation>>('GET', '/api/v1/conversations?status=agent');
      for (const one of items) await close(one);
      served += items.length;
    }
    // Whoever serves the last one is still there, and busy with it.
    const busy = await visit();
    await begin(busy.page, 'One more');
    await busy.page.getByText(/Usually answered (within|in) /).waitFor();
    agent.close();
    await close(last);
    for (const each of [...contexts, context, busy.context]) await each.close();
    for (const one of (await parley.call<ListPage<Conversation>>('GET', '/api/v1/conversations?status=open')).items) {
      await close(one);
    }
    await parley.call('PATCH', `/api/v1/agents/${parley.agent.id}`, { capacity: 20 });
  });

  test('who leaves a message is told what is wrong with it, and then that they are answered later', async () => {
    await publish(offering('message-form'));
    const { page, context } = await visit();
    const mine = await begin(page, 'Nobody there?');
    await page.getByRole('button', { name: 'Leave a message' }).click();
    const form = page.getByRole('form', { name: 'Leave a message' });
    await assertAccessible(page, { within: 'html' });
    await form.getByRole('button', { name: 'Send message' }).click();
    await form.getByText('Please give an e-mail address such as name@example.com, or a phone number.').waitFor();
    const mail = form.getByRole('textbox', { name: 'E-mail' });
    assert.equal(await mail.getAttribute('aria-invalid'), 'true');
    await mail.fill('ann@example.org');
    await form.getByRole('button', { name: 'Send message' }).click();
    await form.getByText('Please write what it is about.').waitFor();
    await assertAccessible(page, { within: 'html' });
    assert.deepEqual(await callBacksOf(mine), [], 'nothing was kept of what was refused');
    await form.getByRole('textbox', { name: 'What is it about?' }).fill('Where is my order 7?');
    await form.getByRole('button', { name: 'Send message' }).click();
    await page.getByText('Thank you. We will answer you by e-mail or phone.').waitFor();
    await page.getByText('We will get back to you.').waitFor();
    await page.getByText('You are number').waitFor({ state: 'detached' });
    const [kept] = await callBacksOf(mine);
    assert.deepEqual([kept?.kind, kept?.email, kept?.note], ['message', 'ann@example.org', 'Where is my order 7?']);
    await context.close();
    await publish({ groups: [] });
  });

  test('a call back is asked for by keyboard, in Chinese, in the dark, on a phone, and the place is kept', async () => {
    await publish(offering('call-back'));
    const { page, context } = await visit({ colorScheme: 'dark', viewport: { width: 390, height: 780 } });
    await page.evaluate(() => window.Parley?.('setLocale', 'zh-CN'));
    const mine = await begin(page, '有人吗');
    const offer = page.getByRole('button', { name: '请求回电' });
    await offer.waitFor();
    await offer.focus();
    await page.keyboard.press('Enter');
    const phone = page.getByRole('textbox', { name: '电话号码' });
    assert.ok(await phone.evaluate((field) => field.matches(':focus')), 'the first field has the focus');
    await page.keyboard.press('Escape');
    await phone.waitFor({ state: 'detached' });
    await page.getByRole('dialog').waitFor();
    await offer.click();
    await page.keyboard.type('138');
    await page.keyboard.press('Enter');
    await page.getByText('请填写电话号码').waitFor();
    assert.ok(await phone.evaluate((field) => field.matches(':focus')), 'the wrong field has the focus');
    await assertAccessible(page, { within: 'html' });
    await page.keyboard.type(' 0000 0000');
    const keep = page.getByRole('checkbox', { name: '同时保留我的排队位置' });
    await keep.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.getByText('谢谢，我们会给您回电。').waitFor();
    await page.getByText('您排在第 1 位。').waitFor();
    await offer.waitFor({ state: 'detached' });
    assert.deepEqual(
      (await callBacksOf(mine)).map((one) => one.phone),
      ['138 0000 0000'],
    );
    await page.getByRole('button', { name: '取消回电' }).click();
    await page.getByText('好的，我们不会再给您回电。').waitFor();
    await page.getByText('谢谢，我们会给您回电。').waitFor({ state: 'detached' });
    assert.deepEqual(
      (await callBacksOf(mine)).map((one) => one.state),
      ['cancelled'],
    );
    assert.equal(await page.getByRole('button', { name: '取消回电' }).count(), 0);
    await assertAccessible(page, { within: 'html' });
    const said = (await parley.messages(mine.id)) as Message[];
    assert.ok(said.some(({ content }) => content.type === 'form' && content.title === '请给我回电'));
    await close(mine);
    await context.close();
    await publish({ groups: [] });
  });

  test('who is passed on to another group is told so without its name, and what they decline is not offered again', async () => {
    const overflow = [
      { when: { nobodyStaffed: true }, to: { kind: 'call-back' } },
      { when: { afterMs: 2_000 }, to: { kind: 'group', groupId: 'rescue' } },
    ];
    const groups = [
      { id: 'desk', name: 'Desk', overflow },
      { id: 'rescue', name: 'Secret rescuers' },
    ];
    await publish({ groups, defaultGroupId: 'desk' });
    const { page, context } = await visit();
    const mine = await begin(page, 'Who has me?');
    await page.getByRole('button', { name: 'No, I will wait' }).click();
    await page.getByText('You were passed on to another team').waitFor();
    await page.getByRole('button', { name: 'Ask for a call back' }).waitFor({ state: 'detached' });
    assert.equal(await page.getByText('rescue').count(), 0);
    await close(mine);
    await context.close();
    await publish({ groups: [] });
  });
});
