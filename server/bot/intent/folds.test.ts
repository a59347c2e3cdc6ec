import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldsOf } from './folds.ts';
import { readTrainingSet } from './training-set.ts';

/** Intents with so many utterances each. */
const setOf = (sizes: readonly number[]) =>
  readTrainingSet(
    sizes.map((size, intent) => ({
      intent: `intent ${intent}`,
      utterances: Array.from({ length: size }, (_, at) => `utterance ${at} of intent ${intent}`),
    })),
  );

test('a fold has every utterance once, withholds whole intents, and asks nothing of an intent that it did not learn', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 0, max: 1_000 }), (drawn, seed) => {
      const set = setOf(drawn);
      const intentsOf = (places: Int32Array) => new Set(Array.from(places, (place) => set.labels[place]));
      for (const { learn, held, withheld } of foldsOf(set, seed)) {
        const all = [...learn, ...held, ...withheld].sort((a, b) => a - b);
        assert.deepEqual(all, [...set.utterances.keys()]);
        const learnt = intentsOf(learn);
        assert.ok(intentsOf(held).isSubsetOf(learnt));
        assert.ok(intentsOf(withheld).isDisjointFrom(learnt));
        assert.equal(withheld.length > 0, drawn.length > 2);
      }
    }),
  );
});
