import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The newest change below a folder (or of a file), epoch milliseconds; 0 where there is nothing. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const status = statSync(path);
  if (!status.isDirectory()) return status.mtimeMs;
  let latest = 0;
  for (const entry of readdirSync(path)) {
    if (entry !== 'dist' && entry !== 'node_modules') latest = Math.max(latest, newest(join(path, entry)));
  }
  return latest;
}

/** Builds the pages that are missing or older than what they are made from. */
export function buildPages(): void {
  const sdk = newest(join(root, 'sdk'));
  for (const page of ['widget', 'console']) {
    const built = existsSync(join(root, page, 'dist')) ? statSync(join(root, page, 'dist')).mtimeMs : 0;
    if (built >= Math.max(sdk, newest(join(root, page)))) continue;
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
