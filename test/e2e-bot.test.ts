import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
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
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

const intents = {
  refund: ['我要退款', '什么时候可以退款', '把钱退给我', 'i want my money back', 'how do i get a refund'],
  delivery: ['我的快递到哪里了', '包裹什么时候送到', '查一下物流', 'where is my parcel', 'track my delivery'],
  invoice: ['帮我开一张发票', '发票怎么开', '我需要发票', 'i need an invoice', 'send me the invoice'],
};
const menu = {
  flows: [
    {
      id: 'menu',
      name: '菜单',
      startWords: ['菜单'],
      first: 'which',
      steps: [
        {
          id: 'which',
          kind: 'choices',
          texts: { default: '请问是哪一类问题？' },
          slot: 'topic',
          options: [
            { id: 'size', labels: { default: '尺码' }, next: 'size' },
            { id: 'colour', labels: { default: '颜色' }, next: 'colour' },
          ],
          otherwise: null,
        },
        { id: 'size', kind: 'say', texts: { default: '尺码有 S、M、L。' }, next: 'end' },
        { id: 'colour', kind: 'say', texts: { default: '有红色和蓝色。' }, next: 'end' },
        { id: 'end', kind: 'end' },
      ],
    },
  ],
};

/** What the report tells where a language model answers customers. */
const languageModel = {
  ...{ from: '2026-11-01', to: '2026-12-01', asked: 40, answered: 30, refused: 4, cannotTell: 4, fellBack: 2 },
  sentences: { held: 90, dropped: 10 },
  citations: { held: 95, of: 100 },
  firstTokenMs: { p50: 420, p95: 1_200, p99: 2_000, of: 38 },
  wholeMs: { p50: 1_700, p95: 4_800, p99: 6_900, of: 38 },
  ...{ requests: 61, errors: { 'timed-out': 2 } },
  tokens: {
    answers: { input: 48_000, output: 3_900, cached: 12_000 },
    all: { input: 80_000, output: 9_000, cached: 12_000 },
  },
  cost: { currency: 'EUR', answers: 0.18, all: 0.31, unpricedTokens: 0, solved: 12, perSolved: 0.015 },
  vectors: { memory: 12, asked: 30, missed: 1 },
};

