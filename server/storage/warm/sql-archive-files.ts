import type { Kysely } from 'kysely';
import type { ArchiveFile, ArchiveFiles } from '../cold/archive-files.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Which files of the embedded archive count, in SQL. */
export class SqlArchiveFiles implements ArchiveFiles {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async covering(first: number, last: number): Promise<ArchiveFile[]> {
    const rows = await this.#db
      .selectFrom('archive_files')
      .selectAll()
      .where('from_conversation', '<=', last)
      .where('to_conversation', '>=', first)
      .execute();
    return rows.map(fileFrom);
  }

  async ofBatch(batchId: string): Promise<ArchiveFile[]> {
    const rows = await this.#db.selectFrom('archive_files').selectAll().where('batch_id', '=', batchId).execute();
    return rows.map(fileFrom);
  }

  async all(): Promise<ArchiveFile[]> {
    const rows = await this.#db.selectFrom('archive_files').selectAll().orderBy('name').execute();
    return rows.map(fileFrom);
  }

  async size(): Promise<{ messages: number; bytes: number }> {
    const sums = await this.#db
      .selectFrom('archive_files')
      .select((fields) => [
        fields.fn.sum<number>('message_count').as('messages'),
        fields.fn.sum<number>('size_bytes').as('bytes'),
      ])
      .executeTakeFirstOrThrow();
    return { messages: Number(sums.messages ?? 0), bytes: Number(sums.bytes ?? 0) };
  }

  exchange(removed: readonly string[], added: readonly ArchiveFile[]): Promise<void> {
    return this.#engine.transaction(async (transaction) => {
      const gone = [...removed, ...added.map(({ name }) => name)];
      if (gone.length > 0) await transaction.deleteFrom('archive_files').where('name', 'in', gone).execute();
      if (added.length > 0) await transaction.insertInto('archive_files').values(added.map(rowOf)).execute();
    });
  }
}

function fileFrom(row: Tables['archive_files']): ArchiveFile {
  return {
    name: row.name,
    batchId: row.batch_id,
    month: row.month,
    fromConversation: row.from_conversation,
    toConversation: row.to_conversation,
    messages: Number(row.message_count),
    bytes: Number(row.size_bytes),
  };
}

function rowOf(file: ArchiveFile): Tables['archive_files'] {
  return {
    name: file.name,
    batch_id: file.batchId,
    month: file.month,
    from_conversation: file.fromConversation,
    to_conversation: file.toConversation,
    message_count: file.messages,
    size_bytes: file.bytes,
  };
}
