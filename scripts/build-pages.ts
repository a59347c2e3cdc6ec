import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What lies beside a page's sources and is no part of it. */
const isNoSource = /^(dist|node_modules|testing)$|\.test\.tsx?$|\.md$/;

/** Builds the pages that are missing or older than what they are made from; ends the program where one cannot be built. */
export function buildPages(root: string = dirname(import.meta.dirname)): void {
  for (const page of ['widget', 'console']) {
    if (!isStale(root, page)) continue;
    process.stdout.write(`Building the ${page} …\n`);
    const { status } = spawnSync('npm', ['run', 'build', '--silent', '-w', page], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) {
      process.stderr.write(`The ${page} could not be built: run npm run build -w ${page} to see why.\n`);
      process.exit(1);
    }
  }
}

/** @returns whether the page is missing, or older than its sources, the client library or the versions of its packages */
export function isStale(root: string, page: string): boolean {
  const sources = [page, 'sdk', 'package-lock.json'].map((path) => newest(join(root, path), isNoSource));
  // The files and not the folder: a build that writes files of the same names leaves the folder's time as it was.
  const built = newest(join(root, page, 'dist'));
  return built === 0 || built < Math.max(...sources);
}

/** The newest change of a file, or of those below a folder, epoch milliseconds; 0 where there is none. */
function newest(path: string, leaveOut?: RegExp): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  const names = readdirSync(path).filter((name) => leaveOut?.test(name) !== true);
  return Math.max(0, ...names.map((name) => newest(join(path, name), leaveOut)));
}
