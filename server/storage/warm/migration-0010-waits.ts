import { clustered, idColumn, keyColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** What customers who wait were told, since when they are gone, and what was promised to those who chose not to wait. */
export const waits: Migration = {
  name: '0010-waits',
  async up({ schema }, dialect) {
    await schema
      .createTable('waits')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('queued_at', 'bigint', (c) => c.notNull())
      .addColumn('is_open', 'integer', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .addColumn('told_at', 'bigint')
      .addColumn('told_low_ms', 'bigint')
      .addColumn('told_high_ms', 'bigint')
      .addColumn('left_at', 'bigint')
      .addPrimaryKeyConstraint('waits_key', ['conversation_id', 'queued_at'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('waits_by_sight').on('waits').columns(['is_open', 'seen_at']).execute();
    await schema.alterTable('conversations').addColumn('abandoned_at', 'bigint').execute();
    await schema
      .createTable('call_backs')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('client_id', keyColumn, (c) => c.notNull())
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('name', 'varchar(200)')
      .addColumn('phone', 'varchar(64)')
      .addColumn('email', 'varchar(320)')
      .addColumn('note', longColumn(dialect))
      .addColumn('due_at', 'bigint', (c) => c.notNull())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('tries', 'integer', (c) => c.notNull())
      .addColumn('agent_id', idColumn)
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    // The same request twice has the effect of once; the conversation's own are read along it, too.
    await schema
      .createIndex('call_backs_once')
      .unique()
      .on('call_backs')
      .columns(['conversation_id', 'client_id'])
      .execute();
    await schema.createIndex('call_backs_due').on('call_backs').columns(['state', 'due_at', 'id']).execute();
  },
};
