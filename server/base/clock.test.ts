import { test } from 'node:test';
import { createTestClock } from './clock.ts';

test('on a clock that a test moves, who sleeps until a time that has come already is awake without a move', async () => {
  const clock = createTestClock();
  await clock.sleep(0);
  await clock.sleep(-1);
});
