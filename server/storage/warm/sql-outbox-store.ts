import type { Message, MessageState } from '@parley/sdk/protocol.ts';
import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import { newId } from '../../base/ids.ts';
import type {
  DeadDelivery,
  DeliveryOutcome,
  DueDeliveries,
  DueDelivery,
  OutboxStore,
} from '../../conversation/outbox-store.ts';
import { messageFromRow } from '../../conversation/stored-message.ts';
import { conversationNo } from './conversation-no.ts';
import type { Tables } from './schema.ts';
import { type ChangedMessage, changeMessage } from './sql-conversation-store.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** The outbox in SQL. A message's state and its outbox row change in one transaction. */
export class SqlOutboxStore implements OutboxStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async due(channelId: string, now: number, limit: number): Promise<DueDeliveries> {
    // One state at a time: then the index gives them in order, and a long backlog is neither read nor sorted whole.
    const sending = await this.#firstDue('sending', { channelId, now, limit });
    const window = limit * windowOfEach;
    const queued = await this.#firstDue('queued', { channelId, now, limit: window });
    const heads = queued.filter(isHead);
    const rows = [...sending.filter(isHead), ...heads];
    rows.sort((a, b) => a.next_at - b.next_at || (a.id < b.id ? -1 : 1));
    const deliveries: DueDelivery[] = [];
    for (const row of rows.slice(0, limit)) deliveries.push(await this.#complete(row));
    return { deliveries, isCrowded: queued.length === window && heads.length < limit };
  }

