import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameLanguage, onePerLanguage } from './languages.ts';

test('a tag is the same language as the one it most likely means, and no other', () => {
  for (const [a, b] of [
    ['zh', 'zh-CN'],
    ['zh-Hans', 'zh-cn'],
    ['en', 'en-US'],
    ['no tag!', 'no tag!'],
  ] as const)
    assert.ok(isSameLanguage(a, b), `${a} ${b}`);
  for (const [a, b] of [
    ['zh', 'zh-TW'],
    ['en', 'en-GB'],
    ['no tag!', 'zh'],
  ] as const)
    assert.ok(!isSameLanguage(a, b), `${a} ${b}`);
});

test('of tags of one language one is left, in the place of the first: the wanted one, else the first', () => {
  assert.deepEqual(onePerLanguage(['en', 'zh-CN', 'de', 'zh']), ['en', 'zh-CN', 'de']);
  assert.deepEqual(onePerLanguage(['en', 'zh-CN', 'de', 'zh'], 'zh'), ['en', 'zh', 'de']);
});
