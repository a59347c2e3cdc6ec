import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
const runner = spawn(
  process.execPath,
  ['--test', '--test-concurrency=3', '--test-timeout=900000', ...reporters, ...files],
  { cwd: root, stdio: 'inherit' },
);
runner.on('exit', (code) => process.exit(code ?? 1));
