import { clustered, idColumn, type Migration, numberColumn } from './migration.ts';

/**
 * Who takes part in a conversation beside its owner: on its own row, where every message needs it and where it changes together
 * with the owner; and by agent, so that each one's are found, and the invitations whose time is over.
 */
export const participants: Migration = {
  name: '0008-participants',
  async up({ schema }, dialect) {
    await schema.alterTable('conversations').addColumn('participants', 'text').execute();
    await schema
      .createTable('participations')
      .addColumn('agent_id', idColumn, (c) => c.notNull())
      .addColumn('conversation_id', numberColumn(dialect), (c) => c.notNull())
      .addColumn('asked_until', 'bigint')
      .addPrimaryKeyConstraint('participations_key', ['agent_id', 'conversation_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('participations_by_end').on('participations').column('asked_until').execute();
    await schema.createIndex('participations_by_conversation').on('participations').column('conversation_id').execute();
  },
};
