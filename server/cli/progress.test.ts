import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, showProgress } from './progress.ts';

test('a bar says how far it is, how fast, and how long it will take', () => {
  const line = drawn({ label: 'copying', done: 250, total: 1_000, unit: 'rows', perSecond: 10 });
  assert.match(line, /^copying +█{6}░{18} +25 % {2}10 rows\/s, 2 min left$/);
  assert.match(drawn({ label: 'x', done: 0, total: 0, unit: 'bytes', perSecond: 0 }), /100 % {2}0\.0 MB\/s$/);
  assert.match(drawn({ label: 'x', done: 0, total: 7_200, unit: 'rows', perSecond: 1 }), /2 h 0 min left/);
});

test('it is drawn on a terminal, counts what was done before, and is taken away; elsewhere nothing is written', () => {
  for (const isTerminal of [true, false]) {
    let text = '';
    const io = { out: () => undefined, err: (more: string) => (text += more), isTerminal, env: {} };
    const progress = showProgress(io, { label: 'copying', total: 100, unit: 'rows', done: 50 });
    progress.add(25);
    progress.end();
    if (!isTerminal) assert.equal(text, '');
    else {
      assert.match(text, /75 %/);
      assert.ok(text.endsWith('\r\u001b[K'));
    }
  }
});
