import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTimelineCheck } from './timeline-check.ts';

test('conversations are followed each for itself, from the first number that was seen', () => {
  const check = createTimelineCheck();
  for (const [id, seq] of [
    ['a', 2],
    ['b', 1],
    ['a', 3],
    ['b', 2],
    ['a', 4],
  ] as const)
    check.see(id, seq);
  assert.equal(check.jumps(), 0);
  assert.deepEqual(
    [...check.latest()],
    [
      ['a', 4],
      ['b', 2],
    ],
  );
});

for (const [what, seqs] of [
  ['gap', [1, 3]],
  ['repeat', [1, 1]],
  ['step back', [2, 1]],
] as const) {
  test(`a ${what} is counted`, () => {
    const check = createTimelineCheck();
    for (const seq of seqs) check.see('a', seq);
    assert.equal(check.jumps(), 1);
  });
}
