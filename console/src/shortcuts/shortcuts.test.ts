import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortcutOf } from './shortcuts.ts';

const press = (key: string, patch = {}) =>
  shortcutOf({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    repeat: false,
    isComposing: false,
    ...patch,
  });

test('a single key means its command, with caps lock too', () => {
  assert.equal(press('j'), 'next');
  assert.equal(press('J'), 'next');
  assert.equal(press('Escape'), 'back');
  assert.equal(press('x'), undefined);
});

test('with a modifier the key belongs to the browser', () => {
  for (const modifier of ['ctrlKey', 'metaKey', 'altKey']) assert.equal(press('e', { [modifier]: true }), undefined);
});

test('while an input method composes, no key is a command', () => {
  assert.equal(press('j', { isComposing: true }), undefined);
});

test('a key that is held down moves on through the list, and does nothing else twice', () => {
  assert.equal(press('j', { repeat: true }), 'next');
  assert.equal(press('e', { repeat: true }), undefined);
});

test('Shift makes another command of a key only where there is one, and caps lock is no Shift', () => {
  assert.equal(press('E', { shiftKey: true }), 'resolveNext');
  assert.equal(press('E'), 'resolve');
  assert.equal(press('R', { shiftKey: true }), 'reply');
  assert.equal(press('?', { shiftKey: true }), 'sheet');
});
