import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../testing/running-program.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';
import { entriesOf, fillStore, openStoreAt } from './filled-store-fixture.ts';

/** The command as a process of its own, to be killed. */
function start(env: Readonly<Record<string, string>>, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { stdio: 'ignore', env });
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  assert.deepEqual(await ended, [null, 'SIGKILL'], 'it ended before it was killed');
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

test('a backup that is killed has no name, and a restore that is killed leaves the store that was there', async (t) => {
  await using dir = await temporaryFolder();
  const env = { PARLEY_DATA_DIR: dir.path, PARLEY_DATABASE_URL: `sqlite:${dir.path}/parley.db` };
  const large = await openStoreAt(env.PARLEY_DATABASE_URL);
  await fillStore(large, 3, 3_000);
  await large.close();

  const backup = start(env, 'backup', '--to', join(dir.path, 'killed'));
  await until(async () => (await readdir(dir.path)).some((name) => name.startsWith('killed.unfinished-')));
  await kill(backup);
  assert.ok(!(await readdir(dir.path)).includes('killed'));

  const saved = join(dir.path, 'saved');
  assert.equal((await parley(env, 'backup', '--to', saved)).code, 0);
  const other = join(dir.path, 'other.db');
  const target = { ...env, PARLEY_DATABASE_URL: `sqlite:${other}` };
  const small = await openStoreAt(target.PARLEY_DATABASE_URL);
  await fillStore(small, 1, 5);
  await small.close();
  for (const bytes of [1, 400_000, 1_500_000]) {
    const restore = start(target, 'restore', '--from', saved, '--replace', '--yes');
    await until(async () => restore.exitCode !== null || (await sizeOf(`${other}.restoring`)) >= bytes);
    await kill(restore);
    t.diagnostic(`killed with ${await sizeOf(`${other}.restoring`)} bytes written`);
    const store = await openStoreAt(target.PARLEY_DATABASE_URL);
    assert.equal((await entriesOf(store)).size, 6);
    await store.close();
  }
  assert.equal((await parley(target, 'restore', '--from', saved, '--replace', '--yes')).code, 0);
  const restored = await openStoreAt(target.PARLEY_DATABASE_URL);
  assert.equal((await entriesOf(restored)).size, 3 * 3_001);
  await restored.close();
  assert.deepEqual(
    (await readdir(dir.path)).filter((name) => name.startsWith('other.db')),
    ['other.db'],
  );
});
