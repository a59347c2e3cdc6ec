import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasWords, wordsOf, wordsSought } from './contact-words.ts';

const contact = (name: string, email: string | null = null, phone: string | null = null) => ({ name, email, phone });
const isFoundBy = (text: string, of: ReturnType<typeof contact>) => hasWords(of, wordsSought(text));

test('a contact is found by the beginning of each word of its name, whatever the case and the order', () => {
  const zoe = contact('Zoë van der Müller-Lüdenscheidt');
  for (const q of ['Zoë', 'zo', 'VAN', 'müller', 'lüden', 'Müller Zoë', 'zoë van', 'der-mül'])
    assert.ok(isFoundBy(q, zoe), q);
  for (const q of ['oë', 'üller', 'Zoë Meier']) assert.ok(!isFoundBy(q, zoe), q);
});

test('a name without spaces is found from every sign on', () => {
  const wang = contact('王小明');
  for (const q of ['王', '王小', '小明', '明']) assert.ok(isFoundBy(q, wang), q);
  assert.ok(!isFoundBy('王明', wang));
});

test('a contact is found by its address, by the parts before the @, and by the domain', () => {
  const ann = contact('', 'Ann.Lee42@Example.org');
  for (const q of ['ann.lee42@example.org', 'ann.lee42@', 'lee42', '@example.org']) {
    assert.ok(isFoundBy(q, ann), q);
  }
  assert.ok(!isFoundBy('ann.lee@example.org', ann));
});

test('a number is found however it is written, without its country and by its last four digits', () => {
  const ben = contact('Ben', null, '+49 (171) 234-5678');
  for (const q of ['+49 171 2345678', '0049171234', '0171 234 5678', '171/2345', '5678', 'ben 2345678']) {
    assert.ok(isFoundBy(q, ben), q);
  }
  for (const q of ['678', '172']) assert.ok(!isFoundBy(q, ben), q);
});

test('what holds no word finds nobody by words, and nobody has words without a name', () => {
  for (const q of ['', '  ', '%_', '…', '+', '()']) assert.deepEqual(wordsSought(q), [], q);
  assert.deepEqual(wordsOf(contact('')), []);
});

test('words of whatever text fit their column, are few, and come once', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(text, fc.option(text, { nil: null }), fc.option(text, { nil: null }), (name, email, phone) => {
      const words = wordsOf(contact(name, email, phone));
      assert.ok(words.length <= 40);
      assert.equal(new Set(words).size, words.length);
      for (const word of words) assert.ok(Array.from(word).length <= 32 && word.length > 0);
    }),
  );
});
