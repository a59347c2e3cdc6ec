import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedWordVectors } from '../word-vectors/word-vectors.ts';
import { type FoldedText, foldText } from './fold-text.ts';
import { createMakeStrange } from './strange-questions.ts';

const words = sharedWordVectors();
const things = ['order', 'invoice', 'parcel', 'contract', 'booking', 'ticket', 'password', 'address', 'account'];
const texts = things.map((thing) => foldText(`how do i change my ${thing}`));
const chinese = ['我要改订单', '我要改发票', '我要改合同', '我要改密码'].map(foldText);

/** One for each share of words that is exchanged: all, some, few. */
function threeOf(utterances: readonly FoldedText[], asked: FoldedText, seed = 1): FoldedText[] {
  const makeStrange = createMakeStrange(utterances, { words, seed });
  return Array.from({ length: 3 }, () => makeStrange(asked)).map((text) => {
    assert.ok(text);
    return text;
  });
}

test('the rarest words give way to words that no utterance has, and the frame of some stays', () => {
  const asked = texts[0] as FoldedText;
  const known = new Set(texts.flatMap((text) => text.words));
  const kept = threeOf(texts, asked).map((strange) => {
    assert.equal(strange.words.length, asked.words.length);
    return strange.words.filter((word) => known.has(word));
  });
  assert.ok(kept.every((own) => !own.includes('order')));
  assert.deepEqual(
    kept.map((own) => own.length),
    [0, 2, 3],
  );
});

test('a text without blanks is exchanged two characters at a time, for words of its own script', () => {
  const [all, some] = threeOf(chinese, chinese[0] as FoldedText);
  assert.deepEqual([all?.words, some?.words], [[], []]);
  assert.ok(some?.runs[0]?.startsWith('我要'), `${some?.runs}`);
  assert.ok(!/订|单|我要/.test(all?.runs[0] ?? '订'), `${all?.runs}`);
});

test('the same seed makes the same questions, another one others', () => {
  const asked = texts[1] as FoldedText;
  assert.deepEqual(threeOf(texts, asked), threeOf(texts, asked));
  assert.notDeepEqual(threeOf(texts, asked, 2), threeOf(texts, asked));
});

test('where the utterances have every general word there is none to exchange', () => {
  const general = { ...words, words: ['order', 'invoice'] };
  assert.equal(createMakeStrange(texts, { words: general, seed: 1 })(texts[0] as FoldedText), undefined);
});
