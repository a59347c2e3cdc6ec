import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createLeapingClock } from '../server/testing/leaping-clock.ts';
import { type RunningProgram, startProgram, until } from '../server/testing/running-program.ts';
import { assertAccessible, type Look } from './support/accessibility.ts';
import { chromiumMissing, launchBrowser, reply, signInToConsole, visitShop, write } from './support/pages.ts';

const secondMs = 1_000;

describe('an agent’s day in the console', { skip: chromiumMissing }, () => {
  const clock = createLeapingClock();
  let program: RunningProgram;
  let browser: Browser;
  let customer: Page;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    program = await startProgram({}, clock);
    browser = await launchBrowser();
    const site = { url: program.address };
    page = await signInToConsole(browser, site, program.account, errors);
    page.setDefaultTimeout(15_000);
    customer = await visitShop(browser, site, errors);
    customer.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await program?.[Symbol.asyncDispose]();
  });

  const tab = (name: RegExp) =>
    page.getByRole('navigation', { name: 'Which conversations' }).getByRole('link', { name });
  const rows = () => page.getByRole('listbox', { name: 'Conversation list' }).getByRole('option');
  const presence = () => page.getByRole('button', { name: /^My presence:/ });
  // Every menu of Mantine holds an element that may have the focus, and no item.
  const rules: Look = {
    tags: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],
    without: ['aria-required-children'],
  };

  test('what is snoozed by its key leaves the agent’s list, and is back when the customer writes', async () => {
    await write(customer, 'When will my order be there?');
    await rows().getByText('When will my order be there?').click();
    await reply(page, 'I ask the courier.');
    await page
      .getByRole('log')
      .or(page.getByLabel('Messages', { exact: true }))
      .first()
      .click();
    await page.keyboard.press('s');
    const menu = page.getByRole('menu');
    await menu.getByRole('menuitem', { name: /^In one hour/ }).waitFor();
    await assertAccessible(page, rules);
    await menu.getByRole('menuitem', { name: /^In one hour/ }).click();
    await page.getByText('If the customer writes before', { exact: false }).waitFor();
    await tab(/^Mine 0/).waitFor();
    await tab(/^Snoozed 1/).click();
    await rows()
      .getByText(/^Back \d\d:\d\d$|^Back tomorrow/)
      .waitFor();
    await rows().first().click();
    await page.getByText(/ snoozed the conversation until /).waitFor();
    await assertAccessible(page, rules);
    await write(customer, 'It is there, thank you!');
    await tab(/^Mine 1/).waitFor();
    await tab(/^Snoozed 0/).waitFor();
    await page.getByText('The conversation is back from its snooze').first().waitFor();
  });

  test('it is back at its time, too, and a time that is over is refused in words', async () => {
    await tab(/^Mine 1/).click();
    await rows().first().click();
    await page.getByRole('button', { name: 'Snooze', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Another time…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Snooze until' });
    const field = dialog.getByLabel('Date and time');
    await field.fill('2020-01-01T09:00');
    await dialog.getByRole('button', { name: 'Snooze' }).click();
    await dialog.getByText('This time is over. Choose one that is still to come.').waitFor();
    await assertAccessible(page, rules);
    const inMinutes = new Date(Date.now() + 2 * 60 * secondMs);
    const offset = inMinutes.getTimezoneOffset() * 60 * secondMs;
    await field.fill(new Date(inMinutes.getTime() - offset).toISOString().slice(0, 16));
    await dialog.getByRole('button', { name: 'Snooze' }).click();
    await tab(/^Snoozed 1/).waitFor();
    clock.leap(60 * secondMs);
    await tab(/^Queue/).click();
    await tab(/^Mine 0/).click();
    clock.leap(60 * secondMs);
    await tab(/^Mine 1/).waitFor();
    await tab(/^Snoozed 0/).waitFor();
  });

  test('who touches nothing sees that they are away, gets nothing, and is back with the next touch', async () => {
    const config = { groups: [], presence: { autoAwayMs: 60 * secondMs } };
    await program.api('PUT', '/api/v1/routing/config', { config, baseVersion: 0 });
    await page.mouse.move(400, 300);
    // The server may hear of the last touch only after the leap, and then reckons from there.
    await until(() => {
      clock.leap(61 * secondMs);
      const idle = presence().getByText('Away (idle)');
      return idle.waitFor({ timeout: 4_000 }).then(
        () => true,
        () => false,
      );
    });
    await page.getByText('You are away:', { exact: false }).waitFor();
    await assertAccessible(page, rules);
    const another = await visitShop(browser, { url: program.address }, errors);
    await write(another, 'Is anybody there?');
    const waits = await until(async () => {
      const list = '/api/v1/conversations?status=queued';
      return (await program.api<{ items: { id: string }[] }>('GET', list)).items[0];
    });
    assert.ok(waits.id, 'nobody has it');
    await page.mouse.move(500, 300);
    await page.mouse.move(510, 310);
    await tab(/^Mine 2/).waitFor();
    assert.equal(await page.getByText('You are away:', { exact: false }).count(), 0);
    await presence().getByText('Online').waitFor();
  });

  test('an agent says why they are away, and who finishes up is offline when the last one is done', async () => {
    await presence().click();
    await page.getByRole('menuitem', { name: 'Lunch' }).click();
    await presence().getByText('Lunch').waitFor();
    await presence().click();
    await page.getByRole('menuitem', { name: 'Something else…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Say why' });
    await dialog.getByLabel('Reason').fill('Dentist');
    await assertAccessible(page, rules);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await presence().getByText('Away · Dentist').waitFor();
    await presence().click();
    await page.getByRole('menuitem', { name: /^Finish up/ }).waitFor();
    await assertAccessible(page, rules);
    await page.getByRole('menuitem', { name: /^Finish up/ }).click();
    await presence().getByText('Finishing up').waitFor();
    for (const left of [1, 0]) {
      await rows().first().click();
      await page.getByRole('button', { name: 'Resolve', exact: true }).click();
      await tab(new RegExp(`^Mine ${left}`)).waitFor();
    }
    await presence().getByText('Offline').waitFor();
  });

  test('what is not answered in time goes back to the queue, and its agent is told', async () => {
    const { agent } = await program.api<{ agent: { id: string } }>('GET', '/api/v1/me');
    const desk = { id: 'desk', name: 'Desk', members: [{ agentId: agent.id, level: 3 }], firstAnswerMs: 10 * secondMs };
    const { version } = await program.api<{ version: number }>('GET', '/api/v1/routing/config');
    const body = { config: { groups: [desk], defaultGroupId: 'desk' }, baseVersion: version };
    await program.api('PUT', '/api/v1/routing/config', body);
    await presence().click();
    await page.getByRole('menuitem', { name: /^Online/ }).click();
    const hurried = await visitShop(browser, { url: program.address }, errors);
    await write(hurried, 'Please hurry!');
    await tab(/^Mine 1/).waitFor();
    clock.leap(11 * secondMs);
    await page.getByText('has waited too long for your answer.', { exact: false }).waitFor();
    await tab(/^Mine 0/).waitFor();
    await assertAccessible(page, rules);
    await page.getByRole('button', { name: 'Look at it' }).click();
    await page.getByText('Admin did not answer in time: the conversation is back in the queue').waitFor();
    assert.deepEqual(errors, []);
  });
});
