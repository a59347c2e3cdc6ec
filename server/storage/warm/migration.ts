import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** What differs between the engines when a table is made. */
export interface Dialect {
  readonly name: 'sqlite' | 'mysql';
}

/** Numbered steps from an empty database to the newest form; a released one is never changed. */
export interface Migration {
  readonly name: string;
  up(db: Kysely<Tables>, dialect: Dialect): Promise<void>;
}

/** Key columns have a stated length: MySQL cannot index unbounded text; SQLite takes it as text. */
export const idColumn = 'varchar(16)';
export const keyColumn = 'varchar(191)';
/** SQLite keeps a table in the order of an `integer` primary key without a second tree; `bigint` would not do that. */
export const numberColumn = (dialect: Dialect) => (dialect.name === 'sqlite' ? 'integer' : 'bigint');

/**
 * A table clustered on its primary key: SQLite needs to be told (WITHOUT ROWID), InnoDB always is. One tree to write
 * in place of two, and a conversation's messages lie beside each other.
 */
export const clustered = (dialect: Dialect) => (dialect.name === 'sqlite' ? sql`without rowid` : sql``);

/** Text of any length that people write. */
export const longColumn = (dialect: Dialect) => (dialect.name === 'mysql' ? sql`mediumtext` : 'text');
