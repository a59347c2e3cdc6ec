import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContactDetails } from './contact-details.ts';

test('numbers and addresses are kept as people write them, whatever keyboard they have', () => {
  const phones = ['+49 30 123456', '(030) 12 34-56', '138 0000 0000', '+1 555 0100 ext. 7', '１３８００００００００'];
  const kept = ['+49 30 123456', '(030) 12 34-56', '138 0000 0000', '+1 555 0100 ext. 7', '13800000000'];
  assert.deepEqual(
    phones.map((phone) => readContactDetails({ phone }).phone),
    kept,
  );
  assert.equal(readContactDetails({ email: ' li@shop.example.cn ' }).email, 'li@shop.example.cn');
  assert.deepEqual(readContactDetails({ name: ' ', phone: '', email: '  ' }), { name: null, phone: null, email: null });
});

test('what nobody could call or write to is refused with its field', () => {
  for (const phone of ['1234', 'call me', '+49 30 abc 123456', '1'.repeat(21), '12345; drop table']) {
    assert.throws(() => readContactDetails({ phone }), { code: 'bad-request', field: 'phone' }, phone);
  }
  for (const email of ['ann', 'ann@', '@example.org', 'ann@localhost', 'a b@example.org', `${'a'.repeat(250)}@b.de`]) {
    assert.throws(() => readContactDetails({ email }), { code: 'bad-request', field: 'email' }, email);
  }
});
