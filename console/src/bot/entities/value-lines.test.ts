import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readValues, writeValues } from './value-lines.ts';

test('a dictionary is edited as lines and read back the same', () => {
  const values = [
    { value: 'red', synonyms: ['红色', 'scarlet'] },
    { value: 'blue', synonyms: [] },
  ];
  assert.equal(writeValues(values), 'red | 红色 | scarlet\nblue');
  assert.deepEqual(readValues(writeValues(values)), values);
  assert.deepEqual(readValues('\n red ｜红色|| \n\n  \nblue'), [
    { value: 'red', synonyms: ['红色'] },
    { value: 'blue', synonyms: [] },
  ]);
});
