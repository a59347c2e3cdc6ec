import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { type MariaDb, mariadbMissing, startMariaDb } from '../testing/mariadb.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';
import { entriesOf, fillStore, keepWriting, openStoreAt } from './filled-store-fixture.ts';
import type { Manifest } from './manifest.ts';
import { openConnection } from './sql-connection.ts';
import { stepsNamed } from './table-shapes.ts';

/** Settings of an installation below a folder. */
const settings = (dir: string, url = `sqlite:${join(dir, 'parley.db')}`) => ({
  PARLEY_DATA_DIR: dir,
  PARLEY_DATABASE_URL: url,
});

/** Done, or what it said. */
async function done(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { code, out, err } = await parley(env, ...args);
  assert.equal(code, 0, err);
  return out;
}

async function manifestIn(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
}

/** Saves a store that is written to, restores it elsewhere, and looks for all that had been acknowledged before. */
async function saveWhileWriting(dir: string, from: string, to: string): Promise<void> {
  const contacts = 8;
  const store = await openStoreAt(from);
  const writer = keepWriting(store, contacts);
  try {
    await fillStore(store, contacts, 400);
    const before = new Set(writer.acknowledged);
    await done(settings(join(dir, 'a'), from), 'backup', '--to', join(dir, 'saved'));
    assert.ok(writer.acknowledged.size > before.size, 'something was written while the backup ran');
    await done(settings(join(dir, 'b'), to), 'restore', '--from', join(dir, 'saved'), '--yes');
    const restored = await openStoreAt(to);
    try {
      const entries = await entriesOf(restored);
      assert.ok(before.size > 0);
      assert.deepEqual([...before.difference(entries)], [], 'what was acknowledged and is missing');
      assert.notEqual(await restored.meta.get('epoch'), await store.meta.get('epoch'));
    } finally {
      await restored.close();
    }
  } finally {
    await writer.end();
    await store.close();
  }
}

test('what was acknowledged before a backup began is in it, without gaps, whatever is written meanwhile', async () => {
  await using dir = await temporaryFolder();
  await mkdir(join(dir.path, 'a'));
  await saveWhileWriting(dir.path, `sqlite:${dir.path}/a/parley.db`, `sqlite:${dir.path}/b/parley.db`);
});

test('a backup made while no server runs is the same', async () => {
  await using dir = await temporaryFolder();
  const store = await openStoreAt(`sqlite:${dir.path}/parley.db`);
  await fillStore(store, 2, 3);
  await store.close();
  const said = await done(settings(dir.path), 'backup', '--to', join(dir.path, 'saved'));
  assert.match(said, /\(8 messages\)/);
  const { tables } = await manifestIn(join(dir.path, 'saved'));
  assert.equal(tables.find(({ name }) => name === 'messages')?.rows, 8);
});

suite('backup and restore on MariaDB', { skip: mariadbMissing }, () => {
  let server: MariaDb;
  before(async () => {
    server = await startMariaDb();
  });
  after(() => server[Symbol.asyncDispose]());

  test('a MariaDB that is written to is saved, and restored into another', async () => {
    await using dir = await temporaryFolder();
    await saveWhileWriting(dir.path, await server.createDatabase(), await server.createDatabase());
  });

  test('what SQLite held is restored into MariaDB and back again, every value as it was', async () => {
    await using dir = await temporaryFolder();
    const first = `sqlite:${dir.path}/first.db`;
    const url = await server.createDatabase();
    const store = await openStoreAt(first);
    await fillStore(store, 3, 8);
    await store.close();
    await done(settings(dir.path, first), 'backup', '--to', join(dir.path, '1'));
    await done(settings(dir.path, url), 'restore', '--from', join(dir.path, '1'), '--yes');
    await done(settings(dir.path, url), 'backup', '--to', join(dir.path, '2'));
    const [one, two] = await Promise.all(['1', '2'].map((name) => manifestIn(join(dir.path, name))));
    const sums = (manifest?: Manifest) =>
      manifest?.tables
        .filter(({ name }) => name !== 'meta' && name !== 'outbox')
        .map(({ name, checksum }) => [name, checksum]);
    assert.deepEqual(sums(two), sums(one));
    const moved = await openStoreAt(url);
    try {
      assert.equal((await entriesOf(moved)).size, 27);
    } finally {
      await moved.close();
    }
  });

  test('a store in which something lies, or which somebody uses, is not written over unless told to', async () => {
    await using dir = await temporaryFolder();
    const url = await server.createDatabase();
    const env = settings(dir.path, url);
    const store = await openStoreAt(url);
    await fillStore(store, 1, 1);
    await done(env, 'backup', '--to', join(dir.path, 'saved'));
    const used = await parley(env, 'restore', '--from', join(dir.path, 'saved'), '--yes', '--replace');
    assert.equal(used.code, 1);
    assert.match(used.err, /in use by root from \S+ \(\d+ connections?\): stop every process/);
    await fillStore(store, 2, 2);
    await store.close();
    const full = await parley(env, 'restore', '--from', join(dir.path, 'saved'), '--yes');
    assert.equal(full.code, 1);
    assert.match(full.err, /not empty/);
    const [{ n: unchanged } = {}] = await server.query(url, 'select count(*) as n from messages');
    assert.ok(Number(unchanged) > 2);
    await done(env, 'restore', '--from', join(dir.path, 'saved'), '--yes', '--replace');
    const [{ n } = {}] = await server.query(url, 'select count(*) as n from messages');
    assert.equal(Number(n), 2);
  });

  test('no server starts on a restore that did not come to its end, and the next restore begins anew', async () => {
    await using dir = await temporaryFolder();
    const first = `sqlite:${dir.path}/first.db`;
    const url = await server.createDatabase();
    const store = await openStoreAt(first);
    await fillStore(store, 1, 1);
    await store.close();
    await done(settings(dir.path, first), 'backup', '--to', join(dir.path, 'saved'));
    // One value that the other engine cannot keep stops it midway, as a kill would.
    const spoilt = join(dir.path, 'spoilt.db');
    await cp(join(dir.path, 'first.db'), spoilt);
    const db = new DatabaseSync(spoilt);
    db.prepare('update outbox set id = ?').run('longer than any id of ours');
    db.close();
    await done(settings(dir.path, `sqlite:${spoilt}`), 'backup', '--to', join(dir.path, 'spoilt'));
    const failed = await parley(settings(dir.path, url), 'restore', '--from', join(dir.path, 'spoilt'), '--yes');
    assert.equal(failed.code, 1);
    await assert.rejects(openStoreAt(url), /not come to its end/);
    await done(settings(dir.path, url), 'restore', '--from', join(dir.path, 'saved'), '--yes');
    await (await openStoreAt(url)).close();
  });
});

