import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../gateway/refusal.ts';
import { limits } from './limits.ts';
import { fileFormats, readUtteranceFile, writeUtteranceFile } from './utterance-file.ts';
import { nameProblem, tidyUtterance, utteranceProblem } from './utterance-text.ts';

const problemOf = (text: string, format: 'tsv' | 'csv'): string => {
  try {
    readUtteranceFile(text, format);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'settings-invalid') return error.message;
    throw error;
  }
  return assert.fail('it was taken');
};

test('every line that is wrong is named by its number, and nothing is taken', () => {
  const long = 'x'.repeat(limits.utteranceLength + 1);
  const text = `utterance\tintent\nmoney back\trefund\n\nno intent\n🎉\trefund\na\tb\tc\n${long}\trefund\nhello\t\n`;
  const detail = problemOf(text, 'tsv');
  for (const place of [
    /line 4: expected/,
    /line 5: there is no letter/,
    /line 6: expected/,
    /line 7: .*501/,
    /line 8: an intent needs/,
  ])
    assert.match(detail, place);
  assert.doesNotMatch(detail, /line [123]:/);
  assert.match(problemOf('a,b\n"open,c\n', 'csv'), /line \d/);
  assert.match(problemOf('', 'tsv'), /no utterance/);
  assert.match(problemOf('x\n'.repeat(30), 'tsv'), /and 20 more lines/);
});

test('a mark at the beginning, Windows line ends, a heading and empty lines are no part of it', () => {
  const lines = [{ utterance: '我要退款', intent: 'refund' }];
  assert.deepEqual(readUtteranceFile('\uFEFFUtterance\tIntent\r\n我要退款\trefund\r\n\r\n', 'tsv'), lines);
  assert.deepEqual(readUtteranceFile('\uFEFFutterance,intent\r\n"我要退款",refund\r\n', 'csv'), lines);
});

test('what is written is read as it was, in both formats', () => {
  const line = fc
    .record({ utterance: fc.string({ unit: 'grapheme', maxLength: 60 }), intent: fc.string({ maxLength: 20 }) })
    .map(({ utterance, intent }) => ({ utterance: tidyUtterance(utterance), intent: tidyUtterance(intent) }))
    .filter(({ utterance, intent }) => utteranceProblem(utterance) === undefined && nameProblem(intent) === undefined);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), fc.constantFrom(...fileFormats), (lines, format) => {
      assert.deepEqual(readUtteranceFile(writeUtteranceFile(lines, format), format), lines);
    }),
  );
});
