import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs the given lines as test files, `import { test } from 'node:test'` before each, with the reporter. */
function runTests(lines: readonly string[], ci: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-outcome-'));
  try {
    const files = lines.map((line, index) => {
      const file = join(folder, `${index}.test.mjs`);
      writeFileSync(file, `import { describe, test } from 'node:test';\n${line}\n`);
      return file;
    });
    // Without it the runner takes itself for one inside a test, and runs nothing.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--test', `--test-reporter=${join(import.meta.dirname, 'outcome-reporter.ts')}`, ...files],
      { encoding: 'utf8', env: { ...env, CI: ci ? 'true' : '' } },
    );
    return { status, lines: stdout.trim().split('\n') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const passes = "test('passes', () => {});";
const needsProgram = "test('draws', { skip: 'needs Pencil: apt-get install pencil' }, () => {});";
const needsProgramWithin = "describe('a suite', { skip: 'needs Pen: apt-get install pen' }, () => {});";

test('a run ends with its counts, of all files together', () => {
  const { status, lines } = runTests([passes, `${passes}${passes}`], true);
  assert.equal(status, 0);
  assert.deepEqual(lines, ['# tests 3', '# pass 3', '# fail 0', '# cancelled 0', '# skipped 0', '# todo 0']);
});

test('what was skipped is named with what it needs, suites too, and fails nothing outside CI', () => {
  const { status, lines } = runTests([passes, needsProgram, needsProgramWithin], false);
  assert.equal(status, 0);
  assert.ok(
    lines.some((line) => /^Skipped: draws \(.*1\.test\.mjs\): needs Pencil: apt-get install pencil$/.test(line)),
  );
  assert.ok(lines.some((line) => /^Skipped: a suite \(.*2\.test\.mjs\): needs Pen: apt-get install pen$/.test(line)));
});

test('in CI a skipped test fails the run', () => {
  const { status, lines } = runTests([passes, needsProgram], true);
  assert.equal(status, 1);
  assert.equal(lines.at(-1), 'In CI nothing may be skipped.');
});

test('a failed test fails the run', () => {
  const { status, lines } = runTests([passes, "test('fails', () => { throw new Error('no'); });"], false);
  assert.equal(status, 1);
  assert.ok(lines.includes('# fail 1'));
});

test('the files with failed tests are noted where that is asked for, and what was skipped in CI as well', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-outcome-'));
  process.env.PARLEY_FAILED_FILES = join(folder, 'failed');
  try {
    runTests([passes, "test('fails', () => { throw new Error('no'); });", needsProgram], true);
    const noted = readFileSync(join(folder, 'failed'), 'utf8').split('\n');
    assert.deepEqual([noted.length, /1\.test\.mjs$/.test(noted[0] ?? ''), noted[1]], [2, true, '?']);
    runTests([passes], true);
    assert.equal(readFileSync(join(folder, 'failed'), 'utf8'), '');
  } finally {
    delete process.env.PARLEY_FAILED_FILES;
    rmSync(folder, { recursive: true });
  }
});