test('a database file that a server has open is not restored into', async () => {
  await using dir = await temporaryFolder();
  const env = settings(dir.path);
  const store = await openStoreAt(env.PARLEY_DATABASE_URL);
  try {
    await done(env, 'backup', '--to', join(dir.path, 'saved'));
    const { code, err } = await parley(env, 'restore', '--from', join(dir.path, 'saved'), '--yes', '--replace');
    assert.equal(code, 1);
    assert.match(err, /in use by another program: stop every process/);
    await store.meta.set('a', 'b');
  } finally {
    await store.close();
  }
});

test('a damaged, missing or cut part is refused, and nothing of the target is changed', async () => {
  await using dir = await temporaryFolder();
  const store = await openStoreAt(`sqlite:${dir.path}/parley.db`);
  await fillStore(store, 2, 50);
  await store.close();
  const saved = join(dir.path, 'saved');
  await done(settings(dir.path), 'backup', '--to', saved);
  const messages = join(saved, 'tables/messages.jsonl.zst');
  const bytes = await readFile(messages);
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100);
  const manifest = await readFile(join(saved, 'manifest.json'));
  for (const [path, content, says] of [
    [messages, flipped, /damaged: .*messages/],
    [messages, bytes.subarray(0, -1), /damaged: .*messages/],
    [join(saved, 'manifest.json'), manifest.subarray(0, 500), /manifest\.json is damaged/],
  ] as const) {
    const whole = await readFile(path);
    await writeFile(path, content);
    const checked = await parley(settings(dir.path), 'restore', '--from', saved, '--check');
    assert.equal(checked.code, 1);
    assert.match(checked.err, says);
    const target = join(dir.path, 'target');
    const { code, err } = await parley(settings(target), 'restore', '--from', saved, '--yes');
    assert.equal(code, 1);
    assert.match(err, says);
    await assert.rejects(stat(target), { code: 'ENOENT' });
    await writeFile(path, whole);
  }
  assert.match(await done(settings(dir.path), 'restore', '--from', saved, '--check'), /is whole.*\(102 messages\)/);
});

