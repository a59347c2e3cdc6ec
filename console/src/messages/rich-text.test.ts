import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeHref, safeMediaUrl, textParts } from './rich-text.ts';

const linksOf = (text: string) => textParts(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []));

test('web addresses become links, and the text around them stays whole', () => {
  const text = 'See https://shop.example/a?b=1, or http://x.example.';
  assert.deepEqual(linksOf(text), ['https://shop.example/a?b=1', 'http://x.example/']);
  assert.equal(
    textParts(text)
      .map((part) => part.text)
      .join(''),
    text,
  );
});

test('Chinese text may touch an address on both sides', () => {
  assert.deepEqual(linksOf('请看https://shop.example/订单，谢谢'), [new URL('https://shop.example/订单').href]);
});

test('a bracket belongs to the address only where the address opened it', () => {
  assert.deepEqual(linksOf('https://x.example/Parley_(chat)'), ['https://x.example/Parley_(chat)']);
  assert.deepEqual(linksOf('(https://x.example/a)'), ['https://x.example/a']);
});

test('scripts and data never become links', () => {
  assert.deepEqual(linksOf('javascript:alert(1) data:text/html,x file:///etc/passwd'), []);
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', ' java\nscript:alert(1)', 'nonsense']) {
    assert.equal(safeHref(url), undefined, url);
  }
});

test('media comes from our own files or over https, and from nowhere else', () => {
  assert.equal(safeMediaUrl('/files/1/s/a.png'), '/files/1/s/a.png');
  assert.equal(safeMediaUrl('https://cdn.example/a.png'), 'https://cdn.example/a.png');
  for (const url of [
    '',
    '//evil.example/a.png',
    '/\\evil.example/a.png',
    'http://x.example/a.png',
    'data:image/svg+xml,x',
  ]) {
    assert.equal(safeMediaUrl(url), undefined, url);
  }
});
