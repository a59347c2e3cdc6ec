import { idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** How customers say that it was, once a conversation was resolved; and of which conversations nobody was asked, and why. */
export const surveys: Migration = {
  name: '0028-surveys',
  async up({ schema }, dialect) {
    await schema
      .createTable('surveys')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.primaryKey().notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('channel_id', idColumn, (c) => c.notNull())
      .addColumn('channel_type', 'varchar(64)', (c) => c.notNull())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('why', 'varchar(20)')
      .addColumn('closed_at', 'bigint', (c) => c.notNull())
      .addColumn('asked_at', 'bigint', (c) => c.notNull())
      .addColumn('had', 'varchar(10)')
      .addColumn('agent_id', idColumn)
      .addColumn('group_id', 'varchar(64)')
      .addColumn('language', 'varchar(35)')
      .addColumn('score', 'integer')
      .addColumn('comment', longColumn(dialect))
      .addColumn('answered_at', 'bigint')
      .addColumn('via', 'varchar(10)')
      .addColumn('asks', 'integer', (c) => c.notNull())
      .execute();
    await schema.createIndex('surveys_by_time').on('surveys').columns(['asked_at', 'conversation_id']).execute();
    await schema.createIndex('surveys_by_contact').on('surveys').columns(['contact_id', 'asked_at']).execute();
    await schema.createIndex('surveys_by_answer').on('surveys').columns(['answered_at', 'conversation_id']).execute();
  },
};
