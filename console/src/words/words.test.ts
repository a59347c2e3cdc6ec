import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { en } from './en.ts';
import { zhCn } from './zh-cn.ts';

type Tree = { readonly [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const entries = Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : [...flatten(value, `${prefix}${key}.`)],
  );
  return new Map(entries);
}
const english = flatten(en);
const chinese = flatten(zhCn);
const variablesOf = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).toSorted();

function sources(): { path: string; text: string }[] {
  const root = join(import.meta.dirname, '..');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

test('both languages have the same keys, none of them empty', () => {
  assert.deepEqual([...chinese.keys()].toSorted(), [...english.keys()].toSorted());
  for (const [key, text] of [...english, ...chinese]) assert.notEqual(text.trim(), '', key);
});

test('a text has the same variables in both languages', () => {
  for (const [key, text] of english) assert.deepEqual(variablesOf(chinese.get(key) ?? ''), variablesOf(text), key);
});

test('no Chinese text was left in English', () => {
  const same = [...english].filter(([key, text]) => chinese.get(key) === text && /[a-z]{3}/i.test(text));
  assert.deepEqual(
    same.map(([key]) => key),
    ['app.name'],
  );
});

test('every key that the code uses is there', () => {
  const known = [...english.keys()];
  for (const { path, text } of sources()) {
    for (const [, key = ''] of text.matchAll(/\bt\(\s*'([\w.]+)'/g)) assert.ok(english.has(key), `${path}: ${key}`);
    for (const [, start = ''] of text.matchAll(/\bt\(\s*`([\w.]+)\$\{/g)) {
      assert.ok(
        known.some((key) => key.startsWith(start)),
        `${path}: ${start}…`,
      );
    }
  }
});

test('every key is used by the code', () => {
  const all = sources()
    .filter(({ path }) => !path.startsWith('words/en') && !path.startsWith('words/zh'))
    .map(({ text }) => text)
    .join('\n');
  const starts = [...all.matchAll(/`([\w.]+)\$\{[^`]*`/g)].map(([, start = '']) => start);
  const unused = [...english.keys()].filter(
    (key) => !all.includes(`'${key}'`) && !starts.some((start) => start.includes('.') && key.startsWith(start)),
  );
  assert.deepEqual(unused, []);
});
