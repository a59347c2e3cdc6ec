import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPages } from './build-pages.ts';

// What `npm test` runs: every test of the project, with the pages built. Arguments narrow it down: npm test -- sdk
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const patterns = ['server', 'sdk', 'console/src', 'widget', 'bench', 'scripts', 'docs', 'test'];
const wanted = process.argv.slice(2);
const files = patterns
  .flatMap((folder) =>
    globSync(`${folder}/**/*.test.ts`, { cwd: root, exclude: (path) => /node_modules|dist/.test(String(path)) }),
  )
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

// Suites that start a program of the system are skipped without it, but for CI, which says so before it runs any.
const packages = {
  chromium: '/usr/bin/chromium',
  strace: '/usr/bin/strace',
  'mariadb-server': '/usr/sbin/mariadbd',
  'redis-server': '/usr/bin/redis-server',
  'nginx-light': '/usr/sbin/nginx',
  'clickhouse-server': '/usr/sbin/clickhouse-server',
  faketime: '/usr/bin/faketime',
  iproute2: '/usr/bin/ip',
  prometheus: '/usr/bin/promtool',
};
const programs = Object.entries(packages).flatMap(([name, path]) => (existsSync(path) ? [] : [name]));
if (process.env.CI === 'true' && programs.length > 0) {
  process.stderr.write(`In CI nothing may be skipped: apt-get install ${programs.join(' ')}\n`);
  process.exit(1);
}
if (files.length === 0) {
  process.stderr.write(`No test file matches ${wanted.join(' ')}.\n`);
  process.exit(1);
}

buildPages();
const toScreen = '--test-reporter-destination=stdout';
const reporters = ['--test-reporter=spec', toScreen, '--test-reporter=./scripts/outcome-reporter.ts', toScreen];
const notes = mkdtempSync(join(tmpdir(), 'parley-run-'));
const failedPath = join(notes, 'failed');
/** A browser on a machine that is busy with everything else may miss what it would see alone: one or two suites are asked again. */
const mostAgain = 2;
/** Each test file is a process, and some start dozens: types are stripped and code is compiled once for all of them. */
const compiled = join(root, '.cache', 'compiled');

let code = await run(files);
const failed =
  code === 0 || !existsSync(failedPath) ? [] : readFileSync(failedPath, 'utf8').split('\n').filter(Boolean);
const inBrowser = failed.filter((file) => basename(file).includes('e2e'));
if (
  process.env.CI === 'true' &&
  inBrowser.length === failed.length &&
  failed.length > 0 &&
  failed.length <= mostAgain
) {
  const names = failed.map((file) => relative(root, file)).join(', ');
  process.stdout.write(`\n== FLAKY: only browser suites failed: ${names}. They are asked once more.\n`);
  code = await run(failed);
  process.stdout.write(
    `== FLAKY: the second time ${code === 0 ? 'passed: look at why it took two' : 'failed as well'}: ${names}\n`,
  );
}
rmSync(notes, { recursive: true });
process.exit(code);

function run(some: readonly string[]): Promise<number> {
  const runner = spawn(
    process.execPath,
    ['--test', '--test-concurrency=3', '--test-timeout=900000', ...reporters, ...some],
    {
      cwd: root,
      stdio: 'inherit',
      env: { NODE_COMPILE_CACHE: compiled, ...process.env, PARLEY_FAILED_FILES: failedPath },
    },
  );
  return new Promise((resolve) => runner.on('exit', (status) => resolve(status ?? 1)));
}
