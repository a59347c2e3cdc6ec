import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeText } from './sizes.ts';

test('sizes are told in units that a person knows', () => {
  const sizes = [0, 1023, 1024, 1536, 200_000, 20 * 1024 * 1024].map(sizeText);
  assert.deepEqual(sizes, ['0 B', '1023 B', '1 KB', '1.5 KB', '195 KB', '20 MB']);
});
