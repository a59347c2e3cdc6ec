import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asksForAnotherCode, maskedCode, takeCode } from './code-text.ts';
import { maskAddress, plainAddress, standInFor } from './known-address.ts';

const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 });
const wide = (digit: number) => String.fromCodePoint(0xff10 + digit);

test('a code is taken in digits of any width, with blanks between and words around, and no digit of it is left', () => {
  const around = fc.constantFrom('', 'my code is ', '验证码：', 'It is: ', '您好，是');
  const between = fc.constantFrom('', ' ', '-', '\u3000', ' \n');
  fc.assert(
    fc.property(digits, around, between, fc.boolean(), (code, before, gap, isWide) => {
      const typed = code.map((digit) => (isWide ? wide(digit) : String(digit)));
      const taken = takeCode(`${before}${typed.join(gap)}`);
      assert.equal(taken.code, code.join(''));
      assert.doesNotMatch(taken.text, /\p{N}/u);
      assert.ok(taken.text.includes(maskedCode));
    }),
  );
});

test('what has more digits or fewer, or two codes, is no code, and is masked all the same', () => {
  for (const text of ['1234567', '12345', '123456 654321', '2026-12-01']) {
    const taken = takeCode(text);
    assert.deepEqual([taken.code, /\d{3}/.test(taken.text)], [undefined, false], text);
  }
  assert.deepEqual(takeCode('I have not got it, in 10 minutes'), { text: 'I have not got it, in 10 minutes' });
});

test('who says that no code came, in English or Chinese, wants another one', () => {
  for (const text of ['please resend', 'Send it again', "I didn't get it", '没收到', '重新发送', '重发一下'])
    assert.equal(asksForAnotherCode(text), true, text);
  for (const text of ['what is this for', '这是什么', '••••••']) assert.equal(asksForAnotherCode(text), false, text);
});

test('an address is shown by what tells its owner which it is, and by nothing else', () => {
  assert.equal(maskAddress('anna.berg@example.com'), 'a•••@e•••.com');
  assert.equal(maskAddress('+8613812345678'), '•••78');
  assert.equal(plainAddress(' Anna@Example.COM '), 'anna@example.com');
  assert.equal(plainAddress('0086 138-1234 5678'), '+8613812345678');
  for (const text of ['', 'anna', 'a@b, c@d.example', 'a@b.example\r\nBcc: x@y.example', '<a@b.example>', '12'])
    assert.equal(plainAddress(text), null, JSON.stringify(text));
});

test('what is shown for an address that is not known looks like one, and is the same for the same question', () => {
  const key = Buffer.alloc(32, 1);
  const stand = standInFor('order 1', 'email', key);
  assert.match(stand, /^[a-z]•••@[a-z0-9]•••\.com$/);
  assert.equal(standInFor('order 1', 'email', key), stand);
  const all = new Set(Array.from({ length: 50 }, (_, n) => standInFor(`order ${n}`, 'email', key)));
  assert.ok(all.size > 20, `${all.size} of 50 differ`);
  assert.match(standInFor('order 1', 'phone', key), /^•••\d\d$/);
});
