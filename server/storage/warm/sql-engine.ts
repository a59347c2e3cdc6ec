import type { Compilable, InsertQueryBuilder, Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import type { TableName, Tables } from './schema.ts';
import type { SqlValue, WriteSession } from './sql-session.ts';

/** One warm database, whatever the engine: a query builder for everything, and sets of rows for the hot path. */
export interface SqlEngine {
  readonly db: Kysely<Tables>;
  /** Where the engines' SQL differs. */
  readonly name: 'sqlite' | 'mysql';
  /** Runs the work in one transaction: committed and synced to disk when this resolves, without effect when it rejects. */
  write<T>(work: (session: WriteSession) => Promise<T>): Promise<T>;
  /**
   * The same with the query builder. Like the work of `write` it may be run again after a deadlock or a lost connection,
   * so it keeps nothing of a former run.
   */
  transaction<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Of a server: whether it cannot work at all now, so that whatever else it is asked for would fail likewise. */
  readonly isFault?: (error: unknown) => boolean;
  /** The rows of a query as arrays of its columns: half the work where there are many. */
  arrays(query: Compilable): Promise<SqlValue[][]>;
}

/** Locks the rows that a query reads until its transaction ends; SQLite has one writer, so nobody is there to keep out. */
export function locking<Q extends { forUpdate(): Q }>(engine: SqlEngine, query: Q): Q {
  return engine.name === 'mysql' ? query.forUpdate() : query;
}

/** An insert that leaves a row whose key is taken as it is. `column`: any column of the table. */
export function leavingTaken<T extends TableName, O>(
  engine: Pick<SqlEngine, 'name'>,
  query: InsertQueryBuilder<Tables, T, O>,
  column: keyof Tables[T] & string,
): InsertQueryBuilder<Tables, T, O> {
  if (engine.name === 'sqlite') return query.onConflict((on) => on.doNothing());
  // Not `insert ignore`, which would also cut what is too long.
  return query.onDuplicateKeyUpdate({ [column]: sql.ref(column) } as never);
}
