import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Page as ListPage } from '@parley/sdk/protocol.ts';
import type { Page } from 'playwright-core';
import { buildPages } from '../scripts/build-pages.ts';
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

test('of three agents one says no and one yes, passes it on with a note, and one closes the laptop: each sees why', {
  skip: chromiumMissing,
  timeout: 180_000,
}, async (t) => {
  buildPages();
  const endings: (() => Promise<void>)[] = [];
  const server = await startServer({
    dataDir: await makeDataDir({ after: (run) => void endings.push(run) }),
    env: { PARLEY_AGENT_GRACE_MS: '300' },
  });
  const browser = await launchBrowser();
  t.after(async () => {
    await browser.close();
    await server.stop();
    for (const end of endings) await end();
  });
  const { token } = await signIn(server, admin);
  const made: (Agent & { password: string })[] = [];
  for (const name of ['Ada', 'Ben', 'Cleo']) {
    const password = `password of ${name}`;
    const body = { email: `${name.toLowerCase()}@parley.test`, name, capacity: 3, password };
    made.push({ ...(await must(call<Agent>(server, 'POST /api/v1/agents', { token, body }))), password });
  }
  const [ada, ben, cleo] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
  const groups = [
    {
      id: 'desk',
      name: 'Front desk',
      offer: { mode: 'ring', timeoutMs: 60_000 },
      members: [
        { agentId: ada.id, level: 5 },
        { agentId: ben.id, level: 3 },
      ],
    },
    { id: 'returns', name: 'Returns', members: [{ agentId: cleo.id, level: 3 }] },
  ];
  const config = { groups, defaultGroupId: 'desk' };
  await must(call(server, 'PUT /api/v1/routing/config', { token, body: { config, baseVersion: 0 } }));
  const errors: string[] = [];
  const [pageOfAda, pageOfBen, pageOfCleo] = [
    await signInToConsole(browser, server, ada, errors),
    await signInToConsole(browser, server, ben, errors),
    await signInToConsole(browser, server, cleo, errors),
  ];
  const offerOn = (page: Page) => page.getByRole('alertdialog', { name: 'A conversation for you' });
  const why = (page: Page) => page.locator('section', { has: page.getByRole('heading', { name: /Why/ }) });

  const customer = await visitShop(browser, server, errors);
  await write(customer, 'The kettle leaks');
  await offerOn(pageOfAda).getByText('The kettle leaks').waitFor();
  assert.equal(await offerOn(pageOfBen).count(), 0, 'one is asked at a time');
  await offerOn(pageOfAda).getByRole('button', { name: 'Decline' }).click();
  await offerOn(pageOfBen).getByText('From Front desk').waitFor();
  await offerOn(pageOfBen).getByRole('button', { name: 'Accept' }).click();
  await timeline(pageOfBen).getByText('The kettle leaks').waitFor();
  await offerOn(pageOfBen).waitFor({ state: 'detached' });
  await reply(pageOfBen, 'I pass you on to Returns.');
  await why(pageOfBen).getByText('Was the only one of Front desk who could have it.').waitFor();

  // Where the button is not, the conversation is their own.
  assert.equal(await pageOfBen.getByRole('button', { name: 'Why not me?' }).count(), 0);
  const [{ id }] = (await must(call<ListPage<{ id: string }>>(server, 'GET /api/v1/conversations', { token })))
    .items as [{ id: string }];
  await pageOfAda.goto(`${server.url}/console/conversations/all/${id}`);
  await pageOfAda.getByRole('button', { name: 'Why not me?' }).click();
  await why(pageOfAda).getByText('Said no to this conversation.').waitFor();

  await pageOfBen.getByRole('button', { name: /^Assigned to/ }).click();
  await pageOfBen.getByRole('menuitem', { name: 'Pass it on…' }).click();
  const dialog = pageOfBen.getByRole('dialog', { name: 'Pass the conversation on' });
  await dialog.getByRole('combobox', { name: 'To' }).click();
  await pageOfBen.getByRole('option', { name: /^Cleo/ }).click();
  await dialog.getByText(/A rule speaks against Cleo\. Is no member of Front desk\./).waitFor();
  await dialog.getByRole('combobox', { name: 'To' }).click();
  await pageOfBen.getByRole('option', { name: 'Returns', exact: true }).click();
  assert.equal(await dialog.getByText('A rule speaks against').count(), 0, 'a group knows who can have it');
  await dialog.getByRole('textbox', { name: 'Note' }).fill('Bought it last week.');
  await dialog.getByRole('button', { name: 'Pass it on' }).click();
  await dialog.waitFor({ state: 'detached' });

  await pageOfCleo.getByText('I pass you on to Returns.').first().waitFor();
  await pageOfCleo.goto(`${server.url}/console/conversations/mine/${id}`);
  await timeline(pageOfCleo).getByText('Bought it last week.').waitFor();
  assert.equal(await log(customer).getByText('Bought it last week.').count(), 0, 'a note is for agents');
  await why(pageOfCleo).getByText('Was the only one of Returns who could have it.').waitFor();

  // Cleo's laptop is closed: what she has not answered is in the queue again, and says why it waits.
  await write(customer, 'Are you there?');
  await timeline(pageOfCleo).getByText('Are you there?').waitFor();
  await pageOfCleo.context().close();
  await pageOfBen.goto(`${server.url}/console/conversations/all/${id}`);
  await why(pageOfBen).getByText('Cleo went away before it was answered.').waitFor();
  await pageOfBen.getByRole('button', { name: 'Why not me?' }).click();
  await why(pageOfBen).getByText('Is no member of Returns.').waitFor();
  assert.deepEqual(errors, []);
});
