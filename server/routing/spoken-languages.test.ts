import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpokenLanguages, unnumbered } from './spoken-languages.ts';

test('the same languages have the same number, whatever their order and case, and who speaks a language is who would answer in it', () => {
  const [german, both, none] = [{ languages: ['de'] }, { languages: ['zh-CN', 'en'] }, { languages: [] }];
  const spoken = new SpokenLanguages([german, both, none]);
  assert.equal(spoken.of({ languages: ['EN', 'zh-cn'] }).id, spoken.of(both).id);
  assert.deepEqual(spoken.of(both).languages, ['en', 'zh-cn']);
  const speaks = (language: string) =>
    [german, both, none].map((of) => spoken.asked(language).speakers[spoken.of(of).id]);
  assert.deepEqual(speaks('zh'), [false, true, true]);
  assert.deepEqual(speaks('zh-tw'), [false, false, true]);
  // However many are asked for, those that were asked for first are answered as before.
  for (let i = 0; i < 500; i++) spoken.asked(`x-${i}`);
  assert.deepEqual(speaks('de'), [true, false, true]);
});

test('who understands a language is known by its number as by the language itself; one beyond those that are remembered says nothing', () => {
  const [german, both] = [{ languages: ['de'] }, { languages: ['zh-CN', 'en'] }];
  const spoken = new SpokenLanguages([german, both]);
  const understood = [german, both].map((of) => spoken.understoodBy(spoken.of(of).id));
  for (let i = 0; i < 300; i++) {
    const { number, speakers } = spoken.asked(i % 2 === 0 ? `x-${i}` : `de-x${i}`);
    if (i >= 200) assert.equal(number, unnumbered);
    else
      for (const [n, of] of [german, both].entries()) assert.equal(understood[n]?.[number], speakers[spoken.of(of).id]);
  }
  assert.deepEqual(
    understood.map((of) => of.filter(Boolean).length),
    [101, 1],
  );
});
