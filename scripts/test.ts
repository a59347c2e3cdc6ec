import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildPages } from './build-pages.ts';
import report from './outcome-reporter.ts';

// What `npm test` runs: every test of the project, with the pages built. Arguments narrow it down: npm test -- sdk
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const patterns = ['server', 'sdk', 'console/src', 'widget', 'bench', 'scripts', 'docs', 'test'];
const wanted = process.argv.slice(2);
/** What takes longest begins first: a long file that began last would run alone at the end. Each run ends with its slowest. */
const longFirst = [
  ...['test/faults/processes', 'storage/warm/mariadb', 'storage/hot/redis-queue', 'test/crash', 'realtime/convergence'],
  ...['test/faults', 'widget.e2e', 'test/http-api', 'test/e2e', 'storage/hot', 'test/'],
];
const rank = (file: string) => [...longFirst, ''].findIndex((part) => file.includes(part));
const files = patterns
  .flatMap((folder) =>
    globSync(`${folder}/**/*.test.ts`, { cwd: root, exclude: (path) => /node_modules|dist/.test(String(path)) }),
  )
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .sort((a, b) => rank(a) - rank(b));

// Suites that start a program of the system are skipped without it, but for CI, which says so before it runs any.
const packages = {
  'chromium-headless-shell': '/usr/bin/chromium-headless-shell',
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
const notes = mkdtempSync(join(tmpdir(), 'parley-run-'));
const failedPath = join(notes, 'failed');
process.env.PARLEY_FAILED_FILES = failedPath;
/** A browser on a machine that is busy with everything else may miss what it would see alone: one or two suites are asked again. */
const mostAgain = 2;
/** There are dozens of processes, and some start dozens: types are stripped and code is compiled once for all of them. */
const compiled = join(root, '.cache', 'compiled');

/** To load what it tests takes a small file longer than its tests: so many of them share a process. */
const together = 16;
const touchesAllOfIt =
  /^(?:before|after|beforeEach|afterEach)\(|process\.env|process\.exitCode|mock\.timers|globalThis|node:child_process|testing\/(?:mariadb|redis|cluster|clickhouse|nginx)/m;
const isSmall = (file: string) =>
  rank(file) === longFirst.length &&
  !basename(file).includes('e2e') &&
  !touchesAllOfIt.test(readFileSync(join(root, file), 'utf8'));

let code = await runFiles(wanted.length === 0 ? shared(files) : files);
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
  code = await runFiles(failed);
  process.stdout.write(
    `== FLAKY: the second time ${code === 0 ? 'passed: look at why it took two' : 'failed as well'}: ${names}\n`,
  );
}
rmSync(notes, { recursive: true });
process.exit(code);

/** The small ones in files of their own that import them, neighbours with each other, as they load much the same. */
function shared(all: readonly string[]): string[] {
  const small = all.filter(isSmall);
  const groups = Array.from({ length: Math.ceil(small.length / together) }, (_, n) => {
    const some = small.slice(n * together, (n + 1) * together);
    const path = join(
      notes,
      `${String(n + 1).padStart(2, '0')} ${dirname(some[0] ?? '').replaceAll('/', '-')}.test.mjs`,
    );
    writeFileSync(path, groupOf(some));
    return path;
  });
  const alone = all.filter((file) => !small.includes(file));
  return [...alone, ...groups];
}

/** One that cannot be loaded fails by its name, and keeps none of the others from running. */
function groupOf(some: readonly string[]): string {
  const urls = Object.fromEntries(some.map((file) => [file, pathToFileURL(join(root, file)).href]));
  return `import { test } from 'node:test';
for (const [file, url] of Object.entries(${JSON.stringify(urls)})) {
  await import(url).catch((error) => test(file + ' is loaded', () => Promise.reject(error)));
}
`;
}

/** By `run` and not by `node --test`, which sorts the files by name. */
async function runFiles(some: readonly string[]): Promise<number> {
  let isPassed = false;
  process.exitCode = 0;
  const events = run({
    cwd: root,
    files: some.map((file) => resolve(root, file)),
    concurrency: 3,
    timeout: 900_000,
    env: { NODE_COMPILE_CACHE: compiled, ...process.env },
  });
  events.on('test:summary', ({ file, success }) => {
    if (file === undefined) isPassed = success;
  });
  const printed = [events.compose(spec), events.compose(report)];
  for (const lines of printed) lines.pipe(process.stdout);
  await Promise.all(printed.map((lines) => finished(lines)));
  // The reporter of outcomes sets it too: what was skipped fails a run of CI.
  return isPassed ? Number(process.exitCode) : 1;
}
