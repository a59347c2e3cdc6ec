import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLanguage } from './choose-language.ts';

test('what was set here stands over what the browser wants', () => {
  assert.equal(chooseLanguage('en', ['zh-CN']), 'en');
});

test("the first of the browser's languages that we speak is taken, whatever its region", () => {
  assert.equal(chooseLanguage(null, ['fr', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(chooseLanguage(null, ['en-AU', 'zh']), 'en');
  assert.equal(chooseLanguage('klingon', ['de']), 'en');
});
