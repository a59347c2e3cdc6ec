import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  accuracyOf,
  calibrationErrorOf,
  chanceCalibrationErrorOf,
  chooseThreshold,
  type MeasuredAnswer,
  macroF1Of,
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

test('the macro F1 is the mean over intents, however rare, and one that is never recognised has 0', () => {
  const often = Array.from({ length: 8 }, () => answer('a', 'a', 0.9));
  const drawn = [...often, answer('b', 'a', 0.9), answer(null, 'b', 0.9)];
  assert.equal(macroF1Of(drawn), (16 / 17 + 0) / 2);
  assert.equal(macroF1Of(often), 1);
  assert.equal(macroF1Of([]), null);
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

test('exact confidences err by chance as few questions do: at 0.5 by 0.4 over the root of their number', () => {
  for (const questions of [400, 2_500]) {
    const chance = chanceCalibrationErrorOf(Array.from({ length: questions }, () => answer('a', 'a', 0.5)));
    const deviation = 0.5 / Math.sqrt(questions);
    // Of a normal distribution's distance from its middle: the mean, and what 95 of 100 stay within, in standard deviations.
    assert.ok(Math.abs((chance?.mean ?? 0) / deviation - Math.sqrt(2 / Math.PI)) < 0.07, `mean ${chance?.mean}`);
    assert.ok(Math.abs((chance?.most ?? 0) / deviation - 1.96) < 0.15, `most ${chance?.most}`);
  }
});

test('chance adds up over the bins, whichever answers were right, and certainty leaves nothing to it', () => {
  const apart = [0.45, 0.55].flatMap((confidence) => Array.from({ length: 50 }, () => answer('a', 'b', confidence)));
  const together = Array.from({ length: 100 }, () => answer('a', 'a', 0.5));
  const [two, one] = [apart, together].map((answers) => chanceCalibrationErrorOf(answers)?.mean ?? 0);
  assert.ok(Math.abs((two ?? 0) / (one ?? 1) - Math.SQRT2) < 0.1, `${two} in two bins, ${one} in one`);
  assert.deepEqual(chanceCalibrationErrorOf([answer('a', 'a', 1), answer('a', 'b', 0)]), { mean: 0, most: 0 });
  assert.equal(chanceCalibrationErrorOf([]), null);
});
