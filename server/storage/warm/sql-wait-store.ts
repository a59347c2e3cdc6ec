import { type Kysely, sql } from 'kysely';
import type { Told, UnseenWait, WaitId, WaitState, WaitStore } from '../../routing/wait-store.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import type { SqlEngine } from './sql-engine.ts';

/** Rows that one statement names. */
const rowsAtOnce = 500;

/** Waits of customers who have a screen, in SQL. */
export class SqlWaitStore implements WaitStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async states(ids: readonly string[]): Promise<WaitState[]> {
    const found: WaitState[] = [];
    for (let from = 0; from < ids.length; from += rowsAtOnce) {
      const rows = await this.#db
        .selectFrom('conversations')
        .select(['id', 'contact_id', 'status', 'queued_at', 'abandoned_at', 'skill_group_id', 'owner_epoch'])
        .select((fields) =>
          fields
            .selectFrom('waits')
            .select((wait) => wait.fn.max('waits.queued_at').as('left'))
            .whereRef('waits.conversation_id', '=', 'conversations.id')
            .where('waits.left_at', 'is not', null)
            .as('left_queued_at'),
        )
        .where('id', 'in', ids.slice(from, from + rowsAtOnce).map(conversationNo))
        .execute();
      for (const row of rows) {
        found.push({
          id: String(row.id),
          contactId: row.contact_id,
          queuedAt: row.status === 'queued' ? row.queued_at : null,
          abandonedAt: row.abandoned_at,
          isClosed: row.status === 'closed',
          leftQueuedAt: row.abandoned_at === null ? null : row.left_queued_at,
          groupId: row.skill_group_id,
          epoch: row.owner_epoch,
        });
      }
    }
    return found;
  }

  async seen(waits: readonly WaitId[], at: number): Promise<void> {
    if (waits.length === 0) return;
    await this.#engine.write(async (session) => {
      const keys = waits.map(keyOf);
      const insert = {
        table: 'waits',
        columns: ['conversation_id', 'queued_at', 'is_open', 'seen_at'],
        ignoreTaken: true,
      } as const;
      await session.insert(
        insert,
        keys.map((key) => [...key, 1, at]),
      );
      const update = {
        table: 'waits',
        set: ['is_open', 'seen_at'],
        key: ['conversation_id', 'queued_at'],
      } as const;
      await session.update(
        update,
        keys.map((key) => [1, at, ...key]),
      );
    });
  }

  async told(waits: readonly (WaitId & Told)[]): Promise<void> {
    if (waits.length === 0) return;
    const update = {
      table: 'waits',
      set: ['told_at', 'told_low_ms', 'told_high_ms'],
      key: ['conversation_id', 'queued_at'],
    } as const;
    await this.#engine.write((session) =>
      session.update(
        update,
        waits.map((wait) => [wait.at, wait.lowMs, wait.highMs, ...keyOf(wait)]),
      ),
    );
  }

  async unseen(before: number, limit: number): Promise<UnseenWait[]> {
    const rows = await this.#db
      .selectFrom('waits')
      .innerJoin('conversations', 'conversations.id', 'waits.conversation_id')
      .select([
        'waits.conversation_id as id',
        'waits.queued_at',
        'waits.seen_at',
        'conversations.status',
        'conversations.queued_at as now_queued_at',
        'conversations.waiting_since',
        'conversations.skill_group_id',
        'conversations.owner_epoch',
      ])
      .select((fields) =>
        fields
          .exists(
            fields
              .selectFrom('call_backs')
              .select(sql<number>`1`.as('one'))
              .whereRef('call_backs.conversation_id', '=', 'waits.conversation_id')
              .where('call_backs.state', 'in', ['open', 'taken']),
          )
          .as('is_promised'),
      )
      .where('waits.is_open', '=', 1)
      .where('waits.seen_at', '<', before)
      .orderBy('waits.seen_at')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: String(row.id),
      queuedAt: row.queued_at,
      seenAt: row.seen_at,
      // An answer ends the customer's waiting, whoever has the conversation then.
      isUnanswered:
        row.status === 'queued' &&
        row.now_queued_at === row.queued_at &&
        row.waiting_since !== null &&
        row.waiting_since <= row.queued_at,
      isPromised: Number(row.is_promised) === 1,
      groupId: row.skill_group_id,
      epoch: row.owner_epoch,
    }));
  }

  async end(waits: readonly WaitId[]): Promise<void> {
    if (waits.length === 0) return;
    const update = { table: 'waits', set: ['is_open'], key: ['conversation_id', 'queued_at'] } as const;
    await this.#engine.write((session) =>
      session.update(
        update,
        waits.map((wait) => [0, ...keyOf(wait)]),
      ),
    );
  }

  leave({ id, queuedAt }: WaitId, leftAt: number): Promise<boolean> {
    const no = conversationNo(id);
    return this.#engine.transaction(async (transaction) => {
      const wait = transaction.updateTable('waits').where('conversation_id', '=', no).where('queued_at', '=', queuedAt);
      const first = await wait.set({ left_at: leftAt }).where('left_at', 'is', null).executeTakeFirst();
      await wait.set({ is_open: 0 }).execute();
      await transaction
        .updateTable('conversations')
        .set({ abandoned_at: leftAt })
        .where('id', '=', no)
        .where('queued_at', '=', queuedAt)
        .execute();
      return first.numUpdatedRows === 1n;
    });
  }

  async comeBack(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#db
      .updateTable('conversations')
      .set({ abandoned_at: null })
      .where('id', 'in', ids.map(conversationNo))
      .execute();
  }
}

function keyOf({ id, queuedAt }: WaitId): [number, number] {
  return [conversationNo(id), queuedAt];
}
