import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggestionKey, withReply } from './suggestion-key.ts';

const press = (code: string, patch = {}) => ({
  ...{ code, altKey: true, shiftKey: false, ctrlKey: false, metaKey: false, repeat: false, isComposing: false },
  ...patch,
});

test('Alt and a digit takes the reply of that number, and with Shift the other action', () => {
  assert.deepEqual(suggestionKey(press('Digit1'), 'insert'), { index: 0, action: 'insert' });
  assert.deepEqual(suggestionKey(press('Numpad3'), 'send'), { index: 2, action: 'send' });
  assert.deepEqual(suggestionKey(press('Digit2', { shiftKey: true }), 'insert'), { index: 1, action: 'send' });
  assert.deepEqual(suggestionKey(press('Digit2', { shiftKey: true }), 'send'), { index: 1, action: 'insert' });
});

test('other keys, held keys, AltGr and an input method are left alone', () => {
  assert.equal(suggestionKey(press('Digit4'), 'insert'), undefined);
  for (const patch of [
    { altKey: false },
    { ctrlKey: true },
    { metaKey: true },
    { repeat: true },
    { isComposing: true },
  ]) {
    assert.equal(suggestionKey(press('Digit1', patch), 'insert'), undefined);
  }
});

test('a reply takes the place of the beginning that it completes, and follows what else was written', () => {
  assert.equal(withReply('', 'You can.'), 'You can.');
  assert.equal(withReply('you c', 'You can.'), 'You can.');
  assert.equal(withReply('Hi Ann, ', 'You can.'), 'Hi Ann,\nYou can.');
});
