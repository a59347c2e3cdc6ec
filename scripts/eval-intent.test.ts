import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeTinyModel } from '../server/bot/embeddings/tiny-model-fixture.ts';
import { shopIntents } from '../server/bot/intent/shop-intents-fixture.ts';

const command = join(import.meta.dirname, 'eval-intent.ts');
const run = (...args: string[]) => spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' });

test('a folder with a training and a test set, and questions out of scope, is measured', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const rows = shopIntents.flatMap(({ intent, utterances }) =>
    utterances.map((utterance) => `${utterance}\t${intent}\n`),
  );
  writeFileSync(join(dir, 'few.tsv'), rows.join(''));
  writeFileSync(join(dir, 'test.tsv'), 'refund please\trefund\n你们几点开门呢\topening-hours\r\n');
  writeFileSync(join(dir, 'oos-test.tsv'), 'sing me a song\tother\n');
  const out = join(dir, 'out.json');
  const { status, stdout, stderr } = run('--data', dir, '--train', 'few.tsv', '--json', out);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /accuracy in scope +100\.0 %/);
  const figures = JSON.parse(readFileSync(out, 'utf8'));
  assert.equal(figures.inScopeAccuracy, 1);
  assert.equal(figures.byThreshold, null);
  assert.deepEqual([figures.counts.intents, figures.counts.test, figures.counts.outOfScope], [6, 2, 1]);
  assert.ok(figures.modelBytes > 1_000 && figures.microseconds.p99 > 0 && figures.trainingSeconds > 0);
});

test('with a model in a folder it is learnt from and asked with vectors', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const model = join(dir, 'tiny');
  await writeTinyModel(model, { groups: [['refund', 'money', 'reimburse'], ['parcel', 'package'], ['open']] });
  const rows = shopIntents
    .slice(0, 3)
    .flatMap(({ intent, utterances }) => utterances.map((one) => `${one}\t${intent}\n`));
  writeFileSync(join(dir, 'train.tsv'), rows.join(''));
  writeFileSync(join(dir, 'test.tsv'), 'reimburse\trefund\n');
  const { status, stdout, stderr } = run('--data', dir, '--model', model);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /with vectors of +tiny@\w+, 5 numbers/);
  assert.match(stdout, /tested on .* 1 in scope/);
  const wrong = run('--data', dir, '--model', dir);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--model: .*neither model\.onnx nor/);
});

test('a folder as a spreadsheet may write it, with a training file alone, is measured on what is held out of it', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const rows = shopIntents.flatMap(({ intent, utterances }) =>
    utterances.map((utterance, at) => `${at === 0 ? utterance.replace(' ', '\t') : utterance}\t${intent}`),
  );
  writeFileSync(join(dir, 'train.tsv'), `\uFEFF${rows.join('\r\n\r\n')}\r\n \r\n`);
  writeFileSync(join(dir, 'oos-test.tsv'), '\uFEFFsing me a song\r\nwho was the first king of rome\toos\r\n');
  const out = join(dir, 'out.json');
  const { status, stdout, stderr } = run('--data', dir, '--seed', '7', '--json', out);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /held out: 6 in scope, 2 out of scope/);
  const { counts, seed, inScopeAccuracy } = JSON.parse(readFileSync(out, 'utf8'));
  assert.deepEqual([counts.trained, counts.test, seed], [rows.length - 6, 6, 7]);
  assert.ok(inScopeAccuracy >= 0.5);
});

test('bad arguments and bad files get one reason and how it is called', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-eval-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'train.tsv'), 'no tab here\n');
  const reasons: [string[], RegExp][] = [
    [[], /--data is needed/],
    [['--data', '/nowhere'], /nowhere.*is not there/],
    [['--data', dir, '--seed', 'x'], /--seed: expected a whole number, got x/],
    [['--data', dir], /line 1: expected utterance<TAB>intent/],
    [['--unknown'], /--unknown/],
  ];
  for (const [args, reason] of reasons) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2);
    assert.match(stderr, reason);
    assert.match(stderr, /npm run eval:intent -- --data DIR/);
  }
});
