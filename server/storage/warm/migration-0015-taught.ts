import { clustered, keyColumn, longColumn, type Migration } from './migration.ts';

/**
 * What administrators teach the bot, as documents: dictionaries and patterns of values, the knowledge graph's nodes,
 * relations and answers. Each area is held in memory as a whole and has a version, by which processes follow each other.
 */
export const taught: Migration = {
  name: '0015-taught',
  async up({ schema }, dialect) {
    await schema
      .createTable('taught_documents')
      .addColumn('area', 'varchar(16)', (c) => c.notNull())
      .addColumn('kind', 'varchar(16)', (c) => c.notNull())
      .addColumn('id', keyColumn, (c) => c.notNull())
      .addColumn('body', longColumn(dialect), (c) => c.notNull())
      .addPrimaryKeyConstraint('taught_documents_key', ['area', 'kind', 'id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('taught_areas')
      .addColumn('area', 'varchar(16)', (c) => c.primaryKey().notNull())
      .addColumn('version', 'bigint', (c) => c.notNull())
      .execute();
  },
};
