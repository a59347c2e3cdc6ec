import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Numbered, NumberedMap } from './numbered-map.ts';

interface Thing extends Numbered<string> {
  readonly name: string;
}

test('whatever is added, changed and taken out, each thing is found by its key, and its number lies at its place', () => {
  const step = fc.record({ key: fc.constantFrom(...'abcdefgh'), number: fc.integer(), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new NumberedMap<string, Thing>();
      const plain = new Map<string, number>();
      for (const { key, number, remove } of steps) {
        const there = map.get(key);
        if (remove && there !== undefined) map.delete(there);
        else if (there !== undefined) map.setNumber(there, number);
        else if (!remove) map.add({ key, at: 0, name: `the ${key}` }, number);
        if (remove) plain.delete(key);
        else plain.set(key, number);
      }
      const found = map.items.map(({ key, name }, i) => [key, name, map.numbers[i]]);
      const expected = [...plain].map(([key, number]) => [key, `the ${key}`, number]);
      assert.deepEqual(found.sort(), expected.sort());
      assert.deepEqual([map.size, map.numbers.length], [plain.size, plain.size]);
      for (const key of 'abcdefgh') assert.equal(map.get(key)?.key, plain.has(key) ? key : undefined);
      map.clear();
      assert.deepEqual([map.size, map.items, map.numbers, map.get('a')], [0, [], [], undefined]);
    }),
  );
});
