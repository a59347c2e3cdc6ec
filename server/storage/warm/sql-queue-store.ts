import type { Kysely } from 'kysely';
import type { Tables } from './schema.ts';
import { leavingTaken, locking, type SqlEngine } from './sql-engine.ts';
import type { SqlValue } from './sql-session.ts';

export type QueueRow = Tables['inbound_queue'];

/** More dead letters than this are not counted further. */
const counted = 100_000;

const columns = ['id', 'channel_id', 'lane', 'payload', 'attempts', 'enqueued_at'] as const;

/** The embedded queue's rows: a log that is read from its front and shortened by `append` as entries become facts. */
export class SqlQueueStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  push(rows: readonly (readonly SqlValue[])[]): Promise<void> {
    return this.#engine.write((session) => session.insert({ table: 'inbound_queue', columns }, rows));
  }

  /** The next entries behind an id, in order. */
  after(id: string, limit: number): Promise<QueueRow[]> {
    return this.#db.selectFrom('inbound_queue').selectAll().where('id', '>', id).orderBy('id').limit(limit).execute();
  }

  async count(): Promise<{ depth: number; newestId: string | undefined }> {
    const { n, newest } = await this.#db
      .selectFrom('inbound_queue')
      .select([(fn) => fn.fn.countAll<number>().as('n'), (fn) => fn.fn.max('id').as('newest')])
      .executeTakeFirstOrThrow();
    return { depth: Number(n), newestId: newest ?? undefined };
  }

  remove(ids: readonly string[]): Promise<void> {
    return this.#engine.write((session) =>
      session.remove(
        'inbound_queue',
        ['id'],
        ids.map((id) => [id]),
      ),
    );
  }

  async failed(id: string, attempts: number): Promise<void> {
    await this.#db.updateTable('inbound_queue').set({ attempts }).where('id', '=', id).execute();
  }

  /** Moves an entry to the dead letters. */
  bury(row: Tables['inbound_dead']): Promise<void> {
    return this.#engine.transaction(async (transaction) => {
      await leavingTaken(this.#engine, transaction.insertInto('inbound_dead').values(row), 'id').execute();
      await transaction.deleteFrom('inbound_queue').where('id', '=', row.id).execute();
    });
  }

  dead(page: { after?: string; limit: number }): Promise<Tables['inbound_dead'][]> {
    let query = this.#db.selectFrom('inbound_dead').selectAll().orderBy('id', 'desc').limit(page.limit);
    if (page.after !== undefined) query = query.where('id', '<', page.after);
    return query.execute();
  }

  /** Back into the queue, under a new id (behind what waits). Undefined when there is no such dead letter. */
  revive(id: string, newId: string): Promise<QueueRow | undefined> {
    return this.#engine.transaction(async (transaction) => {
      const found = transaction.selectFrom('inbound_dead').selectAll().where('id', '=', id);
      const row = await locking(this.#engine, found).executeTakeFirst();
      if (row === undefined) return undefined;
      const { reason: _, ...entry } = row;
      const revived = { ...entry, id: newId, attempts: 0 };
      await transaction.insertInto('inbound_queue').values(revived).execute();
      await transaction.deleteFrom('inbound_dead').where('id', '=', id).execute();
      return revived;
    });
  }

  deadById(id: string): Promise<Tables['inbound_dead'] | undefined> {
    return this.#db.selectFrom('inbound_dead').selectAll().where('id', '=', id).executeTakeFirst();
  }

  async removeDead(id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom('inbound_dead').where('id', '=', id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async countDead(): Promise<number> {
    const some = this.#db.selectFrom('inbound_dead').select('id').limit(counted);
    const { n } = await this.#db
      .selectFrom(some.as('some'))
      .select((fn) => fn.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }
}
