import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNotedWorks, isSilent, type NotedWork, silentMs } from './noted-work.ts';

/** Work that ends when it is told to, with what was noted of it. */
function openWorks({ isWanted = async () => true }: { isWanted?: () => Promise<boolean> } = {}) {
  const errors: unknown[] = [];
  const works = createNotedWorks({ noteMs: 1, onError: (error) => errors.push(error) });
  const noted: unknown[] = [];
  let notes = 0;
  const noteTimes = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<string>();
  const ended = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const work: NotedWork<string> = {
    id: 'w1',
    run: (signal) =>
      Promise.race([
        finish.promise,
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
      ]).finally(ended.resolve),
    note: async () => {
      notes += 1;
      if (notes === 3) noteTimes.resolve();
      return isWanted();
    },
    done: async (result) => {
      noted.push(`done: ${result}`);
      end.resolve();
    },
    failed: async (error) => {
      noted.push(error);
      end.resolve();
    },
  };
  works.begin(work);
  return { works, noted, errors, finish, ended: ended.promise, endNoted: end.promise, notedThrice: noteTimes.promise };
}

test('that work goes on is noted again and again, and then how it ended', async () => {
  const { works, noted, finish, endNoted, notedThrice } = openWorks();
  await notedThrice;
  assert.deepEqual([works.isBusy, noted], [true, []]);
  finish.resolve('well');
  await endNoted;
  await works.stop(new Error('too late'));
  assert.deepEqual([works.isBusy, works.isStopped, noted], [false, true, ['done: well']]);
});

test('what fails, or is stopped, is noted with why', async () => {
  const broken = openWorks();
  broken.finish.reject(new Error('broken'));
  await broken.endNoted;
  assert.equal(broken.works.isBusy, false, 'who sees its end may begin the next one');
  const stopped = openWorks();
  await stopped.works.stop('the server ends');
  assert.deepEqual([String(broken.noted[0]), stopped.noted], ['Error: broken', ['the server ends']]);
});

test('of what is dropped here, or is not wanted any more as the store says, nothing is noted', async () => {
  const dropped = openWorks();
  dropped.works.drop('another');
  assert.equal(dropped.works.isBusy, true);
  dropped.works.drop('w1');
  const cancelled = openWorks({ isWanted: async () => false });
  await cancelled.ended;
  for (const { works, noted, errors } of [dropped, cancelled]) {
    await works.stop('the server ends');
    assert.deepEqual([noted, errors], [[], []]);
  }
});

test('a store that is away for a moment is told, and the work goes on', async () => {
  let isAway = true;
  const { noted, errors, finish, endNoted, notedThrice } = openWorks({
    isWanted: async () => {
      if (!isAway) return true;
      isAway = false;
      throw new Error('away');
    },
  });
  await notedThrice;
  finish.resolve('well');
  await endNoted;
  assert.deepEqual([errors.map(String), noted], [['Error: away'], ['done: well']]);
});

test('whoever was not heard of for too long while it ran is gone', () => {
  const work = { state: 'running', seenAt: 1_000 };
  assert.deepEqual([isSilent(work, 1_000 + silentMs), isSilent(work, 1_001 + silentMs)], [false, true]);
  assert.equal(isSilent({ ...work, state: 'done' }, 1_000_000), false);
});
