import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { migrate } from '../storage/warm/migrate.ts';
import type { Migration } from '../storage/warm/migration.ts';
import { migrations } from '../storage/warm/migrations.ts';
import type { Tables } from '../storage/warm/schema.ts';
import { createSqliteDialect } from '../storage/warm/sqlite-dialect.ts';

/** A table of the warm store, the same on every engine. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of the primary key, in its order: rows are read along it. */
  readonly key: readonly string[];
}

/** The migrations of a database that has had these steps. */
export const stepsNamed = (names: readonly string[]): readonly Migration[] =>
  migrations.filter((step) => names.includes(step.name));

/** The tables that these steps make, by name: made in memory and looked at, so that no list of them can grow old. */
export async function tableShapes(steps: readonly Migration[]): Promise<TableShape[]> {
  const db = new DatabaseSync(':memory:');
  try {
    await migrate(new Kysely<Tables>({ dialect: createSqliteDialect(db) }), { name: 'sqlite' }, steps);
    const tables = db
      .prepare("select name from sqlite_schema where type = 'table' and name <> 'schema_steps' order by name")
      .all();
    return tables.map((row) => shapeOf(db, String(row.name)));
  } finally {
    db.close();
  }
}

function shapeOf(db: DatabaseSync, name: string): TableShape {
  const columns = db.prepare('select name, pk from pragma_table_info(?) order by cid').all(name);
  const key = columns.filter(({ pk }) => Number(pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
  if (key.length === 0) throw new Error(`The table ${name} has no primary key to read it along.`);
  return { name, columns: columns.map((column) => String(column.name)), key: key.map((column) => String(column.name)) };
}
