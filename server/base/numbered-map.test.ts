import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Numbered, NumberedMap } from './numbered-map.ts';

interface Thing extends Numbered<string> {
  readonly name: string;
}

test('whatever is added, changed and taken out, each thing is found by its key, and its numbers lie at its place', () => {
  const step = fc.record({ key: fc.constantFrom(...'abcdefgh'), number: fc.integer(), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const map = new NumberedMap<string, Thing>(2);
      const plain = new Map<string, number>();
      for (const { key, number, remove } of steps) {
        const there = map.get(key);
        if (remove && there !== undefined) map.delete(there);
        else if (there !== undefined) {
          map.setNumber(there, 0, number);
          map.setNumber(there, 1, -number);
        } else if (!remove) map.add({ key, at: 0, name: `the ${key}` }, [number, -number]);
        if (remove) plain.delete(key);
        else plain.set(key, number);
      }
      const found = map.items.map((item, i) => [item.key, item.name, map.column(0)[i], map.number(item, 1)]);
      const expected = [...plain].map(([key, number]) => [key, `the ${key}`, number, -number]);
      assert.deepEqual(found.sort(), expected.sort());
      assert.deepEqual([map.size, map.column(0).length, map.column(1).length], [plain.size, plain.size, plain.size]);
      for (const key of 'abcdefgh') assert.equal(map.get(key)?.key, plain.has(key) ? key : undefined);
      map.clear();
      assert.deepEqual([map.size, map.items, map.column(1), map.get('a')], [0, [], [], undefined]);
    }),
  );
});
