import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parley } from './cli-fixture.ts';

test('without a command all of them are listed, and each tells how it is used', async () => {
  const { code, out } = await parley({});
  assert.equal(code, 0);
  const names = [...out.matchAll(/^ {2}(\S+) {2}/gm)].map((match) => match[1] ?? '');
  assert.ok(names.includes('doctor'));
  for (const name of names) {
    const help = await parley({}, name, '--help');
    assert.equal(help.code, 0);
    assert.match(help.out, new RegExp(`^usage: parley ${name}`));
  }
});

test('an unknown command, an unknown option and a word too many end with one line and exit code 2', async () => {
  for (const args of [['fly'], ['doctor', '--fast'], ['doctor', 'now']]) {
    const { code, out, err } = await parley({}, ...args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(out, '');
    assert.match(err, /^parley.*(fly|--fast|now).*--help.*\n$/, 'one line that names what was wrong');
  }
});
