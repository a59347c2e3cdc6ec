import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeColor, textOn } from './colors.ts';
import { chooseLocale } from './locale.ts';

test('text is white on colours that are dark enough for it, and dark on all others', () => {
  assert.deepEqual(['#1f6feb', '#000000', '#ffd400', '#ffffff', '#777777'].map(textOn), [
    '#ffffff',
    '#ffffff',
    '#111318',
    '#111318',
    '#111318',
  ]);
});

test('only six hexadecimal digits get into the style sheet', () => {
  for (const bad of ['red', '#fff', '#1f6feb;}*{display:none', undefined])
    assert.equal(safeColor(bad, '#000000'), '#000000');
  assert.equal(safeColor('#Ab12cD', '#000000'), '#Ab12cD');
});

test('the first wish that can be met decides the language; without one it is English', () => {
  assert.equal(chooseLocale([undefined, 'fr-FR', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(chooseLocale(['en-GB', 'zh']), 'en');
  assert.equal(chooseLocale(['zha', 'de']), 'en');
});
