import type { DatabaseSync } from 'node:sqlite';
import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';
import type { SqlValue } from './sql-session.ts';

/** The engine over one SQLite connection; `write` is how its owner opens a transaction for the set operations. */
export function createSqliteEngine(raw: DatabaseSync, db: Kysely<Tables>, write: SqlEngine['write']): SqlEngine {
  return {
    db,
    name: 'sqlite',
    write,
    transaction: (work) => db.transaction().execute(work),
    arrays: async (query) => {
      const { sql, parameters } = query.compile();
      const statement = raw.prepare(sql);
      statement.setReturnArrays(true);
      return statement.all(...(parameters as SqlValue[])) as unknown as SqlValue[][];
    },
  };
}
