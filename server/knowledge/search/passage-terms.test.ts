import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PassageTerms } from './passage-terms.ts';

const entries = (most: number) =>
  fc.uniqueArray(fc.tuple(fc.nat(most), fc.integer({ min: 1, max: 255 })), { selector: ([one]) => one, maxLength: 40 });

/** A passage as pairs of term and count, and its units as pairs of a place and a count. */
const passage = entries(2 ** 30 - 1).chain((whole) =>
  fc.record({
    whole: fc.constant(whole),
    units: fc.array(
      entries(Math.max(0, whole.length - 1)).filter((unit) => unit.length <= whole.length),
      { maxLength: 4 },
    ),
  }),
);

const ascending = (pairs: readonly (readonly number[])[]) => pairs.toSorted(([a = 0], [b = 0]) => a - b);

test('what a passage consists of is read as it was written, whatever was written after it', () => {
  fc.assert(
    fc.property(fc.array(passage, { maxLength: 12 }), (passages) => {
      const store = new PassageTerms();
      for (const [number, { whole, units }] of passages.entries())
        store.add(
          number,
          { terms: Int32Array.from(whole, ([term]) => term), counts: Uint8Array.from(whole, ([, count]) => count) },
          units.map((unit) => ({
            places: Int32Array.from(unit, ([place]) => place),
            counts: Uint8Array.from(unit, ([, count]) => count),
          })),
        );
      for (const [number, { whole, units }] of passages.entries()) {
        const size = store.readWhole(number);
        const read = Array.from({ length: size }, (_, at) => [store.terms[at], store.counts[at]]);
        assert.deepEqual(read, ascending(whole));
        const count = store.readUnits();
        const expected =
          units.length < 2 ? [whole] : units.map((unit) => unit.map(([place, times]) => [whole[place]?.[0], times]));
        assert.equal(count, expected.length);
        let start = 0;
        for (const [unit, pairs] of expected.entries()) {
          const end = store.unitEnds[unit] as number;
          const found = Array.from({ length: end - start }, (_, at) => [
            store.terms[store.unitPlaces[start + at] as number],
            store.unitCounts[start + at],
          ]);
          assert.deepEqual(found, ascending(pairs as number[][]));
          start = end;
        }
      }
    }),
  );
});

test('a passage that is larger than a page is read whole', () => {
  const store = new PassageTerms();
  const size = 700_000;
  const large = { terms: Int32Array.from({ length: size }, (_, at) => at * 100), counts: new Uint8Array(size).fill(2) };
  const small = { terms: Int32Array.of(7), counts: Uint8Array.of(1) };
  store.add(0, small, []);
  store.add(1, large, []);
  store.add(2, small, []);
  assert.equal(store.readWhole(1), size);
  assert.equal(store.terms[size - 1], (size - 1) * 100);
  assert.equal(store.counts[size - 1], 2);
  for (const number of [0, 2]) {
    assert.equal(store.readWhole(number), 1);
    assert.equal(store.terms[0], 7);
  }
});
