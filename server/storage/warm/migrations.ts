import type { Kysely } from 'kysely';
import { clustered, type Dialect, idColumn, keyColumn, longColumn, type Migration, numberColumn } from './migration.ts';
import { archive } from './migration-0002-archive.ts';
import { scale } from './migration-0003-scale.ts';
import { attributes } from './migration-0004-attributes.ts';
import { routing } from './migration-0005-routing.ts';
import { queue } from './migration-0006-queue.ts';
import { snooze } from './migration-0007-snooze.ts';
import { participants } from './migration-0008-participants.ts';
import { sla } from './migration-0009-sla.ts';
import { waits } from './migration-0010-waits.ts';
import { dryRun } from './migration-0011-dry-run.ts';
import { contactSearch } from './migration-0012-contact-search.ts';
import { knowledge } from './migration-0013-knowledge.ts';
import { intents } from './migration-0014-intents.ts';
import { taught } from './migration-0015-taught.ts';
import { dialogue } from './migration-0016-dialogue.ts';
import { suggestions } from './migration-0017-suggestions.ts';
import { languageModel } from './migration-0018-language-model.ts';
import { learning } from './migration-0019-learning.ts';
import { replays } from './migration-0020-replays.ts';
import { labels } from './migration-0021-labels.ts';
import { quiet } from './migration-0022-quiet.ts';
import { categories } from './migration-0025-categories.ts';
import { identity } from './migration-0026-identity.ts';
import { measures } from './migration-0027-measures.ts';
import { surveys } from './migration-0028-surveys.ts';
import type { Tables } from './schema.ts';

