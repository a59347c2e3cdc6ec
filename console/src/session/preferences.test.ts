import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePreferences } from './preferences.ts';

test('stored preferences are read, and what is not understood keeps its default', () => {
  assert.deepEqual(parsePreferences('{"density":"comfortable","sound":false}'), {
    density: 'comfortable',
    sound: false,
  });
  for (const text of [null, 'nonsense', 'null', '{"density":7,"sound":"loud"}']) {
    assert.deepEqual(parsePreferences(text), { density: 'compact', sound: true }, String(text));
  }
});
