import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import { readConfig } from '../config.ts';
import { migrations } from '../storage/warm/migrations.ts';
import { type MariaDb, mariadbMissing, startMariaDb } from '../testing/mariadb.ts';
import { until } from '../testing/running-program.ts';
import { append, inbound } from '../testing/test-store.ts';
import { parley, temporaryFolder } from './cli-fixture.ts';
import { entriesOf, fillStore, openStoreAt } from './filled-store-fixture.ts';
import { openConnection } from './sql-connection.ts';
import { tableShapes } from './table-shapes.ts';
import { checksumOf } from './tables.ts';

/** A checksum of every table, by name. */
async function checksums(url: string): Promise<Record<string, string>> {
  await using connection = await openConnection(readConfig({ PARLEY_DATABASE_URL: url }).database, 'read');
  const sums: Record<string, string> = {};
  for (const shape of await tableShapes(migrations)) sums[shape.name] = (await checksumOf(connection, shape)).value;
  return sums;
}

async function filledFile(dir: string, contacts: number, messagesEach: number): Promise<string> {
  const url = `sqlite:${join(dir, 'source.db')}`;
  const store = await openStoreAt(url);
  await fillStore(store, contacts, messagesEach);
  await store.close();
  return url;
}

/** The command as a process of its own, to be killed. */
function startMoving(source: string, target: string): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'migrate-store', source, target], {
    stdio: 'ignore',
  });
}

test('a source that is not there, an unknown address and a store of another version are refused', async () => {
  await using dir = await temporaryFolder();
  const target = `sqlite:${dir.path}/target.db`;
  const unknown = await parley({}, 'migrate-store', 'postgres://u:secret@h/d', target);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /SOURCE: expected sqlite:<file> or mysql/);
  assert.doesNotMatch(unknown.err, /secret/);
  assert.equal((await parley({}, 'migrate-store', target, target)).code, 2);
  const absent = await parley({}, 'migrate-store', `sqlite:${dir.path}/none.db`, target);
  assert.match(absent.err, /no such database/);
  const source = await filledFile(dir.path, 1, 1);
  const db = new DatabaseSync(join(dir.path, 'source.db'));
  db.exec("delete from schema_steps where name <> '0001-core'");
  db.close();
  const older = await parley({ FROM: source }, 'migrate-store', 'env:FROM', target);
  assert.equal(older.code, 1);
  assert.match(older.err, /older version: start this version of Parley on it once/);
});

