import { clustered, idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/**
 * What routing keeps: every configuration that was ever published, why each conversation went where it did, and what is
 * known of a conversation for it. `load_weight` is in hundredths of a conversation.
 */
export const routing: Migration = {
  name: '0005-routing',
  async up(db, dialect) {
    const { schema } = db;
    await schema
      .createTable('routing_versions')
      .addColumn('version', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('config', longColumn(dialect), (c) => c.notNull())
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(200)', (c) => c.notNull())
      .addColumn('note', 'varchar(500)')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('routing_decisions')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('kind', 'varchar(20)', (c) => c.notNull())
      .addColumn('agent_id', idColumn)
      .addColumn('group_id', 'varchar(64)')
      .addColumn('why', 'varchar(40)', (c) => c.notNull())
      .addColumn('record', longColumn(dialect), (c) => c.notNull())
      .addPrimaryKeyConstraint('routing_decisions_key', ['conversation_id', 'epoch', 'n'])
      .modifyEnd(clustered(dialect))
      .execute();
    // A group's id is longer than those that we make ourselves; SQLite knows no length.
    if (dialect.name === 'mysql') {
      await schema.alterTable('conversations').modifyColumn('skill_group_id', 'varchar(64)').execute();
    }
    await schema.alterTable('conversations').addColumn('language', 'varchar(35)').execute();
    await schema
      .alterTable('conversations')
      .addColumn('load_weight', 'integer', (c) => c.notNull().defaultTo(100))
      .execute();
    await schema.alterTable('conversations').addColumn('routing', 'text').execute();
    // What an agent's conversations weigh together is read from the index alone, as their number was.
    const drop = schema.dropIndex('conversations_by_assignee_status');
    await (dialect.name === 'mysql' ? drop.on('conversations') : drop).execute();
    await schema
      .createIndex('conversations_by_assignee_status')
      .on('conversations')
      .columns(['assignee_id', 'status', 'sort_at', 'id', 'channel_id', 'load_weight'])
      .execute();
  },
};
