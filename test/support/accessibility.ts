import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Where on the page is looked, by which of axe-core's rules, and what a failure calls it (the page's address). */
export type Look = {
  readonly where?: string;
  readonly within?: string;
  readonly tags?: readonly string[];
  readonly without?: readonly string[];
};

/**
 * axe-core objects to nothing on the page, which has come to rest: halfway between two colours, or half faded in, there
 * is no contrast that could be looked at.
 */
export async function assertAccessible(page: Page, look: Look = {}): Promise<void> {
  await atRest(page);
  // In the page itself, which has no frames of others: a new page in which to sum up would cost as much as the look. And
  // of what holds no list is made.
  const builder = new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .include(look.within ?? 'body');
  if (look.tags !== undefined) builder.withTags([...look.tags]);
  if (look.without !== undefined) builder.disableRules([...look.without]);
  const { violations } = await builder.analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
  );
  assert.deepEqual(found, [], look.where ?? page.url());
}

/** Nothing moves or fades any more, and the console wears the colours that the system asks for. */
async function atRest(page: Page): Promise<void> {
  // What a click or new colours set off begins with the next frame.
  await page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
  await page.waitForFunction(() => {
    const { mantineColorScheme: worn } = document.documentElement.dataset;
    const asked = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    const shown = [...document.querySelectorAll('[role=menu], [role=dialog], [role=alert], [role=tooltip]')];
    const moving = document
      .getAnimations()
      .filter(({ playState, effect }) => playState === 'running' && effect?.getTiming().iterations !== Infinity);
    return (
      (worn === undefined || worn === asked) &&
      shown.every((element) => getComputedStyle(element).opacity === '1') &&
      moving.length === 0
    );
  });
}
