import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import type { WriteSession } from './sql-session.ts';

/** One warm database, whatever the engine: a query builder for everything, and sets of rows for the hot path. */
export interface SqlEngine {
  readonly db: Kysely<Tables>;
  /** Runs the work in one transaction: committed and synced to disk when this resolves, without effect when it rejects. */
  write<T>(work: (session: WriteSession) => Promise<T>): Promise<T>;
}
