import { clustered, idColumn, keyColumn, longColumn, type Migration } from './migration.ts';

/**
 * What customers may want and how they say it; the models that were trained on that, in pieces of text, so that no
 * statement is longer than a database takes; and the trainings, of which one at a time holds the slot.
 */
export const intents: Migration = {
  name: '0014-intents',
  async up({ schema }, dialect) {
    const long = longColumn(dialect);
    await schema
      .createTable('intents')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('name', keyColumn, (c) => c.notNull().unique())
      .addColumn('description', 'text', (c) => c.notNull())
      .addColumn('enabled', 'integer', (c) => c.notNull())
      .addColumn('answer', long)
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('intent_utterances')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('intent_id', idColumn, (c) => c.notNull())
      .addColumn('text_key', 'varchar(32)', (c) => c.notNull())
      .addColumn('text', 'varchar(500)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('intent_utterances_once', ['intent_id', 'text_key'])
      .execute();
    await schema
      .createIndex('intent_utterances_by_text')
      .on('intent_utterances')
      .columns(['text_key', 'intent_id'])
      .execute();
    await schema
      .createIndex('intent_utterances_by_intent')
      .on('intent_utterances')
      .columns(['intent_id', 'id'])
      .execute();
    await schema
      .createTable('intent_models')
      .addColumn('version', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('size_bytes', 'bigint', (c) => c.notNull())
      .addColumn('sha256', 'varchar(64)', (c) => c.notNull())
      .addColumn('facts', long, (c) => c.notNull())
      .addColumn('summary', long)
      .addColumn('evaluation', long)
      .addColumn('trained_by', idColumn, (c) => c.notNull())
      .addColumn('trained_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('intent_model_pieces')
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('data', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('intent_model_pieces_key', ['version', 'n'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('intent_publications')
      .addColumn('n', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(200)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('intent_trainings')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('slot', 'integer', (c) => c.unique())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('stage', 'varchar(20)', (c) => c.notNull())
      .addColumn('progress', 'integer', (c) => c.notNull())
      .addColumn('version', 'integer')
      .addColumn('problem', long)
      .addColumn('requested_by', idColumn, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};
