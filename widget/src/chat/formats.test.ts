import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay, formatSize } from './formats.ts';
import { words } from './words.ts';

const at = (year: number, month: number, day: number) => new Date(year, month - 1, day, 9).getTime();

test('today and yesterday have names, older days a date, and only other years their year', () => {
  const now = at(2026, 3, 1);
  const day = (then: number) => formatDay(then, now, 'en', words.en);
  assert.equal(day(now), 'Today');
  assert.equal(day(at(2026, 2, 28)), 'Yesterday');
  assert.equal(day(at(2026, 2, 20)), 'Fri, Feb 20');
  assert.match(day(at(2025, 12, 31)), /2025/);
  assert.equal(formatDay(now, now, 'zh-CN', words['zh-CN']), '今天');
});

test('sizes are whole numbers of KB and MB', () => {
  assert.deepEqual([1, 340 * 1024, 20 * 1024 * 1024].map(formatSize), ['1 KB', '340 KB', '20 MB']);
});

type Said = string | ((...values: never[]) => string) | { readonly [key: string]: Said };

/** Every text, by its key; one that is made of values is made of these. */
function textsOf(said: Said, key: string): [key: string, text: string][] {
  if (typeof said === 'string') return [[key, said]];
  if (typeof said === 'function') return [[key, (said as (...values: unknown[]) => string)('X', 'Y')]];
  return Object.entries(said).flatMap(([inner, value]) => textsOf(value, `${key}.${inner}`));
}

test('neither language lacks a word', () => {
  const texts = Object.entries(words['zh-CN']).flatMap(([key, value]) => textsOf(value, key));
  for (const [key, text] of texts) assert.match(text, /\p{Script=Han}/u, key);
});
