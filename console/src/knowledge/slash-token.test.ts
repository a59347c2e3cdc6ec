import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slashBefore } from './slash-token.ts';

const at = (text: string, caret = text.length) => slashBefore(text, caret);

test('a slash at the beginning of a word opens, one within a word, a date or an address does not', () => {
  assert.deepEqual(at('/'), { start: 0, end: 1, query: '' });
  assert.deepEqual(at('Hello /ref'), { start: 6, end: 10, query: 'ref' });
  assert.deepEqual(at('a\n/退款'), { start: 2, end: 5, query: '退款' });
  assert.deepEqual(at('／退'), { start: 0, end: 2, query: '退' });
  assert.deepEqual(at('、退'), { start: 0, end: 2, query: '退' });
  for (const text of ['and/or', '1/2', 'https://a.example/x', 'a、b', '/ref und', '/a/b'])
    assert.equal(at(text), undefined, text);
  assert.deepEqual(at('/ref x', 4), { start: 0, end: 4, query: 'ref' });
  assert.equal(at(`/${'x'.repeat(41)}`), undefined);
});
