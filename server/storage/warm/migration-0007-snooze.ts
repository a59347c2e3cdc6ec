import type { Migration } from './migration.ts';

/**
 * What is due of a conversation although nothing happens: an answer that its agent owes, and the end of a snooze. Both are
 * in the index in their order, so that whoever decides reads what is due first and nothing else.
 */
export const snooze: Migration = {
  name: '0007-snooze',
  async up(db) {
    const { schema } = db;
    const table = () => schema.alterTable('conversations');
    await table().addColumn('owed_since', 'bigint').execute();
    await table()
      .addColumn('is_answered', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await table().addColumn('snoozed_until', 'bigint').execute();
    await db
      .updateTable('conversations')
      .set((row) => ({ owed_since: row.ref('waiting_since') }))
      .where('status', '=', 'agent')
      .execute();
    const index = (name: string) => schema.createIndex(name).on('conversations');
    await index('conversations_by_owed').columns(['skill_group_id', 'is_answered', 'owed_since', 'id']).execute();
    await index('conversations_by_snooze').columns(['snoozed_until', 'id']).execute();
  },
};
