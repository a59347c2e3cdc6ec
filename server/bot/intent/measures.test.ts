import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  accuracyOf,
  calibrationErrorOf,
  chooseThreshold,
  type MeasuredAnswer,
  measureAct,
  measureThreshold,
} from './measures.ts';

const answer = (expected: string | null, answered: string, confidence: number): MeasuredAnswer => ({
  expected,
  answered,
  confidence,
});
const answers = [
  answer('a', 'a', 0.9),
  answer('a', 'b', 0.85),
  answer('b', 'b', 0.6),
  answer('b', 'b', 0.2),
  answer(null, 'a', 0.3),
  answer(null, 'b', 0.81),
];

test('accuracy counts the questions in scope, however unsure', () => {
  assert.equal(accuracyOf(answers), 3 / 4);
  assert.equal(accuracyOf([]), null);
});

test('precision at 0.8 counts out-of-scope questions that were answered as wrong, coverage those in scope', () => {
  assert.deepEqual(measureAct(answers, 0.8), { precision: 1 / 3, coverage: 2 / 4, outOfScopeAnswered: 1 / 2 });
});

test('a question that is rejected counts as wrong in scope and as right out of it', () => {
  assert.deepEqual(measureThreshold(answers, 0.5), {
    threshold: 0.5,
    inScopeAccuracy: 2 / 4,
    outOfScopeRecall: 1 / 2,
    outOfScopePrecision: 1 / 2,
  });
});

test('no threshold makes more come out right than the one that is chosen', () => {
  const confidence = fc.integer({ min: 0, max: 20 }).map((twentieths) => twentieths / 20);
  const one = fc.tuple(fc.constantFrom('a', null), fc.constantFrom('a', 'b'), confidence);
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 40 }), (drawn) => {
      const all = drawn.map(([expected, answered, sure]) => answer(expected, answered, sure));
      const rightAt = (threshold: number) =>
        all.filter(({ expected, answered, confidence: sure }) =>
          sure < threshold ? expected === null : expected === answered,
        ).length;
      const chosen = rightAt(chooseThreshold(all));
      for (let threshold = 0; threshold <= 1.1; threshold += 0.025) assert.ok(rightAt(threshold) <= chosen);
    }),
  );
});

test('the calibration error is how far confidence and rightness lie apart', () => {
  assert.equal(calibrationErrorOf([answer('a', 'a', 1), answer('a', 'a', 1)]), 0);
  const half = [answer('a', 'a', 0.75), answer('a', 'b', 0.75)];
  assert.equal(calibrationErrorOf(half), 0.25);
  assert.equal(calibrationErrorOf([]), null);
});
