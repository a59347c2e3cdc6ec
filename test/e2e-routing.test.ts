import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Agent, Conversation, Page as ListPage } from '@parley/sdk/protocol.ts';
import type { Browser, Locator, Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import { chromiumMissing, launchBrowser, signInToConsole, visitShop, write } from './support/pages.ts';
import { admin, type ServerProcess, startServer } from './support/server-process.ts';

type Document = { groups: { id: string; name: string; members: object[] }[]; rules: { name: string }[] };
type Published = { version: number; note: string | null; config: Document };

describe('routing in the console', { skip: chromiumMissing }, () => {
  let dataDir: string;
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'parley-routing-'));
    server = await startServer({ dataDir });
    browser = await launchBrowser();
    const customer = await visitShop(browser, server, errors);
    await write(customer, 'I would like a refund');
    page = await signInToConsole(browser, server, admin, errors);
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const button = (name: string | RegExp, within: Page | Locator = page) =>
    within.getByRole('button', { name, exact: true });
  const part = (name: string) => page.getByRole('navigation', { name: 'Parts of the routing' }).getByText(name).click();
  const field = (name: string | RegExp) => page.getByRole('combobox', { name, exact: true });
  const choose = async (from: Locator, option: string | RegExp) => {
    await from.click();
    await page.getByRole('option', { name: option }).click();
  };
  const published = async () => {
    const { token } = await signIn(server);
    return must(call<Published>(server, 'GET /api/v1/routing/config', { token }));
  };
  async function publish(note: string, version: number, change: string): Promise<void> {
    await button('Publish…').click();
    const dialog = page.getByRole('dialog', { name: `Publish as version ${version}` });
    await dialog.getByText(change).waitFor();
    await dialog.getByLabel('Note').fill(note);
    await button('Publish', dialog).click();
    await page.getByText(`Version ${version} is in force.`).waitFor();
  }

  test('an administrator makes a group; what lacks is said at its field, and then it is published', async () => {
    await page.getByRole('link', { name: 'Routing' }).first().click();
    await button('Add a group').click();
    const name = page.getByLabel('Name');
    await name.and(page.locator(':focus')).waitFor();
    await choose(field('Add a member'), 'Admin');
    await choose(field('Level of Admin'), /expert/);
    await button('Publish…').click();
    await page.getByText('A name is needed.').waitFor();
    await name.and(page.locator(':focus')).waitFor();
    await name.fill('Refunds');
    assert.equal(await page.getByText('A name is needed.').count(), 0);
    await publish('The first group', 1, 'Group “Refunds” is new');
    const { version, note, config } = await published();
    assert.deepEqual([version, note, config.groups[0]?.name], [1, 'The first group', 'Refunds']);
    assert.equal(config.groups[0]?.members.length, 1);
  });

  test('a rule is tried on a real conversation before it is published', async () => {
    await part('Rules');
    await button('Add a rule').click();
    await page.getByLabel('Name').fill('Refund wishes');
    const words = field('One of');
    await words.fill('refund');
    await words.press('Enter');
    await button('Add an action').click();
    await page.getByRole('menuitem', { name: 'To a group' }).click();
    await choose(field('Group'), 'Refunds');
    await choose(field('Conversation'), /I would like a refund/);
    await button('Try it').click();
    await page.getByText('Goes to Refunds, by “Refund wishes”').waitFor();
    await page.getByText('found: I would like a refund').waitFor();
    assert.deepEqual((await published()).config.rules, [], 'trying publishes nothing');
    await publish('', 2, 'Rule “Refund wishes” is new');
    assert.equal((await published()).config.rules[0]?.name, 'Refund wishes');
  });

  test('words that no rule looks for go to everybody, and the rule says what it found instead', async () => {
    await page.getByText('Some words').click();
    await page.getByLabel('First words').last().fill('hello');
    await button('Try it').click();
    await page.getByText('Goes to Everybody: no rule says where').waitFor();
    await page.getByText('does not apply').waitFor();
    await page.getByText('found: hello').waitFor();
  });

  test('the version before is one click back, and comes as a new one', async () => {
    await part('Versions');
    await page.getByText('The first group').waitFor();
    await button('Bring back version 1').click();
    await page.getByRole('dialog').getByText('Rule “Refund wishes” is taken out').waitFor();
    await button('Bring back', page.getByRole('dialog')).click();
    await page.getByText('Version 3 is in force.').waitFor();
    await page.getByText('Version 1 again').waitFor();
    await part('Rules');
    await page.getByText('No rule yet').waitFor();
    const { version, config } = await published();
    assert.deepEqual([version, config.rules, config.groups[0]?.name], [3, [], 'Refunds']);
  });

  test('whoever leaves with changes is asked, and going from part to part keeps them', async () => {
    await part('Groups');
    await page.getByRole('link', { name: /Refunds/ }).click();
    await page.getByLabel('Name').fill('Refunds and returns');
    await part('Hours');
    await button('Add hours').click();
    await page.getByRole('link', { name: 'Channels' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Leave without publishing?' });
    await button('Cancel', dialog).click();
    // Within the routing nobody is asked.
    await page.getByRole('link', { name: 'Routing' }).first().click();
    await page.getByRole('link', { name: /Refunds and returns/ }).waitFor();
    await button('Discard').click();
    await page.getByRole('link', { name: /Refunds · |^Refunds/ }).waitFor();
    await page.getByRole('link', { name: 'Channels' }).first().click();
    await page.getByRole('heading', { name: 'Channels' }).waitFor();
    await page.goBack();
  });

  test('of two who change it at once the second is told, loses nothing, and decides', async () => {
    const { token } = await signIn(server);
    await page.getByRole('link', { name: /Refunds/ }).click();
    await page.getByLabel('Name').fill('Mine');
    const { version: baseVersion, config } = await published();
    const body = { config: { ...config, groups: [] }, baseVersion };
    await must(call(server, 'PUT /api/v1/routing/config', { token, body }));
    await button('Publish…').click();
    await button('Publish', page.getByRole('dialog')).click();
    await page.getByText('Somebody else was faster').waitFor();
    await page.getByText(`Admin has published version ${baseVersion + 1} meanwhile`, { exact: false }).waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'Mine');
    await button('Publish mine in its place').click();
    await page.getByText(`Version ${baseVersion + 2} is in force.`).waitFor();
    assert.equal((await published()).config.groups[0]?.name, 'Mine');
  });

  test('what the server alone can know is shown at its field as well', async () => {
    await choose(field('How it is given'), 'The agent is asked first');
    const time = page.getByRole('textbox', { name: 'Time to say yes' });
    await time.fill('1');
    await part('Hours');
    await button('Publish…').click();
    await button('Publish', page.getByRole('dialog')).click();
    await page.getByRole('alert').getByText('groups[0].offer.timeoutMs: expected').waitFor();
    // From another part, it leads to the field.
    await time.and(page.locator(':focus')).waitFor();
    await page.getByText('expected a whole number from 5000 to 600000 milliseconds (5 s to 10 min).').last().waitFor();
    await button('Discard').click();
  });

  test('a line that would always hold is noticed before anything is sent', async () => {
    await button('Add a line').click();
    await choose(field('Then'), 'Offer a call-back');
    await page.getByRole('textbox', { name: 'It has waited' }).fill('');
    await button('Publish…').click();
    await page.getByText('Say when: without a condition it would always hold.').waitFor();
    await button('Discard').click();
  });

  test('a plan says how many agents each half hour needs, in a picture and in a table', async () => {
    await page.getByRole('link', { name: 'Staffing' }).first().click();
    await page.getByLabel('Conversations in each half hour').fill('10, 20, many');
    await page.getByText('Enter numbers, with commas between.').waitFor();
    assert.ok(await button('Make the plan').isDisabled());
    await page.getByLabel('Conversations in each half hour').fill('10, 20, 30');
    await page.getByLabel('Days to simulate').fill('2');
    await button('Make the plan').click();
    await page.getByRole('table').waitFor();
    assert.equal(await page.getByRole('row').count(), 4);
    await page.getByRole('img', { name: /Agents and conversations/ }).waitFor();
  });

  for (const [colorScheme, width] of [
    ['light', 1_440],
    ['dark', 390],
  ] as const) {
    test(`axe-core objects to nothing in ${colorScheme}, and every page fits into ${width} px`, async () => {
      const { token } = await signIn(server);
      const { version: baseVersion, config } = await published();
      const hours = {
        id: 'h',
        name: 'Shop',
        timeZone: 'Europe/Berlin',
        weekly: [{ day: 'mon', from: '09:00', to: '17:00' }],
      };
      const special = [{ date: '2027-01-01', name: 'New Year', hours: [] }];
      const overflow = [{ when: { outOfHours: true }, to: { kind: 'call-back' } }];
      const when = { kind: 'all', of: [{ kind: 'vip' }, { kind: 'tag', in: ['gold'] }] };
      const actions = [
        { kind: 'priority', priority: 'high' },
        { kind: 'min-level', minLevel: 4 },
        { kind: 'auto-answer', texts: { default: 'One moment.' } },
      ];
      const full = {
        ...config,
        groups: [{ id: 'g', name: 'Gold', scheduleId: 'h', overflow }],
        schedules: [{ ...hours, special }],
        rules: [{ id: 'r', name: 'Gold', when, actions }],
      };
      await must(call(server, 'PUT /api/v1/routing/config', { token, body: { config: full, baseVersion } }));
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const paths = [
        'groups',
        'groups?open=g',
        'rules',
        'rules?open=r',
        'hours',
        'hours?open=h',
        'general',
        'versions',
      ];
      for (const path of [...paths.map((each) => `routing/${each}`), 'staffing']) {
        await page.goto(`${server.url}/console/${path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
        await assertAccessible(page, { where: path });
        const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(isTooWide, false, `${path} is too wide`);
      }
    });
  }

  test('what an agent has who is gone is seen in the live view', async () => {
    const { token } = await signIn(server);
    const api = <T>(path: Parameters<typeof call>[1], body?: object) =>
      must(call<T>(server, path, { token, ...(body === undefined ? {} : { body }) }));
    const password = 'gone-for-good-1';
    const { id } = await api<Agent>('POST /api/v1/agents', { email: 'gone@parley.test', name: 'Gwen', password });
    const [conversation] = (await api<ListPage<Conversation>>('GET /api/v1/conversations')).items;
    const path = `/api/v1/conversations/${conversation?.id}` as const;
    const content = { type: 'text', text: 'I look into it.' };
    await api(`POST ${path}/messages`, { clientId: 'answered', content });
    await api(`PATCH ${path}`, { assigneeId: id });
    await page.goto(`${server.url}/console/live`);
    await page.getByText('Gwen is not there').waitFor();
  });

  test('no page has told an error', () => assert.deepEqual(errors, []));
});
