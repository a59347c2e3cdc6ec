import type { Message, MessageState } from '@parley/sdk/protocol.ts';
import { type Kysely, sql } from 'kysely';
import { newId } from '../../base/ids.ts';
import type { DeadDelivery, DeliveryOutcome, DueDelivery, OutboxStore } from '../../conversation/outbox-store.ts';
import { conversationNo } from './conversation-no.ts';
import { messageFromRow } from './rows.ts';
import type { Tables } from './schema.ts';
import type { SqlConversationStore } from './sql-conversation-store.ts';
import type { SqlEngine } from './sql-engine.ts';

/** The outbox in SQL. A message's state and its outbox row change in one transaction. */
export class SqlOutboxStore implements OutboxStore {
  readonly #engine: SqlEngine;
  readonly #conversations: SqlConversationStore;
  constructor(engine: SqlEngine, conversations: SqlConversationStore) {
    this.#engine = engine;
    this.#conversations = conversations;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async due(channelId: string, now: number, limit: number): Promise<DueDelivery[]> {
    // One state at a time: then the index gives them in order, and a long backlog is neither read nor sorted whole.
    const rows = [...(await this.#dueIn('sending', { channelId, now, limit }))];
    rows.push(...(await this.#dueIn('queued', { channelId, now, limit })));
    rows.sort((a, b) => a.next_at - b.next_at || (a.id < b.id ? -1 : 1));
    const due: DueDelivery[] = [];
    for (const row of rows.slice(0, limit)) due.push(await this.#complete(row));
    return due;
  }

  #dueIn(state: 'queued' | 'sending', range: { channelId: string; now: number; limit: number }) {
    return this.#heads(range.channelId, state)
      .selectAll()
      .where('next_at', '<=', range.now)
      .orderBy('next_at')
      .orderBy('id')
      .limit(range.limit)
      .execute();
  }

  /** Only the oldest of each conversation can leave: what the customer reads stays in order. */
  #heads(channelId: string, state: 'queued' | 'sending') {
    return this.#db
      .selectFrom('outbox')
      .where('channel_id', '=', channelId)
      .where('state', '=', state)
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('outbox as earlier')
              .select(sql<number>`1`.as('one'))
              .whereRef('earlier.conversation_id', '=', 'outbox.conversation_id')
              .whereRef('earlier.seq', '<', 'outbox.seq')
              .where('earlier.state', 'in', ['queued', 'sending']),
          ),
        ),
      );
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
    const next = await this.#heads(channelId, 'queued')
      .select('next_at')
      .where('next_at', '>', now)
      .orderBy('next_at')
      .limit(1)
      .executeTakeFirst();
    return next?.next_at;
  }

  async begin(id: string): Promise<void> {
    await this.#db
      .updateTable('outbox')
      .set((set) => ({ state: 'sending', attempts: set('attempts', '+', 1) }))
      .where('id', '=', id)
      .execute();
  }

  async partSent(id: string, nextPart: number): Promise<void> {
    await this.#db.updateTable('outbox').set({ from_part: nextPart }).where('id', '=', id).execute();
  }

  async finish(
    delivery: DueDelivery,
    outcome: DeliveryOutcome,
  ): Promise<{ message: Message; changes: number } | undefined> {
    if (outcome.kind === 'later') {
      await this.#db
        .updateTable('outbox')
        .set({ state: 'queued', next_at: outcome.at, reason: outcome.reason })
        .where('id', '=', delivery.id)
        .execute();
      return undefined;
    }
    if (outcome.kind === 'sent') await this.#forget(delivery, outcome.externalId);
    else {
      await this.#db
        .updateTable('outbox')
        .set({ state: 'dead', reason: outcome.reason })
        .where('id', '=', delivery.id)
        .execute();
    }
    const { message } = delivery;
    return this.#conversations.changeMessage({
      conversationId: message.conversationId,
      seq: message.seq,
      state: outcome.kind,
      stateReason: outcome.kind === 'sent' ? null : outcome.reason,
      ...(outcome.kind === 'sent' && outcome.deliveredAs !== undefined ? { deliveredAs: outcome.deliveredAs } : {}),
      // A receipt may have been faster than the answer to our own request.
      ...(outcome.kind === 'sent' ? { onlyFrom: ['queued', 'failed', 'unknown'] satisfies MessageState[] } : {}),
    });
  }

  async #forget(delivery: DueDelivery, externalId: string | undefined): Promise<void> {
    await this.#db.deleteFrom('outbox').where('id', '=', delivery.id).execute();
    if (externalId === undefined) return;
    await this.#engine.write((session) =>
      session.insert(
        { table: 'sent_ids', columns: ['channel_id', 'external_id', 'conversation_id', 'seq'], ignoreTaken: true },
        [[delivery.channelId, externalId, conversationNo(delivery.conversationId), delivery.message.seq]],
      ),
    );
  }

  async resend(
    conversationId: string,
    seq: number,
    now: number,
  ): Promise<{ message: Message; changes: number; channelId: string } | undefined> {
    const changed = await this.#conversations.changeMessage({
      conversationId,
      seq,
      state: 'queued',
      stateReason: null,
      onlyFrom: ['failed', 'unknown'],
    });
    if (changed === undefined) return undefined;
    const no = conversationNo(conversationId);
    const { channel_id: channelId } = await this.#db
      .selectFrom('conversations')
      .select('channel_id')
      .where('id', '=', no)
      .executeTakeFirstOrThrow();
    const known = await this.#db
      .selectFrom('outbox')
      .select('id')
      .where('conversation_id', '=', no)
      .where('seq', '=', seq)
      .executeTakeFirst();
    if (known === undefined) {
      const row = { id: newId(now), channel_id: channelId, conversation_id: no, seq };
      await this.#db
        .insertInto('outbox')
        .values({ ...row, state: 'queued', attempts: 0, next_at: now, from_part: 0, reason: null, created_at: now })
        .execute();
    } else {
      await this.#db
        .updateTable('outbox')
        .set({ state: 'queued', attempts: 0, next_at: now, reason: null })
        .where('id', '=', known.id)
        .execute();
    }
    return { ...changed, channelId };
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
    // What the index on due deliveries holds is enough: the rows themselves are not read.
    const rows = await this.#db
      .selectFrom('outbox')
      .select(['state', (fn) => fn.fn.countAll<number>().as('n'), (fn) => fn.fn.min('id').as('first')])
      .groupBy(['channel_id', 'state'])
      .execute();
    const count = (state: string) => rows.reduce((sum, row) => sum + (row.state === state ? Number(row.n) : 0), 0);
    // Ids grow with time, so the smallest is the oldest.
    const [oldest] = rows.flatMap((row) => (row.state === 'dead' ? [] : [row.first])).sort();
    const row =
      oldest === undefined
        ? undefined
        : await this.#db.selectFrom('outbox').select('created_at').where('id', '=', oldest).executeTakeFirst();
    return { queued: count('queued'), sending: count('sending'), dead: count('dead'), oldestAt: row?.created_at };
  }
}
