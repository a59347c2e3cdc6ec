import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestLanguage, bestVersion, isSameLanguage, onePerLanguage } from './languages.ts';

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

test('the language to answer in is the one that fits the first wish best, and what fits no wish is none', () => {
  for (const [there, wanted, best] of [
    [['en', 'zh-TW', 'zh', 'zh-CN'], ['zh-CN'], 'zh-CN'],
    [['zh-TW', 'zh'], ['zh-CN'], 'zh'],
    [['zh-TW', 'zh-CN'], ['zh'], 'zh-CN'],
    [['zh-TW', 'zh-HK'], ['zh-Hans'], 'zh-TW'],
    [['en-GB', 'en'], ['EN-us'], 'en'],
    [['de-AT', 'de'], ['de-AT-1996'], 'de-AT'],
    [['en', 'fr-CA'], ['pt', 'fr', 'en'], 'fr-CA'],
    [['en', 'zh'], ['pt'], 'en'],
    [['zh', 'en'], [], 'zh'],
    [[], ['en'], undefined],
  ] as const)
    assert.equal(bestLanguage(there, wanted), best, `${there} for ${wanted}`);
  const versions = [
    { language: 'zh-TW', title: 'a' },
    { language: 'zh', title: 'b' },
  ];
  assert.deepEqual(
    ['zh-CN', 'zh-TW', 'en', undefined].map((wanted) => bestVersion(versions, wanted)?.title),
    ['b', 'a', 'a', 'a'],
  );
});
