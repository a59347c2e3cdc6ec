import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTestClock } from './clock.ts';
import { createPacer } from './pacer.ts';

type Said = { readonly key: string; readonly no: number };

function openPacer(act: (said: Said) => Promise<void> = async () => undefined) {
  const clock = createTestClock();
  const done: (Said & { at: number })[] = [];
  const pacer = createPacer<Said>({
    everyMs: 1_000,
    clock,
    act: (said) => {
      done.push({ ...said, at: clock.elapsed() });
      return act(said);
    },
  });
  return { clock, done, offer: (key: string, no: number) => pacer.offer(key, { key, no }), drop: pacer.drop };
}

test('of ten thousand at once the first is done, and a while later the last; all are answered with one of the two', async () => {
  const { clock, done, offer } = openPacer();
  let answered = 0;
  const all = Array.from({ length: 10_000 }, (_, no) => offer('a', no).then(() => void answered++));
  await clock.advance(999);
  assert.deepEqual([done.length, answered], [1, 1]);
  await clock.advance(1);
  await Promise.all(all);
  assert.deepEqual(
    done.map(({ no, at }) => [no, at]),
    [
      [0, 0],
      [9_999, 1_000],
    ],
  );
});

test('the law: no key is done twice within a while, and the last value of each is done at last', async () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), afterMs: fc.constantFrom(0, 1, 400, 999, 1_000, 3_000) }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (said) => {
      const { clock, done, offer } = openPacer();
      const last = new Map<string, number>();
      const answers: Promise<void>[] = [];
      for (const [no, { key, afterMs }] of said.entries()) {
        await clock.advance(afterMs);
        answers.push(offer(key, no));
        last.set(key, no);
      }
      await clock.advance(1_000);
      await Promise.all(answers);
      for (const [key, no] of last) {
        const own = done.filter((one) => one.key === key);
        assert.equal(own.at(-1)?.no, no);
        for (const [i, { at }] of own.slice(1).entries()) assert.ok(at - (own[i]?.at ?? 0) >= 1_000);
      }
    }),
    { numRuns: 200 },
  );
});

test('what takes longer than a while is not done twice at a time, and who fails keeps nobody waiting', async () => {
  const ends: PromiseWithResolvers<void>[] = [];
  const { clock, done, offer } = openPacer(() => {
    const end = Promise.withResolvers<void>();
    ends.push(end);
    return end.promise;
  });
  const first = offer('a', 1);
  const second = offer('a', 2);
  await clock.advance(5_000);
  assert.equal(done.length, 1);
  ends[0]?.reject(new Error('away'));
  await assert.rejects(first, /away/);
  await clock.advance(0);
  assert.deepEqual([done.length, done[1]?.no], [2, 2]);
  ends[1]?.resolve();
  await second;
});

test('what is dropped is answered and not done, and what is said after it is', async () => {
  const { clock, done, offer, drop } = openPacer();
  await offer('a', 1);
  const dropped = offer('a', 2);
  drop('a');
  drop('nobody');
  await dropped;
  const later = offer('a', 3);
  await clock.advance(1_000);
  await later;
  assert.deepEqual(
    done.map(({ no }) => no),
    [1, 3],
  );
});
