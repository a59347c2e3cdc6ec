import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../gateway/refusal.ts';
import { longestMatch, parseValuePattern } from './value-pattern.ts';

const matchOf = (pattern: string, text: string, start = 0) => parseValuePattern(pattern).matchAt(text, start);

const matches: readonly (readonly [pattern: string, text: string, end: number | undefined])[] = [
  ['\\d{4}', '1234', 4],
  ['\\d{4}', '12345', undefined],
  ['\\d{4,6}', '12345 ', 5],
  ['DD\\d{2}', 'dd12', 4],
  ['[A-Z]{2}-\\d{2}', 'ab-12', 5],
  ['(sf|yt)\\d{3}', 'yt123', 5],
  ['(?:a|ab)(?:c|bcd)', 'abcd', 4],
  ['colou?r', 'color', 5],
  ['单\\d{3}', '单123件', 4],
  ['a\\.b', 'a.b', 3],
  ['a\\.b', 'axb', undefined],
  ['[^0-9]{2}', 'ab', 2],
  ['a.b', 'a b', undefined],
  ['\\d{2}\\s\\d{2}', '12 34', 5],
];
for (const [pattern, text, end] of matches) {
  test(`${pattern} ${end === undefined ? 'does not match' : `matches ${end} signs of`} "${text}"`, () => {
    assert.equal(matchOf(pattern, text), end);
  });
}

const refused: readonly (readonly [pattern: string, why: RegExp])[] = [
  ['', /1 to 200 signs/],
  ['\\d+', /at sign 3: "\+" has no upper bound: write how many at most, as \{1,20\}/],
  ['\\d*', /no upper bound/],
  ['\\d{4,}', /say how many at most, as \{4,14\}/],
  ['(a+)+b', /no upper bound/],
  ['a?', /a single sign or nothing/],
  ['(ab', /at sign 1: this bracket is never closed/],
  ['ab)', /at sign 3: this bracket closes nothing/],
  ['[ab', /never closed/],
  ['[]ab', /is empty/],
  ['[z-a]b', /runs backwards/],
  ['(?=a)bc', /looking ahead/],
  ['(a)\\1', /\\1 is not possible/],
  ['^ab$', /"\^" is not possible here/],
  ['\\bab', /\\b is not possible/],
  ['a{3}{2}', /repeat follows a repeat/],
  ['a{5,2}', /the second number is the larger one/],
  ['ab\\', /backslash stands at the end/],
  ['\\d{65}', /more than 64/],
  ['(\\d{20}){20}', new RegExp(`${longestMatch} are the most`)],
  ['(a{1,8}|b{1,8}|c{1,8}|de){8}', /200 are the most/],
  [`${'('.repeat(9)}ab${')'.repeat(9)}`, /more than 8 deep/],
];
for (const [pattern, why] of refused) {
  test(`${pattern || 'nothing'} is no pattern: ${why.source}`, () => {
    assert.throws(
      () => parseValuePattern(pattern),
      (error: unknown) => error instanceof Refusal && error.code === 'settings-invalid' && why.test(error.message),
    );
  });
}

test('patterns that take other engines minutes are matched in milliseconds', () => {
  const pattern = parseValuePattern('(a|a|aa){2,30}b');
  const begun = performance.now();
  assert.equal(pattern.matchAt('a'.repeat(10_000), 0), undefined);
  assert.ok(performance.now() - begun < 100);
});

test('any text is a pattern or refused, and what it matches is no longer than stated', () => {
  const signs = fc.constantFrom(
    'a',
    'B',
    '1',
    '\\d',
    '\\w',
    '[a-z]',
    '(',
    ')',
    '|',
    '{2,4}',
    '{3}',
    '?',
    '+',
    '.',
    '单',
    '[^x]',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.array(signs, { maxLength: 12 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '1', '单', ' '), maxLength: 100 }),
      (parts, text) => {
        try {
          const end = matchOf(parts.join(''), text);
          assert.ok(end === undefined || (end >= 2 && end <= longestMatch));
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error));
        }
      },
    ),
  );
});

test('what it matches is what the engine of the language matches, for patterns that both know', () => {
  const parts = fc.constantFrom('a', 'b', '[ab]', '(?:a|ab)', '(?:b|ba){1,2}', 'a{1,3}', 'b?', '\\d');
  fc.assert(
    fc.property(
      fc.array(parts, { minLength: 2, maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '1'), maxLength: 12 }),
      (some, text) => {
        const source = some.join('');
        const ends = Array.from({ length: text.length + 1 }, (_, end) => end).filter((end) =>
          new RegExp(`^(?:${source})$`).test(text.slice(0, end)),
        );
        // Ours ends at the edge of a word, which in this text is its end alone.
        const expected = ends.includes(text.length) && text.length >= 2 ? text.length : undefined;
        let ours: number | undefined;
        try {
          ours = matchOf(source, text);
        } catch {
          return;
        }
        assert.equal(ours, expected);
      },
    ),
  );
});
