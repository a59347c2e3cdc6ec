import { clustered, idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/**
 * What service levels keep: what happened and was not looked at yet, the clocks of each conversation, each target that was
 * met or breached, and how many. What is due next is the front of an index, however many conversations are open.
 */
export const sla: Migration = {
  name: '0009-sla',
  async up({ schema }, dialect) {
    const number = numberColumn(dialect);
    await schema
      .createTable('sla_events')
      .addColumn('id', number, (c) => (dialect.name === 'sqlite' ? c.primaryKey() : c.primaryKey().autoIncrement()))
      .addColumn('conversation_id', number, (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('kinds', 'varchar(60)', (c) => c.notNull())
      .execute();
    await schema
      .createTable('sla_clocks')
      .addColumn('conversation_id', number, (c) => c.primaryKey().notNull())
      .addColumn('rev', 'integer', (c) => c.notNull())
      .addColumn('state', longColumn(dialect), (c) => c.notNull())
      .addColumn('group_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('assignee_id', idColumn)
      .addColumn('due_at', 'bigint')
      .addColumn('next_at', 'bigint')
      .execute();
    const index = (name: string) => schema.createIndex(name).on('sla_clocks');
    await index('sla_by_next').columns(['next_at', 'conversation_id']).execute();
    await index('sla_by_due').columns(['due_at', 'conversation_id']).execute();
    await index('sla_by_assignee').columns(['assignee_id', 'due_at', 'conversation_id']).execute();
    await index('sla_by_group').columns(['group_id', 'due_at']).execute();
    await schema
      .createTable('sla_results')
      .addColumn('conversation_id', number, (c) => c.notNull())
      .addColumn('target', 'varchar(16)', (c) => c.notNull())
      .addColumn('n', 'integer', (c) => c.notNull())
      .addColumn('outcome', 'varchar(10)', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('policy_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('group_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('priority', 'varchar(10)', (c) => c.notNull())
      .addColumn('agent_id', idColumn)
      .addColumn('took_ms', 'bigint')
      .addColumn('late_ms', 'bigint')
      .addPrimaryKeyConstraint('sla_results_key', ['conversation_id', 'target', 'n'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema
      .createIndex('sla_results_by_outcome')
      .on('sla_results')
      .columns(['outcome', 'at', 'conversation_id', 'target', 'n'])
      .execute();
    await schema
      .createTable('sla_counts')
      .addColumn('slot', 'bigint', (c) => c.notNull())
      .addColumn('group_id', 'varchar(64)', (c) => c.notNull())
      .addColumn('priority', 'varchar(10)', (c) => c.notNull())
      .addColumn('target', 'varchar(16)', (c) => c.notNull())
      .addColumn('met', 'integer', (c) => c.notNull())
      .addColumn('breached', 'integer', (c) => c.notNull())
      .addColumn('late_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('sla_counts_key', ['slot', 'group_id', 'priority', 'target'])
      .modifyEnd(clustered(dialect))
      .execute();
  },
};
