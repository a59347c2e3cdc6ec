import { clustered, idColumn, keyColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** Articles and canned replies, what became of them, and what was looked for in vain. */
export const knowledge: Migration = {
  name: '0013-knowledge',
  async up({ schema }, dialect) {
    const long = longColumn(dialect);
    await schema
      .createTable('knowledge_changes')
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('item_id', idColumn, (c) => c.notNull())
      .addColumn('no', numberColumn(dialect), (c) => c.notNull())
      .addPrimaryKeyConstraint('knowledge_changes_key', ['kind', 'item_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createIndex('knowledge_changes_by_no')
      .unique()
      .on('knowledge_changes')
      .columns(['no', 'kind', 'item_id'])
      .execute();
    await schema
      .createTable('canned_replies')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('owner_id', idColumn, (c) => c.notNull())
      // Whose code it is, and the code: no two replies that one agent may see as their own or as everybody's share one.
      .addColumn('code_key', keyColumn, (c) => c.unique())
      .addColumn('external_key', keyColumn, (c) => c.unique())
      .addColumn('rev', 'integer', (c) => c.notNull())
      .addColumn('text', long, (c) => c.notNull())
      .addColumn('uses', 'integer', (c) => c.notNull())
      .addColumn('used_at', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('articles')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('external_key', keyColumn, (c) => c.unique())
      .addColumn('rev', 'integer', (c) => c.notNull())
      .addColumn('text', long, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('article_revisions')
      .addColumn('article_id', idColumn, (c) => c.notNull())
      .addColumn('rev', 'integer', (c) => c.notNull())
      .addColumn('text', long, (c) => c.notNull())
      .addColumn('author_id', idColumn, (c) => c.notNull())
      .addColumn('author_name', 'varchar(200)', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('article_revisions_key', ['article_id', 'rev'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('article_votes')
      .addColumn('article_id', idColumn, (c) => c.notNull())
      .addColumn('voter', 'varchar(64)', (c) => c.notNull())
      .addColumn('helpful', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('article_votes_key', ['article_id', 'voter'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('missed_searches')
      .addColumn('text', keyColumn, (c) => c.notNull())
      .addColumn('language', 'varchar(35)', (c) => c.notNull())
      .addColumn('count', 'integer', (c) => c.notNull())
      .addColumn('last_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('missed_searches_key', ['text', 'language'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createIndex('missed_searches_by_time')
      .on('missed_searches')
      .columns(['last_at', 'text', 'language'])
      .execute();
  },
};
