import { type Kysely, sql } from 'kysely';
import type {
  Came,
  PresenceRow,
  QueueRow,
  RecordedDecision,
  RecordedRow,
  RecordStore,
  TimeSpan,
  VisitRows,
  WantedOfVisits,
} from '../../routing/record-store.ts';
import type { Tables } from './schema.ts';
import { attributesAsked, unionOf } from './sql-assignment-store.ts';
import { leavingTaken, type SqlEngine } from './sql-engine.ts';

/** Decisions of one conversation that are read. */
const decisionsRead = 500;
/** Entries in which a visit's first words, and its first answer, are looked for. */
const wordsWithin = 20;
const answerWithin = 200;

/** What dry runs replay, in SQL. */
export class SqlRecordStore implements RecordStore {
  readonly #engine: SqlEngine;
  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }
  get #db(): Kysely<Tables> {
    return this.#engine.db;
  }

  async queueRecord(
    { from, to }: TimeSpan,
    { after, limit }: { after?: QueueRow; limit: number },
  ): Promise<QueueRow[]> {
    let query = this.#db
      .selectFrom('queue_record')
      .select(['at', 'conversation_id as conversationId', 'epoch', 'kind', 'why', 'seq'])
      .where('at', '>=', Math.max(from, after?.at ?? from))
      .where('at', '<', to)
      .orderBy('at')
      .orderBy('conversation_id')
      .orderBy('epoch')
      .limit(limit);
    if (after !== undefined) {
      query = query.where(({ or, and, eb }) =>
        or([
          eb('at', '>', after.at),
          eb('conversation_id', '>', after.conversationId),
          and([eb('conversation_id', '=', after.conversationId), eb('epoch', '>', after.epoch)]),
        ]),
      );
    }
    return await query.execute();
  }

  async countQueueRecord({ from, to }: TimeSpan, most: number): Promise<number> {
    const some = this.#db
      .selectFrom('queue_record')
      .select('at')
      .where('at', '>=', from)
      .where('at', '<', to)
      .limit(most);
    const { n } = await this.#db
      .selectFrom(some.as('some'))
      .select((fields) => fields.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  }

  async visitRows(came: readonly Came[], wanted: WantedOfVisits): Promise<VisitRows> {
    const ids = [...new Set(came.map(({ conversationId }) => conversationId))];
    if (ids.length === 0) return { conversations: [], decisions: [], words: [], answers: [] };
    return {
      conversations: await this.#conversations(ids, wanted),
      decisions: await this.#decisions(ids, wanted.from),
      words: wanted.words ? await this.#firstWords(came) : [],
      answers: await this.#firstAnswers(came),
    };
  }

  async #conversations(ids: readonly number[], wanted: WantedOfVisits): Promise<RecordedRow[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .innerJoin('contacts', 'contacts.id', 'conversations.contact_id')
      .innerJoin('channels', 'channels.id', 'conversations.channel_id')
      .select([
        'conversations.id',
        'conversations.channel_id as channelId',
        'channels.type as channelType',
        'conversations.contact_id as contactId',
        'conversations.skill_group_id as groupId',
        'conversations.priority',
        'conversations.tags',
        'conversations.language',
        'conversations.abandoned_at as abandonedAt',
        'conversations.archived_seq as archivedSeq',
      ])
      .select(wanted.attributes ? sql<string>`contacts.attributes`.as('attributes') : attributesAsked.as('attributes'))
      .select((fields) =>
        fields
          .exists(
            fields
              .selectFrom('conversations as other')
              .select(sql<number>`1`.as('one'))
              .whereRef('other.contact_id', '=', 'conversations.contact_id')
              .whereRef('other.id', '<', 'conversations.id'),
          )
          .as('isReturning'),
      )
      .where('conversations.id', 'in', ids)
      .execute();
    return rows.map((row) => ({ ...row, isReturning: Number(row.isReturning) === 1 }));
  }

  #decisions(ids: readonly number[], from: number): Promise<RecordedDecision[]> {
    return unionOf<RecordedDecision>(
      this.#db,
      ids.map(
        (id) =>
          sql`select * from (select conversation_id as ${sql.ref('conversationId')}, epoch, n, at, kind, agent_id as ${sql.ref('agentId')}, group_id as ${sql.ref('groupId')}, why from routing_decisions where conversation_id = ${id} and at >= ${from} order by epoch, n limit ${sql.lit(decisionsRead)}) as some`,
      ),
    );
  }

  #firstWords(came: readonly Came[]): Promise<VisitRows['words'][number][]> {
    return unionOf(
      this.#db,
      came.map(
        ({ conversationId, seq }) =>
          sql`select * from (select conversation_id as ${sql.ref('conversationId')}, ${seq} as seq, content from messages where conversation_id = ${conversationId} and seq >= ${seq} and seq < ${seq + wordsWithin} and direction = 'in' order by messages.seq limit 1) as some`,
      ),
    );
  }

  #firstAnswers(came: readonly Came[]): Promise<VisitRows['answers'][number][]> {
    return unionOf(
      this.#db,
      came.map(
        ({ conversationId, seq }) =>
          sql`select * from (select conversation_id as ${sql.ref('conversationId')}, ${seq} as seq, created_at as at from messages where conversation_id = ${conversationId} and seq > ${seq} and seq <= ${seq + answerWithin} and sender_type = 'agent' and private = 0 order by messages.seq limit 1) as some`,
      ),
    );
  }

  async presences(
    { from, to }: TimeSpan,
    { after, limit }: { after?: PresenceRow; limit: number },
  ): Promise<PresenceRow[]> {
    let query = this.#db
      .selectFrom('agent_presences')
      .select(['at', 'agent_id as agentId', 'presence', 'reason', 'capacity'])
      .where('at', '>=', Math.max(from, after?.at ?? from))
      .where('at', '<', to)
      .orderBy('at')
      .orderBy('agent_id')
      .limit(limit);
    if (after !== undefined) {
      query = query.where(({ or, eb }) => or([eb('at', '>', after.at), eb('agent_id', '>', after.agentId)]));
    }
    return await query.execute();
  }

  async addPresences(rows: readonly PresenceRow[]): Promise<void> {
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      const values = rows.slice(from, from + rowsAtOnce).map(({ agentId, ...row }) => ({ ...row, agent_id: agentId }));
      await leavingTaken(this.#engine, this.#db.insertInto('agent_presences').values(values), 'agent_id').execute();
    }
  }

  async forget(before: number, limit: number): Promise<boolean> {
    let isMore = false;
    for (const table of ['queue_record', 'agent_presences'] as const) {
      const old = this.#db.selectFrom(table).select('at').where('at', '<', before).orderBy('at');
      // With all of the same time: else a time that many share would never go.
      const last = await old
        .offset(limit - 1)
        .limit(1)
        .executeTakeFirst();
      const gone = this.#db.deleteFrom(table);
      await (last === undefined ? gone.where('at', '<', before) : gone.where('at', '<=', last.at)).execute();
      isMore ||= last !== undefined;
    }
    return isMore;
  }
}

const rowsAtOnce = 500;
