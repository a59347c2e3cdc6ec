import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent, Conversation, Page as ListPage } from '@parley/sdk/protocol.ts';
import type { Page } from 'playwright-core';
import { assertAccessible } from './support/accessibility.ts';
import { call, must, signIn } from './support/clients.ts';
import {
  chromiumMissing,
  log,
  reply,
  signInToConsole,
  startSite,
  timeline,
  visitShop,
  write,
} from './support/pages.ts';
import { admin } from './support/server-process.ts';

test('of three agents one asks a colleague in, who helps, while a supervisor listens, whispers and takes over: the customer sees who answers, and no more', {
  skip: chromiumMissing,
  timeout: 180_000,
}, async (t) => {
  const { server, browser } = await startSite(t);
  const { token } = await signIn(server, admin);
  const made: (Agent & { password: string })[] = [];
  for (const [name, role, capacity] of [
    ['Ada', 'agent', 3],
    ['Ben', 'agent', 3],
    ['Sue', 'supervisor', 1],
  ] as const) {
    const password = `password of ${name}`;
    const body = { email: `${name.toLowerCase()}@parley.test`, name, role, capacity, password };
    made.push({ ...(await must(call<Agent>(server, 'POST /api/v1/agents', { token, body }))), password });
  }
  const [ada, ben, sue] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
  const members = [{ agentId: ada.id, level: 3 }];
  const config = { groups: [{ id: 'desk', name: 'Front desk', members }], defaultGroupId: 'desk' };
  await must(call(server, 'PUT /api/v1/routing/config', { token, body: { config, baseVersion: 0 } }));
  const errors: string[] = [];
  const [pageOfAda, pageOfBen, pageOfSue] = [
    await signInToConsole(browser, server, ada, errors),
    await signInToConsole(browser, server, ben, errors),
    await signInToConsole(browser, server, sue, errors),
  ];
  const strip = (page: Page) => page.getByRole('region', { name: 'Who takes part' });

  const customer = await visitShop(browser, server, errors);
  await write(customer, 'The kettle leaks');
  await pageOfAda.getByText('The kettle leaks').first().click();
  await timeline(pageOfAda).getByText('The kettle leaks').waitFor();

  // Ada asks Ben, by the keyboard alone.
  await pageOfAda.getByRole('button', { name: /^Assigned to/ }).press('Enter');
  await pageOfAda.getByRole('menuitem', { name: 'Invite a colleague…' }).press('Enter');
  const dialog = pageOfAda.getByRole('dialog', { name: 'Invite a colleague' });
  const whom = dialog.getByRole('combobox', { name: 'Colleague' });
  await whom.fill('Ben');
  const optionOfBen = pageOfAda.getByRole('option', { name: /^Ben/ });
  await optionOfBen.waitFor();
  await whom.press('ArrowDown');
  // A list marks what is chosen a turn after it opened: a person sees the mark before the next key.
  await optionOfBen.and(pageOfAda.locator('[data-combobox-selected]')).waitFor();
  await whom.press('Enter');
  await optionOfBen.waitFor({ state: 'hidden' });
  await dialog.getByRole('textbox', { name: 'Note' }).fill('Is this the 2019 model?');
  await assertAccessible(pageOfAda, { where: 'the dialog', within: '[role=dialog]' });
  await dialog.getByRole('button', { name: 'Ask' }).press('Enter');
  await strip(pageOfAda).getByText('Asked').waitFor();
  const card = pageOfBen.getByRole('alertdialog', { name: 'Ada asks you to help' });
  await card.getByText('Is this the 2019 model?').waitFor();
  await assertAccessible(pageOfBen, { where: 'the card' });
  await card.getByRole('button', { name: 'Help' }).press('Enter');
  await strip(pageOfAda).getByText('Helps').waitFor();
  await reply(pageOfBen, 'Tighten the ring below');
  await log(customer).getByText('Tighten the ring below').waitFor();
  await log(customer).getByText('Ben', { exact: true }).first().waitFor();
  assert.equal(await log(customer).getByText('2019 model').count(), 0, 'the note is for Ben');

  // Sue finds it in the live view, and listens in.
  await pageOfSue.getByRole('link', { name: 'Live view' }).first().click();
  const entry = pageOfSue.getByRole('listitem').filter({ hasText: 'Ada' });
  await entry.getByText('Also there: Ben').waitFor();
  await write(customer, 'It still leaks');
  await entry.getByText('It still leaks').waitFor();
  await entry.getByText(/^Waits/).waitFor();
  await assertAccessible(pageOfSue, { where: 'the live view' });
  await pageOfSue.getByRole('combobox', { name: 'Agent' }).click();
  await pageOfSue.getByRole('option', { name: 'Ben' }).click();
  await pageOfSue.getByText('No conversation is running').waitFor();
  await pageOfSue.goto(`${server.url}/console/live?agent=${ada.id}&group=desk`);
  await entry.getByRole('button', { name: /^Listen in/ }).press('Enter');
  await timeline(pageOfSue).getByText('It still leaks').waitFor();
  await strip(pageOfAda).getByText('Listens').waitFor();
  assert.equal(
    await pageOfSue.getByRole('textbox', { name: 'Reply' }).count(),
    0,
    'who listens cannot answer by mistake',
  );

  // She whispers; Ada is elsewhere, and is told.
  await pageOfAda.getByRole('link', { name: 'Conversations' }).first().click();
  await pageOfSue.getByRole('textbox', { name: 'Whisper' }).fill('Offer a replacement');
  await pageOfSue.getByRole('textbox', { name: 'Whisper' }).press('Enter');
  await pageOfAda.getByText('Sue whispers to you').waitFor();
  await pageOfAda.getByRole('button', { name: 'Open the conversation' }).press('Enter');
  await timeline(pageOfAda).getByText('Whisper to the agent').waitFor();
  await timeline(pageOfBen).getByText('Offer a replacement').waitFor();
  await assertAccessible(pageOfAda, { where: 'a whisper' });
  await pageOfAda.emulateMedia({ colorScheme: 'dark' });
  await assertAccessible(pageOfAda, { where: 'a whisper, dark' });
  await pageOfSue.setViewportSize({ width: 390, height: 844 });
  await assertAccessible(pageOfSue, { where: 'listening on a phone' });
  const overflow = await pageOfSue.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(overflow, 0, 'it fits a phone');
  await pageOfSue.setViewportSize({ width: 1440, height: 900 });
  await reply(pageOfAda, 'You get a new one');
  await log(customer).getByText('You get a new one').waitFor();

  // She has one already, of one: it is said before she takes over, and Ada stays.
  const other = await visitShop(browser, server, errors);
  await write(other, 'Another matter');
  await pageOfBen.goto(`${server.url}/console/conversations/all`);
  await pageOfBen.getByText('Another matter').first().waitFor();
  const list = await must(call<ListPage<Conversation>>(server, 'GET /api/v1/conversations', { token }));
  const second = list.items.find(({ lastMessage }) => lastMessage?.preview === 'Another matter');
  await must(call(server, `PATCH /api/v1/conversations/${second?.id}`, { token, body: { assigneeId: sue.id } }));
  await strip(pageOfSue).getByRole('button', { name: 'Take over' }).press('Enter');
  const confirm = pageOfSue.getByRole('dialog', { name: 'Take this conversation over?' });
  await confirm.getByText('You already have 1 of 1 conversations.').waitFor();
  await assertAccessible(pageOfSue, { where: 'the confirmation', within: '[role=dialog]' });
  await confirm.getByRole('button', { name: 'Take over anyway' }).press('Enter');
  await strip(pageOfAda).getByText('Joined').waitFor();
  await timeline(pageOfAda).getByText('Sue took the conversation over from Ada').waitFor();
  await log(customer).getByText('Sue joined').waitFor();
  await reply(pageOfSue, 'I take care of it');
  await log(customer).getByText('I take care of it').waitFor();
  await strip(pageOfAda).getByRole('button', { name: 'Leave' }).press('Enter');
  await strip(pageOfSue).getByText('Ada').waitFor({ state: 'detached' });
  const seen = (await log(customer).textContent()) ?? '';
  for (const secret of ['Offer a replacement', 'hisper', 'listen', 'took', '2019 model']) {
    assert.ok(!seen.includes(secret), `${secret} in ${seen}`);
  }
  assert.deepEqual(errors, []);
});