test('files and the archive are part of a backup: those that the database names, no others', async () => {
  await using dir = await temporaryFolder();
  const from = join(dir.path, 'from');
  const to = join(dir.path, 'to');
  await mkdir(join(from, 'files/42'), { recursive: true });
  await mkdir(join(from, 'archive/2026-11'), { recursive: true });
  await writeFile(join(from, 'files/42/0000000000000042'), 'a picture');
  await writeFile(join(from, 'files/42/9999999999999942'), 'of an upload that never ended');
  await writeFile(join(from, 'archive/2026-11/b1.parquet'), 'old messages');
  await writeFile(join(from, 'archive/2026-11/b0.parquet'), 'replaced by b1');
  const store = await openStoreAt(`sqlite:${from}/parley.db`);
  await fillStore(store, 1, 1);
  const file = { name: 'a.png', mimeType: 'image/png', sizeBytes: 9, owner: 'o', createdAt: 1 };
  await store.files.insert({ id: '0000000000000042', ...file });
  await store.files.insert({ id: '0000000000000043', ...file });
  await store.archiveFiles.exchange(
    [],
    [
      {
        name: '2026-11/b1.parquet',
        batchId: 'b1',
        month: '2026-11',
        fromConversation: 1,
        toConversation: 1,
        messages: 1,
        bytes: 12,
      },
    ],
  );
  await store.close();
  const saved = await parley(settings(from), 'backup', '--to', join(dir.path, 'saved'));
  assert.equal(saved.code, 0);
  assert.match(saved.err, /lacks 1 of the files that the database names, such as 43\/0000000000000043/);
  const other = { ...settings(to), PARLEY_CLICKHOUSE_URL: 'http://127.0.0.1:1/archive' };
  const elsewhere = await parley(other, 'restore', '--from', join(dir.path, 'saved'), '--yes');
  assert.match(elsewhere.err, /holds an archive in files: unset PARLEY_CLICKHOUSE_URL/);
  await done(settings(to), 'restore', '--from', join(dir.path, 'saved'), '--yes');
  assert.equal(await readFile(join(to, 'files/42/0000000000000042'), 'utf8'), 'a picture');
  assert.equal(await readFile(join(to, 'archive/2026-11/b1.parquet'), 'utf8'), 'old messages');
  assert.deepEqual(await readdir(join(to, 'files/42')), ['0000000000000042']);
  assert.deepEqual(await readdir(join(to, 'archive/2026-11')), ['b1.parquet']);
});

test('a backup without a file of the archive that the database names is refused: messages would be missing', async () => {
  await using dir = await temporaryFolder();
  const store = await openStoreAt(`sqlite:${dir.path}/parley.db`);
  const numbers = { fromConversation: 1, toConversation: 1, messages: 1, bytes: 12 };
  await store.archiveFiles.exchange([], [{ name: '2026-11/b1.parquet', batchId: 'b1', month: '2026-11', ...numbers }]);
  await store.close();
  const { code, err } = await parley(settings(dir.path), 'backup', '--to', join(dir.path, 'saved'));
  assert.equal(code, 1);
  assert.match(err, /lacks files of the archive .* 2026-11\/b1\.parquet/);
  assert.deepEqual(
    (await readdir(dir.path)).filter((name) => name.startsWith('saved')),
    [],
  );
});

test('a backup beside an archive in ClickHouse says that this one is not in it', async () => {
  await using dir = await temporaryFolder();
  await (await openStoreAt(`sqlite:${dir.path}/parley.db`)).close();
  const env = { ...settings(dir.path), PARLEY_CLICKHOUSE_URL: 'http://127.0.0.1:1/archive' };
  const { code, err } = await parley(env, 'backup', '--to', join(dir.path, 'saved'));
  assert.equal(code, 0);
  assert.match(err, /save ClickHouse too/);
});

test('what waited for delivery is not sent again blindly after a restore', async () => {
  await using dir = await temporaryFolder();
  const store = await openStoreAt(`sqlite:${dir.path}/parley.db`);
  await fillStore(store, 1, 1);
  const [waiting] = (await store.outbox.due('00000000channel1', Date.now(), 1)).deliveries;
  assert.equal(waiting?.interrupted, false);
  await store.close();
  await done(settings(dir.path), 'backup', '--to', join(dir.path, 'saved'));
  await done(settings(join(dir.path, 'b')), 'restore', '--from', join(dir.path, 'saved'), '--yes');
  const restored = await openStoreAt(`sqlite:${dir.path}/b/parley.db`);
  try {
    const [delivery] = (await restored.outbox.due('00000000channel1', Date.now(), 1)).deliveries;
    assert.equal(delivery?.interrupted, true);
  } finally {
    await restored.close();
  }
});

test('a store of an older version is saved, restored as it was and then brought up to date', async () => {
  await using dir = await temporaryFolder();
  {
    await using old = await openConnection({ engine: 'sqlite', path: join(dir.path, 'parley.db') }, 'write');
    await old.migrate(stepsNamed(['0001-core']));
    const columns = ['id', 'name', 'verified', 'attributes', 'created_at', 'updated_at'];
    await old.insert('contacts', columns, [['a contact', 'Ann', 1, '{}', 1, 2]]);
  }
  await done(settings(dir.path), 'backup', '--to', join(dir.path, 'saved'));
  await done(settings(join(dir.path, 'b')), 'restore', '--from', join(dir.path, 'saved'), '--yes');
  const restored = await openStoreAt(`sqlite:${dir.path}/b/parley.db`);
  try {
    assert.equal((await restored.conversations.contact('a contact'))?.name, 'Ann');
    assert.deepEqual(await restored.archiveFiles.all(), []);
  } finally {
    await restored.close();
  }
});

test('a backup goes to a new folder only, and leaves nothing behind when it fails', async () => {
  await using dir = await temporaryFolder();
  const existing = await parley(settings(dir.path), 'backup', '--to', dir.path);
  assert.equal(existing.code, 2);
  assert.match(existing.err, /exists already/);
  const nothing = await parley(settings(dir.path), 'backup', '--to', join(dir.path, 'saved'));
  assert.equal(nothing.code, 1);
  assert.match(nothing.err, /no such database/);
  assert.deepEqual(await readdir(dir.path), []);
});