  /** The first that are due, each with whether an earlier one of its conversation has not left: then it cannot leave. */
  async #firstDue(state: 'queued' | 'sending', range: DueRange): Promise<PlacedRow[]> {
    return this.#db
      .selectFrom('outbox')
      .selectAll()
      .select((fields) => fields.exists(earlier(fields)).as('is_behind'))
      .where('channel_id', '=', range.channelId)
      .where('state', '=', state)
      .where('next_at', '<=', range.now)
      .orderBy('next_at')
      .orderBy('id')
      .limit(range.limit)
      .execute();
  }

  async putBehind(channelId: string, now: number, limit: number): Promise<void> {
    const first = await this.#firstDue('queued', { channelId, now, limit: limit * windowOfEach });
    const rows = first.filter((row) => !isHead(row));
    if (rows.length === 0) return;
    const conversations = [...new Set(rows.map((row) => row.conversation_id))];
    const heads = conversations.map(
      (id) =>
        sql`select * from (select conversation_id, next_at from outbox where conversation_id = ${id} and state in ('queued', 'sending') order by seq limit 1) as ${sql.id(`of_${id}`)}`,
    );
    const found = await sql<{ conversation_id: number; next_at: number }>`${sql.join(heads, sql` union all `)}`.execute(
      this.#db,
    );
    const times = found.rows.map(
      (head) => sql`when ${head.conversation_id} then ${Math.max(head.next_at, now + underwayMs)}`,
    );
    await this.#db
      .updateTable('outbox')
      .set({ next_at: sql<number>`case conversation_id ${sql.join(times, sql` `)} else next_at end` })
      .where('id', 'in', rows.map(({ id }) => id).sort())
      .where('state', '=', 'queued')
      .execute();
  }

  /** Of those that waited behind one that has left the first is due. */
  async #bringNext(db: Kysely<Tables>, conversationId: number, now: number): Promise<void> {
    const next = await db
      .selectFrom('outbox')
      .select(['id', 'state', 'attempts', 'next_at', 'created_at'])
      .where('conversation_id', '=', conversationId)
      .where('state', 'in', ['queued', 'sending'])
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (next?.state !== 'queued' || next.attempts > 0 || next.next_at <= now) return;
    // It may have been written by a clock that was set back since.
    const next_at = Math.min(next.created_at, now);
    await db.updateTable('outbox').set({ next_at }).where('id', '=', next.id).execute();
  }

  async #complete(row: Tables['outbox']): Promise<DueDelivery> {
    const to = await this.#db
      .selectFrom('conversations')
      .innerJoin('identities', (join) =>
        join
          .onRef('identities.contact_id', '=', 'conversations.contact_id')
          .onRef('identities.channel_id', '=', 'conversations.channel_id'),
      )
      .select(['identities.external_id', 'conversations.thread_id'])
      .where('conversations.id', '=', row.conversation_id)
      .executeTakeFirst();
    const message = await this.#message(row.conversation_id, row.seq);
    return {
      id: row.id,
      channelId: row.channel_id,
      conversationId: String(row.conversation_id),
      contactExternalId: to?.external_id ?? '',
      threadId: to?.thread_id ?? '',
      message,
      attempts: row.attempts,
      fromPart: row.from_part,
      interrupted: row.state === 'sending',
    };
  }

  async #message(conversationId: number, seq: number): Promise<Message> {
    const row = await this.#db
      .selectFrom('messages')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '=', seq)
      .executeTakeFirstOrThrow();
    return messageFromRow(row, 0);
  }

  async nextAt(channelId: string, now: number): Promise<number | undefined> {
    const next = await this.#db
      .selectFrom('outbox')
      .select('next_at')
      .where('channel_id', '=', channelId)
      .where('state', '=', 'queued')
      .where('next_at', '>', now)
      .orderBy('next_at')
      .limit(1)
      .executeTakeFirst();
    return next?.next_at;
  }

  async bringForward(channelId: string, now: number, byMs: number): Promise<void> {
    const waiting = this.#db
      .updateTable('outbox')
      .where('channel_id', '=', channelId)
      .where('state', '=', 'queued')
      .where('next_at', '>', now);
    const first = await this.#db
      .selectFrom('outbox')
      .select('id')
      .where('channel_id', '=', channelId)
      .where('state', '=', 'queued')
      .where('next_at', '>', now)
      .where('attempts', '=', 0)
      .where((fields) => fields.not(fields.exists(earlier(fields))))
      .limit(broughtForward)
      .execute();
    if (first.length > 0) {
      const ids = first.map(({ id }) => id).sort();
      await this.#db.updateTable('outbox').set({ next_at: now }).where('id', 'in', ids).execute();
    }
    if (byMs === 0) return;
    await waiting
      .set((fields) => ({ next_at: fields('next_at', '-', byMs) }))
      .where('attempts', '>', 0)
      .execute();
  }

  async begin(id: string, attempts: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('outbox')
      .set({ state: 'sending', attempts: attempts + 1 })
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .where('state', 'in', ['queued', 'sending'])
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async partSent(id: string, nextPart: number): Promise<void> {
    await this.#db.updateTable('outbox').set({ from_part: nextPart }).where('id', '=', id).execute();
  }

  async finish(delivery: DueDelivery, outcome: DeliveryOutcome, now: number): Promise<ChangedMessage | undefined> {
    if (outcome.kind === 'later') {
      const next = { state: 'queued', next_at: outcome.at, reason: outcome.reason } as const;
      await this.#end(this.#db, delivery, next);
      return undefined;
    }
    const { message } = delivery;
    return this.#engine.transaction(async (transaction) => {
      if (outcome.kind === 'sent') await this.#forget(transaction, delivery, outcome.externalId);
      else {
        const isLatest = await this.#end(transaction, delivery, { state: 'dead', reason: outcome.reason });
        if (!isLatest) return undefined;
      }
      await this.#bringNext(transaction, conversationNo(message.conversationId), now);
      return changeMessage(this.#engine, transaction, {
        conversationId: message.conversationId,
        seq: message.seq,
        state: outcome.kind,
        stateReason: outcome.kind === 'sent' ? null : outcome.reason,
        ...(outcome.kind === 'sent' && outcome.deliveredAs !== undefined ? { deliveredAs: outcome.deliveredAs } : {}),
        // A receipt may have been faster than the answer to our own request.
        ...(outcome.kind === 'sent' ? { onlyFrom: ['queued', 'failed', 'unknown'] satisfies MessageState[] } : {}),
      });
    });
  }

  /** False when the row says otherwise by now: it was sent, is put back into the outbox, or a later attempt has begun. */
  async #end(db: Kysely<Tables>, delivery: DueDelivery, patch: Partial<Tables['outbox']>): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('outbox')
      .set(patch)
      .where('id', '=', delivery.id)
      .where('attempts', '<=', delivery.attempts + 1)
      .where('state', '<>', 'queued')
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  }

  async #forget(db: Kysely<Tables>, delivery: DueDelivery, externalId: string | undefined): Promise<void> {
    await db.deleteFrom('outbox').where('id', '=', delivery.id).execute();
    if (externalId === undefined) return;
    const place = { conversation_id: conversationNo(delivery.conversationId), seq: delivery.message.seq };
    const row = { channel_id: delivery.channelId, external_id: externalId, ...place };
    await leavingTaken(this.#engine, db.insertInto('sent_ids').values(row), 'seq').execute();
  }

  async resend(
    conversationId: string,
    seq: number,
    now: number,
  ): Promise<(ChangedMessage & { channelId: string }) | undefined> {
    return this.#engine.transaction(async (transaction) => {
      const changed = await changeMessage(this.#engine, transaction, {
        conversationId,
        seq,
        state: 'queued',
        stateReason: null,
        onlyFrom: ['failed', 'unknown'],
      });
      if (changed === undefined) return undefined;
      const no = conversationNo(conversationId);
      const { channel_id: channelId } = await transaction
        .selectFrom('conversations')
        .select('channel_id')
        .where('id', '=', no)
        .executeTakeFirstOrThrow();
      await queueAgain(transaction, { channel_id: channelId, conversation_id: no, seq }, now);
      return { ...changed, channelId };
    });
  }

  async dead(page: { after?: string; limit: number }): Promise<DeadDelivery[]> {
    let query = this.#db.selectFrom('outbox').selectAll().where('state', '=', 'dead').orderBy('id', 'desc');
    if (page.after !== undefined) query = query.where('id', '<', page.after);
    const rows = await query.limit(page.limit).execute();
    return rows.map((row) => ({
      id: row.id,
      channelId: row.channel_id,
      conversationId: String(row.conversation_id),
      seq: row.seq,
      reason: row.reason ?? '',
      attempts: row.attempts,
      createdAt: row.created_at,
    }));
  }

  async deadById(id: string): Promise<{ conversationId: string; seq: number } | undefined> {
    const row = await this.#db
      .selectFrom('outbox')
      .select(['conversation_id', 'seq'])
      .where('id', '=', id)
      .where('state', '=', 'dead')
      .executeTakeFirst();
    return row === undefined ? undefined : { conversationId: String(row.conversation_id), seq: row.seq };
  }

  async removeDead(id: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('outbox')
      .where('id', '=', id)
      .where('state', '=', 'dead')
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async counts(): Promise<{ queued: number; sending: number; dead: number; oldestAt: number | undefined }> {
    // What the index on the state holds is enough: the rows themselves are not read.
    const ranges = (['queued', 'sending', 'dead'] as const).map(
      (state) =>
        sql`select ${state} as state, count(*) as n, min(id) as first from (select id from outbox where state = ${state} order by id limit ${sql.lit(counted)}) as ${sql.id(state)}`,
    );
    const counts = sql<{ state: string; n: number; first: string | null }>`${sql.join(ranges, sql` union all `)}`;
    const { rows } = await counts.execute(this.#db);
    const count = (state: string) => Number(rows.find((row) => row.state === state)?.n ?? 0);
    // Ids grow with time, so the smallest is the oldest.
    const [oldest] = rows.flatMap((row) => (row.state === 'dead' || row.first === null ? [] : [row.first])).sort();
    const row =
      oldest === undefined
        ? undefined
        : await this.#db.selectFrom('outbox').select('created_at').where('id', '=', oldest).executeTakeFirst();
    return { queued: count('queued'), sending: count('sending'), dead: count('dead'), oldestAt: row?.created_at };
  }
}

/** Read for each delivery that is asked for: a conversation that is due has some that wait behind it. */
const windowOfEach = 4;
/** How long one waits behind a head that is due itself, unless that leaves before. */
const underwayMs = 5_000;
/** At a time; it is looked again. */
const broughtForward = 1_000;

interface DueRange {
  readonly channelId: string;
  readonly now: number;
  readonly limit: number;
}
type PlacedRow = Tables['outbox'] & { readonly is_behind: unknown };
const isHead = ({ is_behind }: PlacedRow): boolean => Number(is_behind) === 0;

/** Those before it in its conversation: what the customer reads stays in order. */
const earlier = (fields: ExpressionBuilder<Tables, 'outbox'>) =>
  fields
    .selectFrom('outbox as earlier')
    .select(sql<number>`1`.as('one'))
    .whereRef('earlier.conversation_id', '=', 'outbox.conversation_id')
    .whereRef('earlier.seq', '<', 'outbox.seq')
    .where('earlier.state', 'in', ['queued', 'sending']);

/** Of each state; a longer backlog is not counted further, so that whoever asks for it keeps nobody waiting. */
const counted = 100_000;

/** The delivery of a message begins anew, whether its row is still there or not. */
async function queueAgain(
  db: Kysely<Tables>,
  of: Pick<Tables['outbox'], 'channel_id' | 'conversation_id' | 'seq'>,
  now: number,
): Promise<void> {
  const known = await db
    .selectFrom('outbox')
    .select('id')
    .where('conversation_id', '=', of.conversation_id)
    .where('seq', '=', of.seq)
    .executeTakeFirst();
  const fresh = { state: 'queued' as const, attempts: 0, next_at: now, reason: null };
  if (known !== undefined) await db.updateTable('outbox').set(fresh).where('id', '=', known.id).execute();
  else {
    await db
      .insertInto('outbox')
      .values({ id: newId(now), ...of, ...fresh, from_part: 0, created_at: now })
      .execute();
  }
}
