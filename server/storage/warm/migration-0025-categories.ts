import { clustered, keyColumn, type Migration } from './migration.ts';

/** What categories of articles are called in other languages; each name is a row, so that two who name one lose nothing. */
export const categories: Migration = {
  name: '0025-categories',
  async up({ schema }, dialect) {
    await schema
      .createTable('category_names')
      .addColumn('category', keyColumn, (c) => c.notNull())
      .addColumn('language', 'varchar(35)', (c) => c.notNull())
      .addColumn('name', 'varchar(191)', (c) => c.notNull())
      .addPrimaryKeyConstraint('category_names_key', ['category', 'language'])
      .modifyEnd(clustered(dialect))
      .execute();
  },
};
