import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filled, masked } from './mask.ts';

const names = { contact: 'Ann Lee', agent: 'Ada' };

test('what tells of one person is not kept', () => {
  for (const [text, kept] of [
    [
      'Hi Ann, this is Ada. Your order KA-100234 is out.',
      'Hi {{contact.name}}, this is {{agent.name}}. Your order {{order}} is out.',
    ],
    ['Write to ann.lee+x@mail.example or call +86 138 1234 5678.', 'Write to {{email}} or call {{phone}}.'],
    ['请拨打 13812345678，订单号 DD20240101001', '请拨打 {{phone}}，订单号 {{order}}'],
    ['身份证 11010519491231002X', '身份证 {{number}}'],
    ['Track it: https://post.example/t?id=abc', 'Track it: {{link}}'],
    ['See https://shop.example for prices of 12.50 in 2024', 'See https://shop.example for prices of 12.50 in 2024'],
    ['Announce it on Adam Street', 'Announce it on Adam Street'],
    ['We ship in 3-5 days, within 24 hours', 'We ship in 3-5 days, within 24 hours'],
  ]) {
    assert.equal(masked(text as string, names), kept);
  }
});

test('no e-mail address, and no number of seven digits or more, is ever kept', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.emailAddress(),
    fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER }).map(String),
    fc.constantFrom(' ', '，', 'KA', '订单', '{{', '}}'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const kept = masked(pieces.join(' '), names);
      assert.doesNotMatch(kept, /\d{7}/);
      for (const one of pieces) {
        const isAddress = /^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(one);
        if (isAddress) assert.ok(!kept.includes(one), kept);
      }
    }),
  );
});

test('placeholders are filled in for the conversation at hand, and a sentence of which something is not known is left out', () => {
  const kept = 'Hi {{contact.name}}, your order {{order}} is out. It comes in three days. Call {{phone}}.';
  assert.equal(
    filled(kept, { 'contact.name': 'Ben', order: 'KB1', phone: '123' }),
    'Hi Ben, your order KB1 is out. It comes in three days. Call 123.',
  );
  assert.equal(filled(kept, { order: 'KB1' }), 'It comes in three days.');
  assert.equal(filled('Hi {{contact.name}}, it comes tomorrow.', {}), 'Hi, it comes tomorrow.');
  assert.equal(filled('您好{{contact.name}}。明天到货。', {}), '明天到货。');
  assert.equal(filled('Your order {{order}} is out.', {}), undefined);
  assert.equal(filled('No placeholder at all', {}), 'No placeholder at all');
});
