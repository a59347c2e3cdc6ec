import type { Kysely } from 'kysely';
import { wordsOf } from '../../conversation/contact-words.ts';
import { clustered, type Dialect, idColumn, type Migration } from './migration.ts';
import type { Tables } from './schema.ts';
import { leavingTaken } from './sql-engine.ts';

/** Contacts whose words are written in one statement. */
const contactsAtOnce = 200;

/**
 * What lists, searches and the dispatcher need where millions of conversations lie: every list is a range of one index,
 * whatever is asked for; contacts are found by their words; the queue is read from its front.
 */
export const scale: Migration = {
  name: '0003-scale',
  async up(db, dialect) {
    const { schema } = db;
    // A list of every state is read as one range for each state, so that no other index need be kept in its order.
    const index = (name: string) => schema.createIndex(name).on('conversations');
    await index('conversations_by_channel_status').columns(['channel_id', 'status', 'sort_at', 'id']).execute();
    await index('conversations_by_assignee_status')
      .columns(['assignee_id', 'status', 'sort_at', 'id', 'channel_id'])
      .execute();
    await index('conversations_by_queue').columns(['status', 'queued_at', 'id']).execute();
    await dropIndex(db, dialect, 'conversations_by_activity');
    await dropIndex(db, dialect, 'conversations_by_channel');
    await dropIndex(db, dialect, 'conversations_by_assignee');
    await schema.createIndex('sessions_by_expiry').on('sessions').column('expires_at').execute();
    await schema.createIndex('outbox_by_state').on('outbox').columns(['state', 'id']).execute();
    await schema
      .createTable('contact_words')
      .addColumn('word', 'varchar(32)', (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addPrimaryKeyConstraint('contact_words_key', ['word', 'contact_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await fillWords(db, dialect);
  },
};

function dropIndex(db: Kysely<Tables>, dialect: Dialect, name: string): Promise<void> {
  const drop = db.schema.dropIndex(name);
  return (dialect.name === 'mysql' ? drop.on('conversations') : drop).execute();
}

/** Begun again after a step that was cut short, it finds some of them there. */
async function fillWords(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  for (let after = ''; ; ) {
    const contacts = await db
      .selectFrom('contacts')
      .select(['id', 'name', 'email', 'phone'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(contactsAtOnce)
      .execute();
    const rows = contacts.flatMap((one) => wordsOf(one).map((word) => ({ word, contact_id: one.id })));
    if (rows.length > 0) {
      await leavingTaken(dialect, db.insertInto('contact_words').values(rows), 'word').execute();
    }
    if (contacts.length < contactsAtOnce) return;
    after = contacts.at(-1)?.id ?? after;
  }
}
