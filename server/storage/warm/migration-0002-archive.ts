import { idColumn, longColumn, type Migration, numberColumn } from './migration.ts';

/** What the archive needs: which entries lie there, which batches are under way, which files count, who was erased. */
export const archive: Migration = {
  name: '0002-archive',
  async up(db, dialect) {
    const { schema } = db;
    const number = numberColumn(dialect);
    const long = longColumn(dialect);
    await schema
      .alterTable('conversations')
      .addColumn('archived_seq', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await schema.alterTable('conversations').addColumn('archive_due_at', 'bigint').execute();
    await db
      .updateTable('conversations')
      .set((fields) => ({ archive_due_at: fields.ref('closed_at') }))
      .where('status', '=', 'closed')
      .execute();
    await schema
      .createIndex('conversations_by_archive_due')
      .on('conversations')
      .columns(['archive_due_at', 'id'])
      .execute();
    await schema
      .createTable('archive_batches')
      .addColumn('id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('state', 'varchar(10)', (c) => c.notNull())
      .addColumn('conversations', long, (c) => c.notNull())
      .addColumn('message_count', 'bigint', (c) => c.notNull())
      .addColumn('checksum', 'varchar(20)', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
    await schema.createIndex('archive_batches_by_state').on('archive_batches').columns(['state', 'id']).execute();
    await schema
      .createTable('archive_files')
      .addColumn('name', 'varchar(64)', (c) => c.primaryKey().notNull())
      .addColumn('batch_id', idColumn, (c) => c.notNull())
      .addColumn('month', 'varchar(7)', (c) => c.notNull())
      .addColumn('from_conversation', number, (c) => c.notNull())
      .addColumn('to_conversation', number, (c) => c.notNull())
      .addColumn('message_count', 'bigint', (c) => c.notNull())
      .addColumn('size_bytes', 'bigint', (c) => c.notNull())
      .execute();
    await schema
      .createIndex('archive_files_by_conversation')
      .on('archive_files')
      .columns(['from_conversation', 'to_conversation'])
      .execute();
    await schema.createIndex('archive_files_by_batch').on('archive_files').column('batch_id').execute();
    await schema.createIndex('archive_files_by_month').on('archive_files').column('month').execute();
    await schema
      .createTable('erasures')
      .addColumn('contact_id', idColumn, (c) => c.primaryKey().notNull())
      .addColumn('conversations', long, (c) => c.notNull())
      .addColumn('files', long, (c) => c.notNull())
      .addColumn('requested_by', idColumn, (c) => c.notNull())
      .addColumn('requested_at', 'bigint', (c) => c.notNull())
      .addColumn('erased_at', 'bigint')
      .execute();
    await schema.createIndex('erasures_by_end').on('erasures').column('erased_at').execute();
    await schema.createIndex('inbound_dead_by_lane').on('inbound_dead').column('lane').execute();
    await schema.createIndex('files_by_owner').on('files').column('owner').execute();
  },
};
