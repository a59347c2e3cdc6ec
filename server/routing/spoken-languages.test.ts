import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpokenLanguages } from './spoken-languages.ts';

test('the same languages have the same number, whatever their order and case, and who speaks a language is who would answer in it', () => {
  const [german, both, none] = [{ languages: ['de'] }, { languages: ['zh-CN', 'en'] }, { languages: [] }];
  const spoken = new SpokenLanguages([german, both, none]);
  assert.equal(spoken.of({ languages: ['EN', 'zh-cn'] }).id, spoken.of(both).id);
  assert.deepEqual(spoken.of(both).languages, ['en', 'zh-cn']);
  const speaks = (language: string) => [german, both, none].map((of) => spoken.speakersOf(language)[spoken.of(of).id]);
  assert.deepEqual(speaks('zh'), [false, true, true]);
  assert.deepEqual(speaks('zh-tw'), [false, false, true]);
  // However many are asked for, those that were asked for first are answered as before.
  for (let i = 0; i < 500; i++) spoken.speakersOf(`x-${i}`);
  assert.deepEqual(speaks('de'), [true, false, true]);
});
