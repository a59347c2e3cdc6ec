import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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

  await agent.getByRole('button', { name: 'Resolve' }).click();
  await log(customer)
    .getByText(/closed/)
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
});
