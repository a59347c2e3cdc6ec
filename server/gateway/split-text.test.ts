import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitText, utf8Bytes } from './split-text.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom('订单', '。', 'a', ' ', '\n', 'é', '👩‍👩‍👧‍👦', '.', 'https://x.example/'),
    maxLength: 200,
  }),
);
const withoutSpace = (value: string) => value.replace(/\s+/gu, '');

test('every part fits, none is empty, and nothing but white space is lost', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 200 }), (whole, maxBytes) => {
      const parts = splitText(whole, maxBytes);
      for (const part of parts) assert.ok(utf8Bytes(part) <= maxBytes, `${utf8Bytes(part)} bytes: ${part}`);
      assert.equal(withoutSpace(parts.join('')), withoutSpace(whole));
      if (whole !== '') for (const part of parts) assert.notEqual(part, '');
    }),
    { numRuns: 2_000 },
  );
});

test('a surrogate pair is never torn, and a character as people see it only where it alone is too long', () => {
  const family = '👩‍👩‍👧‍👦';
  const whole = family.repeat(20);
  for (const part of splitText(whole, 60)) assert.equal(part.replaceAll(family, ''), '');
  for (const part of splitText(whole, 10)) assert.ok(part.isWellFormed());
  assert.equal(splitText(whole, 10).join(''), whole);
});

test('a letter keeps its accent where a long word has to be torn', () => {
  const accented = 'e\u0301';
  for (const part of splitText(accented.repeat(20), 10)) assert.equal(part.replaceAll(accented, ''), '');
});

test('a text that fits stays as it is, white space included', () => {
  assert.deepEqual(splitText('  a\n\n b ', 100), ['  a\n\n b ']);
  assert.deepEqual(splitText('', 4), ['']);
});

test('a paragraph is preferred to a line, a line to a sentence, a sentence to a word', () => {
  assert.deepEqual(splitText('One two. Three four.\n\nFive\nsix. Seven', 34), [
    'One two. Three four.',
    'Five\nsix. Seven',
  ]);
  assert.deepEqual(splitText('One two. Three\nfour. Five six', 25), ['One two. Three', 'four. Five six']);
  assert.deepEqual(splitText('One two three. Four five', 20), ['One two three.', 'Four five']);
  assert.deepEqual(splitText('One two three four', 10), ['One two', 'three four']);
});

test('Chinese is split behind a full stop, and else between words of the dictionary', () => {
  assert.deepEqual(splitText('您的订单已经发货。预计明天送达，请注意查收。', 40), [
    '您的订单已经发货。',
    '预计明天送达，请注意查收。',
  ]);
  const [first] = splitText('中华人民共和国国务院办公厅', 25);
  assert.equal(first, '中华人民共和国');
});

test('an address goes whole into the next part, even where that leaves a short one', () => {
  const url = `https://shop.example/orders/${'7'.repeat(30)}`;
  assert.deepEqual(splitText(`See ${url}`, utf8Bytes(url)), ['See', url]);
});

test('white space alone, too long to carry, becomes one part of it', () => {
  assert.deepEqual(splitText(' '.repeat(50), 10), [' '.repeat(10)]);
});

test('64 KB without any boundary are split in a moment, however small the parts', () => {
  const began = performance.now();
  for (const hostile of ['.'.repeat(65_536), '\n '.repeat(32_768), 'x'.repeat(65_536), '的'.repeat(21_845)]) {
    splitText(hostile, 65_000);
    splitText(hostile, 500);
  }
  assert.ok(performance.now() - began < 3_000);
});

test('a limit under four bytes is refused, as not every character could fit', () => {
  assert.throws(() => splitText('a', 3), RangeError);
});
