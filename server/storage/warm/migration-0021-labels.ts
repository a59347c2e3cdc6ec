import { clustered, idColumn, keyColumn, type Migration, numberColumn } from './migration.ts';

/** Which intent people say that a customer's message had, what of it is to be taught, and whether customers say that an answer helped. */
export const labels: Migration = {
  name: '0021-labels',
  async up({ schema }, dialect) {
    await schema
      .createTable('bot_labels')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('intent', keyColumn)
      .addColumn('taken_for', keyColumn)
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(191)', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('bot_labels_key', ['conversation_id', 'seq'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('bot_labels_by_time').on('bot_labels').columns(['at']).execute();
    await schema.alterTable('bot_decisions').addColumn('helped', 'integer').execute();
    await schema.alterTable('bot_gaps').addColumn('meant', keyColumn).execute();
  },
};
