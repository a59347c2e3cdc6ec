import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atPrecision } from './at-precision.ts';

test('the lowest confidence is chosen at which enough of the answers are right', () => {
  const curve = [
    { from: 0, precision: 0.8, coverage: 1 },
    { from: 0.5, precision: 0.9, coverage: 0.8 },
    { from: 0.8, precision: 0.97, coverage: 0.5 },
    { from: 0.95, precision: null, coverage: 0 },
  ];
  assert.equal(atPrecision(curve, 0.85)?.from, 0.5);
  assert.equal(atPrecision(curve, 0.97)?.coverage, 0.5);
  assert.equal(atPrecision(curve, 0.99), undefined);
});
