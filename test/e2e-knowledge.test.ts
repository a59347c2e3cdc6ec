import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { beginVisit, call, FrameSocket, must, signIn, text, webChannelOf } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole, timeline } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

describe('the knowledge base in the browser', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let conversationId: string;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-knowledge-'));
    server = await startServer({ dataDir });
    const { token } = await signIn(server);
    await must(call(server, 'PATCH /api/v1/help-centre', { token, body: { titles: { zh: '小店帮助', fr: 'Aide' } } }));
    const { visitorToken, contactId } = await beginVisit(server, await webChannelOf(server, token));
    await must(call(server, `PATCH /api/v1/contacts/${contactId}`, { token, body: { name: 'Ann Lee' } }));
    const socket = await FrameSocket.open(server, { role: 'visitor', token: visitorToken });
    const { message } = await socket.request('message.send', { clientId: 'c1', content: text('我要退款') });
    conversationId = message.conversationId;
    await socket.close();
    browser = await launchBrowser();
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(20_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const shot = async (name: string, of: Page = page) => {
    const dir = process.env.PARLEY_SHOTS;
    if (dir !== undefined) await of.screenshot({ path: join(dir, `${name}.png`) });
  };

  test('an agent writes a canned reply, and sees an unknown variable before it is saved', async () => {
    await page.getByRole('link', { name: 'Knowledge' }).first().click();
    await page.getByText('No canned replies yet').waitFor();
    await assertAccessible(page);
    for (const [title, code, body] of [
      ['退款说明', '退款', '{{contact.name|您好}}，退款会在 5 天内到账。'],
      ['Greeting', 'hi', 'Hello {{contact.name|there}}, how can I help?'],
    ] as const) {
      await page.getByRole('button', { name: 'New canned reply' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Title' }).fill(title);
      await dialog.getByRole('textbox', { name: 'Short code' }).fill(code);
      await dialog.getByRole('textbox', { name: 'Text' }).fill('{{contact.nmae}}');
      await dialog.getByText(/Did you mean \{\{contact\.name\}\}/).waitFor();
      await dialog.getByRole('textbox', { name: 'Text' }).fill(body);
      await dialog.getByText(/Did you mean/).waitFor({ state: 'detached' });
      if (code === 'hi') {
        await dialog.getByText('Hello Ann Lee, how can I help?').waitFor();
        await assertAccessible(page, { within: '[role=dialog]' });
        await shot('reply-dialog');
      }
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    await page.getByRole('listitem').filter({ hasText: '/退款' }).waitFor();
    await page.getByText('Saved', { exact: true }).last().waitFor({ state: 'detached' });
    await assertAccessible(page);
    await shot('replies');
  });

  test('a slash in the composer finds it by keys alone, also while an input method composes', async () => {
    await page.goto(`${server.url}/console/conversations/all/${conversationId}`);
    const field = page.getByRole('textbox', { name: 'Reply', exact: true });
    await field.click();
    await field.pressSequentially('/');
    const list = page.getByRole('listbox', { name: 'Canned replies' });
    await list.getByRole('option').nth(1).waitFor();
    await assertAccessible(page, { within: '[aria-label="Canned replies"]' });
    await shot('slash');
    await page.keyboard.press('ArrowDown');
    await list.getByRole('option', { selected: true }).filter({ hasText: '退款说明' }).waitFor();
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'detached' });
    await field.fill('');
    await field.pressSequentially('/');
    await list.waitFor();
    const input = await page.context().newCDPSession(page);
    await input.send('Input.imeSetComposition', { text: 'tui', selectionStart: 3, selectionEnd: 3 });
    // What is being composed is no search yet: both are still there.
    assert.equal(await list.getByRole('option').count(), 2);
    await input.send('Input.insertText', { text: '退款' });
    await list.getByRole('option', { selected: true }).filter({ hasText: '退款说明' }).waitFor();
    await list.getByRole('option').nth(1).waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await list.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'Ann Lee，退款会在 5 天内到账。');
    await page.keyboard.press('Enter');
    await timeline(page).getByText('Ann Lee，退款会在 5 天内到账。').waitFor();
  });

  test('a variable without a value is named, and keeps the reply from being sent', async () => {
    const field = page.getByRole('textbox', { name: 'Reply', exact: true });
    await field.fill('Call {{contact.phone}}');
    await page.getByText(/no value for contact\.phone/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled(), true);
    await field.fill('');
  });

  test('an article is written with a preview, published, found while answering, and read by customers', async () => {
    await page.goto(`${server.url}/console/knowledge/articles`);
    await page.getByRole('link', { name: 'New article' }).click();
    // The list has a field that names titles, too.
    await page.getByRole('heading', { name: 'New article' }).waitFor();
    await page.getByRole('textbox', { name: 'Title' }).fill('Returning a parcel');
    await page.getByRole('combobox', { name: 'Category' }).fill('Orders');
    await page.getByRole('button', { name: 'Names by language…' }).click();
    const naming = page.getByRole('dialog', { name: '“Orders” in other languages' });
    await naming.getByRole('textbox', { name: /\(zh\)/ }).fill('订单');
    await naming.getByRole('textbox', { name: 'Another language' }).fill('de');
    await naming.getByRole('button', { name: 'Add a language' }).click();
    await naming.getByRole('textbox', { name: 'German (de)' }).fill('Bestellungen');
    await assertAccessible(page, { within: '[role=dialog]' });
    await shot('category');
    await naming.getByRole('button', { name: 'Save' }).click();
    await naming.waitFor({ state: 'detached' });
    // The dialog's form is none of the article's: nothing of it was saved.
    await page.getByText('de: Bestellungen · zh: 订单').waitFor();
    await page.getByRole('heading', { name: 'New article' }).waitFor();
    await page.getByLabel('Only on these channels').first().click();
    await page.getByRole('option', { name: 'Web chat' }).click();
    await page.keyboard.press('Escape');
    await page
      .getByRole('textbox', { name: 'Text (Markdown)' })
      .fill('Send the parcel back within **30 days**.\n\n<script>alert(1)</script>\n\n- Pack it\n- Print the label');
    await page.getByLabel('Preview').locator('strong', { hasText: '30 days' }).waitFor();
    assert.equal(await page.getByLabel('Preview').locator('script').count(), 0);
    await assertAccessible(page);
    await shot('editor');
    await page.getByRole('button', { name: 'Publish' }).click();
    await page.getByRole('button', { name: 'Revisions' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Returning a parcel' }).waitFor();
    await page.locator('#content').getByText('Web chat', { exact: true }).waitFor();
    await page.goto(`${server.url}/console/conversations/all/${conversationId}`);
    await page.getByRole('button', { name: 'Search the knowledge base' }).click();
    const field = page.getByRole('dialog').getByPlaceholder('What does the customer want to know?');
    await field.pressSequentially('par');
    await page.locator('datalist option[value="Returning a parcel"]').waitFor({ state: 'attached' });
    await shot('titles');
    await assertAccessible(page, { within: '[role=dialog]' });
    await field.fill('how do I return a parcel');
    const result = page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Returning a parcel' });
    await result.waitFor();
    await assertAccessible(page, { within: '[role=dialog]' });
    await shot('search');
    await result.getByRole('button', { name: 'Insert a link' }).click();
    await page.waitForFunction(() => /\/help\/en\/articles\//.test(document.querySelector('textarea')?.value ?? ''));
    const url = await page.getByRole('textbox', { name: 'Reply', exact: true }).inputValue();
    await readAsCustomer(url);
  });

  /** Without scripts, in light and dark, wide and on a phone. */
  async function readAsCustomer(url: string): Promise<void> {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const reader = await context.newPage();
      reader.setDefaultTimeout(20_000);
      reader.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await reader.goto(url);
      await reader.getByRole('heading', { level: 1, name: 'Returning a parcel' }).waitFor();
      await assertAccessible(reader);
      await shot(`help-article-${colorScheme}`, reader);
      await reader.getByRole('button', { name: 'Yes' }).click();
      await reader.getByText('Thank you for telling us.').waitFor();
      await reader.getByRole('link', { name: 'All topics' }).click();
      await reader.getByRole('heading', { level: 2, name: 'Orders' }).waitFor();
      await assertAccessible(reader);
      await shot(`help-home-${colorScheme}`, reader);
      // A list of titles makes it a box that one can choose from.
      const search = reader.getByRole('combobox', { name: 'Search' });
      assert.equal(await reader.locator('#titles option').getAttribute('value'), 'Returning a parcel');
      await search.fill('quantum xylophone');
      await search.press('Enter');
      await reader.getByText(/Nothing was found/).waitFor();
      await assertAccessible(reader);
      await search.fill('par');
      await search.press('Enter');
      await reader.getByRole('heading', { level: 1, name: /“par”/ }).waitFor();
      await reader.getByRole('link', { name: 'Returning a parcel' }).waitFor();
      await assertAccessible(reader);
      await shot(`help-search-${colorScheme}`, reader);
      await search.fill('return a parcel');
      await search.press('Enter');
      await reader.getByRole('heading', { level: 1, name: /“return a parcel”/ }).waitFor();
      await reader.getByRole('link', { name: 'Returning a parcel' }).waitFor();
      await context.close();
    }
  }

  test('a visitor finds the answer in the chat before they ask anybody, and asks all the same', async () => {
    const sessions: string[] = [];
    for (const [locale, colorScheme, width] of [
      ['en-GB', 'light', 1280],
      ['zh-CN', 'dark', 390],
    ] as const) {
      const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 800 } });
      const shop = await context.newPage();
      shop.setDefaultTimeout(20_000);
      shop.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      shop.on('request', (request) => /visitor\/sessions/.test(request.url()) && sessions.push(request.url()));
      await shop.goto(`${server.url}/demo`);
      await shop.locator('.launcher').click();
      const chat = shop.getByRole('dialog');
      if (colorScheme === 'light') {
        await chat.getByRole('searchbox').fill('quantum xylophone');
        await chat.getByRole('searchbox').press('Enter');
        await chat.getByText('Nothing found. Write to us below.').waitFor();
      }
      await chat.getByRole('searchbox').fill('return a parcel');
      await chat.getByRole('searchbox').press('Enter');
      const hit = chat.getByRole('button', { name: /Returning a parcel/ });
      await hit.waitFor();
      await assertAccessible(shop);
      await shot(`chat-help-${colorScheme}`, shop);
      const asked = shop.waitForRequest(/visitor\/help\/articles\//);
      await hit.click();
      assert.match((await asked).url(), /language=en$/, 'the version that was found, whatever the chat is in');
      await chat.getByRole('heading', { name: 'Returning a parcel' }).waitFor();
      await chat.getByText('Send the parcel back within 30 days.').waitFor();
      assert.match(
        (await chat.getByRole('link', { name: /whole page|完整页面/ }).getAttribute('href')) ?? '',
        /\/help\/en\/articles\//,
      );
      await assertAccessible(shop);
      await shot(`chat-article-${colorScheme}`, shop);
      await chat.getByRole('button', { name: /Back to|返回/ }).click();
      await hit.waitFor();
      assert.deepEqual(sessions, [], 'who only reads is nobody');
      if (colorScheme === 'dark') {
        await chat.getByRole('textbox').last().fill('它能退吗');
        await chat.getByRole('textbox').last().press('Enter');
        await chat.getByText('它能退吗').waitFor();
        await chat.getByRole('searchbox').waitFor({ state: 'detached' });
      }
      await context.close();
    }
  });

  test('what was looked for in vain is listed; a file is tried before it is brought in', async () => {
    await page.getByRole('textbox', { name: 'Reply', exact: true }).fill('');
    await page.goto(`${server.url}/console/knowledge/searches`);
    await page.getByRole('row').filter({ hasText: 'quantum xylophone' }).waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Done: quantum xylophone' }).click();
    await page.getByText('Nothing was looked for in vain').waitFor();
    await page.getByRole('link', { name: 'Help centre' }).click();
    await page.getByText('The help centre is open.').waitFor();
    const titles = Object.entries({ en: '', fr: 'Aide', zh: '小店帮助' });
    for (const [language, title] of titles)
      assert.equal(await page.getByLabel(`Title (${language})`, { exact: true }).inputValue(), title);
    assert.equal(await page.getByLabel(/^Title \(/).count(), titles.length);
    await assertAccessible(page);
    await shot('help-settings');
    await page.getByRole('link', { name: 'Articles', exact: true }).click();
    await page.getByRole('button', { name: 'Import, export' }).click();
    await page.getByRole('menuitem', { name: 'Import from files' }).click();
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose files' }).click();
    const file = (name: string, words: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(words) });
    await (await chooser).setFiles([
      file('good.csv', 'key,title,body\nh,Opening hours,9 to 5\n'),
      file('bad.csv', 'key,title,body\nx,,9 to 5\n'),
    ]);
    await page.getByText('New: Opening hours').waitFor();
    await page.getByText(/Line 2: versions\[0\]\.title: is empty/).waitFor();
    await assertAccessible(page, { within: '[role=dialog]' });
    await shot('import');
    const again = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose files' }).click();
    await (await again).setFiles([file('table.csv', '事项,说明,备注\nOpening hours,9 to 5,x\n')]);
    await page.getByText(/The column "事项" is not known/).waitFor();
    for (const [column, choice] of [
      ['事项', 'Title or question'],
      ['说明', 'Text or answer'],
      ['备注', 'Leave out'],
    ] as const) {
      await page.getByRole('dialog').getByLabel(column, { exact: true }).first().click();
      await page.getByRole('option', { name: choice }).click();
    }
    await page.getByText('New: Opening hours').waitFor();
    await assertAccessible(page, { within: '[role=dialog]' });
    await shot('import-columns');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByRole('link').filter({ hasText: 'Opening hours' }).waitFor();
    const changed = await page
      .getByText(/Changed .*\d:\d\d/)
      .first()
      .textContent();
    assert.doesNotMatch(changed ?? '', /:\d\d:/, 'without seconds');
    await shot('articles');
    await page.setViewportSize({ width: 390, height: 844 });
    await shot('articles-phone');
    await assertAccessible(page);
    assert.deepEqual(errors, []);
  });
});
