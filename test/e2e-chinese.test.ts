import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, startSite } from './support/pages.ts';
import { admin } from './support/server-process.ts';

/** What stands in Latin letters alone and is meant to: names, codes, examples, formats. */
const meant = [
  /^(Parley|English|Admin|Web chat|Webhook|AppID|Everyone)$/,
  /^[\w.-]+@[\w.-]+$/,
  // Keys, sizes, versions, tags of languages, names of settings and of variables, patterns, addresses, code.
  /^(J|K|E|R|N|A|S|Esc|Enter|Shift|Alt|Ctrl|Tab)$/,
  /^\d+(\.\d+)? ?[KM]?B$/,
  /^[a-z]{2}(-[A-Z]{2})?$/,
  /^\{\{.*\}\}$/,
  /^(https?:\/\/|<script )/,
  /^(\/refund|DD\\d\{8,12\}|product|autosize measurement)$/,
  // Words that end a conversation with the bot: customers write them in English, too.
  /^(lawyer|lawsuit|sue you|court|police|gdpr|suicide|kill myself|self-harm|hacked|stolen card|fraud|data breach)$/,
  /^((double |wrongly |over)?charged( twice| me twice)?|chargeback|billing (dispute|error)|unauthori[sz]ed charge)$/,
];

const isForeign = (text: string) =>
  /[A-Za-z]/.test(text) && !/\p{Script=Han}/u.test(text) && !meant.some((pattern) => pattern.test(text));

/** All that is to be read on the page, or heard of it. */
const textsOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      if (!['SCRIPT', 'STYLE'].includes(parentElement?.tagName ?? '')) texts.push(textContent?.trim() ?? '');
    }
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-roledescription'])
      for (const element of document.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name) ?? '');
    return texts;
  });

test('nothing on any page of the Chinese console is left in English', {
  skip: chromiumMissing,
  timeout: 180_000,
}, async (t) => {
  const { server, browser } = await startSite(t);
  const { token } = await signIn(server);
  const flow = {
    ...{ id: 'menu', name: '菜单', startWords: ['菜单'], first: 'size' },
    steps: [
      { id: 'size', kind: 'say', texts: { default: '尺码' }, next: 'end' },
      { id: 'end', kind: 'end' },
    ],
  };
  await must(call(server, 'PUT /api/v1/bot/flows', { token, body: { baseVersion: 0, document: { flows: [flow] } } }));
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const settings = { inboundSecret: key, outboundSecret: key, outboundUrl: 'https://127.0.0.1:9/' };
  const made = call<{ id: string }>(server, 'POST /api/v1/channels', {
    token,
    body: { type: 'webhook', name: '商城', settings },
  });
  const { id } = await must(made);

  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const found = new Set<string>();
  const look = async () => {
    for (const text of await textsOf(page)) if (isForeign(text)) found.add(`${new URL(page.url()).pathname}: ${text}`);
  };
  await page.goto(`${server.url}/console/`);
  await page.getByLabel('邮箱').fill(admin.email);
  await page.locator('input[type=password]').fill(admin.password);
  await look();
  await page.locator('button[type=submit]').click();
  await page.getByText('实时', { exact: true }).waitFor();

  // Why a channel does not work is said by the server, and in English.
  await page.goto(`${server.url}/console/channels/${id}`);
  await page.getByRole('button', { name: '立即检查' }).click();
  await page.getByText(/^无法连接到 127\.0\.0\.1/).waitFor();
  // So is what is wrong with a field.
  await page.goto(`${server.url}/console/knowledge/canned-replies`);
  await page.getByRole('button', { name: '新建快捷回复' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click();
  await page.getByText('此项必填').first().waitFor();
  await look();

  const linksHere = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLAnchorElement>('nav a[href], main a[href]')].map((a) => a.pathname),
    );
  await page.goto(`${server.url}/console/`);
  await page.getByText('实时', { exact: true }).waitFor();
  const queue = await linksHere();
  const seen = new Set<string>();
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path) || !path.startsWith('/console/')) continue;
    seen.add(path);
    await page.goto(server.url + path);
    await page.locator('main').getByRole('heading').first().waitFor();
    await page.waitForLoadState('networkidle');
    await look();
    queue.push(...(await linksHere()));
  }
  assert.ok(seen.size > 30, [...seen].join(' '));
  assert.deepEqual([...found], []);
});
