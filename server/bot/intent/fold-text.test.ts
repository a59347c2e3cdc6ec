import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classOfWord, foldText, maxCharacters } from './fold-text.ts';

test('full-width letters, capitals and curly apostrophes are read as their plain forms', () => {
  assert.deepEqual(foldText('Ｗｈｅｒｅ’ｓ MY order').words, ["where's", 'my', 'order']);
});

test('words and runs of Chinese are parted where they touch', () => {
  const { words, runs } = foldText('我的iPhone15订单,no.20391在哪');
  assert.deepEqual(words, ['iphone15', 'no', '20391']);
  assert.deepEqual(runs, ['我的', '订单', '在哪']);
});

test('a drawn-out word is read as a short one', () => {
  assert.deepEqual(foldText('pleaseeeeeeee 哈哈哈哈哈哈'), foldText('pleaseeee 哈哈哈哈'));
});

test('emoji, blanks and marks are neither word nor run', () => {
  assert.deepEqual(foldText(' 😀👍🏽?!… \u0000\u200d'), { words: [], runs: [], cut: false });
});

test('short numbers are numbers, long ones and mixed ones are ids, words are neither', () => {
  const classes = ['2', '1999', '20391', 'ab12cd34', 'mp3', 'order'].map(classOfWord);
  assert.deepEqual(classes, ['#number', '#number', '#id', '#id', undefined, undefined]);
});

test('whatever is written, the text is folded to no more than is read, and folding again changes nothing', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 1_500 }), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(text, (written) => {
      const { words, runs, cut } = foldText(written);
      assert.equal(cut, written.length > maxCharacters);
      assert.ok([...words, ...runs].join('').length <= maxCharacters);
      const again = foldText([...words, ...runs].join(' '));
      if (!cut) assert.equal([...again.words, ...again.runs].join(' '), [...words, ...runs].join(' '));
    }),
  );
});
