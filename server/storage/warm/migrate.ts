import { type Kysely, sql } from 'kysely';
import type { Dialect, Migration } from './migration.ts';
import { migrations } from './migrations.ts';
import type { Tables } from './schema.ts';

/** Marks a database into which a copy is being brought: no server starts on half of one. */
export const unfinishedCopy: Migration = { name: 'unfinished-copy', up: async () => undefined };

/**
 * Brings a database of any earlier version to the newest form, one numbered step after the other; each step and its
 * mark are one transaction where the engine can (SQLite), so that a start that is killed begins the step again.
 *
 * @throws Error when the database was written by a newer version than this program, or a copy into it has not ended
 */
export async function migrate(
  db: Kysely<Tables>,
  dialect: Dialect,
  steps: readonly Migration[] = migrations,
): Promise<{ applied: string[] }> {
  await sql`create table if not exists schema_steps (name varchar(64) primary key not null, applied_at bigint not null)`.execute(
    db,
  );
  const { rows } = await sql<{ name: string }>`select name from schema_steps order by name`.execute(db);
  const done = new Set(rows.map((row) => row.name));
  const known = new Set(steps.map((step) => step.name));
  const unknown = [...done].filter((name) => !known.has(name));
  if (unknown.includes(unfinishedCopy.name)) {
    throw new Error(
      'A restore or a move into this database has not come to its end: run parley restore or parley migrate-store again.',
    );
  }
  if (unknown.length > 0) {
    throw new Error(
      `The database was written by a newer version of Parley (it has ${unknown.join(', ')}): start that version, or restore a backup.`,
    );
  }
  const applied: string[] = [];
  for (const step of steps) {
    if (done.has(step.name)) continue;
    await db.transaction().execute(async (transaction) => {
      await step.up(transaction, dialect);
      await sql`insert into schema_steps (name, applied_at) values (${step.name}, ${Date.now()})`.execute(transaction);
    });
    applied.push(step.name);
  }
  return { applied };
}
