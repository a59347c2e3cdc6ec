import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import {
  assertOnce,
  chromiumMissing,
  launchBrowser,
  log,
  openChat,
  reply,
  signInToConsole,
  timeline,
  visitShop,
  write,
} from './support/pages.ts';
import { admin, startServer } from './support/server-process.ts';

test('a customer in the demo shop and an agent in the console talk both ways, with a file, a reload and a restart of the server, and miss and repeat nothing', {
  skip: chromiumMissing,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-browser-'));
  let server = await startServer({ dataDir });
  const browser = await launchBrowser();
  t.after(async () => {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const errors: string[] = [];
  const agent = await signInToConsole(browser, server, admin, errors);
  const customer = await visitShop(browser, server, errors);

  await write(customer, 'Is the kettle in stock?');
  await agent.getByText('Is the kettle in stock?').first().click();
  await assertOnce(timeline(agent), ['Is the kettle in stock?']);
  await reply(agent, 'Yes, five of them.');
  await assertOnce(log(customer), ['Is the kettle in stock?', 'Yes, five of them.']);

  await customer
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('order 88231') });
  await log(customer).getByText('receipt.txt').first().waitFor();
  await timeline(agent).getByText('receipt.txt').first().waitFor();

  await customer.reload();
  await openChat(customer);
  await assertOnce(log(customer), ['Is the kettle in stock?', 'Yes, five of them.']);

  const { port } = server;
  await server.kill();
  await agent
    .getByText(/Offline/)
    .first()
    .waitFor();
  await write(customer, 'Written while the server was away');
  await reply(agent, 'Answered while it was away');
  server = await startServer({ dataDir, port });
  await agent.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });

  const all = [
    'Is the kettle in stock?',
    'Yes, five of them.',
    'Written while the server was away',
    'Answered while it was away',
  ];
  await assertOnce(timeline(agent), all);
  await assertOnce(log(customer), all);
  await agent.reload();
  await customer.reload();
  await openChat(customer);
  await assertOnce(timeline(agent), all);
  await assertOnce(log(customer), all);

  await rateAfterwards({ agent, customer, url: server.url });
  assert.deepEqual(errors, []);
});

/** The customer has left when the conversation is resolved, is asked when they come back, and answers by keys. */
async function rateAfterwards({ agent, customer, url }: { agent: Page; customer: Page; url: string }): Promise<void> {
  const settings = { channelTypes: ['web'], delayMinutes: 0 };
  const switched = await agent.request.patch(`${url}/api/v1/surveys/settings`, {
    ...{ data: settings, headers: { origin: url } },
  });
  assert.equal(switched.status(), 200);
  await customer.goto('about:blank');
  await agent.getByRole('button', { name: 'Resolve' }).click();
  await timeline(agent).getByText('How satisfied are you with this conversation?').waitFor();
  await customer.goto(`${url}/demo`);
  await openChat(customer);
  await log(customer)
    .getByText(/closed/)
    .first()
    .waitFor();
  const card = customer.getByRole('group', { name: 'How satisfied are you with this conversation?' });
  const score = (name: string) => card.getByRole('button', { name });
  await score('Satisfied (4 of 5)').press('Enter');
  await customer.getByText('Thank you for telling us.').waitFor();
  await score('Very dissatisfied (1 of 5)').press('Enter');
  await customer.getByRole('textbox', { name: 'Would you like to add something?' }).fill('When does it come?');
  await customer.getByRole('button', { name: 'Submit' }).press('Enter');
  await timeline(agent).getByText('The customer asks something beside the rating: have a look at it').waitFor();
  await assertAccessible(customer, { within: 'parley-widget' });

  await customer.reload();
  await openChat(customer);
  await customer.getByRole('button', { name: 'Very dissatisfied (1 of 5)', pressed: true }).waitFor();
  assert.equal(
    await customer.getByRole('textbox', { name: 'Would you like to add something?' }).inputValue(),
    'When does it come?',
  );
  await agent.getByText('1 of 5').waitFor();
  await agent.getByRole('button', { name: 'Reopen', exact: true }).waitFor();
}
