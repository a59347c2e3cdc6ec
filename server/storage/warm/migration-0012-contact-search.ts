import type { Migration } from './migration.ts';

/**
 * Conversations of the contacts that a search has found are hundreds, and lie far apart: what a list asks of them is said
 * by the index itself.
 */
export const contactSearch: Migration = {
  name: '0012-contact-search',
  async up({ schema }, dialect) {
    await schema
      .createIndex('conversations_of_contact')
      .on('conversations')
      .columns(['contact_id', 'sort_at', 'id', 'status', 'assignee_id', 'channel_id'])
      .execute();
    const drop = schema.dropIndex('conversations_by_contact');
    await (dialect.name === 'mysql' ? drop.on('conversations') : drop).execute();
  },
};
