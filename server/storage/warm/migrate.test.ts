import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { migrate } from './migrate.ts';
import type { Migration } from './migration.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './schema.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';
import { openSqliteStore } from './sqlite-store.ts';

const dialect = { name: 'sqlite' } as const;

const withNotes: Migration = {
  name: '0002-notes',
  up: async (db) => {
    await sql`alter table contacts add column note text`.execute(db);
    await sql`update contacts set note = 'was ' || name`.execute(db);
  },
};

async function openFile(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'parley-test-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'parley.db');
  const open = () => {
    const db = new DatabaseSync(path);
    return { db, kysely: new Kysely<Tables>({ dialect: createSqliteDialect(db) }) };
  };
  return { dir, path, open };
}

const shapeOf = (db: DatabaseSync) => db.prepare('select name, sql from sqlite_schema order by name').all();

test('an empty file gets every step once; a second start has nothing to do', async (t) => {
  const { open } = await openFile(t);
  const { db, kysely } = open();
  assert.deepEqual(
    (await migrate(kysely, dialect)).applied,
    migrations.map(({ name }) => name),
  );
  const shape = shapeOf(db);
  db.close();
  const again = open();
  assert.deepEqual((await migrate(again.kysely, dialect)).applied, []);
  assert.deepEqual(shapeOf(again.db), shape);
  again.db.close();
});

test('a database of an older version is brought forward with its data', async (t) => {
  const { open } = await openFile(t);
  const older = open();
  await migrate(older.kysely, dialect, migrations);
  const contact = "insert into contacts values ('c1', 'Ann', null, null, null, 0, '{}', 1, 1)";
  older.db.exec(contact);
  older.db.close();
  const newer = open();
  const { applied } = await migrate(newer.kysely, dialect, [...migrations, withNotes]);
  assert.deepEqual(applied, ['0002-notes']);
  assert.deepEqual({ ...newer.db.prepare('select name, note from contacts').get() }, { name: 'Ann', note: 'was Ann' });
  newer.db.close();
});

test('contacts of before are found by their words', async (t) => {
  const { open } = await openFile(t);
  const older = open();
  await migrate(
    older.kysely,
    dialect,
    migrations.filter(({ name }) => name < '0003'),
  );
  const insert = older.db.prepare("insert into contacts values (?, ?, ?, null, null, 0, '{}', 1, 1)");
  for (let n = 0; n < 450; n++)
    insert.run(`c${String(n).padStart(3, '0')}`, `Ann ${n}`, n === 449 ? 'last@example.org' : null);
  older.db.close();
  const newer = open();
  await migrate(newer.kysely, dialect);
  const having = newer.db.prepare('select contact_id from contact_words where word = ?');
  assert.equal(having.all('ann').length, 450);
  assert.deepEqual({ ...having.get('last@example.org') }, { contact_id: 'c449' });
  newer.db.close();
});

test('a step that fails leaves nothing of itself and is tried again at the next start', async (t) => {
  const { open } = await openFile(t);
  const { db, kysely } = open();
  await migrate(kysely, dialect);
  const shape = shapeOf(db);
  const failing: Migration = {
    ...withNotes,
    up: async (transaction) => {
      await withNotes.up(transaction, dialect);
      throw new Error('power cut');
    },
  };
  await assert.rejects(migrate(kysely, dialect, [...migrations, failing]), /power cut/);
  assert.deepEqual(shapeOf(db), shape);
  assert.deepEqual((await migrate(kysely, dialect, [...migrations, withNotes])).applied, ['0002-notes']);
  db.close();
});

test('a database of a newer version is refused in words, and nothing in it changes', async (t) => {
  const { path, open } = await openFile(t);
  const newer = open();
  await migrate(newer.kysely, dialect, [...migrations, withNotes]);
  const shape = shapeOf(newer.db);
  newer.db.close();
  await assert.rejects(
    openSqliteStore(path),
    /written by a newer version of Parley \(it has 0002-notes\).*restore a backup/,
  );
  const after = open();
  assert.deepEqual(shapeOf(after.db), shape);
  after.db.close();
});

test('a file that is no database, or cannot be opened, stops the start', async (t) => {
  const { dir, path } = await openFile(t);
  await writeFile(path, 'Dear diary, today I was mistaken for a database. '.repeat(100));
  await assert.rejects(openSqliteStore(path), /not a database/);
  await assert.rejects(openSqliteStore(join(dir, 'nowhere', 'parley.db')), /unable to open/);
});
