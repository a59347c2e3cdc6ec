import { clustered, idColumn, keyColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** Recommended replies: answers of the past, what became of what was recommended, and what was decided about recurring ones. */
export const suggestions: Migration = {
  name: '0017-suggestions',
  async up({ schema }, dialect) {
    const number = numberColumn(dialect);
    await schema
      .createTable('answer_pairs')
      .addColumn('n', number, (c) => c.primaryKey().notNull())
      .addColumn('conversation_id', number, (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addColumn('agent_id', idColumn, (c) => c.notNull())
      .addColumn('channel_type', 'varchar(64)', (c) => c.notNull())
      .addColumn('language', 'varchar(40)')
      .addColumn('question', 'text', (c) => c.notNull())
      .addColumn('answer', longColumn(dialect), (c) => c.notNull())
      .addColumn('answered_at', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('answer_pairs_by_message', ['conversation_id', 'seq'])
      .execute();
    await schema.createIndex('answer_pairs_by_contact').on('answer_pairs').column('contact_id').execute();
    await schema
      .createTable('suggestion_outcomes')
      .addColumn('conversation_id', number, (c) => c.notNull())
      .addColumn('after_seq', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('suggestion_outcomes_key', ['conversation_id', 'after_seq'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('suggestion_outcomes_by_time').on('suggestion_outcomes').column('at').execute();
    await schema
      .createTable('suggestion_counts')
      .addColumn('source', keyColumn, (c) => c.notNull())
      .addColumn('situation', 'varchar(100)', (c) => c.notNull())
      .addColumn('agent_id', idColumn, (c) => c.notNull())
      .addColumn('shown', 'integer', (c) => c.notNull())
      .addColumn('used', 'integer', (c) => c.notNull())
      .addColumn('edited', 'integer', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('suggestion_counts_key', ['source', 'situation', 'agent_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('suggestion_counts_by_time').on('suggestion_counts').column('updated_at').execute();
    await schema
      .createTable('reply_proposals')
      .addColumn('proposal_key', 'varchar(32)', (c) => c.primaryKey().notNull())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('by_id', idColumn, (c) => c.notNull())
      .addColumn('decided_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};
