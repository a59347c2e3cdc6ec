import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { buildPages } from '../scripts/build-pages.ts';
import { until } from '../server/testing/running-program.ts';
import { assertAccessible } from '../test/support/accessibility.ts';
import { chromiumMissing, launchBrowser } from '../test/support/pages.ts';
import type { Call } from './src/api.ts';
import { type ParleyProcess, startHostPage, startParley } from './testing/parley-process.ts';

/** A call of the page, made from outside. */
const call = (page: Page, ...made: Call) => page.evaluate((values) => window.Parley?.(...values), made);

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGM4UeCFBzGMSmNDAILblslygE1kAAAAAElFTkSuQmCC',
  'base64',
);

describe('the widget in Chromium, against the real server', { skip: chromiumMissing, timeout: 300_000 }, () => {
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

  /** A visitor nobody knows, on a page; `complaints` are what the browser's console said in red or yellow. */
  async function visit(url: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (entry) => {
      if (['error', 'warning'].includes(entry.type())) complaints.push(entry.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return { page, context, complaints };
  }
  async function openChat(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Open chat' }).click();
    await page.getByRole('dialog').waitFor();
  }
  async function say(page: Page, text: string): Promise<void> {
    await page.getByRole('textbox').fill(text);
    await page.keyboard.press('Enter');
  }
  /** Says something new and waits until the server has it; answers the conversation's id. */
  async function begin(page: Page, text: string): Promise<string> {
    await openChat(page);
    await say(page, text);
    await page.getByText('Sent', { exact: false }).waitFor();
    return (await parley.newest()).id;
  }
  const bubble = (page: Page, text: string) => page.getByRole('log').getByText(text, { exact: true });
  const kept = (page: Page) => page.evaluate(() => Object.keys(localStorage));
  const cookies = async (context: BrowserContext) => (await context.cookies()).length;

  /** The log shows its newest entry whole. */
  const isAtEnd = (page: Page) =>
    page.getByRole('log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);
  const launcherSign = (page: Page) =>
    page.evaluate(() => {
      const sign = document.querySelector('parley-widget')?.shadowRoot?.querySelector('.launcher .talk');
      const { backgroundColor, padding, width, height } = sign ? getComputedStyle(sign) : ({} as CSSStyleDeclaration);
      return { backgroundColor, padding, width, height };
    });

  test('works on a foreign page under a policy of script-, connect- and img-src, and its console stays silent', async () => {
    const { page, context, complaints } = await visit(host.url);
    const id = await begin(page, 'Hello from a strict page');
    await parley.answer(id, { type: 'text', text: 'Hello from an agent' });
    await bubble(page, 'Hello from an agent').waitFor();
    await page.getByText(`${parley.agent.name} joined the conversation`).waitFor();
    assert.deepEqual(complaints, []);
    assert.equal(await cookies(context), 0);
    await context.close();
  });

  test('offers as a file what the page has no policy to play, and where the picture is gone', async () => {
    const { page, context } = await visit(host.url);
    const id = await begin(page, 'Do you have a film of it?');
    await parley.answer(id, { type: 'video', url: '/files/1/none/film.mp4', fileName: 'film.mp4' });
    await parley.answer(id, { type: 'image', url: '/files/1/none/mug.png', fileName: 'mug.png' });
    await page.getByRole('link', { name: 'film.mp4' }).waitFor();
    await page.getByRole('link', { name: 'mug.png' }).waitFor();
    assert.equal(await page.getByRole('log').locator('video, img').count(), 0);
    await context.close();
  });

  test('stores nothing before the first message, also when the chat was opened and a draft written', async () => {
    const { page, context } = await visit(host.url);
    await openChat(page);
    await page.getByRole('textbox').fill('A first draft');
    assert.deepEqual(await kept(page), []);
    await page.keyboard.press('Enter');
    await page.getByText('Sent').waitFor();
    assert.deepEqual(await kept(page), [`parley.${parley.channelId}`]);
    await context.close();
  });

  test('sends a chosen picture and a file, and shows what the agent sends', async () => {
    const { page, context, complaints } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Files follow');
    await page.locator('input[type=file][multiple]').setInputFiles([
      { name: 'mug.png', mimeType: 'image/png', buffer: png },
      { name: 'order 7.txt', mimeType: 'text/plain', buffer: Buffer.from('seven') },
    ]);
    await page.getByRole('img', { name: 'mug.png' }).waitFor();
    await bubble(page, 'order 7.txt').waitFor();
    // A bubble is there before its file has arrived.
    const stored = await until(async () => {
      const messages = await parley.messages(id);
      return messages.length >= 3 && messages;
    });
    const types = stored.map((message) => message.content.type);
    assert.deepEqual(types.slice(0, 3), ['text', 'image', 'file']);
    const evil = '<img src=x onerror=alert(1)> javascript:alert(1) https://example.com/a?b=c.';
    await parley.answer(id, { type: 'text', text: evil });
    const link = page.getByRole('link', { name: 'https://example.com/a?b=c' });
    await link.waitFor();
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
    assert.equal(await page.getByRole('log').locator('img[src="x"]').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('keeps the newest in sight while pictures arrive, and leaves who reads above where they are', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Show me all of them');
    const large = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 700 });
      canvas.getContext('2d')?.fillRect(0, 0, 900, 700);
      return canvas.toDataURL().replace(/^.*,/, '');
    });
    const files = ['one.png', 'two.png', 'three.png'].map((name) => ({
      name,
      mimeType: 'image/png',
      buffer: Buffer.from(large, 'base64'),
    }));
    await page.locator('input[type=file][multiple]').setInputFiles(files);
    await page.getByRole('img', { name: 'three.png' }).waitFor();
    await parley.answer(id, { type: 'text', text: 'Thank you for the pictures' });
    await bubble(page, 'Thank you for the pictures').waitFor();
    await page.waitForFunction(() => {
      const root = document.querySelector('parley-widget')?.shadowRoot;
      return [...(root?.querySelectorAll('img') ?? [])].every((image) => image.complete);
    });
    assert.equal(await isAtEnd(page), true);
    assert.equal(await page.getByRole('button', { name: 'New messages' }).count(), 0);

    await page.getByRole('log').hover();
    await page.mouse.wheel(0, -400);
    await page.waitForFunction(() => {
      const log = document.querySelector('parley-widget')?.shadowRoot?.querySelector('.log');
      return log && log.scrollHeight - log.scrollTop - log.clientHeight > 300;
    });
    const top = await page.getByRole('log').evaluate((log) => log.scrollTop);
    await parley.answer(id, { type: 'text', text: 'Anything else?' });
    await page.getByRole('button', { name: 'New messages' }).waitFor();
    assert.equal(await page.getByRole('log').evaluate((log) => log.scrollTop), top);
    await page.getByRole('button', { name: 'New messages' }).click();
    assert.equal(await isAtEnd(page), true);
    await context.close();
  });

  test('refuses a file over the limit before any byte is sent, and says what the limit is', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await openChat(page);
    await page.evaluate(() => {
      const field = document.querySelector('parley-widget')?.shadowRoot?.querySelector('textarea');
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(20 * 1024 * 1024 + 1)], 'film.mov'));
      field?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await page.getByRole('alert').getByText('film.mov is too large. A file may have up to 20 MB.').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await page.getByRole('alert').count(), 0);
    assert.deepEqual(await kept(page), []);
    await context.close();
  });

  test('shows the history after a reload, keeps the draft, and counts what came while it was closed', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Remember me');
    await page.getByRole('textbox').fill('Half a thought');
    await page.reload();
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    await parley.answer(id, { type: 'text', text: 'We do' });
    await page.getByRole('button', { name: 'Open chat, 1 unread message' }).click();
    await bubble(page, 'Remember me').waitFor();
    await bubble(page, 'We do').waitFor();
    assert.equal(await page.getByRole('textbox').inputValue(), 'Half a thought');
    await page.getByRole('button', { name: 'Close chat' }).first().click();
    await page.getByRole('button', { name: 'Open chat', exact: true }).waitFor();
    assert.equal(
      (await parley.call<{ contactReadSeq: number }>('GET', `/api/v1/conversations/${id}`)).contactReadSeq > 1,
      true,
    );
    await context.close();
  });

  test('shows the last known count before the chat is there, also while the server cannot be asked for more', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Count on me');
    await page.keyboard.press('Escape');
    await parley.answer(id, { type: 'text', text: 'One' });
    await parley.answer(id, { type: 'text', text: 'Two' });
    await page.getByRole('button', { name: 'Open chat, 2 unread messages' }).waitFor();
    await context.route('**/widget/chat-*.js', (route) => route.abort());
    await page.reload();
    await page.getByRole('button', { name: 'Open chat, 2 unread messages' }).waitFor();
    await context.unroute('**/widget/chat-*.js');
    await page.getByRole('button', { name: 'Open chat, 2 unread messages' }).click();
    await bubble(page, 'Two').waitFor();
    await page.waitForFunction(() => Object.keys(localStorage).every((key) => !key.endsWith('.unread')));
    await context.close();
  });

  test('its button looks the same before and after the chat has loaded', async () => {
    const { page, context } = await visit(`${parley.url}/demo`, { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    const before = await launcherSign(page);
    await openChat(page);
    await page.keyboard.press('Escape');
    assert.deepEqual(await launcherSign(page), before);
    await context.close();
  });

  test('shows that the message lies with an agent, that the agent has read it, and that the agent types', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Anybody there?');
    await parley.call('PATCH', `/api/v1/conversations/${id}`, { assigneeId: parley.agent.id });
    await page.getByText('· Delivered').waitFor();
    await parley.call('POST', `/api/v1/conversations/${id}/read`, { seq: 1 });
    await page.getByText('· Read').waitFor();
    await parley.startTyping(id);
    await page.getByRole('img', { name: `${parley.agent.name} is typing` }).waitFor();
    await parley.answer(id, { type: 'text', text: 'Here I am' });
    await page.getByRole('img', { name: `${parley.agent.name} is typing` }).waitFor({ state: 'detached' });
    await context.close();
  });

  test('says when a message was refused, and lets the visitor take it back', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await begin(page, 'A first message');
    await call(page, 'sendMessage', 'x'.repeat(70_000));
    await page.getByRole('alert').getByText('Not sent.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText('Not sent.').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByText('Sent').waitFor();
    await context.close();
  });

  test('knows a proved customer again in another browser, and nobody by a wrong proof', async () => {
    const identitySecret = 'a secret of the demo shop';
    await parley.call('PATCH', `/api/v1/channels/${parley.channelId}`, { settings: { identitySecret } });
    const hash = createHmac('sha256', identitySecret).update('4711').digest('hex');
    const identify = (page: Page, proof: string) =>
      call(page, 'identify', { externalId: '4711', hash: proof, name: 'Li Wei' });

    const first = await visit(`${parley.url}/demo`);
    await identify(first.page, hash);
    await begin(first.page, 'It is me');
    assert.equal((await parley.newest()).contact.name, 'Li Wei');

    const second = await visit(`${parley.url}/demo`);
    const code = second.page.evaluate(
      () => new Promise((resolve) => window.Parley?.('on', 'error', (error) => resolve(error.code))),
    );
    await identify(second.page, '00'.repeat(32));
    assert.equal(await code, 'unauthorized');
    assert.deepEqual(await kept(second.page), []);
    await identify(second.page, hash);
    await openChat(second.page);
    await bubble(second.page, 'It is me').waitFor();
    await first.context.close();
    await second.context.close();
  });

  test('works without WebSockets, by asking over HTTP', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await page.evaluate(() => {
      window.WebSocket = class extends EventTarget {
        constructor() {
          super();
          throw new DOMException('forbidden by a policy', 'SecurityError');
        }
      } as unknown as typeof WebSocket;
    });
    const id = await begin(page, 'Over plain HTTP');
    await parley.answer(id, { type: 'text', text: 'And back' });
    await bubble(page, 'And back').waitFor();
    await context.close();
  });

  test('offers the choices of an agent as buttons, and takes them away once one was pressed', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'What can I choose?');
    const choices = [
      { id: 'd', label: 'Delivery' },
      { id: 'r', label: 'Returns' },
    ];
    await parley.answer(id, { type: 'choices', text: 'What is it about?', choices });
    await page.getByRole('button', { name: 'Returns' }).click();
    await bubble(page, 'Returns').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Delivery' }).count(), 0);
    await context.close();
  });

  test('says so when the server is gone, keeps what was written meanwhile, and sends it once it is back', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Before the outage');
    await parley.kill();
    await page.getByText('Connection lost. Reconnecting…').waitFor();
    await say(page, 'During the outage');
    await page.getByText('Sending…').waitFor();
    await parley.restart();
    await page.getByText('Sent').waitFor({ timeout: 60_000 });
    await page.getByText('Connection lost. Reconnecting…').waitFor({ state: 'detached' });
    const texts = (await parley.messages(id)).map(({ content }) => (content.type === 'text' ? content.text : ''));
    assert.deepEqual(texts, ['Before the outage', 'During the outage']);
    await context.close();
  });

  test('tells a visitor without a network, and stops telling when it is back', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await begin(page, 'Before the tunnel');
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await context.setOffline(false);
    await page.getByText('You are offline.').waitFor({ state: 'detached' });
    await context.close();
  });

  test('can be used with the keyboard alone: in, a line break, send, out, and back where one was', async () => {
    const { page, context } = await visit(host.url);
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    await page.getByRole('link', { name: 'A link' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('One');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('Two');
    await page.keyboard.press('Enter');
    await bubble(page, 'One\nTwo').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const focused = () => document.activeElement?.shadowRoot?.activeElement?.getAttribute('aria-label');
    assert.equal(await page.evaluate(focused), 'Open chat');
    await context.close();
  });

  test('where it covers the page, the focus stays in it, and Escape or the way back closes it from anywhere', async () => {
    const { page, context } = await visit(host.url, { viewport: { width: 400, height: 800 } });
    await openChat(page);
    const focused = () => document.activeElement?.shadowRoot?.activeElement?.getAttribute('aria-label') ?? 'the page';
    await page.getByRole('button', { name: 'Close chat' }).focus();
    await page.keyboard.press('Shift+Tab');
    assert.equal(await page.evaluate(focused), 'Emoji');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(focused), 'Close chat');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await context.close();
  });

  test('does not send while an input method composes', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await openChat(page);
    await page.getByRole('textbox').fill('nihao');
    const press = (isComposing: boolean) =>
      page
        .getByRole('textbox')
        .dispatchEvent('keydown', { key: 'Enter', isComposing, bubbles: true, cancelable: true });
    await press(true);
    assert.equal(await page.getByRole('textbox').inputValue(), 'nihao');
    await press(false);
    assert.equal(await page.getByRole('textbox').inputValue(), '');
    await context.close();
  });

  test('speaks Chinese to who reads Chinese, and changes the language while open', async () => {
    const { page, context } = await visit(`${parley.url}/demo`, { locale: 'zh-CN' });
    await page.getByRole('button', { name: '打开聊天' }).click();
    await page.getByRole('textbox', { name: '输入消息…' }).waitFor();
    await call(page, 'setLocale', 'en');
    await page.getByRole('textbox', { name: 'Write a message…' }).waitFor();
    await context.close();
  });

  test('two tabs of one visitor show the same conversation, and forget it together', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const other = await context.newPage();
    await other.goto(`${parley.url}/demo`);
    await openChat(other);
    await begin(page, 'Said in one tab');
    await bubble(other, 'Said in one tab').waitFor();
    await call(page, 'reset');
    await bubble(other, 'Said in one tab').waitFor({ state: 'detached' });
    assert.deepEqual(await kept(other), []);
    await context.close();
  });

  test('a tab that was there before the first message follows it, and so does one that comes back from memory', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    const other = await context.newPage();
    await other.goto(`${parley.url}/demo`);
    const id = await begin(other, 'Said in the second tab');
    // An open chat reads what comes, and then there is nothing left to count in any tab.
    await call(other, 'close');
    await other.getByRole('dialog').waitFor({ state: 'hidden' });
    await parley.answer(id, { type: 'text', text: 'For both tabs' });
    await page.getByRole('button', { name: 'Open chat, 1 unread message' }).waitFor();
    // While a page lies in the browser's memory, nobody tells it that the visitor was forgotten.
    await page.evaluate(() => {
      localStorage.clear();
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
    await page.getByRole('button', { name: 'Open chat', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    assert.equal(await bubble(page, 'Said in the second tab').count(), 0);
    await context.close();
  });

  test('tabs that are there when one begins are one visitor, and say it once', async () => {
    const context = await browser.newContext({ locale: 'en-US' });
    // The first answer of the server takes long enough for the others to begin meanwhile.
    let asked = 0;
    await context.route('**/visitor/sessions', async (route) => {
      asked++;
      await until(() => Promise.resolve(asked === 3));
      await route.continue();
    });
    const tabs = await Promise.all([1, 2, 3].map(() => context.newPage()));
    for (const tab of tabs) await tab.goto(`${parley.url}/demo`);
    const [first, ...others] = tabs as [Page, ...Page[]];
    const text = 'From one of three tabs';
    await first.bringToFront();
    const id = await begin(first, text);
    await parley.answer(id, { type: 'text', text: 'For all of you' });
    for (const tab of others) {
      await tab.bringToFront();
      await tab.getByRole('button', { name: /^Open chat/ }).click();
      await bubble(tab, 'For all of you').waitFor();
    }
    const { items } = await parley.call<{ items: { id: string }[] }>('GET', '/api/v1/conversations?limit=100');
    const said = await Promise.all(items.map((one) => parley.messages(one.id)));
    const times = said.flat().filter(({ content }) => content.type === 'text' && content.text === text).length;
    assert.equal(times, 1);
    await context.close();
  });

  test('a visitor whose token is good no more is the same one by the key, in every tab', async () => {
    const { page, context } = await visit(`${parley.url}/demo`);
    const id = await begin(page, 'Said with a good token');
    await page.evaluate(() => {
      for (const [key, value] of Object.entries(localStorage))
        if (value.includes('"token"')) localStorage.setItem(key, value.replace(/"token":"[^"]*"/, '"token":"a.b.c"'));
    });
    const other = await context.newPage();
    await Promise.all([page.reload(), other.goto(`${parley.url}/demo`)]);
    await parley.answer(id, { type: 'text', text: 'For whoever came back' });
    for (const tab of [page, other]) {
      await tab.bringToFront();
      await openChat(tab);
      await bubble(tab, 'For whoever came back').waitFor();
    }
    await context.close();
  });

  test('a page whose server cannot be reached shows no button, and shows it when the server is there again', async () => {
    const { page, context } = await visit('about:blank');
    await page.clock.install();
    await context.route('**/visitor/config*', (route) => route.abort());
    const asked = page.waitForEvent('requestfailed');
    await page.goto(`${parley.url}/demo`);
    await asked;
    assert.equal(await page.getByRole('button', { name: 'Open chat' }).count(), 0);
    await context.unroute('**/visitor/config*');
    await page.clock.runFor(6_000);
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    await context.close();
  });

  test('a page may call before the script is there, load it twice, swap its body, and take the widget away', async () => {
    const { page, context, complaints } = await visit(`${parley.url}/demo`);
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    await page.evaluate(async () => {
      const again = document.createElement('script');
      again.src = '/widget.js';
      again.dataset.channel = 'other';
      const loaded = new Promise((resolve) => again.addEventListener('load', resolve));
      document.head.append(again);
      await loaded;
      document.documentElement.replaceChild(document.createElement('body'), document.body);
    });
    await page.getByRole('button', { name: 'Open chat' }).waitFor();
    assert.equal(await page.locator('parley-widget').count(), 1);
    await call(page, 'prefill', 'A question');
    await call(page, 'open');
    await page.getByRole('dialog').waitFor();
    assert.equal(await page.getByRole('textbox').inputValue(), 'A question');
    await call(page, 'destroy');
    assert.equal(await page.locator('parley-widget').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('fills a phone, with targets of 44 pixels and a field that is not zoomed into', async () => {
    const { page, context } = await visit(`${parley.url}/demo`, {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await page.getByRole('button', { name: 'Open chat' }).tap();
    const panel = page.getByRole('dialog');
    await panel.waitFor();
    await page.waitForFunction(() => {
      const root = document.querySelector('parley-widget')?.shadowRoot;
      return root?.querySelector('.panel')?.getAnimations().length === 0;
    });
    assert.deepEqual(await panel.boundingBox(), { x: 0, y: 0, width: 390, height: 844 });
    for (const button of await panel.getByRole('button').all()) {
      const box = await button.boundingBox();
      assert.ok(box !== null && box.width >= 44 && box.height >= 44, `${await button.getAttribute('aria-label')}`);
    }
    const size = await page
      .getByRole('textbox')
      .evaluate((field) => Number.parseFloat(getComputedStyle(field).fontSize));
    assert.ok(size >= 16);
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has nothing that axe-core objects to, in ${colorScheme}`, async () => {
      const { page, context } = await visit(`${parley.url}/demo`, { colorScheme, reducedMotion: 'reduce' });
      const id = await begin(page, 'Is this readable? https://example.com/');
      await parley.answer(id, { type: 'text', text: 'It is: https://example.com/' });
      await parley.answer(id, {
        type: 'form',
        title: 'Where to?',
        fields: [{ name: 'city', label: 'City', kind: 'text' }],
      });
      await page.getByLabel('City').waitFor();
      await page.getByRole('button', { name: 'Emoji' }).click();
      await assertAccessible(page, { within: 'html' });
      await page.setViewportSize({ width: 390, height: 844 });
      await assertAccessible(page, { within: 'html' });
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await assertAccessible(page, { within: 'html' });
      await page.goto(`${parley.url}/chat/${parley.channelId}`);
      await page.getByLabel('City').waitFor();
      await assertAccessible(page, { within: 'html' });
      await context.close();
    });
  }

  test('is the whole page at its own address', async () => {
    const { page, context, complaints } = await visit(`${parley.url}/chat/${parley.channelId}`);
    await page.getByRole('textbox').fill('On a page of its own');
    await page.keyboard.press('Enter');
    await page.getByText('Sent').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Close chat' }).count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
