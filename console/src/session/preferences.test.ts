import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePreferences } from './preferences.ts';

test('stored preferences are read, and what is not understood keeps its default', () => {
  const replies = {
    desktop: false,
    singleKeys: true,
    replyAction: 'insert',
    suggestionKeys: true,
    suggestionsShown: true,
  };
  assert.deepEqual(parsePreferences('{"density":"comfortable","sound":false}'), {
    ...{ density: 'comfortable', sound: false },
    ...replies,
  });
  assert.equal(parsePreferences('{"singleKeys":false}').singleKeys, false);
  assert.equal(parsePreferences('{"replyAction":"send"}').replyAction, 'send');
  for (const text of [null, 'nonsense', 'null', '{"density":7,"sound":"loud","replyAction":"shout"}']) {
    assert.deepEqual(parsePreferences(text), { density: 'compact', sound: true, ...replies }, String(text));
  }
});
