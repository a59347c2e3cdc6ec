import type { Migration } from './migration.ts';

/** The queue of each group is read from its front, whatever waits in the others. */
export const queue: Migration = {
  name: '0006-queue',
  async up({ schema }, dialect) {
    await schema
      .createIndex('conversations_by_group_queue')
      .on('conversations')
      .columns(['status', 'skill_group_id', 'queued_at', 'id'])
      .execute();
    const drop = schema.dropIndex('conversations_by_queue');
    await (dialect.name === 'mysql' ? drop.on('conversations') : drop).execute();
  },
};
