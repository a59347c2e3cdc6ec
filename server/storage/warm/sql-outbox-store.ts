import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import { createBatcher } from '../../base/batcher.ts';
import { newId } from '../../base/ids.ts';
import type { MessageChange } from '../../conversation/conversation-store.ts';
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
import { type ChangedMessage, changeMessage, changeMessages, isAtAny } from './sql-conversation-store.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/**
 * The outbox in SQL. A message's state and its outbox row change in one transaction. On a server, beginnings and ends that
 * come while it is busy with others share the next one; SQLite's own thread gathers whatever it is asked for.
 */
export class SqlOutboxStore implements OutboxStore {
  readonly #engine: SqlEngine;
  readonly #begins = createBatcher<Beginning, boolean>({
    run: (all) => this.#beginAll(all),
    maxBatch,
    isFault: (error) => this.#engine.isFault?.(error) ?? false,
  });
  readonly #ends = createBatcher<End, Finished | undefined>({
    run: (all) => this.#finishAll(all),
    maxBatch,
    isFault: (error) => this.#engine.isFault?.(error) ?? false,
  });
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }
  get #isServer(): boolean {
    return this.#engine.name === 'mysql';
  }

  async due(
    channelId: string,
    now: number,
    limit: number,
    underway: ReadonlySet<string> = new Set(),
  ): Promise<DueDeliveries> {
    const isFree = (row: PlacedRow) => isHead(row) && !underway.has(String(row.conversation_id));
    const all = limit + underway.size;
    // One state at a time: then the index gives them in order, and a long backlog is neither read nor sorted whole.
    const sending = await this.#firstDue('sending', { channelId, now, limit: all });
    const window = all * windowOfEach;
    const queued = await this.#firstDue('queued', { channelId, now, limit: window });
    const heads = queued.filter(isFree);
    const rows = [...sending.filter(isFree), ...heads];
    rows.sort((a, b) => a.next_at - b.next_at || (a.id < b.id ? -1 : 1));
    const deliveries = await this.#complete(rows.slice(0, limit));
    const isCrowded = queued.length === window && heads.length < limit;
    return { deliveries, isCrowded, mayHaveMore: isCrowded || rows.length >= limit };
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
    const heads = await headsOf(
      this.#db,
      rows.map((row) => row.conversation_id),
    );
    const times = heads.map(
      (head) => sql`when ${head.conversation_id} then ${Math.max(head.next_at, now + underwayMs)}`,
    );
    await this.#db
      .updateTable('outbox')
      .set({ next_at: sql<number>`case conversation_id ${sql.join(times, sql` `)} else next_at end` })
      .where('id', 'in', rows.map(({ id }) => id).sort())
      .where('state', '=', 'queued')
      .execute();
  }

  /** Of those that waited behind one that has left the first is due. Answers the conversations in which something waits. */
  async #bringNext(db: Kysely<Tables>, left: ReadonlyMap<number, number>): Promise<ReadonlySet<number>> {
    const heads = await headsOf(db, [...left.keys()]);
    for (const { id, conversation_id, state, attempts, next_at, created_at } of heads) {
      const now = left.get(conversation_id) ?? 0;
      if (state !== 'queued' || attempts > 0 || next_at <= now) continue;
      // It may have been written by a clock that was set back since.
      await db
        .updateTable('outbox')
        .set({ next_at: Math.min(created_at, now) })
        .where('id', '=', id)
        .execute();
    }
    return new Set(heads.map((head) => head.conversation_id));
  }

  /** With whom each goes to, and what it says. */
  async #complete(rows: readonly Tables['outbox'][]): Promise<DueDelivery[]> {
    if (rows.length === 0) return [];
    const addressees = await this.#db
      .selectFrom('conversations')
      .innerJoin('identities', (join) =>
        join
          .onRef('identities.contact_id', '=', 'conversations.contact_id')
          .onRef('identities.channel_id', '=', 'conversations.channel_id'),
      )
      .select(['conversations.id', 'identities.external_id', 'conversations.thread_id'])
      .where('conversations.id', 'in', [...new Set(rows.map((row) => row.conversation_id))])
      .execute();
    const to = new Map(addressees.map((one) => [one.id, one]));
    const places = rows.map((row) => ({ conversationId: row.conversation_id, seq: row.seq }));
    const messages = await this.#db.selectFrom('messages').selectAll().where(isAtAny(places)).execute();
    const messageAt = new Map(messages.map((row) => [`${row.conversation_id} ${row.seq}`, row]));
    // A message that was erased since has nowhere to go: its row in the outbox goes with it.
    return rows.flatMap((row) => {
      const message = messageAt.get(`${row.conversation_id} ${row.seq}`);
      if (message === undefined) return [];
      return {
        id: row.id,
        channelId: row.channel_id,
        conversationId: String(row.conversation_id),
        contactExternalId: to.get(row.conversation_id)?.external_id ?? '',
        threadId: to.get(row.conversation_id)?.thread_id ?? '',
        message: messageFromRow(message, 0),
        attempts: row.attempts,
        fromPart: row.from_part,
        interrupted: row.state === 'sending',
      };
    });
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
    const one = { id, attempts };
    if (this.#isServer) return this.#begins.add(one);
    const [isBegun = false] = await this.#beginAll([one]);
    return isBegun;
  }

  async #beginAll(all: readonly Beginning[]): Promise<boolean[]> {
    const asThey = (fields: ExpressionBuilder<Tables, 'outbox'>) =>
      fields.or(all.map(({ id, attempts }) => fields.and([fields('id', '=', id), fields('attempts', '=', attempts)])));
    const begin = async (db: Kysely<Tables>) => {
      const { numUpdatedRows } = await db
        .updateTable('outbox')
        .set((fields) => ({ state: 'sending' as const, attempts: fields('attempts', '+', 1) }))
        .where(asThey)
        .where('state', 'in', ['queued', 'sending'])
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    };
    if (all.length === 1) return [(await begin(this.#db)) > 0];
    await this.#engine.transaction(async (transaction) => {
      if ((await begin(transaction)) < all.length) throw new SomeAreTaken();
    });
    return all.map(() => true);
  }

  async partSent(id: string, nextPart: number): Promise<void> {
    await this.#db.updateTable('outbox').set({ from_part: nextPart }).where('id', '=', id).execute();
  }

  async finish(delivery: DueDelivery, outcome: DeliveryOutcome, now: number): Promise<Finished | undefined> {
    const end = { delivery, outcome, now };
    if (this.#isServer) return this.#ends.add(end);
    const [finished] = await this.#finishAll([end]);
    return finished;
  }

  async #finishAll(all: readonly End[]): Promise<(Finished | undefined)[]> {
    return this.#engine.transaction(async (transaction) => {
      const results = new Map<End, Finished | undefined>();
      // In the order in which rows are locked; of one conversation one after the other, as each counts its changes.
      const sorted = all.toSorted((a, b) => (a.delivery.id < b.delivery.id ? -1 : 1));
      for (let left = sorted; left.length > 0; ) {
        const turn = [...Map.groupBy(left, ({ delivery }) => delivery.conversationId).values()].flatMap(
          ([first]) => first ?? [],
        );
        const changed = await this.#finishEach(transaction, turn);
        for (const [at, end] of turn.entries()) results.set(end, changed[at]);
        left = left.filter((end) => !results.has(end));
      }
      return all.map((end) => results.get(end));
    });
  }

  /** Ends of different conversations. */
  async #finishEach(transaction: Kysely<Tables>, all: readonly End[]): Promise<(Finished | undefined)[]> {
    const concluded: (End & { outcome: Concluded })[] = [];
    for (const { delivery, outcome, now } of all) {
      if (outcome.kind === 'sent') concluded.push({ delivery, outcome, now });
      else if (outcome.kind === 'later') {
        await this.#end(transaction, delivery, { state: 'queued', next_at: outcome.at, reason: outcome.reason });
      } else if (await this.#end(transaction, delivery, { state: 'dead', reason: outcome.reason })) {
        concluded.push({ delivery, outcome, now });
      }
    }
    if (concluded.length === 0) return all.map(() => undefined);
    const sent = concluded.flatMap(({ delivery, outcome }) => (outcome.kind === 'sent' ? { delivery, outcome } : []));
    if (sent.length > 0) await this.#forget(transaction, sent);
    const haveNext = await this.#bringNext(
      transaction,
      new Map(concluded.map(({ delivery, now }) => [conversationNo(delivery.conversationId), now])),
    );
    const changes = concluded.map(({ delivery, outcome }) => ({
      conversationId: delivery.conversationId,
      seq: delivery.message.seq,
      ...changeOf(outcome),
    }));
    const changed = await changeMessages(this.#engine, transaction, changes);
    const finished = new Map(
      concluded.map(({ delivery }, at) => {
        const hasNext = haveNext.has(conversationNo(delivery.conversationId));
        return [delivery, changed[at] && { ...changed[at], hasNext }];
      }),
    );
    return all.map(({ delivery }) => finished.get(delivery));
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

  async #forget(
    db: Kysely<Tables>,
    sent: readonly { readonly delivery: DueDelivery; readonly outcome: { readonly externalId?: string } }[],
  ): Promise<void> {
    const ids = sent.map(({ delivery }) => delivery.id).sort();
    await db.deleteFrom('outbox').where('id', 'in', ids).execute();
    const rows = sent.flatMap(({ delivery, outcome: { externalId } }) =>
      externalId === undefined
        ? []
        : {
            channel_id: delivery.channelId,
            external_id: externalId,
            conversation_id: conversationNo(delivery.conversationId),
            seq: delivery.message.seq,
          },
    );
    if (rows.length > 0) await leavingTaken(this.#engine, db.insertInto('sent_ids').values(rows), 'seq').execute();
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

/** Beginnings, or ends, that one transaction takes: as many as deliveries of some channels are under way. */
const maxBatch = 64;
type Beginning = { readonly id: string; readonly attempts: number };
type Concluded = Exclude<DeliveryOutcome, { kind: 'later' }>;
type Finished = ChangedMessage & { readonly hasNext: boolean };
type End = { readonly delivery: DueDelivery; readonly outcome: DeliveryOutcome; readonly now: number };

/** Another process has begun one of them: which one is found by asking for each alone. */
class SomeAreTaken extends Error {}

function changeOf(outcome: Concluded): Omit<MessageChange, 'conversationId' | 'seq'> {
  if (outcome.kind !== 'sent') return { state: outcome.kind, stateReason: outcome.reason };
  return {
    state: 'sent',
    stateReason: null,
    ...(outcome.deliveredAs === undefined ? {} : { deliveredAs: outcome.deliveredAs }),
    // A receipt may have been faster than the answer to our own request.
    onlyFrom: ['queued', 'failed', 'unknown'],
  };
}

/** The first that waits or is under way of each conversation. */
async function headsOf(db: Kysely<Tables>, conversations: readonly number[]): Promise<Tables['outbox'][]> {
  // Named by their places: a statement with a name of its own would have to be prepared anew each time.
  const heads = [...new Set(conversations)].map(
    (id, at) =>
      sql`select * from (select * from outbox where conversation_id = ${id} and state in ('queued', 'sending') order by seq limit 1) as ${sql.id(`of_${at}`)}`,
  );
  const { rows } = await sql<Tables['outbox']>`${sql.join(heads, sql` union all `)}`.execute(db);
  return rows;
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
