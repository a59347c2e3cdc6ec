import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { hotSuite, saying } from '../testing/hot-suite.ts';
import { createHotMessages } from './hot-messages.ts';

hotSuite(async (processes, bounds) => {
  // In memory there is one process, whoever asks.
  const hot = createHotMessages({ clock: systemClock, ...bounds });
  return Array.from({ length: processes }, () => hot);
});

test('long messages share the room that there is, and one that would take it all is not kept', async () => {
  const hot = createHotMessages({ clock: systemClock, maxBytes: 100_000 });
  const long = (text: string) => saying(text.repeat(5_000));
  for (let i = 0; i < 40; i++) await hot.obtain(String(i), 'v', async () => long('a'));
  let found = 0;
  for (let i = 39; i >= 0; i--) {
    const before = hot.stats.hits;
    await hot.obtain(String(i), 'v', async () => []);
    found += hot.stats.hits - before;
  }
  assert.ok(found >= 10 && found <= 20, `${found} of 40 were there`);
  await hot.obtain('all', 'v', async () => long('abcdefghij'));
  assert.deepEqual(await hot.obtain('all', 'v', async () => saying('read again')), saying('read again'));
});
