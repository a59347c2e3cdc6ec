import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePassword } from './make-password.ts';

test('a password is long, easy to read out, and another one every time', () => {
  const passwords = Array.from({ length: 200 }, makePassword);
  for (const password of passwords) assert.match(password, /^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}$/);
  assert.equal(new Set(passwords).size, passwords.length);
});
