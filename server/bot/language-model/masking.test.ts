import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMasking, type MaskedKind } from './masking.ts';

const hidden: [string, MaskedKind, string][] = [
  ['write to ana.b@shop.example.com please', 'EMAIL', 'ana.b@shop.example.com'],
  ['我的邮箱是zhang3@qq.com，谢谢', 'EMAIL', 'zhang3@qq.com'],
  ['电话13812345678联系我', 'PHONE', '13812345678'],
  ['138 1234 5678', 'PHONE', '138 1234 5678'],
  ['+86 138-1234-5678', 'PHONE', '+86 138-1234-5678'],
  ['座机010-62345678', 'PHONE', '010-62345678'],
  ['call (415) 555-0132 now', 'PHONE', '(415) 555-0132'],
  ['+44 20 7946 0958', 'PHONE', '+44 20 7946 0958'],
  ['card 4111 1111 1111 1111 exp', 'CARD', '4111 1111 1111 1111'],
  ['卡号6222020000000000000', 'CARD', '6222020000000000000'],
  ['身份证11010519491231002X。', 'ID', '11010519491231002X'],
  ['ssn 123-45-6789', 'ID', '123-45-6789'],
  ['护照E12345678', 'ID', 'E12345678'],
  ['DE89 3704 0044 0532 0130 00 is mine', 'ACCOUNT', 'DE89 3704 0044 0532 0130 00'],
  ['寄到北京市朝阳区建国路88号3号楼1201室', 'ADDRESS', '北京市朝阳区建国路88号3号楼1201室'],
  ['I live at 221B Baker Street, London', 'ADDRESS', '221B Baker Street, London'],
  ['send it to 1600 Pennsylvania Ave, Washington, DC 20500', 'ADDRESS', '1600 Pennsylvania Ave, Washington, DC 20500'],
  ['Ask Maria Lopez about it', 'NAME', 'Maria Lopez'],
];

test('phone, e-mail, card, account and id numbers, addresses and known names do not leave', () => {
  for (const [text, kind, value] of hidden) {
    const masked = createMasking(['Maria Lopez']).mask(text);
    assert.ok(masked.includes(`[${kind}_1]`), `${text}: ${masked}`);
    const left = masked.replace(/\[[A-Z]+_\d+\]/g, '');
    for (const part of value.match(/[\p{L}\d]{3,}/gu) ?? []) assert.ok(!left.includes(part), `${text}: ${masked}`);
  }
});

test('what is no personal data stays: order numbers, prices, dates, times, versions', () => {
  const texts = [
    'Order SO-20240611-0042 cost 1299.00 on 2024-06-11 at 10:30',
    '订单20240611000421退款199元，7天内到账',
    'version 12.4.1, model X100-200, 50% off, 1,000,000 items',
    'The red shirt on page 12 costs 30 dollars',
  ];
  for (const text of texts) assert.equal(createMasking().mask(text), text);
});

test('the same value gets the same placeholder, and another value another one', () => {
  const masking = createMasking();
  assert.equal(masking.mask('a@x.io, b@x.io, a@x.io'), '[EMAIL_1], [EMAIL_2], [EMAIL_1]');
  assert.equal(masking.mask('b@x.io'), '[EMAIL_2]');
  assert.equal(masking.unmask('[EMAIL_2] and [EMAIL_9]'), 'b@x.io and [EMAIL_9]');
  assert.equal(masking.count, 2);
});

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(...hidden.map(([text]) => text), '[EMAIL_1]', '[PHONE_12]', '[', '[CARD_'),
  ),
  { maxLength: 6 },
);

test('whatever is masked comes back as it was, however the answer is cut into pieces', () => {
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (parts, sizes) => {
      const masking = createMasking(['Maria Lopez']);
      const text = parts.join(' ');
      const masked = masking.mask(text);
      assert.equal(masking.unmask(masked), text);
      const stream = masking.unmaskStream();
      let back = '';
      for (let at = 0, turn = 0; at < masked.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        back += stream.add(masked.slice(at, at + size));
        at += size;
      }
      assert.equal(back + stream.end(), text);
    }),
  );
});

test('a text that is made to be slow is not', () => {
  const began = performance.now();
  for (const text of [
    '1 '.repeat(8_000),
    '中'.repeat(8_000),
    'a@'.repeat(8_000),
    '1 Aa '.repeat(3_000),
    '路1'.repeat(4_000),
    'A1'.repeat(8_000),
  ])
    createMasking().mask(text);
  assert.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
});