suite('moving a store between SQLite and MariaDB', { skip: mariadbMissing }, () => {
  let server: MariaDb;
  before(async () => {
    server = await startMariaDb();
  });
  after(() => server[Symbol.asyncDispose]());

  test('moved to MariaDB and back, killed twice on each way, a store is the same and goes on', async (t) => {
    await using dir = await temporaryFolder();
    const source = await filledFile(dir.path, 3, 2_500);
    const there = await server.createDatabase();
    const back = `sqlite:${dir.path}/back.db`;
    for (const [from, to] of [
      [source, there],
      [there, back],
    ] as const) {
      // Within the messages, and further on in them: tables that follow them still have to come then.
      let copied = 0;
      for (let kill = 1; kill <= 2; kill++) {
        const child = startMoving(from, to);
        const ended = once(child, 'exit');
        await until(async () => child.exitCode !== null || (await copiedRows(to, 'messages', server)) > copied);
        child.kill('SIGKILL');
        assert.deepEqual(await ended, [null, 'SIGKILL'], 'it ended before it was killed');
        copied = await copiedRows(to, 'messages', server);
        t.diagnostic(`killed with ${copied} messages copied`);
        await assert.rejects(openStoreAt(to), /not come to its end/);
      }
      if (to === there) await endBetweenRowsAndProgress(from, to, server);
      const { code, err } = await parley({}, 'migrate-store', from, to);
      assert.equal(code, 0, err);
      assert.deepEqual(await checksums(to), await checksums(source));
    }
    for (const url of [there, back]) {
      const store = await openStoreAt(url);
      await append(store, inbound('contact 1', { text: 'once more' }));
      assert.equal((await entriesOf(store)).size, 3 * 2_501 + 1);
      await store.close();
    }
  });

  test('a target in which something lies, or that was begun from elsewhere, is left alone', async () => {
    await using dir = await temporaryFolder();
    const source = await filledFile(dir.path, 1, 3);
    const target = await server.createDatabase();
    assert.equal((await parley({}, 'migrate-store', source, target)).code, 0);
    const again = await parley({}, 'migrate-store', source, target, '--restart');
    assert.equal(again.code, 1);
    assert.match(again.err, /not empty/);
    await server.query(
      target,
      "insert into schema_steps values ('unfinished-copy', 1); create table copy_progress (name varchar(64), last_key text, copied bigint); insert into copy_progress values ('', 'another epoch', 0)",
    );
    const other = await parley({}, 'migrate-store', source, target);
    assert.equal(other.code, 1);
    assert.match(other.err, /begun from another store.*--restart/);
    assert.equal((await parley({}, 'migrate-store', source, target, '--restart')).code, 0);
    assert.deepEqual(await checksums(target), await checksums(source));
  });

  test('a source that is in use is refused; one that changed behind the copy is noticed, and no server starts on it', async () => {
    await using dir = await temporaryFolder();
    const file = await filledFile(dir.path, 2, 5);
    const source = await server.createDatabase();
    assert.equal((await parley({}, 'migrate-store', file, source)).code, 0);
    const store = await openStoreAt(source);
    const target = `sqlite:${dir.path}/target.db`;
    const used = await parley({}, 'migrate-store', source, target);
    assert.equal(used.code, 1);
    assert.match(used.err, /in use by root.*stop every process/);
    await store.close();
    // Begun, with all messages copied, then one of them changes before the rest is.
    assert.equal((await parley({}, 'migrate-store', source, target)).code, 0);
    const db = new DatabaseSync(join(dir.path, 'target.db'));
    db.exec("insert into schema_steps values ('unfinished-copy', 1)");
    db.exec('create table copy_progress (name varchar(64) primary key, last_key text, copied bigint)');
    db.exec("insert into copy_progress select '', value, 0 from meta where name = 'epoch'");
    for (const shape of await tableShapes(migrations)) {
      const key = shape.key.map((column) => `max(${column})`).join(', ');
      const last = db.prepare(`select json_array(${key}), count(*) from ${shape.name}`);
      last.setReturnArrays(true);
      const [behind, rows] = last.get() as unknown as [string, number];
      if (rows > 0) db.prepare('insert into copy_progress values (?, ?, ?)').run(shape.name, behind, rows);
    }
    db.close();
    await server.query(source, "update messages set content = '{}' limit 1");
    const changed = await parley({}, 'migrate-store', source, target);
    assert.equal(changed.code, 1);
    assert.match(changed.err, /messages has .* or not the same ones.*--restart/);
    await assert.rejects(openStoreAt(target), /not come to its end/);
    assert.equal((await parley({}, 'migrate-store', source, target, '--restart')).code, 0);
    assert.deepEqual(await checksums(target), await checksums(source));
  });
});

/** The moment that a kill seldom meets: rows are written, and how far it is could not be. */
async function endBetweenRowsAndProgress(from: string, to: string, server: MariaDb): Promise<void> {
  await server.query(
    to,
    "create trigger broken before insert on copy_progress for each row if new.name = 'received_ids' then signal sqlstate '45000' set message_text = 'broken'; end if",
  );
  const { code, err } = await parley({}, 'migrate-store', from, to);
  assert.equal(code, 1);
  assert.match(err, /broken/);
  await server.query(to, 'drop trigger broken');
}

/** How far a move into this target has come with a table. */
async function copiedRows(target: string, table: string, server: MariaDb): Promise<number> {
  const select = (progress: string) => `select coalesce(sum(copied), 0) as n from ${progress} where name = '${table}'`;
  if (!target.startsWith('sqlite:')) {
    const { pathname } = new URL(target);
    // From beside it: a connection to the database itself would count as somebody who uses it.
    const beside = target.replace(pathname, '/mysql');
    return server.query(beside, select(`${pathname.slice(1)}.copy_progress`)).then(
      ([row]) => Number(row?.n),
      () => 0,
    );
  }
  const db = new DatabaseSync(target.slice('sqlite:'.length), { timeout: 1_000 });
  try {
    return Number(db.prepare(select('copy_progress')).get()?.n);
  } catch {
    // It has not been made yet.
    return 0;
  } finally {
    db.close();
  }
}
