import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSecret } from './made-secret.ts';

test('a made secret has the form that was asked for, and is another one each time', () => {
  const letters = makeSecret({ of: 'letters-and-digits', length: 32 });
  assert.match(letters, /^[0-9A-Za-z]{32}$/);
  assert.notEqual(makeSecret({ of: 'letters-and-digits', length: 32 }), letters);
  const key = makeSecret({ prefix: 'whsec_', of: 'base64', length: 32 });
  assert.match(key, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(Buffer.from(key.slice('whsec_'.length), 'base64').length, 32);
});

test('no letter of a made secret comes more often than another', () => {
  const counts = new Map<string, number>();
  for (const letter of makeSecret({ of: 'letters-and-digits', length: 62_000 }))
    counts.set(letter, (counts.get(letter) ?? 0) + 1);
  assert.equal(counts.size, 62);
  // A thousand of each are expected, with a deviation of 31: six of them are never seen.
  for (const [letter, count] of counts) assert.ok(count > 810 && count < 1_190, `${letter} came ${count} times`);
});
