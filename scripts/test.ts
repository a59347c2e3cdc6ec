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

/** Programs that some suites start themselves. */
const programs = [
  { path: '/usr/bin/chromium', package: 'chromium', suites: 'the browser suites' },
  { path: '/usr/bin/strace', package: 'strace', suites: 'the durability suite' },
];
const missing = programs.filter(({ path }) => !existsSync(path));
if (process.env.CI === 'true' && missing.length > 0) {
  process.stderr.write(
    `In CI nothing may be skipped: install ${missing.map((program) => program.package).join(', ')}.\n`,
  );
  process.exit(1);
}
if (files.length === 0) {
  process.stderr.write(`No test file matches ${wanted.join(' ')}.\n`);
  process.exit(1);
}

buildPages();
const runner = spawn(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=420000', '--test-reporter=spec', ...files],
  { cwd: root, stdio: 'inherit' },
);
runner.on('exit', (code) => {
  for (const program of missing) {
    process.stdout.write(`Skipped: ${program.suites}. To run them: apt-get install ${program.package}\n`);
  }
  process.exit(code ?? 1);
});
