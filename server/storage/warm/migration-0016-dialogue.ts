import { clustered, idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** The bot's published documents, what it knows of each conversation, and what it decided about each thing that was said. */
export const dialogue: Migration = {
  name: '0016-dialogue',
  async up({ schema }, dialect) {
    await schema
      .createTable('bot_versions')
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('document', longColumn(dialect), (c) => c.notNull())
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(191)', (c) => c.notNull())
      .addColumn('note', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('bot_versions_key', ['kind', 'version'])
      .execute();
    await schema
      .createTable('bot_dialogues')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.primaryKey().notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('looked_seq', 'integer', (c) => c.notNull())
      .addColumn('state', longColumn(dialect), (c) => c.notNull())
      .execute();
    await schema
      .createTable('bot_decisions')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('act', 'varchar(16)', (c) => c.notNull())
      .addColumn('band', 'varchar(20)', (c) => c.notNull())
      .addColumn('reason', 'varchar(20)')
      .addColumn('intent', 'varchar(191)')
      .addColumn('record', longColumn(dialect), (c) => c.notNull())
      .addPrimaryKeyConstraint('bot_decisions_key', ['conversation_id', 'seq', 'epoch'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createIndex('bot_decisions_by_time')
      .on('bot_decisions')
      .columns(['at', 'conversation_id', 'seq'])
      .execute();
  },
};
