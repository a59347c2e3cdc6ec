import { idColumn, longColumn, type Migration } from './migration.ts';

/** Candidates that were run over past conversations, and what spoke against a version that was published all the same. */
export const replays: Migration = {
  name: '0020-replays',
  async up({ schema }, dialect) {
    await schema
      .createTable('bot_replays')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('slot', 'integer', (c) => c.unique())
      .addColumn('state', 'varchar(16)', (c) => c.notNull())
      .addColumn('progress', 'integer', (c) => c.notNull())
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('candidate', 'varchar(64)', (c) => c.notNull())
      .addColumn('live', 'varchar(64)', (c) => c.notNull())
      .addColumn('days', 'integer', (c) => c.notNull())
      .addColumn('result', longColumn(dialect))
      .addColumn('requested_by', idColumn, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.alterTable('intent_publications').addColumn('despite', 'text').execute();
    await schema.alterTable('bot_versions').addColumn('despite', 'text').execute();
  },
};
