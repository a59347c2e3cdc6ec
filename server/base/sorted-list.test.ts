import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SortedList } from './sorted-list.ts';

for (const [what, keyOf] of [
  ['', undefined],
  [', with a key that tells most apart', (value: number) => Math.floor(value / 3)],
] as const) {
  test(`whatever is added and taken out, the list is that of sorting everything, and so are the places${what}`, () => {
    const step = fc.record({ add: fc.boolean(), value: fc.nat(400) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_000, size: 'max' }), (steps) => {
        const list = new SortedList<number>((a, b) => a - b, keyOf);
        const plain = new Set<number>();
        for (const { add, value } of steps) {
          if (!add) assert.equal(list.delete(value), plain.delete(value));
          else if (!plain.has(value)) {
            plain.add(value);
            list.add(value);
          }
        }
        const sorted = [...plain].sort((a, b) => a - b);
        assert.deepEqual([...list], sorted);
        assert.deepEqual([list.size, list.first()], [sorted.length, sorted[0]]);
        for (const value of [0, 17, 200, 401]) {
          assert.equal(list.rank(value), sorted.filter((other) => other < value).length);
          assert.equal(
            list.find((other) => other >= value),
            sorted.find((other) => other >= value),
          );
        }
      }),
      { numRuns: 60 },
    );
  });
}
