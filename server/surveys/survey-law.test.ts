import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { satisfactionOf, wilson } from './satisfaction.ts';
import { asksSomething, scoreIn } from './survey-law.ts';

test('an interval holds its share, and is narrower the more have answered', () => {
  assert.deepEqual(satisfactionOf([]).low, null);
  const [low = 0, high = 0] = wilson(9, 10) ?? [];
  assert.deepEqual([low.toFixed(3), high.toFixed(3)], ['0.596', '0.982'], 'as in the tables');
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 200 }), (some, of) => {
      const hits = Math.min(some, of);
      const one = wilson(hits, of) ?? [1, 0];
      const more = wilson(hits * 4, of * 4) ?? [1, 0];
      assert.ok(0 <= one[0] && one[0] <= hits / of + 1e-9 && hits / of - 1e-9 <= one[1] && one[1] <= 1);
      assert.ok(more[1] - more[0] < one[1] - one[0]);
    }),
  );
});

test('a score is a number and nothing beside it; what wants an answer is told from what does not', () => {
  const scores = { '5': 5, ' ３ ': 3, '4分': 4, '2 stars': 2, '1/5': 1, '★★★★': 4, '⭐⭐': 2, '5.': 5, '3️⃣': 3 };
  for (const [words, score] of Object.entries(scores)) assert.equal(scoreIn(words), score, words);
  for (const words of ['', '7', '5 stars but late', '12', '我要5个', '-1', '1.5', '★★★★★★'])
    assert.equal(scoreIn(words), undefined, words);
  for (const words of ['When does it come?', '什么时候到呢', 'let me talk to a human', '转人工'])
    assert.equal(asksSomething(words), true, words);
  for (const words of [null, 'Great, thanks!', '很好', 'The human touch was nice'])
    assert.equal(asksSomething(words), false);
});