describe('the bot, from the customer’s window to the agent’s', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let agent: Page;
  let shop: Page;
  let token: string;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-bot-'));
    server = await startServer({ dataDir });
    ({ token } = await signIn(server));
    for (const [name, utterances] of Object.entries(intents)) {
      const answer = { zh: `关于 ${name} 的回答` };
      await must(call(server, 'POST /api/v1/intents', { token, body: { name, utterances, answer } }));
    }
    const training = await must(call<{ id: string }>(server, 'POST /api/v1/bot/trainings', { token, body: {} }));
    await publishModel(training.id);
    await must(call(server, 'PUT /api/v1/bot/flows', { token, body: { document: menu, baseVersion: 0 } }));
    const document = { enabled: true, thresholds: { act: 0.5, ask: 0.5, margin: 0 } };
    await must(call(server, 'PUT /api/v1/bot/settings', { token, body: { document, baseVersion: 0 } }));
    browser = await launchBrowser();
    agent = await signInToConsole(browser, server, admin, errors);
    agent.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function publishModel(trainingId: string): Promise<void> {
    for (;;) {
      const { state, version } = await must(
        call<{ state: string; version: number | null }>(server, `GET /api/v1/bot/trainings/${trainingId}`, { token }),
      );
      assert.ok(state === 'running' || state === 'done', state);
      if (version !== null) {
        await must(call(server, `POST /api/v1/bot/models/${version}/publish`, { token, body: {} }));
        return;
      }
      await sleep(100);
    }
  }

  test('a customer asks in Chinese: the bot answers, asks back, understands nothing twice, and hands over in one sentence', async () => {
    shop = await visitShop(browser, server, errors);
    shop.setDefaultTimeout(15_000);
    await write(shop, '我要退款');
    await log(shop).getByText('关于 refund 的回答').waitFor();
    await write(shop, '菜单');
    await log(shop).getByText('请问是哪一类问题？').waitFor();
    await shop.getByRole('button', { name: '颜色' }).click();
    await log(shop).getByText('有红色和蓝色。').waitFor();
    await write(shop, '秦始皇统一了六国');
    await log(shop).getByText('抱歉，我没太明白。您可以换个说法吗？').waitFor();
    await write(shop, '量子力学是什么');
    await log(shop).getByText('请稍等，马上为您转接人工客服。').waitFor();
    assert.equal(await log(shop).getByText('handed').count(), 0);
  });

  test('the agent who gets it sees what was wanted and answered, and why the bot said what it said', async () => {
    await agent.goto(`${server.url}/console/conversations/all`);
    await agent.getByRole('option').first().click();
    const card = timeline(agent).getByRole('region', { name: /The bot handed over: it was not understood/ });
    await card.getByText('量子力学是什么').waitFor();
    await card.getByText(/关于 refund 的回答/).waitFor();
    await agent.getByRole('heading', { name: 'Why the bot said this' }).waitFor();
    await agent.getByText('It was not understood: 2 of 2 times.').waitFor();
    await assertAccessible(agent, { within: 'main' });
    if (process.env.BOT_SHOTS !== undefined) await agent.screenshot({ path: `${process.env.BOT_SHOTS}/hand-off.png` });
    await reply(agent, '您好，我来帮您。');
    await log(shop).getByText('您好，我来帮您。').waitFor();
  });

  test('while the agent has it the bot is silent; handed back, it answers again', async () => {
    await write(shop, '我要退款');
    await timeline(agent).getByText('我要退款').nth(1).waitFor();
    const id = /conversations\/[^/]+\/(\d+)/.exec(agent.url())?.[1] ?? '1';
    const before = await must(
      call<{ items: unknown[] }>(server, `GET /api/v1/conversations/${id}/bot-decisions`, { token }),
    );
    await reply(agent, '好的，马上处理。');
    await log(shop).getByText('好的，马上处理。').waitFor();
    await must(call(server, `PATCH /api/v1/conversations/${id}`, { token, body: { status: 'bot' } }));
    await write(shop, '发票怎么开');
    await log(shop).getByText('关于 invoice 的回答').waitFor();
    const decisions = await must(
      call<{ items: unknown[] }>(server, `GET /api/v1/conversations/${id}/bot-decisions`, { token }),
    );
    assert.equal(decisions.items.length, before.items.length + 1, 'nothing was decided while the agent had it');
  });

  test('while the bot answers, a customer asks for a person with one click', async () => {
    const customer = await visitShop(browser, server, errors);
    customer.setDefaultTimeout(15_000);
    const ask = customer.getByRole('button', { name: 'Talk to a person' });
    assert.equal(await ask.count(), 0, 'before anything was said');
    await write(customer, '我要退款');
    await log(customer).getByText('关于 refund 的回答').waitFor();
    await ask.waitFor();
    await assertAccessible(customer, { where: 'the chat with the bot' });
    if (process.env.BOT_SHOTS !== undefined) await customer.screenshot({ path: `${process.env.BOT_SHOTS}/person.png` });
    await ask.click();
    await log(customer).getByText('I want to talk to a person').waitFor();
    await ask.waitFor({ state: 'detached' });
    await until(async () => {
      const newest = call<{ items: { status: string }[] }>(server, 'GET /api/v1/conversations', { token });
      return (await must(newest)).items[0]?.status !== 'bot';
    });
    await customer.context().close();
  });

  test('a flow is drawn, checked and tried in the console, and settings are changed and published', async () => {
    await agent.goto(`${server.url}/console/bot/flows`);
    await agent.getByText('No problems found.').waitFor();
    const say = agent.getByRole('textbox', { name: 'Say something' });
    await say.fill('菜单');
    await say.press('Enter');
    const chat = agent.getByRole('log', { name: 'Test chat' });
    await chat.getByText('请问是哪一类问题？').waitFor();
    await chat.getByRole('button', { name: '尺码' }).click();
    await chat.getByText('尺码有 S、M、L。').waitFor();
    await agent.getByRole('button', { name: 'Add a step' }).click();
    await agent.getByRole('menuitem', { name: 'Say', exact: true }).click();
    await agent.getByText(/Problems: 2/).waitFor();
    if (process.env.BOT_SHOTS !== undefined) await agent.screenshot({ path: `${process.env.BOT_SHOTS}/flows.png` });
    await agent.getByRole('button', { name: 'Discard' }).click();
    await agent.getByText('No problems found.').waitFor();
    await checkIdentityInTestChat(chat, say);
    await agent.getByRole('button', { name: 'Discard' }).click();
    await agent.getByText('No problems found.').waitFor();
    await assertAccessible(agent, { within: 'main' });
    await agent.goto(`${server.url}/console/bot/settings`);
    await agent.getByLabel('Not understood, in a row').fill('3');
    await agent.getByLabel('Ask under each answer whether it helped').check();
    await agent.getByRole('button', { name: 'Publish' }).click();
    await agent.getByText('Version 2 holds.').waitFor();
    if (process.env.BOT_SHOTS !== undefined)
      await agent.screenshot({ path: `${process.env.BOT_SHOTS}/settings.png`, fullPage: true });
    await assertAccessible(agent, { within: 'main' });
  });

  /** A step that checks who the customer is, before all others: its code is shown here, and not sent. */
  async function checkIdentityInTestChat(chat: Locator, say: Locator): Promise<void> {
    const choose = async (field: string, option: string) => {
      await agent.getByRole('combobox', { name: field }).click();
      await agent.getByRole('option', { name: option }).click();
    };
    await agent.getByRole('button', { name: 'Add a step' }).click();
    await agent.getByRole('menuitem', { name: 'Check the identity' }).click();
    await choose('Leads to (if it is right)', 'Choices: 请问是哪一类问题？');
    await agent.getByText('sends an e-mail, and no mail server is set').first().waitFor();
    await choose('The code is sent', 'By calling an address (SMS)');
    await agent.getByRole('textbox', { name: 'Address', exact: true }).fill('https://sms.example/send');
    await agent.getByRole('button', { name: 'Begin here' }).click();
    await agent.getByText('No problems found.').waitFor();
    await assertAccessible(agent, { within: 'main' });
    await agent.getByRole('button', { name: 'Begin anew' }).click();
    await say.fill('菜单');
    await say.press('Enter');
    const code = /\d{6}/.exec((await chat.getByText(/您的验证码是/).textContent()) ?? '')?.[0] ?? '';
    await say.fill(`是 ${code}`);
    await say.press('Enter');
    await chat.getByText('谢谢，验证通过。').waitFor();
    await chat.getByText('请问是哪一类问题？').waitFor();
    if (process.env.BOT_SHOTS !== undefined) await agent.screenshot({ path: `${process.env.BOT_SHOTS}/identity.png` });
  }

  test('the test chat asks whether the answer helped as the customer is asked, and goes on after the tap', async () => {
    await agent.goto(`${server.url}/console/bot/flows`);
    const chat = agent.getByRole('log', { name: 'Test chat' });
    const say = agent.getByRole('textbox', { name: 'Say something' });
    await say.fill('我要退款');
    await say.press('Enter');
    await chat.getByText('这个回答对您有帮助吗？').waitFor();
    await assertAccessible(agent, { within: 'main' });
    await chat.getByRole('button', { name: 'No', exact: true }).click();
    await chat.getByText(/抱歉没能帮到您/).waitFor();
    assert.equal(await chat.getByRole('button').count(), 0, 'it is asked once');
  });

  test('under an answer the customer says with one tap whether it helped, and a no is asked on and kept', async () => {
    const customer = await visitShop(browser, server, errors);
    customer.setDefaultTimeout(15_000);
    await write(customer, '我要退款');
    await log(customer).getByText('关于 refund 的回答').waitFor();
    const question = log(customer).getByRole('group', { name: '这个回答对您有帮助吗？' });
    await question.getByRole('button', { name: 'No', exact: true }).waitFor();
    await assertAccessible(customer, { without: ['region'] });
    if (process.env.BOT_SHOTS !== undefined) await customer.screenshot({ path: `${process.env.BOT_SHOTS}/helped.png` });
    await question.getByRole('button', { name: 'No', exact: true }).click();
    await log(customer)
      .getByText(/抱歉没能帮到您/)
      .waitFor();
    assert.equal(await question.count(), 0, 'it is asked once');
    if (process.env.BOT_SHOTS !== undefined)
      await customer.screenshot({ path: `${process.env.BOT_SHOTS}/unhelped.png` });
    await agent.goto(`${server.url}/console/conversations/all`);
    await agent.getByRole('option').first().click();
    await timeline(agent).getByText('No', { exact: true }).waitFor();
    await agent.getByText('The customer said that the answer before did not help.').waitFor();
    const report = await must(
      call<{ helped: { yes: number; no: number } }>(server, 'GET /api/v1/bot/report', { token }),
    );
    assert.deepEqual(report.helped, { yes: 0, no: 1 }, 'what was tried in the test chat is not counted');
  });

  test('the results tell how many answers were right and wrong, and what a language model did and cost', async () => {
    await agent.goto(`${server.url}/console/bot/results`);
    await agent.getByRole('heading', { name: 'Its answers' }).waitFor();
    await agent.getByRole('row', { name: /^Wrong, as one of them said 100\.0 % 1 of 1$/ }).waitFor();
    assert.equal(await agent.getByRole('heading', { name: 'Language model' }).count(), 0, 'none was asked');
    await agent.route('**/api/v1/bot/report*', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), languageModel } });
    });
    await agent.reload();
    await agent.getByRole('row', { name: /^Sentences that the passages hold 90\.0 % 90 of 100$/ }).waitFor();
    await agent.getByText('420 ms at p50, 1.2 s at p95, 2.0 s at p99 (38 times)').waitFor();
    await agent.getByText('€0.015 (12 solved)').waitFor();
    await assertAccessible(agent, { where: 'results', within: 'main' });
    if (process.env.BOT_SHOTS !== undefined)
      await agent.screenshot({ path: `${process.env.BOT_SHOTS}/results.png`, fullPage: true });
    await agent.unroute('**/api/v1/bot/report*');
  });

  test('a routing rule names the flow with which the bot begins, and a try of the rules says so', async () => {
    await agent.goto(`${server.url}/console/routing/rules`);
    await agent.getByRole('button', { name: 'Add a rule' }).click();
    await agent.getByLabel('Name').fill('Menu');
    await agent.getByRole('combobox', { name: 'One of' }).fill('尺码');
    await agent.keyboard.press('Enter');
    await agent.getByRole('button', { name: 'Add an action' }).click();
    await agent.getByRole('menuitem', { name: 'To the bot' }).click();
    await agent.getByRole('combobox', { name: 'What the bot begins with' }).click();
    const [flow] = await agent.getByRole('option', { name: /Begins the flow/ }).allInnerTexts();
    await agent.getByRole('option', { name: flow ?? '' }).click();
    await agent.getByText('Some words').click();
    await agent.getByLabel('First words').last().fill('尺码表');
    await agent.getByRole('button', { name: 'Try it' }).click();
    const name = flow?.replace('Begins the flow ', '');
    await agent.getByText(`Goes to the bot, with the flow ${name}, by “Menu”`).waitFor();
    await assertAccessible(agent, { within: 'main' });
    assert.deepEqual(errors, []);
  });
});
