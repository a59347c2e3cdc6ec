import { clustered, keyColumn, longColumn, type Migration } from './migration.ts';

/** What language models took, by day and conversation; and vectors of our own texts, which are not asked for twice. */
export const languageModel: Migration = {
  name: '0018-language-model',
  async up({ schema }, dialect) {
    await schema
      .createTable('model_usage')
      .addColumn('scope', 'varchar(16)', (c) => c.notNull())
      .addColumn('name', keyColumn, (c) => c.notNull())
      .addColumn('tokens', 'bigint', (c) => c.notNull())
      .addColumn('cost_micros', 'bigint', (c) => c.notNull())
      .addColumn('calls', 'bigint', (c) => c.notNull())
      .addColumn('used_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('model_usage_key', ['scope', 'name'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('model_usage_by_use').on('model_usage').columns(['scope', 'used_at']).execute();
    await schema
      .createTable('text_vectors')
      .addColumn('hash', 'varchar(43)', (c) => c.primaryKey().notNull())
      .addColumn('vector', longColumn(dialect), (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('text_vectors_by_age').on('text_vectors').columns(['created_at', 'hash']).execute();
  },
};
