import { clustered, idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/**
 * What a dry run replays and nothing else keeps: when conversations came to the queue and left it with nobody, and who was
 * there when. Both are read, and tidied up, along their time.
 */
export const dryRun: Migration = {
  name: '0011-dry-run',
  async up({ schema }, dialect) {
    await schema
      .createTable('queue_record')
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('epoch', 'integer', (c) => c.notNull())
      .addColumn('kind', 'varchar(10)', (c) => c.notNull())
      .addColumn('why', 'varchar(40)', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('queue_record_key', ['at', 'conversation_id', 'epoch'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('agent_presences')
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('agent_id', idColumn, (c) => c.notNull())
      .addColumn('presence', 'varchar(20)', (c) => c.notNull())
      .addColumn('reason', 'varchar(100)')
      .addColumn('capacity', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('agent_presences_key', ['at', 'agent_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createTable('dry_runs')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('progress', 'integer', (c) => c.notNull())
      .addColumn('days', 'integer', (c) => c.notNull())
      .addColumn('base_version', 'integer', (c) => c.notNull())
      .addColumn('result', longColumn(dialect))
      .addColumn('requested_by', idColumn, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('seen_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};
