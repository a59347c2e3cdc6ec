import { clustered, idColumn, type Migration, numberColumn } from './migration.ts';

/** What customers asked and the bot could not answer, what people decided about it, and how often approved answers were given. */
export const learning: Migration = {
  name: '0019-learning',
  async up({ schema }, dialect) {
    await schema
      .createTable('bot_gaps')
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('asked_at', 'bigint', (c) => c.notNull())
      .addColumn('why', 'varchar(20)', (c) => c.notNull())
      .addColumn('language', 'varchar(40)')
      .addColumn('question', 'text', (c) => c.notNull())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('decision_id', idColumn)
      .addColumn('decided_by', 'varchar(191)')
      .addColumn('decided_at', 'bigint')
      .addPrimaryKeyConstraint('bot_gaps_key', ['conversation_id', 'seq'])
      .modifyEnd(clustered(dialect))
      .execute();
    const indexes: [string, ('state' | 'asked_at' | 'contact_id' | 'decision_id')[]][] = [
      ['bot_gaps_by_state', ['state', 'asked_at']],
      ['bot_gaps_by_contact', ['contact_id']],
      ['bot_gaps_by_decision', ['decision_id']],
    ];
    for (const [name, columns] of indexes) await schema.createIndex(name).on('bot_gaps').columns(columns).execute();
    await schema
      .createTable('approved_hits')
      .addColumn('answer_id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('hits', 'integer', (c) => c.notNull())
      .addColumn('last_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};
