import { clustered, idColumn, keyColumn, type Migration, numberColumn } from './migration.ts';

/** One-time codes by which customers prove who they are, how many were asked for, and whose conversations are checked. */
export const identity: Migration = {
  name: '0026-identity',
  async up({ schema }, dialect) {
    await schema
      .createTable('identity_codes')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('step_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('address_hash', 'varchar(64)', (c) => c.notNull())
      .addColumn('shown', 'varchar(64)', (c) => c.notNull())
      .addColumn('is_own', 'integer', (c) => c.notNull())
      .addColumn('code_hash', 'varchar(64)', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('tries', 'integer', (c) => c.notNull())
      .addColumn('typed_seq', 'integer')
      .addColumn('outcome', 'varchar(16)')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('identity_codes_key', ['conversation_id', 'seq', 'step_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('identity_codes_by_time').on('identity_codes').columns(['created_at']).execute();
    await schema
      .createTable('identity_quotas')
      .addColumn('quota', keyColumn, (c) => c.primaryKey().notNull())
      .addColumn('asked', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('identity_quotas_by_time').on('identity_quotas').columns(['updated_at']).execute();
    await schema
      .createTable('identity_checks')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.primaryKey().notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('address_hash', 'varchar(64)', (c) => c.notNull())
      .addColumn('shown', 'varchar(64)', (c) => c.notNull())
      .addColumn('is_own', 'integer', (c) => c.notNull())
      .addColumn('checked_at', 'bigint', (c) => c.notNull())
      .addColumn('valid_until', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('identity_checks_by_end').on('identity_checks').columns(['valid_until']).execute();
  },
};
