import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/**
 * Room for the attributes that a channel may give a contact: fifty of a thousand characters each are more than MySQL's
 * `text` holds, and a callback with them could never be stored. SQLite's `text` has no bound.
 */
export const attributes: Migration = {
  name: '0004-attributes',
  async up(db, dialect) {
    if (dialect.name === 'mysql') await sql`alter table contacts modify attributes mediumtext not null`.execute(db);
  },
};