const core: Migration = {
  name: '0001-core',
  async up(db, dialect) {
    const schema = db.schema;
    await schema
      .createTable('meta')
      .addColumn('name', keyColumn, (c) => c.primaryKey().notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .execute();
    await schema
      .createTable('channels')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('type', 'varchar(64)', (c) => c.notNull())
      .addColumn('name', 'varchar(200)', (c) => c.notNull())
      .addColumn('settings', 'text', (c) => c.notNull())
      .addColumn('enabled', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addColumn('deleted_at', 'bigint')
      .execute();
    await schema
      .createTable('agents')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('email', keyColumn, (c) => c.notNull().unique())
      .addColumn('name', 'varchar(200)', (c) => c.notNull())
      .addColumn('role', 'varchar(20)', (c) => c.notNull())
      .addColumn('password_hash', 'varchar(255)', (c) => c.notNull())
      .addColumn('enabled', 'integer', (c) => c.notNull())
      .addColumn('capacity', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createTable('sessions')
      .addColumn('token_hash', 'varchar(64)', (c) => c.primaryKey().notNull())
      .addColumn('agent_id', idColumn, (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('sessions_by_agent').on('sessions').column('agent_id').execute();
    await schema
      .createTable('contacts')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('name', 'varchar(200)', (c) => c.notNull())
      .addColumn('email', 'varchar(320)')
      .addColumn('phone', 'varchar(64)')
      .addColumn('avatar_url', 'text')
      .addColumn('verified', 'integer', (c) => c.notNull())
      .addColumn('attributes', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('contacts_by_name').on('contacts').columns(['name', 'id']).execute();
    await schema
      .createTable('identities')
      .addColumn('channel_id', idColumn, (c) => c.notNull())
      .addColumn('external_id', keyColumn, (c) => c.notNull())
      .addColumn('contact_id', idColumn, (c) => c.notNull())
      .addPrimaryKeyConstraint('identities_key', ['channel_id', 'external_id'])
      .modifyEnd(clustered(dialect))
      .execute();
    await schema.createIndex('identities_by_contact').on('identities').column('contact_id').execute();
    await conversationTables(db, dialect);
    await messageTables(db, dialect);
    await deliveryTables(db, dialect);
  },
};

async function conversationTables(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  const schema = db.schema;
  const number = numberColumn(dialect);
  await schema
    .createTable('counters')
    .addColumn('name', 'varchar(64)', (c) => c.primaryKey().notNull())
    .addColumn('value', 'bigint', (c) => c.notNull())
    .execute();
  await db.insertInto('counters').values({ name: 'conversations', value: 0 }).execute();
  await schema
    .createTable('conversations')
    .addColumn('id', number, (c) => c.primaryKey().notNull())
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('contact_id', idColumn, (c) => c.notNull())
    .addColumn('thread_id', 'varchar(128)', (c) => c.notNull())
    .addColumn('status', 'varchar(10)', (c) => c.notNull())
    .addColumn('owner_epoch', 'integer', (c) => c.notNull())
    .addColumn('assignee_id', idColumn)
    .addColumn('skill_group_id', idColumn)
    .addColumn('priority', 'varchar(10)', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('subject', 'text')
    .addColumn('last_seq', 'integer', (c) => c.notNull())
    .addColumn('last_public_seq', 'integer', (c) => c.notNull())
    .addColumn('changes', 'integer', (c) => c.notNull())
    .addColumn('contact_read_seq', 'integer', (c) => c.notNull())
    .addColumn('agent_read_seq', 'integer', (c) => c.notNull())
    .addColumn('unread', 'integer', (c) => c.notNull())
    .addColumn('last_direction', 'varchar(3)')
    .addColumn('last_sender', 'varchar(10)')
    .addColumn('last_preview', 'varchar(400)')
    .addColumn('last_message_seq', 'integer', (c) => c.notNull())
    .addColumn('last_message_at', 'bigint', (c) => c.notNull())
    .addColumn('waiting_since', 'bigint')
    .addColumn('queued_at', 'bigint')
    .addColumn('sort_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('closed_at', 'bigint')
    .execute();
  const indexes: [string, ('status' | 'assignee_id' | 'contact_id' | 'channel_id' | 'sort_at' | 'id')[]][] = [
    ['conversations_by_activity', ['sort_at', 'id']],
    ['conversations_by_status', ['status', 'sort_at', 'id']],
    ['conversations_by_assignee', ['assignee_id', 'status', 'sort_at', 'id']],
    ['conversations_by_contact', ['contact_id', 'sort_at', 'id']],
    ['conversations_by_channel', ['channel_id', 'sort_at', 'id']],
  ];
  for (const [name, columns] of indexes) {
    await schema.createIndex(name).on('conversations').columns(columns).execute();
  }
  await schema
    .createTable('current_conversations')
    .addColumn('contact_id', idColumn, (c) => c.notNull())
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('thread_id', 'varchar(128)', (c) => c.notNull())
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addPrimaryKeyConstraint('current_conversations_key', ['contact_id', 'channel_id', 'thread_id'])
    .modifyEnd(clustered(dialect))
    .execute();
}

async function messageTables(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  const schema = db.schema;
  const number = numberColumn(dialect);
  const long = longColumn(dialect);
  await schema
    .createTable('messages')
    .addColumn('id', number, (c) => (dialect.name === 'sqlite' ? c.primaryKey() : c.primaryKey().autoIncrement()))
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('client_id', keyColumn)
    .addColumn('direction', 'varchar(3)', (c) => c.notNull())
    .addColumn('sender_type', 'varchar(10)', (c) => c.notNull())
    .addColumn('sender_id', idColumn)
    .addColumn('sender_name', 'varchar(200)')
    .addColumn('content', long, (c) => c.notNull())
    .addColumn('private', 'integer', (c) => c.notNull())
    .addColumn('state', 'varchar(10)', (c) => c.notNull())
    .addColumn('state_reason', 'text')
    .addColumn('delivered_as', long)
    .addColumn('recalled_at', 'bigint')
    .addColumn('edited_at', 'bigint')
    .addColumn('sent_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('messages_by_seq', ['conversation_id', 'seq'])
    // The client id comes first: our clients make them in the order of time, so that new entries share a page at the
    // end of the index in place of dirtying one page for each conversation. Random ids work too, only slower.
    .addUniqueConstraint('messages_by_client_id', ['client_id', 'conversation_id'])
    .execute();
  await schema
    .createTable('received_ids')
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('external_id', keyColumn, (c) => c.notNull())
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('received_ids_key', ['channel_id', 'external_id'])
    .modifyEnd(clustered(dialect))
    .execute();
  await schema
    .createTable('sent_ids')
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('external_id', keyColumn, (c) => c.notNull())
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('sent_ids_key', ['channel_id', 'external_id'])
    .modifyEnd(clustered(dialect))
    .execute();
  await schema
    .createTable('message_changes')
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addColumn('change_no', 'integer', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('message_changes_key', ['conversation_id', 'change_no'])
    .modifyEnd(clustered(dialect))
    .execute();
}

async function deliveryTables(db: Kysely<Tables>, dialect: Dialect): Promise<void> {
  const schema = db.schema;
  const number = numberColumn(dialect);
  const long = longColumn(dialect);
  await schema
    .createTable('outbox')
    .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('conversation_id', number, (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('state', 'varchar(10)', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_at', 'bigint', (c) => c.notNull())
    .addColumn('from_part', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('outbox_due').on('outbox').columns(['channel_id', 'state', 'next_at', 'id']).execute();
  await schema.createIndex('outbox_by_message').on('outbox').columns(['conversation_id', 'seq']).execute();
  await schema
    .createTable('inbound_queue')
    .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('lane', keyColumn, (c) => c.notNull())
    .addColumn('payload', long, (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('enqueued_at', 'bigint', (c) => c.notNull())
    .modifyEnd(clustered(dialect))
    .execute();
  await schema
    .createTable('inbound_dead')
    .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
    .addColumn('channel_id', idColumn, (c) => c.notNull())
    .addColumn('lane', keyColumn, (c) => c.notNull())
    .addColumn('payload', long, (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('enqueued_at', 'bigint', (c) => c.notNull())
    .execute();
  await schema
    .createTable('files')
    .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
    .addColumn('name', 'varchar(255)', (c) => c.notNull())
    .addColumn('mime_type', 'varchar(127)', (c) => c.notNull())
    .addColumn('size_bytes', 'bigint', (c) => c.notNull())
    .addColumn('owner', 'varchar(32)', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
}

export const migrations: readonly Migration[] = [
  core,
  archive,
  scale,
  attributes,
  routing,
  queue,
  snooze,
  participants,
  sla,
  waits,
  dryRun,
  contactSearch,
  knowledge,
  intents,
  taught,
  dialogue,
  suggestions,
  languageModel,
  learning,
  replays,
  labels,
  quiet,
  categories,
  identity,
  measures,
  surveys,
];
