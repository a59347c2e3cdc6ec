import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linkify } from './linkify.ts';
import { safeUrl } from './urls.ts';

const hrefs = (text: string) => linkify(text).flatMap(({ href }) => href ?? []);

test('addresses become links without the punctuation of the sentence around them', () => {
  assert.deepEqual(hrefs('See https://example.com/a?b=c.'), ['https://example.com/a?b=c']);
  assert.deepEqual(hrefs('(at http://example.com/x)'), ['http://example.com/x']);
  assert.deepEqual(hrefs('https://example.com/a_(b)!'), ['https://example.com/a_(b)']);
  assert.deepEqual(hrefs('请看https://example.com/订单，谢谢'), ['https://example.com/%E8%AE%A2%E5%8D%95']);
});

test('a long text made to slow the page down is split at once', () => {
  const began = performance.now();
  for (const end of [')', '.', ').', '.a', ')a']) linkify(`https://e.example/${end.repeat(20_000)}`);
  assert.ok(performance.now() - began < 1_000);
});

test('nothing but http and https becomes a link', () => {
  assert.deepEqual(hrefs('javascript:alert(1) data:text/html,x ftp://example.com file:///etc https://'), []);
});

test('no text is lost or changed by splitting it', () => {
  const pieces = fc.array(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('https://', ')', '。', ' ', '"')));
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      assert.equal(
        linkify(text)
          .map((part) => part.text)
          .join(''),
        text,
      );
    }),
  );
});

test('an address is used only when it is http(s) or a file of our own server', () => {
  const server = 'https://chat.example';
  assert.equal(safeUrl('/files/1/s/a.png', server), 'https://chat.example/files/1/s/a.png');
  assert.equal(safeUrl('https://cdn.example/a.png', server), 'https://cdn.example/a.png');
  for (const bad of ['javascript:alert(1)', 'data:image/svg+xml,x', '/console/', '//evil.example/a', 'https://', '']) {
    assert.equal(safeUrl(bad, server), undefined, bad);
  }
});
