import type { Kysely, Transaction } from 'kysely';
import type { BotArea, DocumentChange, DocumentStore, StoredDocument } from '../../bot/document-store.ts';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';

/** Rows that one statement names. */
const rowsAtOnce = 200;

/** What the bot is taught, in SQL. */
export class SqlDocumentStore implements DocumentStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async version(area: BotArea): Promise<number> {
    const row = await this.#db.selectFrom('taught_areas').select('version').where('area', '=', area).executeTakeFirst();
    return row?.version ?? 0;
  }

  page(area: BotArea, after: Pick<StoredDocument, 'kind' | 'id'> | null, limit: number): Promise<StoredDocument[]> {
    let query = this.#db.selectFrom('taught_documents').select(['kind', 'id', 'body']).where('area', '=', area);
    if (after !== null) {
      query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('kind', 'id'), '>', tuple(after.kind, after.id)));
    }
    return query.orderBy('kind').orderBy('id').limit(limit).execute();
  }

  apply(area: BotArea, base: number, change: DocumentChange): Promise<boolean> {
    return this.#engine.transaction(async (transaction) => {
      // A row to lock: who comes second waits here, and finds another version.
      await leavingTaken(
        this.#engine,
        transaction.insertInto('taught_areas').values({ area, version: 0 }),
        'area',
      ).execute();
      const held = transaction.selectFrom('taught_areas').select('version').where('area', '=', area);
      const { version } = await locking(this.#engine, held).executeTakeFirstOrThrow();
      if (version !== base) return false;
      await removeAll(transaction, area, [...change.remove, ...change.put]);
      for (let from = 0; from < change.put.length; from += rowsAtOnce) {
        const rows = change.put.slice(from, from + rowsAtOnce).map(({ kind, id, body }) => ({ area, kind, id, body }));
        await transaction.insertInto('taught_documents').values(rows).execute();
      }
      await transaction
        .updateTable('taught_areas')
        .set({ version: base + 1 })
        .where('area', '=', area)
        .execute();
      return true;
    });
  }
}

async function removeAll(
  transaction: Transaction<Tables>,
  area: BotArea,
  removed: readonly Pick<StoredDocument, 'kind' | 'id'>[],
): Promise<void> {
  for (const [kind, documents] of Map.groupBy(removed, (document) => document.kind)) {
    for (let from = 0; from < documents.length; from += rowsAtOnce) {
      const ids = documents.slice(from, from + rowsAtOnce).map(({ id }) => id);
      await transaction
        .deleteFrom('taught_documents')
        .where('area', '=', area)
        .where('kind', '=', kind)
        .where('id', 'in', ids)
        .execute();
    }
  }
}
