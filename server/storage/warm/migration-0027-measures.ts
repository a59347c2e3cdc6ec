import { clustered, idColumn, keyColumn, longColumn, type Migration } from './migration.ts';

/** Thresholds that were chosen for a version of the intent model; and what is counted of the bot's answers by day. */
export const measures: Migration = {
  name: '0027-measures',
  async up({ schema }, dialect) {
    await schema
      .createTable('intent_thresholds')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('chosen', longColumn(dialect), (c) => c.notNull())
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(200)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('intent_thresholds_key', ['version', 'n'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('bot_tallies')
      .addColumn('day', 'varchar(10)', (c) => c.notNull())
      .addColumn('name', keyColumn, (c) => c.notNull())
      .addColumn('n', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('bot_tallies_key', ['day', 'name'])
      .modifyEnd(clustered(dialect))
      .execute();
  },
};
