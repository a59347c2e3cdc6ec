import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** The engine over one SQLite connection; `write` is how its owner opens a transaction for the set operations. */
export function createSqliteEngine(db: Kysely<Tables>, write: SqlEngine['write']): SqlEngine {
  return { db, name: 'sqlite', write, transaction: (work) => db.transaction().execute(work) };
}
